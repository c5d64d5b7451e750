"""What colours people mean by their names: a word is told as its place in CIELAB, whether training ever said it or not."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

WIDTH = 4
_LONGEST = 4  # words of the longest name looked for


def color_values(words: Sequence[str]) -> np.ndarray:
    """The colours that words name; of overlapping names ("sky", "sky blue") the longest counts for all its words.

    Args:
        words: T words in lower case.

    Returns:
        (T, 4) float32: 1 and CIELAB's L, a and b over 100, or zeros where a word names no colour.
    """
    names = _names()
    values = np.zeros((len(words), WIDTH), np.float32)
    first = 0
    while first < len(words):
        lengths = range(min(_LONGEST, len(words) - first), 0, -1)
        length = next((n for n in lengths if " ".join(words[first : first + n]) in names), 0)
        if length:
            lightness, a, b = names[" ".join(words[first : first + length])]
            values[first : first + length] = 1, lightness / 100, a / 100, b / 100
        first += max(length, 1)
    return values


@cache
def _names() -> dict[str, tuple[float, float, float]]:
    return json.loads((Path(__file__).parent / "color_lexicon.json").read_text(encoding="utf-8"))["colors"]
