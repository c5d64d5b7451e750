"""Attribute as Operator: each sentence's matrix is made explicitly, and applied to the picture's vector."""

import numpy as np
import pytest

from tests.reference import (
    linear,
    parameters,
    picture_vectors,
    query_embeddings,
    scattered_compositor,
    sentence_vectors,
    small_batches,
    unit,
)
from tests.small import small_compositor


@pytest.fixture(scope="module")
def model():
    return scattered_compositor("attribute-operator", operators=3)


def test_a_query_is_the_sentences_matrix_times_the_picture(model):
    pictures, words = small_batches()
    p = parameters(model)
    wanted = []
    for x, t in zip(picture_vectors(p, pictures), sentence_vectors(model, words), strict=True):
        odds = np.exp(linear(t, p, "shares"))
        matrix = sum(odd / odds.sum() * operator for odd, operator in zip(odds, p["operators"], strict=True))
        wanted.append(matrix @ x)
    assert p["operators"].shape == (3, 24, 24)
    np.testing.assert_allclose(query_embeddings(model, pictures, words), unit(np.stack(wanted)), atol=1e-5)


def test_before_training_a_sentence_changes_little():
    fresh = small_compositor("attribute-operator")
    pictures, words = small_batches()
    kept = (query_embeddings(fresh, pictures, words) * unit(picture_vectors(parameters(fresh), pictures))).sum(1)
    assert (kept > 0.95).all() and (kept < 0.999).all()
