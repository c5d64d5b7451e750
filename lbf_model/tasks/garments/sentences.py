"""What a modification sounds like: a change of one attribute, said in many ways.

A sentence is a template whose slots are filled with words. Fashion-200k's own form is among the templates ("replace grey with
pink"); the rest is how people ask. Training never gets what `held_out` keeps for measuring.

Slots of a template:
    it: the garment that is meant: "it", "the shirt", "the left one", "the coat on the right".
    garment: a noun for it.
    new, old: the value as an adjective ("striped") or, of a category, as a noun ("skirt").
    thing, old_thing: the value as something a garment has ("stripes").
    new_one, old_one: value and noun together ("a striped shirt"; of a category, "a skirt").
    more: the direction of a change of length, where the old value is told: "longer".
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import numpy as np

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, VALUES
from lbf_model.tasks.garments.held_out import PARAPHRASES

SPLITS = ("train", "paraphrases")
SIDES = ("left", "right")


@dataclass(frozen=True)
class Change:
    """One attribute of one garment gets another value.

    Attributes:
        attribute: a key of VALUES.
        new: the value wanted, as attributes.py names it.
        old: the value it has; None where the sentence must not tell.
        side: "left" or "right" where the picture shows two garments.
        garment: the garment's category; None where the sentence must not tell.
    """

    attribute: str
    new: str
    old: str | None = None
    side: str | None = None
    garment: str | None = None

    def __post_init__(self):
        values = VALUES.get(self.attribute, ())
        if self.new not in values or self.old not in (None, *values) or self.old == self.new:
            raise ValueError(f"no change of {self.attribute!r} from {self.old!r} to {self.new!r}")
        if self.side not in (None, *SIDES) or self.garment not in (None, *CATEGORIES):
            raise ValueError(f"no side {self.side!r} or no garment {self.garment!r}")


class Wording(NamedTuple):
    """How a value is said: as an adjective or noun, and as something a garment has."""

    words: tuple[str, ...]
    things: tuple[str, ...] = ()


WORDINGS = {
    "pattern": {
        "solid": Wording(
            ("solid", "plain", "unpatterned", "patternless", "single colored", "one colored"),
            ("no pattern", "no print", "a plain fabric", "a solid color", "a single color", "no pattern at all"),
        ),
        "striped": Wording(
            ("striped", "stripy", "stripey", "stripe patterned", "striped"),
            ("stripes", "stripes", "a striped pattern", "a stripe pattern", "bold stripes", "thin stripes", "a striped print"),
        ),
        "checked": Wording(
            ("checked", "plaid", "checkered", "chequered", "tartan", "check"),
            ("checks", "a plaid pattern", "a check pattern", "a checked pattern", "a tartan pattern", "plaid", "squares"),
        ),
        "dotted": Wording(
            ("dotted", "polka dot", "polka dotted", "dotty"),
            ("dots", "polka dots", "a polka dot pattern", "small dots", "big dots", "a dotted pattern", "a polka dot print"),
        ),
        "floral": Wording(
            ("floral", "flowery", "flowered", "flower print", "floral print"),
            ("flowers", "a floral pattern", "a floral print", "a flower print", "little flowers", "big flowers", "roses"),
        ),
        "paisley": Wording(
            ("paisley", "paisley print", "paisley patterned"), ("paisley", "a paisley pattern", "a paisley print")
        ),
        "geometric": Wording(
            ("geometric", "geometrical", "geometric print"),
            ("a geometric pattern", "geometric shapes", "triangles", "zigzags", "diamonds", "a geometric print", "chevrons"),
        ),
    },
    "sleeve": {
        "sleeveless": Wording(("sleeveless",), ("no sleeves", "no sleeves at all", "bare arms")),
        "short-sleeved": Wording(("short-sleeved", "short sleeve", "half sleeved"), ("short sleeves", "half sleeves")),
        "long-sleeved": Wording(
            ("long-sleeved", "long sleeve", "full sleeved"), ("long sleeves", "full sleeves", "full length sleeves")
        ),
    },
    "length": {
        "short": Wording(("short", "mini", "very short", "cropped")),
        "knee-length": Wording(("knee-length", "knee long", "midi", "mid length")),
        "long": Wording(("long", "maxi", "full length", "ankle length", "floor length", "very long")),
    },
    "neckline": {
        "round": Wording(("round neck", "crew neck", "round necked"), ("a round neck", "a round neckline", "a crew neck")),
        "v-neck": Wording(("v-neck", "v necked"), ("a v-neck", "a v neckline", "a v shaped neck")),
        "collar": Wording(("collared",), ("a collar", "a shirt collar", "a polo collar")),
        "hooded": Wording(("hooded",), ("a hood", "a big hood")),
        "boat": Wording(("boat neck", "boat necked"), ("a boat neck", "a boat neckline", "a wide boat neck")),
        "strap": Wording(("strappy", "spaghetti strap"), ("straps", "thin straps", "shoulder straps", "spaghetti straps")),
    },
    "category": {
        "blazer": Wording(("blazer", "blazer", "suit jacket", "sport coat")),
        "blouse": Wording(("blouse", "blouse", "dressy shirt")),
        "bodysuit": Wording(("bodysuit", "body", "onesie", "romper", "baby body")),
        "dress": Wording(("dress", "dress", "gown", "frock")),
        "hat": Wording(("hat", "hat", "cap", "beanie")),
        "hoodie": Wording(("hoodie", "hoodie", "hooded sweatshirt", "hoody")),
        "longsleeve": Wording(("longsleeve", "sweater", "jumper", "pullover", "long sleeve top", "long sleeved shirt")),
        "outwear": Wording(("outwear", "outerwear", "jacket", "coat", "parka")),
        "pants": Wording(("pants", "trousers", "jeans", "slacks", "leggings")),
        "polo": Wording(("polo", "polo shirt", "polo tee")),
        "shirt": Wording(("shirt", "shirt", "button up shirt")),
        "shoes": Wording(("shoes", "shoes", "sneakers", "trainers", "boots")),
        "shorts": Wording(("shorts", "shorts", "short pants")),
        "skirt": Wording(("skirt",)),
        "t-shirt": Wording(("t-shirt", "tshirt", "tee", "tee shirt", "tee")),
        "top": Wording(("top", "top", "crop top", "camisole", "strappy top")),
        "undershirt": Wording(("undershirt", "tank top", "vest top", "singlet")),
    },
}
_NOUNS = ("garment", "piece", "item", "one", "one")
_MASS = {"outwear", "outerwear"}
_DIRECTED = ("sleeve", "length")
_DIRECTIONS = ("shorter", "longer")
_ELSEWHERE = ("them", "this", "the", "on", "hand", "side", "a", "an")  # what `_it` and `_one` say beside nouns and sides

# Orders may be said politely, and wishes stand as they are.
_ORDERS = ("make {it} {new}", "replace {it} with {new_one}", "replace {old_one} with {new_one}", "swap {it} for {new_one}",
    "replace {old} with {new}", "replace {old} by {new}", "change {it} to {new}", "change {old} to {new}",
    "swap {old} for {new}", "change from {old} to {new}", "change {it} from {old} to {new}", "show {new_one}",
    "find {new_one}", "find {new_one} like this", "show {new_one} instead", "show {new_one} instead of {old_one}",
    "switch {it} to {new}", "switch from {old} to {new}", "turn {it} into {new_one}", "make {it} {new} instead of {old}",
    "make {old} into {new}", "exchange {it} for {new_one}", "exchange {old} with {new}")  # fmt: skip
_WISHES = ("{new}", "{new} please", "{new_one}", "{new_one} instead", "{new_one} instead of {old_one}",
    "{new} instead of {old}", "{new} not {old}", "{new} rather than {old}", "not {old} but {new}", "same but {new}",
    "the same but {new}", "same {garment} but {new}", "the same {garment}, {new}", "like this but {new}",
    "just like {it} but {new}", "is {new}", "is {new} instead of {old}", "i want {new_one}", "i want {it} {new}",
    "i would like {new_one}", "i'd like {it} {new}", "i'd like {new_one} instead", "i prefer {new}", "i need {new_one}",
    "it should be {new}", "{it} should be {new}", "should be {new} not {old}", "similar {garment} but {new}",
    "something like this but {new}", "looking for {new_one}", "i am looking for {new_one} like {it}")  # fmt: skip
_THING_ORDERS = ("give {it} {thing}", "make {it} with {thing}", "replace {old_thing} with {thing}",
    "change {old_thing} to {thing}", "swap {old_thing} for {thing}", "change {it} to have {thing}",
    "find the same {garment} with {thing}", "show {it} with {thing}",
    "show one with {thing} instead of {old_thing}")  # fmt: skip
_THING_WISHES = ("with {thing}", "same but with {thing}", "the same {garment} with {thing}", "{thing}", "{thing} please",
    "{thing} instead of {old_thing}", "has {thing}", "has {thing} instead of {old_thing}", "i want {thing}",
    "i want {it} with {thing}", "i'd like {it} with {thing}", "i'd like {thing} instead of {old_thing}", "{it} with {thing}",
    "like this but with {thing}", "it should have {thing}", "{it} should have {thing}", "with {thing} not {old_thing}",
    "a {garment} with {thing}", "i prefer {thing}")  # fmt: skip
_MORE_ORDERS = ("make {it} {more}", "make {it} a bit {more}", "make {it} much {more}")
_MORE_WISHES = ("{more}", "{more} please", "a bit {more}", "is {more}", "same but {more}", "i want {it} {more}",
    "like this but {more}", "it should be {more}", "i'd like {it} {more}")  # fmt: skip
ORDERS = {
    "color": (*_ORDERS, "replace {old} color to {new}", "replace {old} color with {new}", "change {it} color to {new}",
        "change the color to {new}", "change the color of {it} to {new}", "make the color {new}",
        "make the color of {it} {new}", "paint {it} {new}", "dye {it} {new}", "turn {it} {new}", "recolor {it} to {new}",
        "color {it} {new}", "set the color to {new}", "switch the color from {old} to {new}", "make {it} {new} colored",
        "show {it} in {new}", "find the same {garment} in {new}"),
    "pattern": (*_ORDERS, *_THING_ORDERS, "put {thing} on {it}", "change the pattern to {new}", "make the pattern {new}",
        "change the pattern from {old} to {new}", "change the pattern of {it} to {new}", "replace {old} pattern with {new}"),
    "sleeve": (*_ORDERS, *_THING_ORDERS, "make the sleeves {more}", "give {it} {more} sleeves"),
    "length": (*_ORDERS, *_MORE_ORDERS, "change the length to {new}", "make the length {new}",
        "change the length of {it} to {new}"),
    "neckline": (*_ORDERS, *_THING_ORDERS, "change the neckline to {new}", "change the neck to {thing}",
        "make the neckline {new}"),
    "category": tuple(t for t in _ORDERS if t not in ("make {it} {new}", "make {it} {new} instead of {old}")),
}  # fmt: skip
WISHES = {
    "color": (*_WISHES, "in {new}", "same but in {new}", "the same in {new}", "same {garment} in {new}", "{it} in {new}",
        "i'd like {it} in {new}", "i'd like this in {new}", "i want {it} in {new}", "i want this in {new}", "{new} color",
        "in {new} color", "the same {garment} but in {new}", "like this but in {new}", "in the color {new}", "color {new}",
        "the color should be {new}", "is {new} in color", "is more {new}", "in {new} instead of {old}",
        "in {new} not in {old}", "{new} colored", "i prefer {it} in {new}"),
    "pattern": (*_WISHES, *_THING_WISHES, "{new} pattern", "in {new}", "a {new} pattern instead of {old}",
        "has a {new} pattern"),
    "sleeve": (*_WISHES, *_THING_WISHES, "{more} sleeves", "has {more} sleeves", "with {more} sleeves",
        "the sleeves should be {more}"),
    "length": (*_WISHES, *_MORE_WISHES, "{new} in length", "the length should be {new}"),
    "neckline": (*_WISHES, *_THING_WISHES),
    "category": (*(t for t in _WISHES if "but {new}" not in t and "{it} {new}" not in t and "be {new}" not in t),
        "the same color but {new_one}", "in the same color but {new_one}", "same style but {new_one}", "{new_one} like this",
        "is {new_one}", "is {new_one} not {old_one}"),
}  # fmt: skip
_BEFORE = ("", "", "", "please ", "can you ", "could you ", "can you please ", "i want you to ", "let us ", "now ")
_AFTER = ("", "", "", "", " please", " thanks", " thank you")


def sample_sentence(
    rng: np.random.Generator, change: Change, split: str = "train", said: str | None = None, noun: bool = False
) -> str:
    """Say a change.

    Args:
        rng: decides on template and words.
        change: what to say.
        split: "train", or "paraphrases" for templates that training never uses, with training's words.
        said: a word for the new value instead of training's own, to measure unseen words and slips of the pen.
        noun: whether `said` is something a garment has ("stripes"), not an adjective.

    Raises:
        ValueError: no such split.
    """
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; there are {', '.join(SPLITS)}")
    slots = _fill(rng, change)
    if said is not None:
        slots |= {"thing": said} if noun else {"new": said, "new_one": _one(rng, change, said)}
    wanted = set() if said is None else {"thing"} if noun else {"new", "new_one"}
    groups = (PARAPHRASES,) if split == "paraphrases" else (ORDERS, WISHES)
    groups = [[t for t in group[change.attribute] if _fits(t, slots, wanted, change.side)] for group in groups]
    groups = [group for group in groups if group]
    chosen = groups[rng.integers(len(groups))]
    template = _pick(rng, chosen)
    sentence = template.format(**slots)
    if template in ORDERS[change.attribute]:
        sentence = _pick(rng, _BEFORE) + sentence + _pick(rng, _AFTER)
    return _respell(rng, sentence)


@cache
def color_words() -> dict[str, tuple[str, ...]]:
    """Names that training says for each of COLORS, the plain one first."""
    named = json.loads((Path(__file__).parent / "color_words.json").read_text(encoding="utf-8"))["words"]
    return {color: tuple(word for word, plain in named.items() if plain == color) for color in COLORS}


@cache
def training_words() -> tuple[str, ...]:
    """Every single word that training can say, in alphabetical order: what a slip of the pen may have meant."""
    texts = [_bare(template) for group in (ORDERS, WISHES) for templates in group.values() for template in templates]
    texts += [phrase for values in WORDINGS.values() for wording in values.values() for group in wording for phrase in group]
    texts += [name for names in color_words().values() for name in names]
    texts += [*_BEFORE, *_AFTER, *_NOUNS, *SIDES, *_DIRECTIONS, *_ELSEWHERE]
    spellings = (spell(text) for text in texts for spell in (_american, _british))
    return tuple(sorted({word for text in spellings for word in re.findall(r"[a-z0-9]+", text)}))


def _bare(template: str) -> str:
    """A template without its slots."""
    return " ".join(text for text, *_ in Formatter().parse(template))


@cache
def _slots(template: str) -> frozenset[str]:
    return frozenset(slot for _, slot, *_ in Formatter().parse(template) if slot)


def _fits(template: str, slots: dict[str, str], wanted: set[str], side: str | None) -> bool:
    """Every slot can be filled, a wanted one is there, and of two garments the sentence says which."""
    needed = _slots(template)
    return needed <= slots.keys() and (not wanted or bool(needed & wanted)) and (side is None or "it" in needed)


def _fill(rng: np.random.Generator, change: Change) -> dict[str, str]:
    """Words for every slot that this change can fill."""
    noun = _noun(rng, change)
    slots = {"garment": noun, "it": _it(rng, change, noun)}
    words, things = _wording(change.attribute, change.new)
    slots["new"] = _say(rng, change.attribute, words)
    slots["new_one"] = _one(rng, change, slots["new"], noun)
    if things:
        slots["thing"] = _pick(rng, things)
    if change.old is not None:
        words, things = _wording(change.attribute, change.old)
        slots["old"] = _say(rng, change.attribute, words)
        slots["old_one"] = f"the {slots['old']}" if change.attribute == "category" else f"the {slots['old']} {noun}"
        if things:
            slots["old_thing"] = _pick(rng, things).removeprefix("a ")
        if change.attribute in _DIRECTED:
            order = VALUES[change.attribute]
            slots["more"] = _DIRECTIONS[order.index(change.new) > order.index(change.old)]
    return slots


def _wording(attribute: str, value: str) -> Wording:
    return Wording(color_words()[value]) if attribute == "color" else WORDINGS[attribute][value]


def _say(rng: np.random.Generator, attribute: str, words: Sequence[str]) -> str:
    """A word for a value; for colours, the plain name half of the time, since the others are many and rarely said."""
    return words[0] if attribute == "color" and rng.random() < 0.5 else _pick(rng, words)


def _noun(rng: np.random.Generator, change: Change) -> str:
    if change.garment is None or rng.random() < 0.25:
        return _pick(rng, _NOUNS)
    return _pick(rng, WORDINGS["category"][change.garment].words)


def _it(rng: np.random.Generator, change: Change, noun: str) -> str:
    """The garment as the object of an order, told by its side where there are two."""
    if change.side is None:
        return _pick(rng, ("them" if _plural(noun) else "it", "this" if noun == "one" else f"the {noun}", "this"))
    return _pick(
        rng,
        (f"the {change.side} {noun}", f"the {noun} on the {change.side}", f"the {change.side} one",
         f"the one on the {change.side}", f"the {noun} on the {change.side} hand side",
         f"the {noun} on the {change.side} side"),
    )  # fmt: skip


def _one(rng: np.random.Generator, change: Change, value: str, noun: str | None = None) -> str:
    """Value and noun with their article."""
    phrase = value if change.attribute == "category" else f"{value} {noun or _noun(rng, change)}"
    if _plural(phrase) or phrase in _MASS:
        return phrase
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def _plural(phrase: str) -> bool:
    return phrase.endswith("s") and not phrase.endswith("ss")


def _respell(rng: np.random.Generator, sentence: str) -> str:
    """British or American, one within a sentence."""
    return _american(sentence) if rng.random() < 0.5 else _british(sentence)


def _american(text: str) -> str:
    return text.replace("grey", "gray").replace("colour", "color")


def _british(text: str) -> str:
    return text.replace("gray", "grey").replace("color", "colour")


def _pick(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[rng.integers(len(choices))]
