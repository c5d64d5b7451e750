"""What a CSS scene is made of: objects with a shape, a colour and a size on a 3x3 grid."""

from dataclasses import dataclass

import numpy as np

SHAPES = ("cube", "sphere", "cylinder")
COLORS = ("gray", "red", "blue", "green", "brown", "purple", "cyan", "yellow")
SIZES = ("small", "large")
POSITIONS = tuple(f"{row}-{column}" for row in ("top", "middle", "bottom") for column in ("left", "center", "right"))

# sRGB, as in CLEVR and in the 2D drawings of CSS.
COLOR_RGB = {
    "gray": (87, 87, 87),
    "red": (244, 35, 35),
    "blue": (42, 75, 215),
    "green": (29, 205, 20),
    "brown": (129, 74, 25),
    "purple": (129, 38, 192),
    "cyan": (41, 208, 208),
    "yellow": (255, 238, 51),
}

# The annotation's names for the shapes; modification text may use either.
SHAPE_SYNONYMS = {"cube": "rectangle", "sphere": "circle", "cylinder": "triangle"}

_GROUP_A = frozenset({"gray", "blue", "brown", "yellow"})
_GROUP_B = frozenset({"red", "green", "purple", "cyan"})

# As CLEVR CoGenT: the two splits share no colour for cubes and none for cylinders. Spheres take every colour in both.
SPLITS = {
    "train": {"cube": _GROUP_A, "cylinder": _GROUP_B, "sphere": frozenset(COLORS)},
    "test": {"cube": _GROUP_B, "cylinder": _GROUP_A, "sphere": frozenset(COLORS)},
    "all": dict.fromkeys(SHAPES, frozenset(COLORS)),  # not a split of the data: pairs that training can combine
}


@dataclass(frozen=True, order=True)
class SceneObject:
    """One object. `position` is one of POSITIONS, the other fields are of SHAPES, COLORS and SIZES."""

    position: str
    shape: str
    color: str
    size: str

    def __post_init__(self):
        for value, allowed in ((self.position, POSITIONS), (self.shape, SHAPES), (self.color, COLORS), (self.size, SIZES)):
            if value not in allowed:
                raise ValueError(f"{value!r} is none of {', '.join(allowed)}")

    def __str__(self):
        return f"{self.position} {self.size} {self.color} {self.shape}"


@dataclass(frozen=True)
class Scene:
    """The identity of a picture: its objects, sorted, at most one per grid cell. Two equal scenes are a hit for each other."""

    objects: tuple[SceneObject, ...]

    def __post_init__(self):
        object.__setattr__(self, "objects", tuple(sorted(self.objects)))
        if len({o.position for o in self.objects}) != len(self.objects):
            raise ValueError(f"two objects share a grid cell: {self}")

    def __str__(self):
        return ", ".join(map(str, self.objects)) or "empty scene"

    @property
    def free_positions(self) -> tuple[str, ...]:
        """Grid cells without an object, in the order of POSITIONS."""
        taken = {o.position for o in self.objects}
        return tuple(p for p in POSITIONS if p not in taken)


def allowed_pairs(split: str) -> tuple[tuple[str, str], ...]:
    """The (shape, colour) pairs a split may show."""
    return tuple((s, c) for s in SHAPES for c in COLORS if c in SPLITS[split][s])


def obeys_split(scene: Scene, split: str) -> bool:
    """Whether every object of `scene` has a shape-colour pair of `split`."""
    return all(o.color in SPLITS[split][o.shape] for o in scene.objects)


def sample_scene(rng: np.random.Generator, split: str, fewest: int = 2, most: int = 6) -> Scene:
    """Draw a base scene: `fewest` to `most` objects in distinct cells, shape first, then one of its colours, then a size."""
    count = int(rng.integers(fewest, most + 1))
    cells = rng.choice(len(POSITIONS), size=count, replace=False)
    return Scene(tuple(sample_object(rng, split, POSITIONS[c]) for c in cells))


def sample_object(
    rng: np.random.Generator,
    split: str,
    position: str,
    shape: str | None = None,
    color: str | None = None,
    size: str | None = None,
) -> SceneObject:
    """Draw what is not given, within the split's shape-colour pairs.

    Raises:
        ValueError: the split has no pair with this shape and colour.
    """
    pairs = [(s, c) for s, c in allowed_pairs(split) if shape in (None, s) and color in (None, c)]
    if not pairs:
        raise ValueError(f"the {split} split has no {color} {shape}")
    shapes = sorted({s for s, _ in pairs})
    shape = shapes[rng.integers(len(shapes))]
    colors = [c for s, c in pairs if s == shape]
    return SceneObject(position, shape, colors[rng.integers(len(colors))], size or SIZES[rng.integers(2)])
