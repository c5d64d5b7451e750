"""A sentence in, tokens out."""
