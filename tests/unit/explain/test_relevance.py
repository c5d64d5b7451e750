"""Relevance follows the paper's equations, written out anew in NumPy (Chefer, Gur and Wolf, ICCV 2021), and leaves no trace."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lbf_model.compositors.lbf import LbfNetwork
from lbf_model.explain.relevance import explain_relevance, propagate
from lbf_model.network.attention import Attention
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.retrieval.encoder import QueryEncoder
from tests.small import random_regions, small_compositor
from tests.unit.explain.answered_queries import TEXT, answered, unit


@pytest.fixture(scope="module")
def query(retriever):
    """A query about four random regions, and an embedding to explain."""
    encoder = retriever.encoder
    regions = random_regions(4, width=encoder.config.feature_width)
    tokens = encoder.reader.tokenize_text(TEXT)
    target = np.random.default_rng(2).normal(size=encoder.config.embedding_width).astype(np.float32)
    return encoder, regions, tokens, target / np.linalg.norm(target)


@pytest.fixture(scope="module")
def maps(query):
    """The mean over heads of (gradient * attention)^+ of every attention, equation 5, by module."""
    encoder, regions, tokens, target = query
    seen = {}
    modules = [m for m in encoder.network.modules() if isinstance(m, Attention)]
    hooks = [m.register_forward_hook(lambda module, _, made: seen.__setitem__(module, made[1])) for m in modules]
    batches = batch_regions([regions], 36), batch_words([tokens.values])
    score = encoder.network.compose_query(*batches).embedding[0] @ torch.from_numpy(target)
    for hook in hooks:
        hook.remove()
    slopes = torch.autograd.grad(score, [seen[m] for m in modules])
    return {m: np.maximum((seen[m] * slope)[0].detach().numpy(), 0).mean(0) for m, slope in zip(modules, slopes, strict=True)}


def balanced(own):
    """Equations 8 and 9."""
    added = own - np.eye(len(own))
    total = added.sum(1, keepdims=True)
    return np.divide(added, total, out=np.zeros_like(added), where=total > 0) + np.eye(len(own))


def by_the_paper(network, maps, region_count, word_count):
    """(words, regions) and (regions, words) relevance after the last layer: equations 6, 7, 10 and 11, stream by stream."""
    own = {"region": np.eye(region_count), "word": np.eye(word_count)}
    across = {"region": np.zeros((region_count, word_count)), "word": np.zeros((word_count, region_count))}

    def within(stream, attention):
        own[stream], across[stream] = (
            own[stream] + maps[attention] @ own[stream],
            across[stream] + maps[attention] @ across[stream],
        )

    for block in network.vep.blocks:
        within("region", block.attention)
    for block in network.tep.blocks:
        within("word", block.attention)
    for layer in network.fusion:
        before_own, before_across = dict(own), dict(across)
        for stream, other, attention in (
            ("region", "word", layer.regions_to_words),
            ("word", "region", layer.words_to_regions),
        ):
            own[stream] = before_own[stream] + maps[attention] @ before_across[other]
            added = balanced(before_own[stream]).T @ maps[attention] @ balanced(before_own[other])
            across[stream] = before_across[stream] + added
        within("region", layer.region_block.attention)
        within("word", layer.word_block.attention)
    return across["word"], across["region"], own


def shares(rows):
    return rows / rows.sum(1, keepdims=True)


def test_maps_follow_the_equations_of_the_paper(query, maps):
    encoder, regions, tokens, target = query
    result = answered(encoder, regions)
    found = explain_relevance(encoder, result, target)
    word_to_region, region_to_word, _ = by_the_paper(encoder.network, maps, len(regions), len(tokens.words))
    assert word_to_region.sum() > 0 and region_to_word.sum() > 0
    assert found.word_to_region == pytest.approx(shares(word_to_region), abs=1e-5)
    assert found.region_to_word == pytest.approx(shares(region_to_word), abs=1e-5)


def test_every_step_of_the_propagation_is_the_papers(query, maps):
    """Maps of a query are so small that products of two of them hardly show; random ones show every step."""
    encoder, regions, tokens, _ = query
    rng = np.random.default_rng(3)
    large = {module: rng.random(map.shape) for module, map in maps.items()}
    found = propagate(encoder.network, {module: torch.from_numpy(map) for module, map in large.items()})
    word_to_region, region_to_word, own = by_the_paper(encoder.network, large, len(regions), len(tokens.words))
    for one, other in zip(found, (own["region"], own["word"], region_to_word, word_to_region), strict=True):
        assert one.numpy() == pytest.approx(other, rel=1e-6)


def test_a_network_without_vep_and_tep_can_be_explained(query):
    known, regions, tokens, target = query
    network = LbfNetwork(replace(known.config, vep_layers=0, tep_layers=0)).eval()
    encoder = QueryEncoder(network, known.facts, known.reader, known.device)
    found = explain_relevance(encoder, answered(encoder, regions), target)
    assert found.word_to_region.shape == (len(tokens.words), len(regions)) and found.word_to_region.sum() > 0


def cosine(one, other):
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_totals_begin_with_what_each_pooled_item_carries(query, maps):
    """Rows of the maps are added, each times what the cosine loses without that item's summand."""
    encoder, regions, tokens, target = query
    network, inputs = encoder.network, {}
    pools = network.pool_regions, network.pool_words
    hooks = [pool.register_forward_hook(lambda module, given, _: inputs.__setitem__(module, given[0])) for pool in pools]
    result = answered(encoder, regions)
    for hook in hooks:
        hook.remove()
    parts = []
    with torch.no_grad():
        for pool in pools:
            x = pool.norm(inputs[pool][0])
            parts.append((torch.sigmoid(pool.gate(x)) * pool.value(x)).numpy())
    joint = parts[0].sum(0) + parts[1].sum(0)
    assert joint / np.linalg.norm(joint) == pytest.approx(result.embedding, abs=1e-5)
    carried = [np.array([max(cosine(joint, target) - cosine(joint - part, target), 0) for part in some]) for some in parts]
    word_to_region, region_to_word, own = by_the_paper(network, maps, len(regions), len(tokens.words))
    found = explain_relevance(encoder, result, target)
    wanted = carried[0] @ own["region"] + carried[1] @ word_to_region
    assert found.regions == pytest.approx(wanted / wanted.sum(), abs=1e-4)
    wanted = carried[1] @ (own["word"] - np.eye(len(tokens.words))) + carried[0] @ region_to_word
    assert found.words == pytest.approx(wanted / wanted.sum(), abs=1e-4)


