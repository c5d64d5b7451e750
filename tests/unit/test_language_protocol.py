"""The language figures of garments: right answers count, wrong ones do not, whatever the wording."""

import numpy as np
import pytest

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS
from lbf_model.tasks.garments.bench import Bench
from lbf_model.tasks.garments.judge import color_queries
from lbf_model.tasks.garments.language_protocol import (
    measure_other_kinds,
    measure_refused,
    measure_spread,
    measure_two_changes,
)
from lbf_model.tasks.garments.regions import UNKNOWN
from lbf_model.tasks.garments.sentences import SPLITS
from lbf_model.tasks.garments.wordings import WORDINGS, color_words

# Two kinds, each plain and striped in three colours.
KINDS, SHADES, LOOKS = ("dress", "shirt"), ("red", "blue", "green"), ("solid", "striped")
FACTS = np.array(
    [
        (CATEGORIES.index(k), COLORS.index(c), PATTERNS.index(p), UNKNOWN, UNKNOWN, UNKNOWN)
        for k in KINDS
        for c in SHADES
        for p in LOOKS
    ]
)
GALLERY = np.zeros((len(FACTS), 3))


class GivenScores(Bench):
    """A bench without a model, whose scores are given."""

    def __init__(self, scores):
        super().__init__(None, None, None, FACTS, None, len(FACTS))
        object.__setattr__(self, "scores", scores)


def bench(answer):
    """A bench whose first result is `answer(facts of the reference, sentence)`, a row of FACTS that is not the reference."""

    def scores(own, sentences, gallery):
        found = np.zeros((len(own), len(gallery)))
        for row, (i, sentence) in enumerate(zip(own, sentences, strict=True)):
            wanted = np.array(answer(FACTS[i], sentence))
            found[row] = (FACTS[:, :3] == wanted).sum(1)
            found[row, i] = -np.inf
        return found

    return GivenScores(scores)


def said(sentence, values, wordings):
    """The last value whose word a sentence says."""
    text = f" {sentence} ".replace("grey", "gray")
    places = {v: max(text.rfind(w) for w in wordings(v)) for v in values}
    return max(places, key=places.get)


def color_said(sentence):
    return COLORS.index(said(sentence, SHADES, lambda color: color_words()[color]))


def pattern_said(sentence):
    return PATTERNS.index(
        said(sentence, LOOKS, lambda p: [w.removeprefix("a ") for group in WORDINGS["pattern"][p] for w in group])
    )


@pytest.mark.parametrize("obeys", [True, False])
def test_a_refusal_is_obeyed_by_another_colour(obeys):
    def answer(facts, sentence):
        other = next(COLORS.index(c) for c in SHADES if COLORS.index(c) != facts[1])
        look = next(PATTERNS.index(p) for p in LOOKS if PATTERNS.index(p) != facts[2])
        return facts[0], other if obeys else facts[1], facts[2] if obeys else look

    for split in SPLITS:
        figures = measure_refused(bench(answer), GALLERY, 0, split)
        assert figures["queries"] == len(FACTS)
        assert figures["obeyed first"] == figures["obeyed first, kind kept"] == 100 * obeys


def test_what_nothing_answers_is_never_right():
    silent = GivenScores(lambda own, sentences, gallery: np.full((len(own), len(gallery)), -np.inf))
    assert measure_refused(silent, GALLERY, 0, "visitors") == {
        "queries": len(FACTS),
        "obeyed first": 0,
        "obeyed first, kind kept": 0,
    }
    figures = measure_two_changes(silent, GALLERY, 0)
    assert figures["colour right first"] == figures["pattern right first"] == figures["both right first, any kind"] == 0
    assert measure_other_kinds(silent, GALLERY, 0)["kind right first"] == 0
    assert measure_spread(silent, *color_queries(FACTS), GALLERY, 0)["success@1"] == 0


@pytest.mark.parametrize("both", [True, False])
def test_two_changes_count_where_both_are_right(both):
    def answer(facts, sentence):
        return facts[0], color_said(sentence), pattern_said(sentence) if both else facts[2]

    figures = measure_two_changes(bench(answer), GALLERY, 0)
    assert figures["queries"] == 2 * len(FACTS)
    assert figures["colour right first"] > 90 and (figures["pattern right first"] > 90) == both
    assert (figures["success@1"] > 90) == both and figures["both right first, any kind"] >= figures["success@1"]


def test_a_gallery_of_one_kind_has_no_queries_for_another():
    facts = np.array([[0, color, 0, *FACTS[0, 3:]] for color in range(4)])
    one_kind = Bench(None, None, None, facts, None, len(facts))
    assert measure_other_kinds(one_kind, np.zeros((len(facts), 1)), 0) == {"queries": 0}


def test_another_kind_keeps_the_colour():
    def answer(facts, sentence):
        return (next(CATEGORIES.index(k) for k in KINDS if CATEGORIES.index(k) != facts[0]), *facts[1:3])

    figures = measure_other_kinds(bench(answer), GALLERY, 0)
    assert figures["queries"] == len(FACTS) and figures["success@1"] == figures["kind right first"] == 100
    figures = measure_other_kinds(bench(lambda facts, sentence: facts[:3]), GALLERY, 0)
    assert figures["success@1"] == 0


@pytest.mark.parametrize("whim", [False, True])
def test_the_spread_tells_whether_wording_decides(whim):
    def answer(facts, sentence):
        return facts[0], facts[1] if whim and len(sentence) % 2 else color_said(sentence), facts[2]

    own, asked = color_queries(FACTS)
    figures = measure_spread(bench(answer), own, asked, GALLERY, 0)
    assert figures["queries"] == len(own)
    if whim:
        assert figures["answered both ways"] > 50 and figures["deviation"] > 25
    else:
        assert figures["success@1"] > 90 and figures["deviation"] < 10
