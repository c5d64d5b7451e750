"""FiLM: blocks worked out cell by cell; the sentence scales and shifts their channels, and a target has neither."""

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
    small_batches,
    target_embeddings,
    unit,
)
from tests.small import small_compositor


@pytest.fixture(scope="module")
def model():
    return scattered_compositor("film", cell_width=8, film_blocks=2)


def block(p, name, cells, scale, shift):
    """(36, C) cells of a grid of 6 by 6 through one block."""
    entered = relu(cells @ p[f"{name}.enter.weight"][:, :, 0, 0].T + p[f"{name}.enter.bias"])
    around = look_around(p, f"{name}.look_around", entered)
    normed = layer_norm(around.reshape(-1)).reshape(36, -1)  # over all cells and channels of one picture
    return entered + relu(scale * normed + shift)


def pictures_vector(p, cells, modulation):
    for number, (scale, shift) in enumerate(modulation):
        cells = block(p, f"blocks.{number}", cells, scale, shift)
    return linear(cells.mean(0), p, "picture_input.out")


def test_a_query_is_the_vector_of_the_modulated_picture(model):
    pictures, words = small_batches()
    p = parameters(model)
    wanted = []
    for cells, t in zip(described_cells(p, projected_cells(p, pictures)), sentence_vectors(model, words), strict=True):
        gamma, beta = linear(t, p, "modulation").reshape(2, 2, 8)
        wanted.append(pictures_vector(p, cells, zip(1 + gamma, beta, strict=True)))
    np.testing.assert_allclose(query_embeddings(model, pictures, words), unit(np.stack(wanted)), atol=1e-5)


def test_a_target_goes_through_the_same_blocks_unmodulated(model):
    pictures, _ = small_batches()
    p = parameters(model)
    cells = described_cells(p, projected_cells(p, pictures))
    wanted = np.stack([pictures_vector(p, own, [(1, 0), (1, 0)]) for own in cells])
    np.testing.assert_allclose(target_embeddings(model, pictures), unit(wanted), atol=1e-5)


def test_a_map_that_is_not_square_is_refused():
    with pytest.raises(ValueError, match="35 cells"):
        small_compositor("film", cells=35)
