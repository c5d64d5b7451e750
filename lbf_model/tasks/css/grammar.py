"""The modification language of CSS: add, remove, make; every slot except the object itself may be left out.

add [size] [colour] {object|shape} [to POSITION]
remove [POSITION] [size] [colour] {object|shape}
make [POSITION] [size] [colour] {object|shape} {new colour | new size}
"""

from dataclasses import dataclass

import numpy as np

from lbf_model.tasks.css.scenes import (
    COLORS,
    POSITIONS,
    SHAPE_SYNONYMS,
    SHAPES,
    SIZES,
    Scene,
    SceneObject,
    obeys_split,
    sample_object,
)

KINDS = ("add", "remove", "make")

_NOUNS = {"object": None, **{s: s for s in SHAPES}, **{word: s for s, word in SHAPE_SYNONYMS.items()}}

# Probability that an optional slot is filled. Chosen so that the oracle's R@1 on the test split lies between 94 and 96.
SLOT_PROBABILITY = 0.65


@dataclass(frozen=True)
class Modification:
    """One instruction. A slot that is None is unspecified: random for `add`, "any" for `remove` and `make`.

    `new_color` or `new_size` (exactly one) is set for `make` and for nothing else. `shape_word` is the word the text uses
    for the shape ("cube" or "rectangle"), "object" if the shape is open.
    """

    kind: str
    position: str | None = None
    size: str | None = None
    color: str | None = None
    shape: str | None = None
    shape_word: str = "object"
    new_color: str | None = None
    new_size: str | None = None

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is none of {', '.join(KINDS)}")
        changes = (self.new_color is not None) + (self.new_size is not None)
        if changes != (self.kind == "make"):
            raise ValueError("make sets exactly one of new_color and new_size; add and remove set neither")

    @property
    def text(self) -> str:
        """The sentence, lower case: "make bottom-center small purple circle blue"."""
        return " ".join(word for word, _ in self.slots)

    @property
    def slots(self) -> tuple[tuple[str, str], ...]:
        """The words in order, each with what it is: "verb", "to", "position", "size", "color", "shape", "object" (the noun
        if the shape is open), "new color" or "new size". A position is one word with a hyphen."""
        position, shape = (self.position, "position"), (self.shape_word, "shape" if self.shape else "object")
        noun = (self.size, "size"), (self.color, "color"), shape
        change = (self.new_color, "new color"), (self.new_size, "new size")
        said = (*noun, ("to" if self.position else None, "to"), position) if self.kind == "add" else (position, *noun, *change)
        return ((self.kind, "verb"), *((word, what) for word, what in said if word))

    def matches(self, item: SceneObject) -> bool:
        """Whether `item` is one of the objects that the text is about."""
        wanted = ((self.position, item.position), (self.size, item.size), (self.color, item.color), (self.shape, item.shape))
        return all(want in (None, have) for want, have in wanted)


def parse_modification(text: str) -> Modification:
    """Read a sentence: the inverse of `Modification.text`, ignoring case and spacing.

    Raises:
        ValueError: the sentence does not follow the grammar; the message has the words that don't fit.
    """
    words = text.lower().split()

    def take(allowed):
        return words.pop(0) if words and words[0] in allowed else None

    kind = take(KINDS)
    if kind is None:
        raise ValueError(f"{text!r} does not follow the grammar of CSS (it starts with none of {', '.join(KINDS)})")
    position = None if kind == "add" else take(POSITIONS)
    size, color, noun = take(SIZES), take(COLORS), take(_NOUNS)
    new_color = new_size = None
    complete = noun is not None
    if kind == "add" and take(("to",)):
        position = take(POSITIONS)
        complete &= position is not None
    if kind == "make":
        new_color = take(COLORS)
        new_size = None if new_color else take(SIZES)
        complete &= (new_color or new_size) is not None
    if words or not complete:
        where = f"from {' '.join(words)!r} on" if words else "it ends too early"
        raise ValueError(f"{text!r} does not follow the grammar of CSS ({where})")
    return Modification(kind, position, size, color, _NOUNS[noun], noun, new_color, new_size)


def sample_modification(rng: np.random.Generator, kind: str, slot_probability: float = SLOT_PROBABILITY) -> Modification:
    """Draw a modification of one kind; each optional slot is filled with `slot_probability`."""

    def maybe(values):
        value = values[rng.integers(len(values))]
        return value if rng.random() < slot_probability else None

    position, size, color, shape = maybe(POSITIONS), maybe(SIZES), maybe(COLORS), maybe(SHAPES)
    word = (shape if rng.random() < 0.5 else SHAPE_SYNONYMS[shape]) if shape else "object"
    new_color = new_size = None
    if kind == "make":
        if rng.random() < 0.5:
            others = [c for c in COLORS if c != color]
            new_color = others[rng.integers(len(others))]
        else:
            new_size = SIZES[1 - SIZES.index(size)] if size else SIZES[rng.integers(2)]
    return Modification(kind, position, size, color, shape, word, new_color, new_size)


def apply_modification(
    modification: Modification, scene: Scene, split: str, rng: np.random.Generator | None = None
) -> Scene | None:
    """The target scene, or None if the text makes no sense for this scene in this split.

    It makes no sense to add to a taken cell, to remove or change what is not there, to change nothing, or to make a
    shape-colour pair that the split may not show. `rng` decides what an `add` left open; the other kinds need none.
    """
    if modification.kind == "add":
        cells = scene.free_positions if modification.position is None else (modification.position,)
        cells = [c for c in cells if c in scene.free_positions]
        if not cells:
            return None
        cell = cells[rng.integers(len(cells))]
        try:
            item = sample_object(rng, split, cell, modification.shape, modification.color, modification.size)
        except ValueError:
            return None
        return Scene((*scene.objects, item))
    rest = tuple(o for o in scene.objects if not modification.matches(o))
    if modification.kind == "remove":
        target = Scene(rest)
    else:
        changed = tuple(
            SceneObject(o.position, o.shape, modification.new_color or o.color, modification.new_size or o.size)
            for o in scene.objects
            if modification.matches(o)
        )
        target = Scene((*rest, *changed))
    return target if target != scene and obeys_split(target, split) else None


def fits(modification: Modification, source: Scene, candidate: Scene, split: str) -> bool:
    """Whether `candidate` is a right answer to (source, text): the one answer for remove and make, any completion for add."""
    if modification.kind != "add":
        return apply_modification(modification, source, split) == candidate
    extra = set(candidate.objects) - set(source.objects)
    return len(candidate.objects) == len(source.objects) + 1 and len(extra) == 1 and modification.matches(next(iter(extra)))
