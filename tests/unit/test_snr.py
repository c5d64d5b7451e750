"""SNR: what the three vectors of a picture are, that style goes out, and the dual causality loss triplet by triplet."""

import math

import numpy as np
import pytest
import torch

from tests.reference import (
    described_cells,
    linear,
    named_norm,
    own_loss,
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


@pytest.fixture(scope="module")
def model():
    return scattered_compositor("snr", cell_width=12, gate_width=4, causality_weight=0.7)


def three_vectors(p, pictures):
    """Of each picture: with its content put back, without what was taken out, and with its style put back."""
    cells = projected_cells(p, pictures)
    centred = cells - cells.mean(1, keepdims=True)
    normalised = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5) * p["norm.weight"] + p["norm.bias"]
    residual = cells - normalised
    gate = sigmoid(linear(relu(linear(residual.mean(1), p, "content_gate.0")), p, "content_gate.2"))[:, None]
    versions = normalised + gate * residual, normalised, normalised + (1 - gate) * residual
    return [linear(described_cells(p, version).mean(1), p, "picture_input.out") for version in versions]


def tirg(p, x, t):
    both = np.concatenate([x, t], 1)
    gate = sigmoid(linear(relu(named_norm(both, p, "gate.0")), p, "gate.2"))
    residual = linear(relu(linear(relu(named_norm(both, p, "residual.0")), p, "residual.2")), p, "residual.4")
    return p["gate_weight"] * gate * x + p["residual_weight"] * residual


def test_queries_and_targets_see_the_picture_with_its_content_put_back(model):
    pictures, words = small_batches()
    p = parameters(model)
    restituted, *_ = three_vectors(p, pictures)
    np.testing.assert_allclose(target_embeddings(model, pictures), unit(restituted), atol=1e-5)
    wanted = unit(tirg(p, restituted, sentence_vectors(model, words)))
    np.testing.assert_allclose(query_embeddings(model, pictures, words), wanted, atol=1e-5)


def test_brightness_and_contrast_are_gone_from_the_normalised_vector(model):
    pictures, _ = small_batches()
    changed = pictures._replace(feature_map=3 * pictures.feature_map + torch.tensor([1.0, -2, 3, 0, 5])[:, None, None])
    with torch.inference_mode():
        before, after = (model.encode_pictures(batch).values for batch in (pictures, changed))
    assert torch.allclose(after[:, 1], before[:, 1], atol=1e-4)
    assert not torch.allclose(after[:, 0], before[:, 0], atol=1e-2) and not torch.allclose(after[:, 2], before[:, 2], atol=1e-2)


def test_the_loss_compares_what_each_vector_tells_of_pairs(model):
    (pictures, words), (shown, _) = small_batches(), small_batches(seed=50)
    p, t = parameters(model), sentence_vectors(model, words)
    references, targets = three_vectors(p, pictures), three_vectors(p, shown)
    false = np.array([[False, True, False], [False, False, False], [True, False, False]])

    def distance(which, query, target):
        return (1 - unit(tirg(p, references[which], t))[query] @ unit(targets[which])[target]) / 2

    def softplus(value):
        return math.log(1 + math.exp(value))

    wanted = 0
    for better, worse in ((0, 1), (1, 2)):
        nearer = [softplus(distance(better, i, i) - distance(worse, i, i)) for i in range(3)]
        pairs = [(i, j) for i in range(3) for j in range(3) if i != j and not false[i, j]]
        assert len(pairs) == 4
        farther = [softplus(distance(worse, *pair) - distance(better, *pair)) for pair in pairs]
        wanted += 0.7 * (np.mean(nearer) + np.mean(farther))
    assert own_loss(model, pictures, words, shown, false) == pytest.approx(wanted, rel=1e-5)


def test_a_batch_without_negatives_has_a_loss(model):
    (pictures, words), (shown, _) = small_batches(), small_batches(seed=50)
    some, none = (own_loss(model, pictures, words, shown, np.full((3, 3), false)) for false in (False, True))
    assert 0 < none < some
