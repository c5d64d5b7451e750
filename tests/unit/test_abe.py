"""ABE-M: every learner by itself is LBF with one mask; pair and divergence losses pair by pair."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lbf_model.explain.relevance import explain_relevance
from lbf_model.network.batching import RegionBatch
from tests.reference import (
    gelu,
    linear,
    named_norm,
    own_loss,
    parameters,
    query_embeddings,
    scattered_compositor,
    sigmoid,
    small_batches,
    target_embeddings,
    unit,
)
from tests.small import small_compositor

WEIGHTS = {"pair_margin": 0.9, "divergence_margin": 1.3, "pair_weight": 0.5, "divergence_weight": 0.25}


@pytest.fixture(scope="module")
def model():
    return scattered_compositor("abe-m", learners=3, **WEIGHTS)


def learner_sum(p, stream, learner, items):
    """What one learner makes of (N, D) real items of a stream, "region" or "word": the mask, then the gated sum."""
    width = items.shape[1]
    rows = slice(learner * width, (learner + 1) * width)
    mask = sigmoid(items @ p[f"{stream}_masks.weight"][rows].T + p[f"{stream}_masks.bias"][rows])
    pool = f"pool_{stream}s"
    seen = named_norm(mask * items, p, f"{pool}.norm")
    value = linear(gelu(linear(seen, p, f"{pool}.value.0")), p, f"{pool}.value.2")
    return (sigmoid(linear(seen, p, f"{pool}.gate")) * value).sum(0)


@torch.inference_mode()
def encoded_regions(model, pictures: RegionBatch):
    return [r[m].double().numpy() for r, m in zip(*model.encode_pictures(pictures), strict=True)]


@torch.inference_mode()
def fused_streams(model, pictures, words):
    """Real regions and words of each query as LBF's fusion leaves them; tests of the network hold that against others."""
    regions, said = model.encode_pictures(pictures).values, model.tep(model.word_input(words.values), words.mask)
    for layer in model.fusion:
        regions, said, *_ = layer(regions, said, pictures.mask, words.mask)
    masked = zip(regions, pictures.mask, said, words.mask, strict=True)
    return [(r[rm].double().numpy(), w[wm].double().numpy()) for r, rm, w, wm in masked]


def test_targets_and_queries_are_all_learners_side_by_side(model):
    pictures, words = small_batches()
    p = parameters(model)
    targets = np.stack(
        [[unit(learner_sum(p, "region", m, regions)) for m in range(3)] for regions in encoded_regions(model, pictures)]
    )
    np.testing.assert_allclose(target_embeddings(model, pictures), targets.reshape(3, 24) / 3**0.5, atol=1e-5)
    queries = np.stack(
        [
            [unit(learner_sum(p, "region", m, regions) + learner_sum(p, "word", m, said)) for m in range(3)]
            for regions, said in fused_streams(model, pictures, words)
        ]
    )
    np.testing.assert_allclose(query_embeddings(model, pictures, words), queries.reshape(3, 24) / 3**0.5, atol=1e-5)


@pytest.mark.parametrize("alone", ["pair_weight", "divergence_weight"])
def test_each_loss_by_itself(alone):
    other = ({"pair_weight", "divergence_weight"} - {alone}).pop()
    model = scattered_compositor("abe-m", learners=3, **{**WEIGHTS, other: 0.0})
    (pictures, words), (shown, _) = small_batches(), small_batches(seed=50)
    queries = query_embeddings(model, pictures, words).reshape(3, 3, 8) * 3**0.5
    targets = target_embeddings(model, shown).reshape(3, 3, 8) * 3**0.5
    false = np.array([[False, True, False], [False, False, False], [False, False, False]])
    if alone == "pair_weight":
        wanted = 0
        for m in range(3):
            right = [((queries[i, m] - targets[i, m]) ** 2).sum() for i in range(3)]
            pairs = [(i, j) for i in range(3) for j in range(3) if i != j and not false[i, j]]
            wrong = [max(0, 0.9 - ((queries[i, m] - targets[j, m]) ** 2).sum()) for i, j in pairs]
            wanted += np.mean(right) + np.mean(wrong)
    else:
        lacking = [
            sum(max(0, 1.3 - ((one - two) ** 2).sum()) for one, two in itertools.combinations(learners, 2))
            for learners in (*queries, *targets)
        ]
        wanted = np.mean(lacking)
    assert wanted > 0.1
    assert own_loss(model, pictures, words, shown, false) == pytest.approx(WEIGHTS[alone] * wanted, rel=1e-4)


def test_a_batch_without_negatives_has_a_loss(model):
    (pictures, words), (shown, _) = small_batches(), small_batches(seed=50)
    everything = np.ones((3, 3), bool)
    some, none = (own_loss(model, pictures, words, shown, false) for false in (np.zeros((3, 3), bool), everything))
    assert 0 < none < some


def test_words_and_regions_still_attend_to_each_other(model):
    pictures, words = small_batches()
    links = pictures.mask & torch.tensor([True, False, False])
    with torch.inference_mode():
        free, linked = model.compose_query(pictures, words), model.compose_query(pictures, words, links)
    assert model.attends and free.word_to_region.shape == (3, 2, 2, 5, 3)
    assert not torch.allclose(free.embedding[0], linked.embedding[0], atol=1e-4)
    assert torch.allclose(free.embedding[1], linked.embedding[1], atol=1e-6), "it has one region alone"


def test_the_embedding_divides_among_the_learners():
    with pytest.raises(ValueError, match="24 does not divide among 5 learners"):
        small_compositor("abe-m", learners=5)


def test_relevance_which_knows_lbfs_pooling_is_refused(model):
    with pytest.raises(ValueError, match="only LBF can be explained, not Abe"):
        explain_relevance(SimpleNamespace(network=model), None, None)
