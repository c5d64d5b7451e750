"""TIRG on the map: gate and residual worked out cell by cell; a target's map stays as it is."""

import numpy as np
import pytest

from tests.reference import (
    described_cells,
    layer_norm,
    linear,
    look_around,
    parameters,
    projected_cells,
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
    return scattered_compositor("tirg-map", cell_width=8, change_width=6)


def changing(p, name, both):
    """(36, 2 C) cells, each with the sentence beside it, through the gate or the residual."""
    normed = layer_norm(both.reshape(-1)).reshape(both.shape) * p[f"{name}.0.weight"] + p[f"{name}.0.bias"]
    return look_around(p, f"{name}.3", relu(look_around(p, f"{name}.1", normed)))


def test_a_query_is_the_vector_of_the_gated_and_changed_map(model):
    pictures, words = small_batches()
    p = parameters(model)
    wanted = []
    for x, t in zip(described_cells(p, projected_cells(p, pictures)), sentence_vectors(model, words), strict=True):
        both = np.concatenate([x, np.repeat(linear(t, p, "say")[None], 36, 0)], 1)
        gate = sigmoid(changing(p, "gate", both))
        changed = p["gate_weight"] * gate * x + p["residual_weight"] * changing(p, "residual", both)
        wanted.append(linear(changed.mean(0), p, "picture_input.out"))
    np.testing.assert_allclose(query_embeddings(model, pictures, words), unit(np.stack(wanted)), atol=1e-5)


def test_a_target_stays_as_it_is(model):
    pictures, _ = small_batches()
    p = parameters(model)
    wanted = linear(described_cells(p, projected_cells(p, pictures)).mean(1), p, "picture_input.out")
    np.testing.assert_allclose(target_embeddings(model, pictures), unit(wanted), atol=1e-5)


def test_gate_and_residual_start_alike():
    model = small_compositor("tirg-map")
    assert (model.gate_weight.item(), model.residual_weight.item()) == (1, 1)


def test_a_map_that_is_not_square_is_refused():
    with pytest.raises(ValueError, match="TirgMap reads square feature maps, and 35 cells do not make one"):
        small_compositor("tirg-map", cells=35)
