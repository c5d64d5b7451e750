"""Sentences about garments: many ways, the right words in them, and nothing of what is kept for measuring."""

import re
from string import Formatter

import numpy as np
import pytest

from lbf_model.tasks.garments.attributes import CATEGORIES
from lbf_model.tasks.garments.held_out import NOT_PARAPHRASES, PARAPHRASES, SLIPS, TWO_PARAPHRASES, WORDS, visitor_wordings
from lbf_model.tasks.garments.sentences import SIDES, SPLITS, VALUES, Change, sample_sentence, training_words
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
from lbf_model.tasks.garments.wordings import WORDINGS, color_words
from lbf_model.text.minilm import MiniLm

EVERYDAY = everyday_templates()


def changes(seed: int, count: int):
    """Changes of every kind, at random."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        attribute = list(VALUES)[number % len(VALUES)]
        new, old = (str(v) for v in rng.choice(VALUES[attribute], 2, replace=False))
        garment = old if attribute == "category" else str(rng.choice(VALUES["category"]))
        side = (None, None, *SIDES)[rng.integers(4)]
        yield Change(attribute, new, old if rng.random() < 0.6 else None, side, garment if rng.random() < 0.8 else None)


@pytest.fixture(scope="module")
def spoken():
    """(change, sentence) pairs of training."""
    rng = np.random.default_rng(1)
    return [(change, sample_sentence(rng, change)) for change in changes(0, 6000)]


def says(attribute: str, value: str) -> set[str]:
    """Words and things of a value, in both spellings."""
    if attribute == "color":
        named = set(color_words()[value])
    else:
        named = {w.removeprefix("a ") for group in WORDINGS[attribute][value] for w in group}
    return {w.replace(a, b) for w in named for a, b in (("gray", "grey"), ("grey", "gray"), ("color", "colour"))} | named


def test_a_word_names_one_kind_only():
    assert tuple(WORDINGS["category"]) == CATEGORIES
    words = [word for wording in WORDINGS["category"].values() for word in set(wording.words)]
    assert len(words) == len(set(words))


def test_same_seed_same_sentences():
    one, other = ([sample_sentence(np.random.default_rng(5), c) for c in changes(2, 50)] for _ in range(2))
    assert one == other


def test_a_sentence_says_the_new_value_or_its_direction(spoken):
    for change, text in spoken:
        named = says(change.attribute, change.new)
        assert any(word in text for word in named) or re.search(r"\b(longer|shorter)\b", text), (change, text)


def test_directions_follow_the_values(spoken):
    directed = [(c, t) for c, t in spoken if re.search(r"\b(longer|shorter)\b", t)]
    assert len(directed) > 50
    for change, text in directed:
        order = VALUES[change.attribute]
        assert ("longer" in text) == (order.index(change.new) > order.index(change.old)), (change, text)


def test_of_two_garments_the_sentence_says_which(spoken):
    for change, text in spoken:
        assert {p for p in SIDES if re.search(rf"\b{p}\b", text)} == ({change.side} - {None}), (change, text)


def test_sentences_vary_and_are_short_enough(spoken):
    assert len({text for _, text in spoken}) > 0.8 * len(spoken)
    assert max(len(text.split()) for _, text in spoken) <= 32
    assert not any("{" in text or "  " in text for _, text in spoken)


def test_the_form_of_fashion_200k_is_among_them():
    rng = np.random.default_rng(0)
    change = Change("color", "pink", "gray", garment="dress")
    texts = {sample_sentence(rng, change) for _ in range(16000)}
    assert {"replace grey with pink", "replace grey colour to pink", "replace gray color to pink"} <= texts


def test_no_held_out_word_can_come_out_of_training():
    for held in (*WORDS, *SLIPS):
        assert held.said not in training_words()
    # Nor within another word, such as lilacs.
    everything = "|".join(training_words())
    assert not [held.said for held in WORDS if held.said in everything]


OURS = SPLITS[:2]  # with templates for every change and every side


def test_training_words_are_all_that_training_says(spoken):
    known = set(training_words())
    assert {word for _, text in spoken for word in re.findall(r"[a-z0-9]+", text)} <= known


def fixed_words(template: str) -> list[str]:
    """A template's words; a slot is its name."""
    return re.findall(r"\{?\w+\}?", template.lower())


def test_no_held_out_paraphrase_is_near_a_training_template():
    assert sum(map(len, PARAPHRASES.values())) >= 40
    for attribute, templates in PARAPHRASES.items():
        parts = (*HEMS, *EVERYDAY.hems, *EVERYDAY.part_kept)
        trained = [set(fixed_words(t)) for t in (*ORDERS[attribute], *WISHES[attribute], *EVERYDAY.changes[attribute], *parts)]
        for template in templates:
            words = set(fixed_words(template))
            alike = max(len(words & t) / len(words | t) for t in trained)
            assert alike < 0.7, (template, alike)


