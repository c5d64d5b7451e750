"""Attention that is even rolls out evenly, and any other follows its regions."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lbf_model.explain.rollout import roll_out
from lbf_model.network.attention import Attention
from tests.small import small_network
from tests.unit.explain.answered_queries import answered, check_pointing_is_followed


def test_even_attention_rolls_out_evenly_and_any_other_follows_its_regions(retriever, regions):
    result = answered(retriever.encoder, regions)
    encoder, order = retriever.encoder, np.array([2, 0, 3, 1])
    of_regions, of_words = roll_out(encoder, result)
    moved, _ = roll_out(encoder, replace(result, regions=regions.only(order)))
    assert moved == pytest.approx(of_regions[order], rel=1e-4) and np.ptp(of_regions) > 1e-3 and of_words.shape == (5,)
    even = small_network(feature_width=encoder.config.feature_width)
    with torch.no_grad():
        for module in even.modules():
            if isinstance(module, Attention):
                module.query.weight.zero_()
                module.query.bias.zero_()
    alike = SimpleNamespace(network=even, config=even.config, device=torch.device("cpu"))
    for values in roll_out(alike, result):
        assert values == pytest.approx(np.full(len(values), values[0]), rel=1e-4)


def test_a_pointed_query_is_rolled_out_as_it_was_asked(retriever, regions):
    check_pointing_is_followed(lambda result: roll_out(retriever.encoder, result), answered(retriever.encoder, regions))
