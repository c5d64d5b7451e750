"""Region-based composed image retrieval: an image and a sentence go in, a ranked gallery and its reasons come out."""

__version__ = "0.1.0"
