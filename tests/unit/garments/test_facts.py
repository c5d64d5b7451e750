"""What is known of a garment, and what contradicts it."""

from itertools import product

import numpy as np
import pytest

from lbf_model.tasks.garments.attributes import COLORS, VALUES
from lbf_model.tasks.garments.augmentation import dye
from lbf_model.tasks.garments.regions import (
    UNKNOWN,
    compatible,
    dyed_colors,
    facts_of,
)
from tests.unit.garments.small_garments import (
    NAMES,
    SEED,
)


def test_facts_say_what_a_record_says(photographs, drawings):
    for record in (*photographs.records, *drawings.records):
        facts = facts_of(record)
        said = [None if v == UNKNOWN else values[v] for v, values in zip(facts, VALUES.values(), strict=True)]
        assert said == [getattr(record, name) for name in NAMES]
        assert facts_of(record, "pink").tolist() == [facts[0], COLORS.index("pink"), *facts[2:]]


def test_what_nobody_said_contradicts_nothing():
    rng = np.random.default_rng(0)
    facts = rng.integers(-1, 2, (40, 6))
    fits = compatible(facts[:, None], facts[None])
    assert fits.shape == (40, 40) and fits.diagonal().all() and np.array_equal(fits, fits.T)
    assert compatible(facts, np.full(6, UNKNOWN)).all()
    assert not compatible(np.zeros(6), np.eye(6)).any() and compatible(np.zeros(6), -np.eye(6)).all()


@pytest.mark.parametrize("each", [1, 3])
def test_dyed_colours_are_what_dyeing_gives(photographs, each):
    dyes = dyed_colors(photographs.records, each, SEED)
    assert [(place, number) for place, number, _ in dyes] == list(product(range(12), range(each))), "plain ones alone"
    for place, number, color in dyes[:: 2 * each]:
        pixels, mask = photographs.open(photographs.records[place])
        assert dye(pixels, mask, np.random.default_rng([SEED, place, number]))[1] == color
