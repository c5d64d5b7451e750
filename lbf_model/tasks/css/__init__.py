"""CSS (Colour, Shape, Size), regenerated: scenes, grammar, two renderings, files, and the oracle's ceiling.

Source: the benchmark of "Composing Text and Image for Image Retrieval" (TIRG, CVPR 2019). Its files may not be
available, so this package draws the same distribution again, from a seed.
"""
