"""From attention as the network returned it to one number per region or word."""

from collections.abc import Sequence

import numpy as np

from lbf_model.text.everyday_words import FUNCTION_WORDS
from lbf_model.types import Explanation

# How far the shares of a map differ, in even shares: by less, it is called even; by this much or more, it tells something.
_EVEN, _TELLING = 0.25, 1.0


def word_maps(explanation: Explanation, layer: int | None = None, head: int | None = None) -> np.ndarray:
    """How every word spread its attention over the regions.

    Each row is a word that was typed: neither text encoder has rows for special tokens, so there are none to hide.

    Args:
        explanation: of one query.
        layer: fusion layer, from 0; None is the mean over layers.
        head: attention head, from 0; None is the mean over heads.

    Returns:
        (T, R) float32, each row sums to 1; regions that words may not touch have 0.

    Raises:
        ValueError: there is no such layer or head.
    """
    return _maps(explanation.word_to_region, layer, head)


def region_maps(explanation: Explanation, layer: int | None = None, head: int | None = None) -> np.ndarray:
    """How every region spread its attention over the words: (R, T) float32. Each row sums to 1, or is 0 if words may not touch
    that region. Arguments as `word_maps`.
    """
    return _maps(explanation.region_to_word, layer, head)


def contrast(maps: np.ndarray) -> np.ndarray:
    """What sets each row apart. Maps of different words often look alike; this leaves the difference.

    Args:
        maps: (N, M) float, one row per word (or region).

    Returns:
        (N, M) of the same dtype: each row minus the mean over rows, so each column sums to 0. All 0 if there is only one row.
    """
    return maps - maps.mean(0)


def content_words(words: Sequence[str]) -> list[int]:
    """Indices of the content words, in order; all indices if every word is a function word."""
    places = [i for i, word in enumerate(words) if any(map(str.isalnum, word)) and word.lower() not in FUNCTION_WORDS]
    return places or list(range(len(words)))


def telling_word(explanation: Explanation, places: Sequence[int] = (), layer: int | None = None) -> int:
    """The word worth showing first: the one that most singles out a region, compared with where all words look.

    Args:
        explanation: of one query.
        places: indices of the words to choose from; if empty, the content words.
        layer: layer whose maps are used, from 0; None is the mean over layers.
    """
    places = list(places) or content_words(explanation.words)
    return places[int(_singled_out(explanation, layer)[places].argmax())]


def how_telling(explanation: Explanation, layer: int | None = None) -> float:
    """How much there is to see: how far each content word singles out a region, from 0 to 1, added up.

    Arguments as `telling_word`; 0 if all maps are alike.
    """
    return float(_singled_out(explanation, layer)[content_words(explanation.words)].sum())


def is_even(maps: np.ndarray) -> np.ndarray:
    """(..., R) float -> (...) bool: whether a word gives all regions about the same share, so that it prefers none."""
    return _difference(maps) < _EVEN


def telling_layer(explanation: Explanation) -> int:
    """The layer worth showing first, from 0: the first one, or the last one if only there some content word sees a difference.

    In a picture of one red dress, "red" fits all of its parts alike; what the sentence acts on says more.
    """
    content, last = content_words(explanation.words), len(explanation.word_to_region) - 1
    maps = (word_maps(explanation, layer)[content] for layer in (0, last))
    first_tells, last_tells = ((_difference(own) >= _TELLING).any() for own in maps)
    return last if last_tells and not first_tells else 0


def _difference(maps: np.ndarray) -> np.ndarray:
    """(..., R) float -> (...) float: the largest share of each map less its smallest, in even shares."""
    return np.ptp(maps, -1) * maps.shape[-1]


def _singled_out(explanation: Explanation, layer: int | None) -> np.ndarray:
    """(T,) float: the most by which each word looks at a region more than the words do on average."""
    return contrast(word_maps(explanation, layer)).max(1)


def _maps(weights: np.ndarray, layer: int | None, head: int | None) -> np.ndarray:
    for name, value, count in zip(("layer", "head"), (layer, head), weights.shape[:2], strict=True):
        if value is not None and not 0 <= value < count:
            raise ValueError(f"no {name} {value}: there are {count}, counted from 0")
    return weights[slice(None) if layer is None else [layer]][:, slice(None) if head is None else [head]].mean((0, 1))
