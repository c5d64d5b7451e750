"""Changes worth asking for a picture, from what was detected in it; kinds and colours only such as the gallery holds."""

from collections import Counter
from collections.abc import Iterator, Sequence

from lbf_model.gallery.gallery import Gallery
from lbf_model.tasks.css import scenes
from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS
from lbf_model.types import Regions

_PLURAL = frozenset({"pants", "shoes", "shorts"})
_CUTS = frozenset({"dress", "skirt", "outwear"})  # what is sold short and long
_THINGS = {"striped": "stripes", "checked": "checks", "dotted": "dots", "floral": "flowers"}
_PLAIN = "solid"


def suggest_changes(regions: Regions, gallery: Gallery, count: int = 4) -> tuple[str, ...]:
    """Modification texts for a picture.

    Args:
        regions: of the picture; their labels end in a garment's category or an object's shape, others suggest nothing.
        gallery: where they would be asked; what no region in it is called is not suggested.
        count: how many at most.

    Returns:
        Texts, the most promising first; the same for the same picture and gallery.
    """
    there = Counter(region["label"] for item in gallery.items for region in item.regions)
    labels = [label.split() or [""] for label in regions.labels]
    garments = [place for place, words in enumerate(labels) if words[-1] in CATEGORIES and len(words) == 3]
    if garments:
        left_first = sorted(garments[:2], key=lambda place: float(regions.boxes[place, 0]))
        found = _garment_changes([labels[place] for place in left_first], there)
    else:
        found = _scene_changes([words for words in labels if words[-1] in scenes.SHAPES and len(words) == 3], there)
    return tuple(text for text, _ in zip(found, range(count), strict=False))


def _garment_changes(garments: Sequence[list[str]], there: Counter) -> Iterator[str]:
    """Of one garment, or of the left one of two."""
    pattern, color, kind = garments[0]
    colors = sorted((c for c in COLORS if c != color), key=lambda c: -there[f"{pattern} {c} {kind}"])
    colors = [c for c in colors if there[f"{pattern} {c} {kind}"]]
    if len(garments) == 2:
        yield from (f"make the left one {c}" for c in colors[:1])
        pattern, color, kind = garments[1]
        yield from (f"make the right one {c}" for c in COLORS if c != color and there[f"{pattern} {c} {kind}"])
        return
    yield from (f"replace {color} color to {c}" for c in colors[:1])
    patterns = sorted((p for p in PATTERNS if p != pattern), key=lambda p: -there[f"{p} {color} {kind}"])
    patterns = [p for p in patterns if there[f"{p} {color} {kind}"]]
    if pattern != _PLAIN and _PLAIN in patterns:
        yield "make it plain"
    elif patterns:
        yield f"with {_THINGS[patterns[0]]}" if patterns[0] in _THINGS else f"make it {patterns[0]}"
    if kind in _CUTS:
        yield "make it longer"
    yield from (f"{'these' if kind in _PLURAL else 'same'} but in {c}" for c in colors[1:])


def _scene_changes(objects: Sequence[list[str]], there: Counter) -> Iterator[str]:
    """Of objects that one description picks out: another size, another colour, gone; then one that is added."""
    names = Counter(" ".join(words) for words in objects)
    single = [words for words in objects if names[" ".join(words)] == 1]
    for size, color, shape in single[:1]:
        other = next(s for s in scenes.SIZES if s != size)
        if there[f"{other} {color} {shape}"]:
            yield f"make {size} {color} {shape} {other}"
    for size, color, shape in single[1:2] or single[:1]:
        yield from [f"make {size} {color} {shape} {c}" for c in scenes.COLORS if c != color and there[f"{size} {c} {shape}"]][
            :1
        ]
    for size, color, shape in single[-1:]:
        yield f"remove {size} {color} {shape}"
    new = next((c for c in scenes.COLORS if not any(c in words for words in objects) and there[f"large {c} cube"]), None)
    if objects and new:
        yield f"add large {new} cube"
