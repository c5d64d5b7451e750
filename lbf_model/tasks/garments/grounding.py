"""Where the words of a sentence about garments should look: at parts, at what has a colour or pattern, at what is meant.

Words are understood one by one: "sleeves" means sleeves wherever it is said. What a region is comes from the detector; what its
garment looks like comes from the garment's record.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PARTS, PATTERNS
from lbf_model.tasks.garments.facts import CATEGORY, COLOR, PATTERN
from lbf_model.tasks.garments.sentences import SIDES
from lbf_model.tasks.garments.wordings import WORDINGS, color_words
from lbf_model.text.color_lexicon import BASIC, basic_words

KINDS = CATEGORIES + PARTS  # what a region can be; a detector's attribute "kind" has these values
_PRINT = KINDS.index("print")  # has a colour and a pattern of its own
_CATEGORY_WORDS = {
    "blazer": "blazer blazers",
    "blouse": "blouse blouses",
    "bodysuit": "bodysuit bodysuits romper rompers onesie onesies",
    "dress": "dress dresses gown gowns frock frocks",
    "hat": "hat hats cap caps beanie beanies",
    "hoodie": "hoodie hoodies hoody sweatshirt",
    "longsleeve": "longsleeve sweater sweaters jumper jumpers pullover pullovers",
    "outwear": "outwear outerwear jacket jackets coat coats parka parkas",
    "pants": "pants trousers jeans slacks leggings",
    "polo": "polo polos",
    "shirt": "shirt shirts",
    "shoes": "shoe shoes sneakers trainers boots",
    "shorts": "shorts",
    "skirt": "skirt skirts",
    "t-shirt": "tshirt tshirts tee tees",
    "top": "top tops camisole camisoles",
    "undershirt": "undershirt undershirts singlet singlets tank",
}
_PATTERN_WORDS = {
    "solid": "solid plain unpatterned patternless",
    "striped": "striped stripy stripey stripe stripes",
    "checked": "checked plaid checkered chequered tartan check checks squares",
    "dotted": "dotted dotty dot dots polka",
    "floral": "floral flowery flowered flower flowers roses",
    "paisley": "paisley",
    "geometric": "geometric geometrical triangles zigzags diamonds chevrons",
}
# Words that name a part; words that name its form, such as "hooded", look at the part, too.
_PART_WORDS = {
    "sleeve": "sleeve sleeves sleeved sleeveless arms",
    "collar": "collar collared neck necked neckline hood hooded strap straps strappy lapel lapels",
    "hem": "hem hems hemline hemlines length",
    "leg": "leg legs",
    "pocket": "pocket pockets",
    "print": "print logo",
}
_WHOLE_WORDS = "garment piece item one ones it this them"
# What a change of each attribute acts on: these parts, if there are any, else the whole garment.
_CHANGED_PARTS = {"sleeve": ("sleeve",), "neckline": ("collar",), "length": ("hem", "leg")}


class Meaning(NamedTuple):
    """What a word by itself means: "color", "pattern", "category", "part" or "side" with an index, or "whole"."""

    of: str
    index: int = 0


class SeenRegions(NamedTuple):
    """The R regions of a picture of one garment, or two side by side.

    Attributes:
        kinds: (R,) int64, indices into KINDS.
        facts: (R, 6) int64, of each region's garment, in the order of VALUES.
        sides: (R,) int64, 0 for the left garment and 1 for the right one; all 0 if there is only one.
    """

    kinds: np.ndarray
    facts: np.ndarray
    sides: np.ndarray

    @property
    def whole(self) -> np.ndarray:
        """(R,) bool: regions that show a whole garment."""
        return self.kinds < len(CATEGORIES)


def word_meanings(words: Sequence[str]) -> list[Meaning | None]:
    """What each of T words means; None if it names nothing that a region could show."""
    basic = basic_words(words)
    found = []
    for place, word in enumerate(words):
        color = _color_of(word, basic[place])
        found.append(Meaning("color", color) if color is not None else _meanings().get(word))
        before = words[place - 1] if place else ""
        if word == "shirt" and before in ("t", "tee", "polo"):
            found[place - 1] = found[place] = Meaning("category", CATEGORIES.index("polo" if before == "polo" else "t-shirt"))
        if word == "neck" and before in ("v", "crew", "round", "boat"):
            found[place - 1] = found[place]
    return found


def words_fit(meanings: Sequence[Meaning | None], regions: SeenRegions) -> np.ndarray:
    """(T, R) bool: regions that each word fits by itself; a word that fits none, or names nothing, fits all alike."""
    fits = np.stack([_fitting(meaning, regions) for meaning in meanings])
    return fits | ~fits.any(1, keepdims=True)


def regions_meant(attributes: Sequence[str], side: str | None, regions: SeenRegions) -> np.ndarray:
    """(R,) bool: what changes of some attributes act on, on the garment that the sentence means."""
    garment = np.ones(len(regions.kinds), bool) if side is None else regions.sides == SIDES.index(side)
    whole = garment & regions.whole
    whole = whole if whole.any() else garment
    meant = np.zeros(len(regions.kinds), bool)
    for attribute in attributes:
        parts = [len(CATEGORIES) + PARTS.index(part) for part in _CHANGED_PARTS.get(attribute, ())]
        changed = garment & np.isin(regions.kinds, parts)
        meant |= changed if changed.any() else whole
    return meant


def _fitting(meaning: Meaning | None, regions: SeenRegions) -> np.ndarray:
    of, index = meaning or ("", 0)
    if of == "part":
        return regions.kinds == len(CATEGORIES) + index
    if of == "whole":
        return regions.whole
    if of == "category":
        return regions.whole & (regions.facts[:, CATEGORY] == index)
    if of == "side":
        return (regions.sides == index) & (np.ptp(regions.sides) > 0)
    if of in ("color", "pattern"):
        column = COLOR if of == "color" else PATTERN
        return (regions.facts[:, column] == index) & (regions.kinds != _PRINT)
    return np.zeros(len(regions.kinds), bool)


def _color_of(word: str, basic: str) -> int | None:
    """The index of the colour that a word names: by itself, or as the basic colour it is read as."""
    if word in _multicolor():
        return COLORS.index("multicolor")
    return COLORS.index(basic.replace("grey", "gray")) if basic in BASIC else None


@cache
def topics() -> tuple[str, ...]:
    """Words for what can be asked about a garment, in alphabetical order; for colours the basic ones."""
    shapes = [phrase for name in ("sleeve", "length", "neckline") for said in WORDINGS[name].values() for phrase in said.words]
    words = {word for phrase in shapes for word in phrase.replace("-", " ").split() if len(word) > 2}
    named = {word for word, meaning in _meanings().items() if meaning.of in ("category", "pattern", "part")}
    return tuple(sorted({*words, *named, *BASIC, "colorful"}))


@cache
def _multicolor() -> frozenset[str]:
    return frozenset(name for name in color_words()["multicolor"] if " " not in name)


@cache
def _meanings() -> dict[str, Meaning]:
    """The meaning of every known word that does not name a colour."""
    known = (("category", CATEGORIES, _CATEGORY_WORDS), ("pattern", PATTERNS, _PATTERN_WORDS), ("part", PARTS, _PART_WORDS))
    meanings = {w: Meaning(of, all.index(value)) for of, all, said in known for value in said for w in said[value].split()}
    meanings |= {word: Meaning("side", index) for index, word in enumerate(SIDES)}
    return meanings | {word: Meaning("whole") for word in _WHOLE_WORDS.split()}
