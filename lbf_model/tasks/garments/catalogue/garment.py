"""What a drawn garment is: its words, and two seeds from which every other number follows."""

import zlib
from dataclasses import dataclass, replace

import numpy as np

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, LENGTHS, PATTERNS, SLEEVES

# What each category can have; an attribute that is missing here is None for the category.
VARIES = {
    "blazer": {"sleeve": ("long-sleeved",), "neckline": ("collar",)},
    "blouse": {"sleeve": SLEEVES, "neckline": ("round", "v-neck", "collar")},
    "bodysuit": {"sleeve": SLEEVES, "neckline": ("round", "v-neck", "collar", "strap")},
    "dress": {"sleeve": SLEEVES, "length": LENGTHS, "neckline": ("round", "v-neck", "collar", "boat", "strap")},
    "hat": {},
    "hoodie": {"sleeve": ("long-sleeved",), "neckline": ("hooded",)},
    "longsleeve": {"sleeve": ("long-sleeved",), "neckline": ("round", "v-neck", "boat", "collar")},
    "outwear": {"sleeve": ("long-sleeved",), "length": LENGTHS, "neckline": ("collar", "hooded", "v-neck", "round")},
    "pants": {"length": ("long",)},
    "polo": {"sleeve": ("short-sleeved",), "neckline": ("collar",)},
    "shirt": {"sleeve": SLEEVES, "neckline": ("collar", "v-neck", "round")},
    "shoes": {},
    "shorts": {"length": ("short",)},
    "skirt": {"length": LENGTHS},
    "t-shirt": {"sleeve": ("sleeveless", "short-sleeved"), "neckline": ("round", "v-neck", "boat", "strap")},
    "top": {"sleeve": ("sleeveless", "short-sleeved"), "neckline": ("strap", "round", "v-neck", "boat")},
    "undershirt": {"sleeve": ("sleeveless",), "neckline": ("round", "v-neck", "strap")},
}
# How often each value is sampled, if not all equally often.
_WEIGHTS = {
    ("blouse", "sleeve"): (1, 5, 5),
    ("blouse", "neckline"): (3, 4, 3),
    ("bodysuit", "sleeve"): (2, 4, 6),
    ("bodysuit", "neckline"): (8, 2, 1, 4),
    ("dress", "neckline"): (3, 3, 1, 2, 3),
    ("longsleeve", "neckline"): (4, 2, 2, 1.5),
    ("outwear", "length"): (5, 3, 2),
    ("outwear", "neckline"): (4, 3, 3, 1.5),
    ("shirt", "sleeve"): (1, 3, 6),
    ("shirt", "neckline"): (8, 1, 1),
    ("t-shirt", "sleeve"): (2, 5),
    ("t-shirt", "neckline"): (5, 3, 1, 2),
    ("top", "sleeve"): (8, 1),
    ("top", "neckline"): (5, 3, 3, 1),
    ("undershirt", "neckline"): (8, 1, 1),
}
_SOLID = 0.45
# How often a twin differs in which attribute.
_CHANGES = {"color": 4, "pattern": 2, "sleeve": 1.5, "length": 1.5, "neckline": 1}


