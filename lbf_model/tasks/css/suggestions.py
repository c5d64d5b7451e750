"""Suggested changes to a scene: only to objects that their description identifies, and only into what the gallery holds."""

from collections import Counter
from collections.abc import Iterator, Sequence

from lbf_model.tasks.css.scenes import COLORS, SHAPES, SIZES
from lbf_model.types import Regions


def suggest_scene_changes(regions: Regions, held: Counter[str]) -> tuple[str, ...]:
    """Another size, another colour, an object removed, and one added.

    Args:
        regions: of the picture; labels other than size, colour and shape are ignored.
        held: how often the gallery holds a region of each label.

    Returns:
        Modification texts, the most promising first; none if no region is an object of a scene.
    """
    labels = [label.split() for label in regions.labels]
    return tuple(_changes([words for words in labels if len(words) == 3 and words[-1] in SHAPES], held))


def _changes(objects: Sequence[list[str]], held: Counter[str]) -> Iterator[str]:
    names = Counter(" ".join(words) for words in objects)
    single = [words for words in objects if names[" ".join(words)] == 1]
    for size, color, shape in single[:1]:
        other = next(s for s in SIZES if s != size)
        if held[f"{other} {color} {shape}"]:
            yield f"make {size} {color} {shape} {other}"
    for size, color, shape in single[1:2] or single[:1]:
        others = [c for c in COLORS if c != color and held[f"{size} {c} {shape}"]]
        yield from (f"make {size} {color} {shape} {c}" for c in others[:1])
    for size, color, shape in single[-1:]:
        yield f"remove {size} {color} {shape}"
    new = next((c for c in COLORS if not any(c in words for words in objects) and held[f"large {c} cube"]), None)
    if objects and new:
        yield f"add large {new} cube"
