"""Answers of garments whose rightness is known: who obeys and keeps the rest is right, and nobody else."""

import shutil
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lbf_model.checkpoint import change_facts, read_config
from lbf_model.tasks.garments import answer_trials
from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS, VALUES
from lbf_model.tasks.garments.bench import Bench
from lbf_model.tasks.garments.regions import UNKNOWN
from tests.unit.garments.small_garments import HashedWords

# A few photographs, the last one of unknown pattern; then one picture of every kind in every colour and pattern, or none known.
PHOTOGRAPHS = 6
ALL = list(product(range(len(CATEGORIES)), range(len(COLORS)), [*range(len(PATTERNS)), UNKNOWN]))
FACTS = np.array([(*facts, UNKNOWN, UNKNOWN, UNKNOWN) for facts in (*ALL[:: len(ALL) // PHOTOGRAPHS][:PHOTOGRAPHS], *ALL)])
FACTS[:PHOTOGRAPHS, 2] = [*range(PHOTOGRAPHS - 1), UNKNOWN]
GALLERY = np.eye(len(FACTS), dtype=np.float32)
KINDS = {"color", "pattern", "category", "color and pattern", "color refused", "pattern refused"}


class KnownAnswers(Bench):
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
        trials = answer_trials.try_changes(KnownAnswers(found, **given), GALLERY, 0)
        return {kind: trials.right[trials.asked == kind] for kind in set(trials.asked.tolist())}

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
    assert set(right) == KINDS and all(some.all() for some in right.values())
    known = PHOTOGRAPHS - 1
    assert {kind: len(some) for kind, some in right.items()} == {
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
    assert {kind for kind, some in right.items() if some.any()} == {"color refused", "pattern refused"}
    assert right["color refused"].mean() == right["pattern refused"].mean() == 0.5


def test_one_of_two_changes_is_not_enough(ask):
    right = ask(lambda change, facts: obey(replace(change, second=None), facts))
    assert not right["color and pattern"].any() and right["color"].all()


def test_a_sentence_that_is_refused_is_no_answer(ask):
    assert set(ask(obey, unread=("color",))) == {"pattern", "category", "pattern refused"}


def test_a_pattern_that_nobody_knows_is_no_answer(ask):
    right = ask(lambda change, facts: np.where([False, False, True], UNKNOWN, obey(change, facts)))
    assert {kind for kind, some in right.items() if some.any()} == KINDS - {"pattern", "color and pattern", "pattern refused"}


def test_answers_come_with_their_ten_best_scores_and_the_picture_that_was_asked_about(monkeypatch):
    """Every query lies on its own reference, near one other picture: the reference is no answer, the other one is first."""
    monkeypatch.setattr(answer_trials, "sample_sentence", lambda rng, change, split: change)
    gallery = np.eye(len(FACTS), dtype=np.float32)
    gallery[20] = 0.8 * gallery[0] + 0.6 * gallery[20]

    class Unmoved(KnownAnswers):
        def compose(self, references, changes):
            own = [int(np.flatnonzero((facts == FACTS).all(1))[0]) for (facts,) in references]
            return gallery[own], np.ones(len(own), bool)

    trials = answer_trials.try_changes(Unmoved(None), gallery, 0)
    assert trials.queries.shape == (len(trials.right), len(FACTS)) and trials.scores.shape == (len(trials.right), 10)
    assert np.array_equal(np.unique(trials.references), np.arange(PHOTOGRAPHS))
    first = trials.references == 0
    assert (trials.scores[first, 0] == np.float32(0.8)).all() and not trials.scores[first, 1:].any()
    assert not trials.scores[~first].any()
    assert (trials.queries[first] == gallery[0]).all()


def test_what_is_asked_of_a_photograph_depends_on_the_seed(monkeypatch):
    asked = []
    monkeypatch.setattr(answer_trials, "sample_sentence", lambda rng, change, split: asked.append(change) or change)
    for seed in (0, 0, 1):
        answer_trials.try_changes(KnownAnswers(obey), GALLERY, seed)
    one, again, other = np.array(asked, object).reshape(3, -1).tolist()
    assert one == again != other
    colors = {change.new for change in one if change.attribute == "color"}
    assert len(colors) > len(COLORS) / 2, "not the first few of them"


def test_photographs_that_training_held_out_calibrate_a_compositor(
    trained, validation, photographs, drawings, detector, tmp_path, monkeypatch
):
    monkeypatch.setattr(answer_trials, "load_reader", lambda config: HashedWords())
    folder = shutil.copytree(trained, tmp_path / "trained")
    change_facts(folder, "compositor", odds={"of an older": "form"})
    given = (folder, validation, photographs, drawings, detector, tmp_path)
    trials, again = (answer_trials.garment_answer_trials(*given, 0) for _ in range(2))
    held_out = read_config(folder, "compositor")["training"]["held_out"]
    assert len(np.unique(trials.references)) == len(validation.records) + held_out
    assert set(trials.asked.tolist()) == KINDS and len({len(column) for column in trials}) == 1
    assert all(np.array_equal(one, other) for one, other in zip(trials, again, strict=True))
