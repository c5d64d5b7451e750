"""Detectors: pictures in, Regions out."""