def test_relevance_has_promised_forms_and_is_the_same_again(retriever, regions, target):
    result = answered(retriever.encoder, regions)
    with torch.inference_mode():  # as within a search
        relevance = explain_relevance(retriever.encoder, result, target)
    again = explain_relevance(retriever.encoder, result, target)
    shapes = {"regions": (4,), "words": (5,), "word_to_region": (5, 4), "region_to_word": (4, 5)}
    for name, shape in shapes.items():
        values = getattr(relevance, name)
        assert values.shape == shape and values.dtype == np.float32 and values.min() >= 0
        assert all(total == pytest.approx(1, abs=1e-5) or total == 0 for total in np.atleast_1d(values.sum(-1)))
        assert np.array_equal(values, getattr(again, name))


def test_explaining_leaves_no_trace(retriever, regions, target):
    network = retriever.encoder.network
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    asked = {name: parameter.requires_grad for name, parameter in network.named_parameters()}
    attributes = {name: set(vars(module)) for name, module in network.named_modules()}
    result = answered(retriever.encoder, regions)
    explain_relevance(retriever.encoder, result, target)
    assert not any(module._forward_hooks for module in network.modules())
    assert attributes == {name: set(vars(module)) for name, module in network.named_modules()}
    assert all(torch.equal(before[name], p) and p.grad is None for name, p in network.named_parameters())
    assert asked == {name: p.requires_grad for name, p in network.named_parameters()}
    assert np.array_equal(answered(retriever.encoder, regions).embedding, result.embedding)


def test_hooks_are_gone_after_a_failure_too(retriever, regions):
    with pytest.raises(RuntimeError):
        explain_relevance(retriever.encoder, answered(retriever.encoder, regions), np.ones(3, np.float32))
    assert not any(module._forward_hooks for module in retriever.encoder.network.modules())


def test_a_compositor_without_attention_is_refused(retriever, regions, target):
    other = SimpleNamespace(network=small_compositor("concat"))
    with pytest.raises(ValueError, match="LBF"):
        explain_relevance(other, answered(retriever.encoder, regions), target)


def test_a_region_that_is_not_used_has_no_relevance(deaf):
    encoder, result, _ = deaf
    relevance = explain_relevance(encoder, result, result.embedding)
    assert relevance.regions[2] == pytest.approx(0, abs=1e-5) and relevance.regions.sum() == pytest.approx(1, abs=1e-5)
    assert relevance.words.tolist() == [0] * 5, "no word adds anything, and no region heard of one"
    assert not relevance.word_to_region.any() and not relevance.region_to_word.any()


@pytest.mark.parametrize("carrier", [0, 1, 3])
def test_the_region_that_carries_the_target_is_the_most_relevant(deaf, carrier):
    encoder, result, parts = deaf
    relevance = explain_relevance(encoder, result, unit(parts[carrier]))
    assert relevance.regions.argmax() == carrier


def test_a_word_that_regions_hear_of_is_relevant(deaf, target):
    encoder, result, _ = deaf
    layer = encoder.network.fusion[-1].regions_to_words
    with torch.no_grad():
        layer.out.weight.normal_(generator=torch.Generator().manual_seed(0))
    relevance = explain_relevance(encoder, result, target)
    assert relevance.words.sum() == pytest.approx(1, abs=1e-5) and relevance.region_to_word.any()
