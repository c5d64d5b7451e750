"""What a modification sounds like: a change of one attribute or two, or a value that is not wanted, said in many ways.

A sentence is a template (`templates`) whose slots are filled with words (`wordings`). Fashion-200k's own form is among the
templates ("replace grey with pink"); the rest is how people ask. Training never gets what `held_out` keeps for measuring.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from string import Formatter

import numpy as np

from lbf_model.tasks.garments.attributes import CATEGORIES, VALUES
from lbf_model.tasks.garments.held_out import NOT_PARAPHRASES, PARAPHRASES, TWO_PARAPHRASES, visitor_wordings
from lbf_model.tasks.garments.templates import (
    HEMS,
    NOT_ORDERS,
    NOT_WISHES,
    ORDERS,
    TWO_KINDS,
    TWO_ORDERS,
    TWO_WISHES,
    WISHES,
    everyday_templates,
)
from lbf_model.tasks.garments.wordings import PART_NOUNS, WORDINGS, color_words, wording_of

SPLITS = ("train", "paraphrases", "visitors")
SIDES = ("left", "right")


@dataclass(frozen=True)
class Change:
    """One attribute of one garment gets another value; a second one may, too.

    Attributes:
        attribute: a key of VALUES.
        new: the value wanted, as attributes.py names it; None if `old` is not wanted and anything else is.
        old: the value it has, or that is not wanted; None if the sentence must not say it.
        side: "left" or "right" if the picture shows two garments.
        garment: the garment's category; None if the sentence must not say it.
        second: a change of another attribute of the same garment; its own side and garment are ignored.
    """

    attribute: str
    new: str | None
    old: str | None = None
    side: str | None = None
    garment: str | None = None
    second: "Change | None" = None

    def __post_init__(self):
        values = VALUES.get(self.attribute, ())
        if self.new not in (None, *values) or self.old not in (None, *values) or self.old == self.new:
            raise ValueError(f"no change of {self.attribute!r} from {self.old!r} to {self.new!r}")
        if self.side not in (None, *SIDES) or self.garment not in (None, *CATEGORIES):
            raise ValueError(f"no side {self.side!r} or no garment {self.garment!r}")
        if self.second and (self.second.attribute == self.attribute or None in (self.new, self.second.new)):
            raise ValueError("two changes are wanted values of two different attributes")


_NOUNS = ("garment", "piece", "item", "one", "one")
_MASS = {"outwear", "outerwear"}
_DIRECTED = ("sleeve", "length")
_DIRECTIONS = ("shorter", "longer")
_ELSEWHERE = ("them", "this", "the", "on", "hand", "side", "a", "an")  # what `_it` and `_one` say besides nouns and sides
_BEFORE = ("", "", "", "please ", "can you ", "could you ", "can you please ", "i want you to ", "let us ", "now ")
_AFTER = ("", "", "", "", " please", " thanks", " thank you")
_HEM_ORDERS = tuple(template for template in HEMS if template.startswith(("make", "give", "change", "let")))
_ORDERS = frozenset(
    template
    for group in (ORDERS, NOT_ORDERS, {"two": TWO_ORDERS, "hem": _HEM_ORDERS})
    for templates in group.values()
    for template in templates
)


def sample_sentence(rng: np.random.Generator, change: Change, split: str = "train") -> str:
    """Say a change.

    Args:
        rng: chooses template and words.
        change: what to say.
        split: "train", or for templates that training never uses, with training's words, "paraphrases" or "visitors".

    Raises:
        ValueError: there is no such split, or none of its templates says such a change.
    """
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; there are {', '.join(SPLITS)}")
    slots = _fill(rng, change, split)
    shares, groups = [], []
    for share, templates in _templates(change, split):
        if fitting := [t for t in templates if _fits(t, slots, change.side)]:
            shares.append(share)
            groups.append(fitting)
    if not groups:
        raise ValueError(f"no template of the split {split!r} says {change}")
    # The other splits have one group each; they draw none, so that what is measured does not change with training's templates.
    number = rng.choice(len(groups), p=np.array(shares) / sum(shares)) if split == "train" else 0
    template = _pick(rng, groups[number])
    sentence = template.format(**slots)
    if template in _ORDERS:
        sentence = _pick(rng, _BEFORE) + sentence + _pick(rng, _AFTER)
    return _respell(rng, sentence)


@cache
def training_words() -> tuple[str, ...]:
    """Every single word that training can say, in alphabetical order: what a misspelling may have meant."""
    everyday = everyday_templates()
    more = {
        "two": (*TWO_ORDERS, *TWO_WISHES, *TWO_KINDS, *everyday.two_color),
        "parts": (*HEMS, *everyday.hems, *everyday.part_kept, *PART_NOUNS),
    }
    groups = (ORDERS, WISHES, everyday.changes, NOT_ORDERS, NOT_WISHES, everyday.refusals, more)
    texts = [_bare(template) for group in groups for templates in group.values() for template in templates]
    texts += [phrase for values in WORDINGS.values() for wording in values.values() for group in wording for phrase in group]
    texts += [name for names in color_words().values() for name in names]
    texts += [*_BEFORE, *_AFTER, *_NOUNS, *SIDES, *_DIRECTIONS, *_ELSEWHERE]
    spellings = (spell(text) for text in texts for spell in (_american, _british))
    return tuple(sorted({word for text in spellings for word in re.findall(r"[a-z0-9]+", text)}))


def _templates(change: Change, split: str) -> Sequence[tuple[float, Sequence[str]]]:
    """The groups of templates that say such a change, and how often each is drawn from, relative to the others."""
    kind = "two" if change.second else "not" if change.new is None else change.attribute
    if split == "visitors":
        return ((1, visitor_wordings()[kind]),)
    if split == "paraphrases":
        return ((1, {"two": TWO_PARAPHRASES, "not": NOT_PARAPHRASES, **PARAPHRASES}[kind]),)
    if change.second and change.second.attribute == "category":
        return ((1, TWO_KINDS),)
    everyday = everyday_templates()
    if change.second:
        return _half_everyday(TWO_ORDERS, TWO_WISHES, everyday.two_color if change.attribute == "color" else everyday.two)
    if change.new is None:
        return _half_everyday(*(group[change.attribute] for group in (NOT_ORDERS, NOT_WISHES, everyday.refusals)))
    groups = _half_everyday(*(group[change.attribute] for group in (ORDERS, WISHES, everyday.changes)))
    if change.attribute == "length":
        groups.append((0.4, (*HEMS, *everyday.hems)))
    if change.attribute in ("color", "pattern"):
        groups.append((0.1, everyday.part_kept))
    return groups


def _half_everyday(orders: Sequence[str], wishes: Sequence[str], everyday: Sequence[str]) -> list[tuple[float, Sequence[str]]]:
    return [(0.25, orders), (0.25, wishes), (0.5, everyday)]


def _bare(template: str) -> str:
    """A template without its slots."""
    return " ".join(text for text, *_ in Formatter().parse(template))


@cache
def _slots(template: str) -> frozenset[str]:
    return frozenset(slot for _, slot, *_ in Formatter().parse(template) if slot)


def _fits(template: str, slots: dict[str, str], side: str | None) -> bool:
    """Whether every slot can be filled, and of two garments the sentence says which."""
    needed = _slots(template)
    return needed <= slots.keys() and (side is None or "it" in needed)


def _fill(rng: np.random.Generator, change: Change, split: str) -> dict[str, str]:
    """Words for every slot that this change can fill."""
    noun = _noun(rng, change)
    slots = {"garment": noun, "it": _it(rng, change, noun)}
    if split == "train":  # no other template names a part that stays
        slots["part"] = _pick(rng, PART_NOUNS)
    slots |= _values(rng, change, noun)
    if change.second:
        second = replace(change.second, side=change.side, garment=change.garment)
        slots |= {f"{slot}2": words for slot, words in _values(rng, second, noun).items()}
    if split == "train":  # what has "no print" can't be asked to drop it
        slots = {slot: words for slot, words in slots.items() if not (slot.startswith("old_thing") and words.startswith("no "))}
    return slots


def _values(rng: np.random.Generator, change: Change, noun: str) -> Mapping[str, str]:
    """Words for the slots of one attribute's values."""
    slots = {}
    if change.new is not None:
        words, things = wording_of(change.attribute, change.new)
        slots["new"] = _say(rng, change.attribute, words)
        slots["new_one"] = _one(change, slots["new"], noun)
        if things:
            slots["thing"] = _pick(rng, things)
    if change.old is not None:
        words, things = wording_of(change.attribute, change.old)
        slots["old"] = _say(rng, change.attribute, words)
        slots["old_one"] = f"the {slots['old']}" if change.attribute == "category" else f"the {slots['old']} {noun}"
        if things:
            slots["old_thing"] = _pick(rng, things).removeprefix("a ")
    if change.attribute in _DIRECTED and None not in (change.new, change.old):
        order = VALUES[change.attribute]
        slots["more"] = _DIRECTIONS[order.index(change.new) > order.index(change.old)]
    return slots


