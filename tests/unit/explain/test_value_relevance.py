"""Relevance of values follows the network as it composes, has a sign, and leaves no trace."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lbf_model.explain import value_relevance
from lbf_model.explain.value_relevance import explain_values
from lbf_model.network.batching import batch_links, batch_regions, batch_words
from tests.unit.explain.answered_queries import answered, check_pointing_is_followed, unit


@pytest.mark.parametrize("pointed_at", [None, (2,)])
def test_values_follow_the_network_as_it_composes(retriever, regions, pointed_at):
    result = replace(answered(retriever.encoder, regions), pointed_at=pointed_at)
    network, seen, said = retriever.encoder.network, batch_regions([result.regions], 36), batch_words([result.tokens.values])
    inputs = torch.cat([network.region_input(seen.features, seen.boxes_unit), network.word_input(said.values)], 1)
    links = None if pointed_at is None else batch_links([result.links], 4)
    found = value_relevance._joint(network, inputs, seen.mask, said.mask, links)[0].detach().numpy()
    wanted = retriever.encoder.encode_query(result.regions, result.tokens, result.links)[0]
    assert found / np.linalg.norm(found) == pytest.approx(wanted, abs=1e-5)


def test_values_that_are_not_used_have_no_relevance(deaf):
    encoder, result, parts = deaf
    regions, words = explain_values(encoder, result, unit(parts[0]))
    assert regions[2] == pytest.approx(0, abs=1e-5) and np.abs(regions).max() > 0.01
    assert words == pytest.approx(np.zeros(5), abs=1e-5)


def test_values_speak_against_what_they_spoke_for(retriever, regions, target):
    result = answered(retriever.encoder, regions)
    for one, other in zip(
        explain_values(retriever.encoder, result, target), explain_values(retriever.encoder, result, -target), strict=True
    ):
        assert one == pytest.approx(-other, abs=1e-6) and np.abs(one).max() > 1e-4


def test_values_leave_no_trace(retriever, regions, target):
    result, network = answered(retriever.encoder, regions), retriever.encoder.network
    first = explain_values(retriever.encoder, result, target)
    assert [values.shape for values in first] == [(4,), (5,)]
    assert all(p.grad is None for p in network.parameters())
    assert np.array_equal(answered(retriever.encoder, regions).embedding, result.embedding)
    with torch.inference_mode():  # as within a search
        again = explain_values(retriever.encoder, result, target)
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))


def test_values_of_a_pointed_query_are_explained_as_it_was_asked(retriever, regions, target):
    check_pointing_is_followed(
        lambda result: explain_values(retriever.encoder, result, target), answered(retriever.encoder, regions)
    )