def slots_of(template: str) -> set[str]:
    return {slot for _, slot, *_ in Formatter().parse(template) if slot}


def test_every_template_has_known_slots():
    slots = {"it", "garment", "new", "old", "thing", "old_thing", "new_one", "old_one", "more"}
    for group in (ORDERS, WISHES, EVERYDAY.changes, PARAPHRASES):
        assert sorted(group) == sorted(VALUES)
        for template in (*HEMS, *EVERYDAY.hems, *(t for templates in group.values() for t in templates)):
            assert slots_of(template) <= slots, template
    for template in (
        t for group in (NOT_ORDERS, NOT_WISHES, EVERYDAY.refusals) for templates in group.values() for t in templates
    ):
        assert slots_of(template) <= {"it", "garment", "old", "old_thing", "old_one"}, template
    for template in (*TWO_ORDERS, *TWO_WISHES, *TWO_KINDS, *EVERYDAY.two_color):
        assert slots_of(template) <= slots | {"new2", "old2", "thing2", "more2", "old_thing2", "new_one2"}, template
    for template in EVERYDAY.part_kept:
        assert slots_of(template) <= {"it", "garment", "new", "part"} and "{part}" in template, template


def test_the_hem_is_said_often_enough_to_be_learned():
    rng = np.random.default_rng(0)
    for change, least, most in (
        (Change("length", "long", "short", garment="skirt"), 0.2, 0.45),
        (Change("length", "long", side="left"), 0.2, 0.45),
        (Change("color", "red", "blue", garment="skirt"), 0.015, 0.08),  # as what stays
    ):
        texts = [sample_sentence(rng, change) for _ in range(1000)]
        assert least < np.mean([bool(re.search(r"\bhem", text)) for text in texts]) < most, change


def test_every_change_can_be_paraphrased():
    rng = np.random.default_rng(0)
    assert all(sample_sentence(rng, change, "paraphrases") for change in changes(3, 600))


def test_slips_are_read_as_meant_and_held_out_words_left_alone():
    words = MiniLm(training_words())
    meant = 0
    for held in SLIPS:
        named = {word for value in held.values for phrase in says(held.attribute, value) for word in phrase.split()}
        meant += words.tokenize_text(held.said).words[0] in named
    assert meant >= 0.9 * len(SLIPS)
    assert not [held.said for held in WORDS if words.tokenize_text(held.said).corrected]


def test_color_names_are_unambiguous():
    names = [name for names in color_words().values() for name in names]
    assert len(names) == len(set(names)) and all(names[0] == color for color, names in color_words().items())


@pytest.mark.parametrize(
    "facts", [("color", "pinkish"), ("colour", "red"), ("color", "red", "red"), ("length", "long", None, "top")]
)
def test_a_change_that_makes_no_sense_is_refused(facts):
    with pytest.raises(ValueError, match="no "):
        Change(*facts)


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="no split"):
        sample_sentence(np.random.default_rng(0), Change("color", "red"), "test")


