"""Show and Tell against an LSTM written out step by step, which stops at the end of each sentence."""

import numpy as np
import pytest

from tests.reference import (
    linear,
    parameters,
    picture_vectors,
    query_embeddings,
    scattered_compositor,
    sigmoid,
    small_batches,
    target_embeddings,
    unit,
)


@pytest.fixture(scope="module")
def model():
    return scattered_compositor("show-and-tell")


def last_state(p, read):
    """State of a one-layer LSTM after reading (T, D), from zeros; gates are input, forget, cell, output."""
    state = cell = np.zeros(p["lstm.weight_hh_l0"].shape[1])
    for item in read:
        gates = p["lstm.weight_ih_l0"] @ item + p["lstm.bias_ih_l0"] + p["lstm.weight_hh_l0"] @ state + p["lstm.bias_hh_l0"]
        enter, forget, new, leave = np.split(gates, 4)
        cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(new)
        state = sigmoid(leave) * np.tanh(cell)
    return state


def test_a_query_is_the_state_after_the_picture_and_the_last_word(model):
    pictures, words = small_batches()
    p = parameters(model)
    first = linear(picture_vectors(p, pictures), p, "picture_step")
    wanted = []
    for picture, ids, mask in zip(first, words.values.numpy(), words.mask.numpy(), strict=True):
        said = p["word_input.word.weight"][ids[mask]] + p["word_input.place.weight"][: mask.sum()]
        wanted.append(last_state(p, [picture, *said]))
    np.testing.assert_allclose(query_embeddings(model, pictures, words), unit(np.stack(wanted)), atol=1e-5)


def test_a_target_is_the_pictures_vector(model):
    pictures, _ = small_batches()
    wanted = unit(picture_vectors(parameters(model), pictures))
    np.testing.assert_allclose(target_embeddings(model, pictures), wanted, atol=1e-5)