@dataclass(frozen=True)
class Garment:
    """One garment as it lies in one picture; drawing it is a pure function of these fields.

    Every other number (shade, cut, proportions, folds: from `style`; tilt, size, light, ground: from `pose`) has a name, and
    its value depends on seed and name only. So a change of one attribute leaves all the rest of the picture as it was, and
    `dataclasses.replace(garment, pose=...)` is the same garment photographed again.

    Attributes:
        category: one of CATEGORIES.
        color: one of COLORS, the name of the base colour.
        pattern: one of PATTERNS.
        sleeve: one of SLEEVES, or None if the category has none.
        length: one of LENGTHS, or None.
        neckline: one of NECKLINES, or None.
        style: seed of the garment itself.
        pose: seed of the picture around it.
    """

    category: str
    color: str
    pattern: str
    sleeve: str | None
    length: str | None
    neckline: str | None
    style: int
    pose: int

    def __post_init__(self):
        for name, value, known in (
            ("category", self.category, CATEGORIES),
            ("color", self.color, COLORS),
            ("pattern", self.pattern, PATTERNS),
        ):
            if value not in known:
                raise ValueError(f"{name} is {value!r}; give one of {', '.join(known)}")
        for name in ("sleeve", "length", "neckline"):
            known = VARIES[self.category].get(name, (None,))
            if getattr(self, name) not in known:
                raise ValueError(f"{name} of {self.category} is {getattr(self, name)!r}; give one of {known}")
        if self.neckline == "strap" and self.sleeve != "sleeveless":
            raise ValueError(f"a strap neckline goes with sleeveless, not with {self.sleeve}")

    def rng(self, name: str) -> np.random.Generator:
        """The random stream of one named property of the garment."""
        return np.random.default_rng([self.style, zlib.crc32(name.encode())])

    def number(self, name: str, low: float, high: float) -> float:
        """The named number of the garment, uniform in [low, high)."""
        return float(self.rng(name).uniform(low, high))

    def chance(self, name: str, probability: float) -> bool:
        """Whether the named feature is there."""
        return self.number(name, 0, 1) < probability

    def pick(self, name: str, options: tuple):
        """The named choice among `options`."""
        return options[int(self.rng(name).integers(len(options)))]

    def pose_rng(self, name: str) -> np.random.Generator:
        """The random stream of one named property of the picture."""
        return np.random.default_rng([self.pose, zlib.crc32(name.encode())])


def sample_garment(
    rng: np.random.Generator, category: str | None = None, color: str | None = None, pattern: str | None = None
) -> Garment:
    """Draw a garment's words and seeds; what is given is kept.

    Raises:
        ValueError: a given word is unknown.
    """
    category = category or str(rng.choice(CATEGORIES))
    color = color or str(rng.choice(COLORS))
    if pattern is None:
        pattern = "solid" if rng.random() < _SOLID else str(rng.choice(PATTERNS[1:]))
    chosen = {"sleeve": None, "length": None, "neckline": None}
    for name, values in VARIES.get(category, {}).items():
        weights = np.array(_WEIGHTS.get((category, name), (1,) * len(values)), float)
        if name == "neckline" and chosen["sleeve"] != "sleeveless":
            weights[[value == "strap" for value in values]] = 0
        chosen[name] = str(rng.choice(values, p=weights / weights.sum()))
    style, pose = (int(n) for n in rng.integers(2**31, size=2))
    return Garment(category, color, pattern, **chosen, style=style, pose=pose)


def options(garment: Garment, attribute: str) -> tuple[str, ...]:
    """The values to which `change` can set one attribute of this garment, including its present one; possibly none.

    Raises:
        ValueError: not an attribute that can change.
    """
    if attribute not in ("color", "pattern", "sleeve", "length", "neckline"):
        raise ValueError(f"{attribute!r} cannot change; give color, pattern, sleeve, length or neckline")
    known = {"color": COLORS, "pattern": PATTERNS, **VARIES[garment.category]}.get(attribute, ())
    if attribute == "neckline" and garment.sleeve != "sleeveless":
        known = tuple(value for value in known if value != "strap")
    return ("sleeveless",) if attribute == "sleeve" and garment.neckline == "strap" else known


def change(garment: Garment, **attributes: str) -> Garment:
    """The same garment in the same picture with other attributes.

    Raises:
        ValueError: the garment cannot have that (`options` tells what it can).
    """
    for name in attributes:
        options(garment, name)
    return replace(garment, **attributes)


def sample_twin(rng: np.random.Generator, garment: Garment) -> Garment:
    """The same garment with one attribute changed, in another picture: Fashion-200k's kind of pair."""
    choices = {name: [v for v in options(garment, name) if v != getattr(garment, name)] for name in _CHANGES}
    weights = np.array([weight * bool(choices[name]) for name, weight in _CHANGES.items()], float)
    name = str(rng.choice(list(_CHANGES), p=weights / weights.sum()))
    other = change(garment, **{name: str(rng.choice(choices[name]))})
    return replace(other, pose=int(rng.integers(2**31)))
