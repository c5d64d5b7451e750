"""ComposeAE against its formulas, with complex numbers where the paper has them, and its three losses."""

import math

import numpy as np
import pytest

from tests.reference import (
    linear,
    named_norm,
    own_loss,
    parameters,
    picture_vectors,
    query_embeddings,
    relu,
    scattered_compositor,
    sentence_vectors,
    small_batches,
    target_embeddings,
    unit,
)
from tests.small import small_compositor

WEIGHTS = {"picture_weight": 0.5, "sentence_weight": 0.25, "symmetry_weight": 2.0}


@pytest.fixture(scope="module")
def model():
    return scattered_compositor("compose-ae", hidden=10, **WEIGHTS)


def two_layers(values, p, name):
    return linear(relu(linear(relu(named_norm(values, p, f"{name}.0")), p, f"{name}.2")), p, f"{name}.4")


def composed(p, x, t, direction=1):
    """f of one picture's and one sentence's vector."""
    eta = linear(relu(linear(named_norm(x, p, "eta.0"), p, "eta.1")), p, "eta.4")
    gamma = linear(relu(linear(named_norm(t, p, "gamma.0"), p, "gamma.1")), p, "gamma.3")
    phi = eta * np.exp(1j * direction * gamma)
    channels = np.pad([eta, gamma, x, phi.real, phi.imag], ((0, 0), (1, 1)))
    kernels, bias = p["convolution.weight"], p["convolution.bias"]
    width = len(x)
    convolved = np.stack([(kernels * channels[:, i : i + 3]).sum((1, 2)) + bias for i in range(width)], 1)
    stretches = [(math.floor(i * width / 16), math.ceil((i + 1) * width / 16)) for i in range(16)]
    pooled = np.stack([convolved[:, first:end].max(1) for first, end in stretches], 1).reshape(-1)
    rotated = two_layers(np.concatenate([phi.real, phi.imag]), p, "rho")
    return p["linear_weight"] * rotated + p["convolution_weight"] * two_layers(pooled, p, "rho_convolution")


def test_a_query_is_the_papers_formula(model):
    pictures, words = small_batches()
    p = parameters(model)
    pairs = zip(picture_vectors(p, pictures), sentence_vectors(model, words), strict=True)
    wanted = np.stack([composed(p, x, t) for x, t in pairs])
    np.testing.assert_allclose(query_embeddings(model, pictures, words), unit(wanted), atol=1e-5)
    x = picture_vectors(p, pictures)
    np.testing.assert_allclose(target_embeddings(model, pictures), unit(x), atol=1e-5)


@pytest.mark.parametrize("alone", WEIGHTS)
def test_each_loss_by_itself(alone):
    model = scattered_compositor("compose-ae", hidden=10, **{name: WEIGHTS[name] * (name == alone) for name in WEIGHTS})
    (pictures, words), (shown, _) = small_batches(), small_batches(seed=50)
    rows = [0, 1, 0]  # the first and the third query start from one reference
    references = type(pictures)(*(part[rows] for part in pictures))
    p = parameters(model)
    x, wanted, t = picture_vectors(p, references), picture_vectors(p, shown), sentence_vectors(model, words)
    f = unit(np.stack([composed(p, *pair) for pair in zip(x, t, strict=True)]))
    back = unit(np.stack([composed(p, *pair, direction=-1) for pair in zip(wanted, t, strict=True)]))
    odds = np.exp(np.exp(p["log_temperature"]) * back @ unit(x).T)
    losses = {
        "picture_weight": ((two_layers(f, p, "decode_picture") - x) ** 2).mean(),
        "sentence_weight": ((two_layers(f, p, "decode_sentence") - t) ** 2).mean(),
        "symmetry_weight": -np.mean(
            [
                math.log(odds[0, 0] / (odds[0, 0] + odds[0, 1])),
                math.log(odds[1, 1] / odds[1].sum()),
                math.log(odds[2, 2] / (odds[2, 1] + odds[2, 2])),
            ]
        ),
    }
    found = own_loss(model, references, words, shown, np.zeros((3, 3), bool))
    assert found == pytest.approx(WEIGHTS[alone] * losses[alone], rel=1e-4)


def test_weights_start_as_in_the_original():
    fresh = small_compositor("compose-ae")
    assert (fresh.linear_weight.item(), fresh.convolution_weight.item()) == (10.0, 1.0)
    c = fresh.config
    assert (c.picture_weight, c.sentence_weight, c.symmetry_weight) == (0.1, 0.1, 0.01)
