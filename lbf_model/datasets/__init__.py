"""Triplet data sets: a reference image, a modification text, a target image."""
