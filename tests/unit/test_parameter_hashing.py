"""Parameter Hashing: every weight of the sentence's layer is looked up, one by one."""

import numpy as np
import pytest
import torch

from lbf_model.checkpoint import load_weights, read_config, save_checkpoint
from tests.reference import (
    described_cells,
    linear,
    parameters,
    picture_vectors,
    projected_cells,
    query_embeddings,
    scattered_compositor,
    sentence_vectors,
    small_batches,
    target_embeddings,
    unit,
)
from tests.small import small_compositor


@pytest.fixture(scope="module")
def model():
    return scattered_compositor("parameter-hashing", cell_width=9, candidates=7)


def test_a_query_goes_through_the_layer_that_its_sentence_gives(model):
    pictures, words = small_batches()
    p = parameters(model)
    before = described_cells(p, projected_cells(p, pictures)).mean(1)
    wanted = np.zeros((3, 24))
    for query, candidates in enumerate(linear(sentence_vectors(model, words), p, "candidates")):
        for output in range(24):
            for entry in range(9):
                weight = p["sign"][output, entry] * candidates[int(p["hash"][output, entry])] / 3
                wanted[query, output] += weight * before[query, entry]
    np.testing.assert_allclose(query_embeddings(model, pictures, words), unit(wanted), atol=1e-5)


def test_a_target_goes_through_the_pictures_own_layer(model):
    pictures, _ = small_batches()
    wanted = unit(picture_vectors(parameters(model), pictures))
    np.testing.assert_allclose(target_embeddings(model, pictures), wanted, atol=1e-5)


def test_the_hash_reaches_every_candidate_and_both_signs_and_stays(tmp_path):
    fresh, other = (small_compositor("parameter-hashing", seed, candidates=7) for seed in (0, 1))
    assert fresh.hash.unique().tolist() == list(range(7)) and fresh.sign.unique().tolist() == [-1, 1]
    assert not torch.equal(fresh.hash, other.hash)
    save_checkpoint(tmp_path, "compositor", fresh, fresh.config, {}, half=True)
    load_weights(tmp_path, read_config(tmp_path, "compositor"), other)
    assert torch.equal(other.hash, fresh.hash) and torch.equal(other.sign, fresh.sign)
