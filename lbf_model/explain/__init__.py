"""Attention weights -> scores per word and region (numbers), and numbers plus picture -> pictures (drawing)."""