def two_changes(seed: int, count: int):
    """Two changes of different attributes at once, at random."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        one, other = (str(name) for name in rng.choice(list(VALUES), 2, replace=False))
        if one == "category":
            one, other = other, one  # a kind is said last: "a red hoodie"
        values = [[str(v) for v in rng.choice(VALUES[name], 2, replace=False)] for name in (one, other)]
        told = rng.random() < 0.5
        second = Change(other, values[1][0], values[1][1] if told else None)
        garment = values[1][1] if other == "category" else str(rng.choice(CATEGORIES))
        yield Change(one, values[0][0], values[0][1] if told else None, (None, *SIDES)[rng.integers(3)], garment, second)


@pytest.mark.parametrize("split", SPLITS)
def test_two_changes_are_both_said(split):
    rng = np.random.default_rng(0)
    for change in two_changes(0, 800):
        if split != "train" and change.side:
            continue  # not every way to ask says which garment is meant
        text = sample_sentence(rng, change, split)
        for part in (change, change.second):
            named = says(part.attribute, part.new)
            assert any(word in text for word in named) or re.search(r"\b(longer|shorter)\b", text), (part, text)


@pytest.mark.parametrize("split", OURS)
def test_what_is_not_wanted_is_said_with_a_word_that_refuses_it(split):
    refusals = (
        "not|n't|no|but|except|without|other than|another|any other|something else|drop|remove|away|rid of|avoid|out of|never"
        "|hate|skip|minus|free of|clear of|away from|leave out|stand|dislike|enough of|tired of|has to go|should go|exclude"
        "|less|nothing|stop|hide|too many"
    )
    everyday = [american(form_of(t)) for templates in EVERYDAY.refusals.values() for t in templates]  # in whatever words
    rng = np.random.default_rng(0)
    for number in range(800):
        attribute = list(VALUES)[number % len(VALUES)]
        change = Change(attribute, None, str(rng.choice(VALUES[attribute])), (None, *SIDES)[rng.integers(3)], "shirt")
        if attribute == "category" and change.side:
            continue
        text = sample_sentence(rng, change, split)
        from_everyday = split == "train" and any(re.fullmatch(form, american(text)) for form in everyday)
        assert from_everyday or re.search(rf"\b({refusals})\b|{refusals}", text), (change, text)
        said = any(word in text for word in says(attribute, change.old))
        assert said or "something else" in text, (change, text)


def form_of(template: str) -> str:
    """A regular expression that a filled template matches."""
    return re.sub(r"\\\{\w+\\\}", ".+", re.escape(template))


def american(text: str) -> str:
    return text.replace("grey", "gray").replace("colour", "color")


def test_no_everyday_refusal_is_a_wish_as_well():
    """Without commas and such, as a sentence is read, and whatever value stands in it."""

    def bare(templates):
        plain = (re.sub(r"{(old|new|old_thing|thing|new_one|old_one)}", "{value}", american(t)) for t in templates)
        return {" ".join(re.findall(r"{value}|[a-z']+", t)) for t in plain}

    said = (ORDERS, WISHES, EVERYDAY.changes)
    wishes = {t for group in said for templates in group.values() for t in templates if "{old" not in t}
    refusals = {t for group in (NOT_ORDERS, NOT_WISHES, EVERYDAY.refusals) for templates in group.values() for t in templates}
    assert not bare(wishes) & bare(refusals)


def test_nobody_is_asked_to_drop_what_is_not_there():
    rng = np.random.default_rng(0)
    for change in (Change("pattern", None, "solid"), Change("sleeve", "long-sleeved", "sleeveless", garment="shirt")):
        texts = [sample_sentence(rng, change) for _ in range(1500)]
        assert not [t for t in texts if re.search(r"(no|without|drop|not|the|hate) no (print|pattern|sleeves)", t)]


def test_a_pattern_is_never_called_a_colour():
    rng = np.random.default_rng(0)
    change = Change("pattern", "striped", second=Change("sleeve", "long-sleeved"))
    assert set(EVERYDAY.two_color) > set(EVERYDAY.two)
    assert not [t for t in (sample_sentence(rng, change) for _ in range(1500)) if re.search("colou?r|dye|paint|shade", t)]


def test_everyday_words_are_said_in_training_and_in_no_other_split():
    rng, change = np.random.default_rng(0), Change("color", None, "red", garment="shirt")
    forms = [american(form_of(t)) for t in EVERYDAY.refusals["color"]]

    def from_everyday(split):
        said = [american(sample_sentence(rng, change, split)) for _ in range(300)]
        return [any(re.fullmatch(form, text) for form in forms) for text in said]

    assert 0.4 < np.mean(from_everyday("train")) < 0.7
    assert not any(from_everyday("paraphrases"))


def test_a_change_makes_sense():
    for wrong in (
        lambda: Change("color", None),
        lambda: Change("color", "red", "red"),
        lambda: Change("color", "red", second=Change("color", "blue")),
        lambda: Change("color", "red", second=Change("pattern", None, "striped")),
    ):
        with pytest.raises(ValueError):
            wrong()


def test_no_held_out_way_of_refusing_or_of_asking_for_two_is_near_training():
    for held, groups in (
        (NOT_PARAPHRASES, (*NOT_ORDERS.values(), *NOT_WISHES.values(), *EVERYDAY.refusals.values())),
        (TWO_PARAPHRASES, (TWO_ORDERS, TWO_WISHES, TWO_KINDS, EVERYDAY.two)),
    ):
        trained = [set(fixed_words(t)) for group in groups for t in group]
        for template in held:
            words = set(fixed_words(template))
            assert max(len(words & t) / len(words | t) for t in trained) < 0.7, template


def test_visitors_say_all_that_the_protocol_asks_of_one_garment():
    rng = np.random.default_rng(0)
    second = Change("pattern", "dotted", "striped")
    asked = {attribute: Change(attribute, values[0], values[1], garment="shirt") for attribute, values in VALUES.items()}
    asked |= {"not": Change("color", None, "red"), "two": Change("color", "red", "blue", second=second)}
    for kind, change in asked.items():
        texts = {sample_sentence(rng, change, "visitors") for _ in range(40)}
        assert len(texts) >= 4, change
        respelled = {american(text) for text in texts}
        plain = [american(form_of(template)) for template in visitor_wordings()[kind]]
        assert all(any(re.fullmatch(form, text) for form in plain) for text in respelled), "in their words and no others"
        assert not any("{" in text for text in texts)


def test_a_change_that_no_template_says_is_an_error():
    with pytest.raises(ValueError, match="visitors"):
        sample_sentence(np.random.default_rng(0), Change("color", None, "red", side="left"), "visitors")
