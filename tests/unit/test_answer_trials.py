"""Answers of garments whose rightness is known: who obeys and keeps the rest is right, and nobody else."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lbf_model.tasks.garments import answer_trials
from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS, VALUES
from lbf_model.tasks.garments.bench import Bench
from lbf_model.tasks.garments.regions import UNKNOWN

# A few photographs, the last one of unknown pattern; then one picture of every kind in every colour and pattern, or none known.
PHOTOGRAPHS = 6
ALL = list(product(range(len(CATEGORIES)), range(len(COLORS)), [*range(len(PATTERNS)), UNKNOWN]))
FACTS = np.array([(*facts, UNKNOWN, UNKNOWN, UNKNOWN) for facts in (*ALL[:: len(ALL) // PHOTOGRAPHS][:PHOTOGRAPHS], *ALL)])
FACTS[:PHOTOGRAPHS, 2] = [*range(PHOTOGRAPHS - 1), UNKNOWN]
GALLERY = np.eye(len(FACTS), dtype=np.float32)
SORTS = {"color", "pattern", "category", "color and pattern", "color refused", "pattern refused"}


class Answering(Bench):
    """A bench without a model: `found` gives the facts of the first result for a change and the facts of the reference."""

    def __init__(self, found, unread=()):
        super().__init__(None, None, None, FACTS, None, PHOTOGRAPHS)
        object.__setattr__(self, "found", found)
        object.__setattr__(self, "unread", unread)

    def shown(self, number):
        return FACTS[number]

    def compose(self, references, changes):
        found = [self.found(change, facts[:3]) for (facts,), change in zip(references, changes, strict=True)]
        rows = [np.flatnonzero((FACTS[PHOTOGRAPHS:, :3] == wanted).all(1))[0] + PHOTOGRAPHS for wanted in found]
        return GALLERY[rows], np.array([change.attribute not in self.unread for change in changes])


@pytest.fixture
def ask(monkeypatch):
    monkeypatch.setattr(answer_trials, "sample_sentence", lambda rng, change, split: change)

    def ask(found, **given):
        trials = answer_trials.try_changes(Answering(found, **given), GALLERY, 0)
        return {sort: trials.right[trials.asked == sort] for sort in set(trials.asked.tolist())}

    return ask


def obey(change, facts):
    """The reference's facts with what is asked for; another value in place of one that is refused."""
    facts = np.where(facts == UNKNOWN, 0, facts)
    for one in (change, change.second):
        if one is not None:
            values = VALUES[one.attribute]
            wanted = one.new or next(value for value in values if value != one.old)
            facts[list(VALUES).index(one.attribute)] = values.index(wanted)
    return facts


def test_who_obeys_and_keeps_the_rest_is_right(ask):
    right = ask(obey)
    assert set(right) == SORTS and all(some.all() for some in right.values())
    known = PHOTOGRAPHS - 1
    assert {sort: len(some) for sort, some in right.items()} == {
        "color": 4 * PHOTOGRAPHS,
        "category": 4 * PHOTOGRAPHS,
        "color refused": 4 * PHOTOGRAPHS,
        "pattern": 4 * known,
        "color and pattern": 4 * known,
        "pattern refused": 4 * known,
    }


def test_who_loses_the_kind_is_wrong_and_so_is_another_kind_in_another_colour(ask):
    def other_kind(change, facts):
        found = obey(change, facts)
        changed = 1 if change.attribute == "category" else 0
        found[changed] = (found[changed] + 1) % len(VALUES[list(VALUES)[changed]])
        return found

    assert not any(some.any() for some in ask(other_kind).values())


def test_who_changes_nothing_is_right_only_where_another_value_was_refused(ask):
    right = ask(lambda change, facts: np.where(facts == UNKNOWN, 0, facts))
    assert {sort for sort, some in right.items() if some.any()} == {"color refused", "pattern refused"}
    assert right["color refused"].mean() == right["pattern refused"].mean() == 0.5


def test_one_of_two_changes_is_not_enough(ask):
    right = ask(lambda change, facts: obey(replace(change, second=None), facts))
    assert not right["color and pattern"].any() and right["color"].all()


def test_a_sentence_that_is_refused_is_no_answer(ask):
    assert set(ask(obey, unread=("color",))) == {"pattern", "category", "pattern refused"}


def test_a_pattern_that_nobody_knows_is_no_answer(ask):
    right = ask(lambda change, facts: np.where([False, False, True], UNKNOWN, obey(change, facts)))
    assert {sort for sort, some in right.items() if some.any()} == SORTS - {"pattern", "color and pattern", "pattern refused"}
