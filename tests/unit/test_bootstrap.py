"""How far a mean may be off, against a known deviation."""

import numpy as np
import pytest

from lbf_model.training.bootstrap import mean_interval


def test_the_interval_is_that_of_a_mean_of_many():
    """Half of 400 values are 0 and half are 1: 95 % of means lie within 1.96 standard errors of a half."""
    values = np.arange(400) % 2
    mean, low, high = mean_interval(values, seed=0)
    error = 1.96 * 0.5 / np.sqrt(400)
    assert mean == 0.5 and (low, high) == (pytest.approx(0.5 - error, abs=0.01), pytest.approx(0.5 + error, abs=0.01))
    assert mean_interval(values, seed=0) == (mean, low, high), "the same seed, the same interval"


@pytest.mark.parametrize("count", [1, 2, 7])
def test_equal_values_leave_no_doubt(count):
    mean, low, high = mean_interval(np.full(count, 0.3), seed=0)
    assert low == mean == high == pytest.approx(0.3)
