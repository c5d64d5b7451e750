"""Deletion and insertion take regions, and links, in the order of an estimate."""

import numpy as np
import pytest

from lbf_model.training.perturbation import perturb
from tests.small import random_regions
from tests.unit.explain.answered_queries import answered


def test_regions_and_links_go_in_the_order_of_an_estimate(retriever, target):
    regions = random_regions(3, width=retriever.encoder.config.feature_width)
    result, encoder = answered(retriever.encoder, regions), retriever.encoder
    found = perturb(encoder, result, target, {"map": np.array([0.2, 0.5, 0.3])}, np.random.default_rng(0))

    def cosines(kept):
        some = [regions.only(np.array(places)) for places in kept]
        return (encoder.encode_queries(some, [result.tokens] * len(some)) @ target).mean()

    def linked(kept):
        links = [np.isin(np.arange(3), places) for places in kept]
        return (encoder.encode_queries([regions] * 3, [result.tokens] * 3, links) @ target).mean()

    going, coming = [[0, 1, 2], [0, 2], [0]], [[1], [1, 2], [0, 1, 2]]
    assert found["deletion"]["map"] == pytest.approx(cosines(going), abs=1e-6)
    assert found["insertion"]["map"] == pytest.approx(cosines(coming), abs=1e-6)
    assert found["cutting"]["map"] == pytest.approx(linked(going), abs=1e-6)
    assert found["linking"]["map"] == pytest.approx(linked(coming), abs=1e-6)
    assert found["deletion"].keys() == {"map", "random"}
