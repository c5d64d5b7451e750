"""What the Makefile runs; the app needs none of it."""
