"""Agreement of estimates with truths, against values worked out by hand."""

import numpy as np
import pytest

from lbf_model.training.agreement import Parts, agreement, spearman


def test_spearman_of_known_values():
    assert spearman(np.array([1, 2, 3, 4]), np.array([10, 20, 30, 50])) == pytest.approx(1)
    assert spearman(np.array([1, 2, 3, 4]), np.array([4, 3, 2, 1])) == pytest.approx(-1)
    assert spearman(np.array([106, 86, 100, 101, 99, 103, 97, 113, 112, 110]),
                    np.array([7, 0, 27, 50, 28, 29, 20, 12, 6, 17])) == pytest.approx(-29 / 165)  # fmt: skip
    assert spearman(np.array([1, 1, 2]), np.array([1, 2, 3])) == pytest.approx(np.sqrt(3) / 2)
    assert spearman(np.array([1, 1, 1]), np.array([1, 2, 3])) == spearman(np.arange(3), np.zeros(3)) == 0


def test_the_interval_is_that_of_a_mean_of_many():
    """Of 200 correlations, half are 1 and half are -1: 95 % of means lie within 1.96 standard errors of 0."""
    thirds = np.array([0.0, 0.5, 1.0])
    drops = [Parts({"left out": thirds}, dict.fromkeys(("attention", "relevance"), e)) for e in (thirds, -thirds)]
    found = agreement(drops * 100, seed=0)["left out"]["attention"]
    error = 1.96 / np.sqrt(200)  # the deviation is 1
    assert found["spearman"] == 0
    assert found["low"] == pytest.approx(-error, rel=0.1) and found["high"] == pytest.approx(error, rel=0.1)
    assert agreement(drops * 100, seed=0)["left out"]["attention"] == found, "the same seed, the same interval"


def test_agreement_of_estimates_with_truths():
    drop = np.array([-0.5, 0.1, 0.3])
    estimates = {"attention": np.array([0.6, 0.1, 0.3]), "relevance": np.array([0.0, 0.3, 0.7])}
    short = Parts({"left out": drop[:2]}, {name: values[:2] for name, values in estimates.items()})
    figures = agreement([Parts({"left out": drop}, estimates)] * 4 + [short], seed=0)
    assert (figures["queries"], figures["parts a query"], figures["top-1 by chance"]) == (4, 3, 33.33)
    assert figures["left out"] == {
        "relevance": {"spearman": 1, "low": 1, "high": 1, "top-1": 100},
        "attention": {"spearman": -0.5, "low": -0.5, "high": -0.5, "top-1": 0},
    }
    tied = Parts({"left out": drop}, dict.fromkeys(("attention", "relevance"), np.zeros(3)))
    assert agreement([tied], seed=0)["left out"]["attention"]["top-1"] == 33.33
    with pytest.raises(ValueError, match="more queries"):
        agreement([short], seed=0)
