"""Suggested changes of one garment or two, only to patterns and colours that the gallery holds."""

from collections import Counter
from collections.abc import Iterator, Sequence

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS
from lbf_model.types import Regions

_PLURAL = frozenset({"pants", "shoes", "shorts"})
_CUTS = frozenset({"dress", "skirt", "outwear"})  # what is sold short and long
_THINGS = {"striped": "stripes", "checked": "checks", "dotted": "dots", "floral": "flowers"}
_PLAIN, _MANY = "solid", "multicolor"


def suggest_garment_changes(regions: Regions, held: Counter[str]) -> tuple[str, ...]:
    """Another colour, pattern or length of one garment, or another colour of the left and of the right one of two.

    Args:
        regions: of the picture, the surest first; labels other than pattern, colour and category are ignored.
        held: how often the gallery holds a region of each label.

    Returns:
        Modification texts, the most promising first; none if no region is a garment.
    """
    labels = [label.split() for label in regions.labels]
    found = [i for i, words in enumerate(labels) if len(words) == 3 and words[-1] in CATEGORIES]
    left_first = sorted(found[:2], key=lambda i: float(regions.boxes[i, 0]))
    return tuple(_changes([labels[i] for i in left_first], held))


def _changes(garments: Sequence[list[str]], held: Counter[str]) -> Iterator[str]:
    if not garments:
        return
    pattern, color, kind = garments[0]
    colors = _other_colors(garments[0], held)
    if len(garments) == 2:
        yield from (f"make the left one {c}" for c in colors[:1])
        yield from (f"make the right one {c}" for c in _other_colors(garments[1], held))
        return
    changed = "make it" if color == _MANY else f"replace {color} color to"
    yield from (f"{changed} {c}" for c in colors[:1])
    patterns = sorted((p for p in PATTERNS if p != pattern), key=lambda p: -held[f"{p} {color} {kind}"])
    patterns = [p for p in patterns if held[f"{p} {color} {kind}"]]
    if pattern != _PLAIN and _PLAIN in patterns:
        yield "make it plain"
    elif patterns:
        yield f"with {_THINGS[patterns[0]]}" if patterns[0] in _THINGS else f"make it {patterns[0]}"
    if kind in _CUTS:
        yield "make it longer"
    yield from (f"{'these' if kind in _PLURAL else 'same'} but in {c}" for c in colors[1:])


def _other_colors(garment: Sequence[str], held: Counter[str]) -> list[str]:
    """Colours in which the gallery holds such a garment, the most frequent first."""
    pattern, color, kind = garment
    count = {c: held[f"{pattern} {c} {kind}"] for c in COLORS if c not in (color, _MANY)}
    return sorted((c for c in count if count[c]), key=lambda c: -count[c])
