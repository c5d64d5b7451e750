"""Queries about given regions, answered without a detector."""

from dataclasses import replace

import numpy as np
import pytest

from lbf_model.gallery.near_duplicates import HASH_BYTES
from lbf_model.types import Explanation, SearchResult

TEXT = "make small red cube large"


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def answered(encoder, regions, text=TEXT) -> SearchResult:
    """A query about given regions, as `Retriever.compose_query` would answer it."""
    tokens = encoder.reader.tokenize_text(text)
    embedding = encoder.encode_queries([regions], [tokens])[0]
    nothing = Explanation(tokens.words, np.zeros((0, 0, 0, 0)), np.zeros((0, 0, 0, 0)))
    return SearchResult(text, regions, tokens, nothing, embedding, "", np.zeros(HASH_BYTES, np.uint8))


def check_pointing_is_followed(explain, result) -> None:
    """Whether `explain` gives the same where every region is pointed at, and other values of words where one region is."""
    all_linked, one_linked = (replace(result, pointed_at=p) for p in ((1, 2, 3, 4), (2,)))
    for one, other in zip(explain(result), explain(all_linked), strict=True):
        assert one == pytest.approx(other, rel=1e-4)
    assert not np.allclose(explain(one_linked)[1], explain(result)[1], rtol=1e-3)
