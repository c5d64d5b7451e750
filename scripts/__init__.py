"""What the Makefile runs. The app does not need it."""
