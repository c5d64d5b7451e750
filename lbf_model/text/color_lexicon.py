"""What colours people mean by colour names: each name maps to a point in CIELAB, and to the basic colour of its neighbours."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

WIDTH = 4
_LONGEST = 4  # words in the longest name that is looked for
# Berlin and Kay's basic colour terms, and beige, which garments need.
BASIC = (
    "black", "white", "gray", "grey", "beige", "brown", "red", "pink", "orange", "yellow", "green", "blue", "purple",
)  # fmt: skip
_NEIGHBOURS = 7  # chosen on names used in training (82 % of them get the basic colour people give them), not on held-out ones


def color_values(words: Sequence[str]) -> np.ndarray:
    """The colours that words name; where names overlap ("sky", "sky blue"), the longest one counts for all its words.

    Args:
        words: T words in lower case.

    Returns:
        (T, 4) float32: 1 and CIELAB's L, a and b over 100, or zeros where a word names no colour.
    """
    values = np.zeros((len(words), WIDTH), np.float32)
    for first, last, name in _found(words):
        lightness, a, b = _names()[name]
        values[first:last] = 1, lightness / 100, a / 100, b / 100
    return values


def basic_words(words: Sequence[str]) -> list[str]:
    """Replace each colour name that contains no basic colour with one: "burnt sienna" is read as "orange orange".

    A text encoder places such names by how its training texts used them, often not as colours; their point in CIELAB is
    certain. The nearest names that end in a basic colour ("light blue", "dull blue") vote, weighted by their nearness.

    Args:
        words: T words in lower case.

    Returns:
        T words.
    """
    read = list(words)
    for first, last, name in _found(words):
        if not set(name.split()) & set(BASIC):
            read[first:last] = [_basic(name)] * (last - first)
    return read


def _found(words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Colour names among words: index of the first word, index after the last word, name."""
    first = 0
    while first < len(words):
        lengths = range(min(_LONGEST, len(words) - first), 0, -1)
        length = next((n for n in lengths if " ".join(words[first : first + n]) in _names()), 0)
        if length:
            yield first, first + length, " ".join(words[first : first + length])
        first += max(length, 1)


@cache
def _basic(name: str) -> str:
    kinds, places = _voters()
    distance = np.linalg.norm(places - np.array(_names()[name]), axis=1)
    votes: dict[str, float] = {}
    for near in np.argsort(distance, kind="stable")[:_NEIGHBOURS]:
        votes[kinds[near]] = votes.get(kinds[near], 0.0) + 1 / (distance[near] + 1e-6)
    return max(votes, key=votes.get)


@cache
def _voters() -> tuple[list[str], np.ndarray]:
    """Basic colour (N,) and CIELAB point (N, 3) of the names that end in a basic colour."""
    named = [(name.split()[-1].replace("grey", "gray"), place) for name, place in _names().items() if name.split()[-1] in BASIC]
    return [kind for kind, _ in named], np.array([place for _, place in named])


@cache
def _names() -> dict[str, tuple[float, float, float]]:
    return json.loads((Path(__file__).parent / "color_lexicon.json").read_text(encoding="utf-8"))["colors"]
