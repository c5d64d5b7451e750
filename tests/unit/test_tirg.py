"""TIRG against its formula, worked out anew in NumPy from the paper and its public code."""

import numpy as np
import pytest
import torch

from tests.reference import (
    linear,
    named_norm,
    parameters,
    picture_vectors,
    query_embeddings,
    relu,
    scattered_compositor,
    sentence_vectors,
    sigmoid,
    small_batches,
    target_embeddings,
    unit,
)
from tests.small import small_compositor


@pytest.fixture(scope="module")
def model():
    return scattered_compositor("tirg")


def test_a_query_is_the_papers_formula(model):
    pictures, words = small_batches()
    p = parameters(model)
    x = picture_vectors(p, pictures)
    both = np.concatenate([x, sentence_vectors(model, words)], 1)
    gate = sigmoid(linear(relu(named_norm(both, p, "gate.0")), p, "gate.2"))
    residual = linear(relu(linear(relu(named_norm(both, p, "residual.0")), p, "residual.2")), p, "residual.4")
    wanted = p["gate_weight"] * gate * x + p["residual_weight"] * residual
    np.testing.assert_allclose(query_embeddings(model, pictures, words), unit(wanted), atol=1e-5)


def test_a_target_is_the_pictures_vector(model):
    pictures, _ = small_batches()
    wanted = unit(picture_vectors(parameters(model), pictures))
    np.testing.assert_allclose(target_embeddings(model, pictures), wanted, atol=1e-5)


def test_the_learned_weights_start_alike():
    fresh = small_compositor("tirg")
    assert (fresh.gate_weight.item(), fresh.residual_weight.item()) == (1.0, 1.0)
    assert fresh.gate_weight.requires_grad and fresh.residual_weight.requires_grad


@torch.inference_mode()
def test_the_place_of_a_cell_matters_and_regions_do_not(model):
    pictures, _ = small_batches()
    embedding = model.encode_target(pictures)
    assert not torch.allclose(model.encode_target(pictures._replace(feature_map=pictures.feature_map.flip(3))), embedding)
    assert torch.equal(model.encode_target(pictures._replace(features=pictures.features + 1)), embedding)
