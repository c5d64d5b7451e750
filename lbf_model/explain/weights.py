"""From attention as the network returned it to one number a region or word."""

import numpy as np

from lbf_model.types import Explanation


def explain_word(explanation: Explanation, word: int, layer: int | None = None, head: int | None = None) -> np.ndarray:
    """How one word spread its attention over the regions.

    Args:
        explanation: of one query.
        word: place of the word, from 0.
        layer: fusion layer, from 0; None is the mean over layers.
        head: attention head, from 0; None is the mean over heads.

    Returns:
        (R,) float32, sums to 1.

    Raises:
        ValueError: there is no such word, layer or head.
    """
    return _pick(explanation.word_to_region, word, layer, head, "word")


def explain_region(explanation: Explanation, region: int, layer: int | None = None, head: int | None = None) -> np.ndarray:
    """How one region spread its attention over the words: (T,) float32, sums to 1. Arguments as for `explain_word`."""
    return _pick(explanation.region_to_word, region, layer, head, "region")


def _pick(weights: np.ndarray, item: int, layer: int | None, head: int | None, what: str) -> np.ndarray:
    layers, heads, items, _ = weights.shape
    for name, value, count in (("layer", layer, layers), ("head", head, heads), (what, item, items)):
        if value is not None and not 0 <= value < count:
            raise ValueError(f"no {name} {value}: there are {count}, counted from 0")
    chosen = weights[slice(None) if layer is None else [layer]][:, slice(None) if head is None else [head]]
    return chosen[:, :, item].mean((0, 1))
