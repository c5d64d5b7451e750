"""Leaving out a region, a word or a link is composing by hand without it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lbf_model.explain.leave_one_out import compose_unlinked, compose_without, measure_effects
from lbf_model.gallery.items import GalleryError
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.text.vocabulary import TextError, Vocabulary
from lbf_model.types import Regions
from tests.small import random_regions, small_compositor, small_network
from tests.unit.explain.answered_queries import TEXT, answered


def test_effects_are_those_of_composing_by_hand(retriever, regions, gallery):
    result = answered(retriever.encoder, regions)
    effects = measure_effects(retriever.encoder, replace(result, left_out=("id3",)), gallery, "id7")
    without_second = Regions(
        np.delete(regions.boxes, 1, 0),
        np.delete(regions.scores, 1),
        regions.labels[:3],
        np.delete(regions.features, 1, 0),
        regions.image_size,
    )
    without_red = retriever.encoder.reader.tokenize_text("make small cube large")
    by_hand = [(regions, result.tokens), (without_second, result.tokens), (regions, without_red)]
    embeddings = np.concatenate([retriever.encoder.encode_queries([r], [t]) for r, t in by_hand])
    scores, ranks = gallery.rank(embeddings, "id7", ["id3"])
    assert [effects.score, effects.region_scores[1], effects.word_scores[2]] == pytest.approx(scores, abs=1e-5)
    assert [effects.rank, effects.region_ranks[1], effects.word_ranks[2]] == ranks.tolist()
    assert effects.id == "id7" and effects.region_scores.dtype == effects.word_scores.dtype == np.float32
    assert effects.region_scores.shape == effects.region_ranks.shape == (4,)
    assert effects.word_scores.shape == effects.word_ranks.shape == (5,)
    with pytest.raises(GalleryError):
        measure_effects(retriever.encoder, result, gallery, "nobody")


def test_embeddings_without_a_part_have_unit_length(retriever, regions):
    for rows, count in zip(
        compose_without(retriever.encoder, regions, answered(retriever.encoder, regions).tokens), (4, 5), strict=True
    ):
        assert rows.shape == (count, retriever.encoder.config.embedding_width) and rows.dtype == np.float32
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_the_only_region_and_the_only_word_cannot_be_left_out(retriever, gallery):
    result = answered(retriever.encoder, random_regions(1, width=retriever.encoder.config.feature_width), "red")
    effects = measure_effects(retriever.encoder, result, gallery, "id7")
    for values in (effects.region_scores, effects.unlinked_scores, effects.word_scores):
        assert np.isnan(values).tolist() == [True]
    assert effects.region_ranks.tolist() == effects.unlinked_ranks.tolist() == effects.word_ranks.tolist() == [0]
    assert effects.rank > 0 and np.isfinite(effects.score)


def test_a_word_that_the_others_mean_nothing_without_cannot_be_left_out(retriever, regions):
    tokens = answered(retriever.encoder, regions, "red cube").tokens

    class Reader:  # to which half of the name of a colour is no word
        def check_text(self, text):
            if text == "cube":
                raise TextError("Not understood: cube.")

        tokenize_texts = staticmethod(retriever.encoder.reader.tokenize_texts)

    known = retriever.encoder
    encoder = QueryEncoder(known.network, known.facts, Reader(), known.device)
    _, without_word = compose_without(encoder, regions, tokens)
    _, wanted = compose_without(known, regions, tokens)
    assert np.isnan(without_word).all(1).tolist() == [True, False]
    assert without_word[1] == pytest.approx(wanted[1], abs=1e-6)


def test_cutting_links_keeps_the_region_and_silences_the_words(retriever, regions, gallery):
    result = answered(retriever.encoder, regions)
    encoder = retriever.encoder
    unlinked = compose_unlinked(encoder, regions, result.tokens)
    batch = batch_regions([regions], 36), batch_words([result.tokens.values])
    links = torch.tensor([[True, False, True, True]])
    with torch.inference_mode():
        by_hand = encoder.network.compose_query(*batch, links).embedding[0].numpy()
    assert unlinked.shape == (4, encoder.config.embedding_width) and unlinked[1] == pytest.approx(by_hand, abs=1e-5)
    without_second = compose_without(encoder, regions, result.tokens)[0][1]
    assert not np.allclose(unlinked[1], without_second, atol=1e-4) and not np.allclose(unlinked[1], result.embedding, atol=1e-4)
    effects = measure_effects(encoder, result, gallery, "id7")
    scores, ranks = gallery.rank(unlinked, "id7", [])
    assert effects.unlinked_scores == pytest.approx(scores, abs=1e-5) and effects.unlinked_ranks.tolist() == ranks.tolist()


def test_a_compositor_without_attention_has_no_links(regions):
    other = small_compositor("concat")
    pictures = batch_regions([random_regions(3)], 36)
    words = batch_words([Vocabulary(other.config.vocabulary).tokenize_text(TEXT).values])
    with pytest.raises(ValueError, match="LBF"):
        other.compose_query(pictures, words, torch.ones(1, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match="may touch"):
        small_network().compose_query(pictures, words, torch.zeros(1, 3, dtype=torch.bool))
