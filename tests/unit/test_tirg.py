"""TIRG against its formula, worked out anew in NumPy from the paper and its public code."""

import math

import numpy as np
import pytest
import torch

from lbf_model.network.batching import batch_regions, batch_words
from tests.small import MAP_CHANNELS, random_regions, small_compositor

SENTENCES = [np.array([1, 6, 8]), np.array([3, 20, 25, 7, 6])]


@pytest.fixture(scope="module")
def model():
    """Every number drawn anew, so that no layer is an identity and no weight is at its start."""
    made = small_compositor("tirg")
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return made


def batches():
    pictures = batch_regions([random_regions(3, seed=5), random_regions(1, seed=6)], 36)
    return pictures, batch_words(SENTENCES)


def layer_norm(values, weight, bias):
    centred = values - values.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * weight + bias


def linear(values, parameters, name):
    return values @ parameters[f"{name}.weight"].T + parameters[f"{name}.bias"]


def gelu(values):
    return values * (1 + np.vectorize(math.erf)(values / math.sqrt(2))) / 2


def unit(values):
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def picture_vectors(p, maps):
    """x: a cell's features and place through two layers, the mean over cells, a linear layer."""
    cells = maps.reshape(len(maps), MAP_CHANNELS, 36).transpose(0, 2, 1)
    hidden = linear(cells, p, "picture_input.cell") + p["picture_input.place.weight"]
    hidden = gelu(layer_norm(hidden, p["picture_input.layers.0.weight"], p["picture_input.layers.0.bias"]))
    return linear(gelu(linear(hidden, p, "picture_input.layers.2")).mean(1), p, "picture_input.out")


def test_a_query_is_the_papers_formula(model):
    pictures, words = batches()
    p = {name: value.double().numpy() for name, value in model.state_dict().items()}
    with torch.inference_mode():
        composed = model.compose_query(pictures, words)
        t = model.pool_words(model.tep(model.word_input(words.values), words.mask), words.mask).double().numpy()
    x = picture_vectors(p, pictures.feature_map.double().numpy())
    both = np.concatenate([x, t], 1)

    def relu_of_norm(name):
        return np.maximum(layer_norm(both, p[f"{name}.0.weight"], p[f"{name}.0.bias"]), 0)

    gate = 1 / (1 + np.exp(-linear(relu_of_norm("gate"), p, "gate.2")))
    residual = linear(np.maximum(linear(relu_of_norm("residual"), p, "residual.2"), 0), p, "residual.4")
    wanted = p["gate_weight"] * gate * x + p["residual_weight"] * residual
    np.testing.assert_allclose(composed.embedding.numpy(), unit(wanted), atol=1e-5)
    assert composed.word_to_region is None and composed.region_to_word is None


def test_a_target_is_the_pictures_vector(model):
    pictures, _ = batches()
    p = {name: value.double().numpy() for name, value in model.state_dict().items()}
    with torch.inference_mode():
        embedding = model.encode_target(pictures).numpy()
    np.testing.assert_allclose(embedding, unit(picture_vectors(p, pictures.feature_map.double().numpy())), atol=1e-5)


def test_the_learned_weights_start_at_one_and_ten():
    fresh = small_compositor("tirg")
    assert (fresh.gate_weight.item(), fresh.residual_weight.item()) == (1.0, 10.0)
    assert fresh.gate_weight.requires_grad and fresh.residual_weight.requires_grad


@torch.inference_mode()
def test_the_place_of_a_cell_matters_and_regions_do_not(model):
    pictures, _ = batches()
    embedding = model.encode_target(pictures)
    assert not torch.allclose(model.encode_target(pictures._replace(feature_map=pictures.feature_map.flip(3))), embedding)
    assert torch.equal(model.encode_target(pictures._replace(features=pictures.features + 1)), embedding)


def test_pictures_without_a_fitting_map_are_refused(model):
    pictures, words = batches()
    with pytest.raises(ValueError, match="some picture has none"):
        model.compose_query(pictures._replace(feature_map=None), words)
    with pytest.raises(ValueError, match="25 cells, not of 36"):
        model.compose_query(pictures._replace(feature_map=pictures.feature_map[..., :5, :5]), words)