def _say(rng: np.random.Generator, attribute: str, words: Sequence[str]) -> str:
    """A word for a value; for colours, the plain name half of the time, since the others are many and rarely said."""
    return words[0] if attribute == "color" and rng.random() < 0.5 else _pick(rng, words)


def _noun(rng: np.random.Generator, change: Change) -> str:
    if change.garment is None or rng.random() < 0.25:
        return _pick(rng, _NOUNS)
    return _pick(rng, WORDINGS["category"][change.garment].words)


def _it(rng: np.random.Generator, change: Change, noun: str) -> str:
    """The garment as the object of an order, named by its side if there are two."""
    if change.side is None:
        return _pick(rng, ("them" if _plural(noun) else "it", "this" if noun == "one" else f"the {noun}", "this"))
    return _pick(
        rng,
        (f"the {change.side} {noun}", f"the {noun} on the {change.side}", f"the {change.side} one",
         f"the one on the {change.side}", f"the {noun} on the {change.side} hand side",
         f"the {noun} on the {change.side} side"),
    )  # fmt: skip


def _one(change: Change, value: str, noun: str) -> str:
    """Value and noun with their article."""
    phrase = value if change.attribute == "category" else f"{value} {noun}"
    if _plural(phrase) or phrase in _MASS:
        return phrase
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def _plural(phrase: str) -> bool:
    return phrase.endswith("s") and not phrase.endswith("ss")


def _respell(rng: np.random.Generator, sentence: str) -> str:
    """British or American spelling, the same throughout a sentence."""
    return _american(sentence) if rng.random() < 0.5 else _british(sentence)


def _american(text: str) -> str:
    return text.replace("grey", "gray").replace("colour", "color")


def _british(text: str) -> str:
    return text.replace("gray", "grey").replace("color", "colour")


def _pick(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[rng.integers(len(choices))]
