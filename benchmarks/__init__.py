"""Measured figures, and the commands that measure them."""
