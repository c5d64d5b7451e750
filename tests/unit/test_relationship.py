"""Relationship: the sentence and every pair of cells, side by side and one by one."""

import numpy as np
import pytest

from tests.reference import (
    described_cells,
    linear,
    parameters,
    picture_vectors,
    projected_cells,
    query_embeddings,
    relu,
    scattered_compositor,
    sentence_vectors,
    small_batches,
    target_embeddings,
    unit,
)


@pytest.fixture(scope="module")
def model():
    return scattered_compositor("relationship", cell_width=8, relation_width=6)


def test_a_query_is_what_all_pairs_say_together(model):
    pictures, words = small_batches()
    p = parameters(model)
    layer = np.concatenate([p["first.weight"], p["second.weight"], p["sentence.weight"]], 1)
    wanted = []
    for cells, t in zip(described_cells(p, projected_cells(p, pictures)), sentence_vectors(model, words), strict=True):
        said = []
        for one in cells:
            for other in cells:
                hidden = relu(layer @ np.concatenate([one, other, t]) + p["first.bias"])
                said.append(relu(linear(hidden, p, "relate.1")))
        assert len(said) == 36 * 36
        wanted.append(linear(relu(linear(np.mean(said, 0), p, "conclude.0")), p, "conclude.2"))
    np.testing.assert_allclose(query_embeddings(model, pictures, words), unit(np.stack(wanted)), atol=1e-5)


def test_a_target_is_the_pictures_vector(model):
    pictures, _ = small_batches()
    wanted = unit(picture_vectors(parameters(model), pictures))
    np.testing.assert_allclose(target_embeddings(model, pictures), wanted, atol=1e-5)
