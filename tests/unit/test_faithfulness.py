"""Leaving out is composing by hand, relevance follows what the network uses, and the figures have all their keys."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.cli.main import main
from lbf_model.explain import value_relevance
from lbf_model.explain.covering import paint_out
from lbf_model.explain.faithfulness import measured_sentence
from lbf_model.explain.leave_one_out import compose_unlinked, compose_without, measure_effects
from lbf_model.explain.relevance import explain_relevance
from lbf_model.explain.rollout import roll_out
from lbf_model.explain.value_relevance import explain_values
from lbf_model.gallery.items import GalleryError, GalleryFacts, GalleryItem
from lbf_model.gallery.near_duplicates import HASH_BYTES
from lbf_model.gallery.store import GalleryWriter
from lbf_model.network.attention import Attention
from lbf_model.network.batching import batch_links, batch_regions, batch_words
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.tasks.css.faithfulness import css_known_queries
from lbf_model.tasks.garments.catalogue.generate import write_catalogue
from lbf_model.tasks.garments.faithfulness import garment_known_queries
from lbf_model.text.vocabulary import TextError, Vocabulary
from lbf_model.training.agreement import Parts, agreement, spearman
from lbf_model.training.evaluate_faithfulness import evaluate_attribution
from lbf_model.training.perturbation import perturb
from lbf_model.types import Explanation, Regions, SearchResult
from tests.small import random_hashes, random_regions, small_compositor, small_network

TEXT = "make small red cube large"


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def answered(retriever, regions, text=TEXT) -> SearchResult:
    """A query about given regions, as `Retriever.compose_query` would answer it."""
    tokens = retriever.encoder.reader.tokenize_text(text)
    embedding = retriever.encoder.encode_queries([regions], [tokens])[0]
    nothing = Explanation(tokens.words, np.zeros((0, 0, 0, 0)), np.zeros((0, 0, 0, 0)))
    return SearchResult(text, regions, tokens, nothing, embedding, "", np.zeros(HASH_BYTES, np.uint8))


@pytest.fixture
def regions(retriever):
    return random_regions(4, width=retriever.encoder.config.feature_width)


@pytest.fixture
def gallery(retriever, tmp_path):
    writer = GalleryWriter(tmp_path / "g", GalleryFacts("aaa", "bbb", retriever.encoder.config.embedding_width, "pictures"))
    vectors = unit(np.random.default_rng(1).normal(size=(30, retriever.encoder.config.embedding_width)))
    items = [GalleryItem(f"id{i}", f"{i}.png", "", (), f"digest {i}") for i in range(30)]
    writer.add(items, random_hashes(items), vectors)
    return writer.finish([])


@pytest.fixture
def target(retriever):
    return unit(np.random.default_rng(2).normal(size=retriever.encoder.config.embedding_width))


def test_effects_are_those_of_composing_by_hand(retriever, regions, gallery):
    result = answered(retriever, regions)
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


def test_cutting_links_keeps_the_region_and_silences_the_words(retriever, regions, gallery):
    result = answered(retriever, regions)
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


def test_the_only_region_and_the_only_word_cannot_be_left_out(retriever, gallery):
    result = answered(retriever, random_regions(1, width=retriever.encoder.config.feature_width), "red")
    effects = measure_effects(retriever.encoder, result, gallery, "id7")
    for values in (effects.region_scores, effects.unlinked_scores, effects.word_scores):
        assert np.isnan(values).tolist() == [True]
    assert effects.region_ranks.tolist() == effects.unlinked_ranks.tolist() == effects.word_ranks.tolist() == [0]
    assert effects.rank > 0 and np.isfinite(effects.score)


def test_a_word_that_the_others_mean_nothing_without_cannot_be_left_out(retriever, regions):
    tokens = answered(retriever, regions, "red cube").tokens

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


def test_embeddings_without_a_part_have_unit_length(retriever, regions):
    for rows, count in zip(
        compose_without(retriever.encoder, regions, answered(retriever, regions).tokens), (4, 5), strict=True
    ):
        assert rows.shape == (count, retriever.encoder.config.embedding_width) and rows.dtype == np.float32
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_composed_query_is_a_search_without_matches(retriever, gallery):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8))
    composed, searched = retriever.compose_query(picture, TEXT), retriever.search(picture, TEXT, gallery, 3)
    assert composed.matches == () and set(composed.timings_ms) == {"detect", "compose"}
    assert np.array_equal(composed.embedding, searched.embedding) and len(searched.matches) == 3
    assert retriever.encoder.encode_queries([composed.regions], [composed.tokens])[0] == pytest.approx(
        composed.embedding, abs=1e-6
    )
    assert [t.words for t in retriever.encoder.reader.tokenize_texts([TEXT, "red"])] == [composed.tokens.words, ("red",)]
    for what in (lambda: retriever.compose_query(picture, ""), lambda: retriever.encoder.reader.tokenize_texts(["elephant"])):
        with pytest.raises(TextError):
            what()


def test_relevance_has_promised_forms_and_is_the_same_again(retriever, regions, target):
    result = answered(retriever, regions)
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
    result = answered(retriever, regions)
    explain_relevance(retriever.encoder, result, target)
    assert not any(module._forward_hooks for module in network.modules())
    assert attributes == {name: set(vars(module)) for name, module in network.named_modules()}
    assert all(torch.equal(before[name], p) and p.grad is None for name, p in network.named_parameters())
    assert asked == {name: p.requires_grad for name, p in network.named_parameters()}
    assert np.array_equal(answered(retriever, regions).embedding, result.embedding)


def test_hooks_are_gone_after_a_failure_too(retriever, regions):
    with pytest.raises(RuntimeError):
        explain_relevance(retriever.encoder, answered(retriever, regions), np.ones(3, np.float32))
    assert not any(module._forward_hooks for module in retriever.encoder.network.modules())


def test_a_compositor_without_attention_is_refused(retriever, regions, target):
    other = SimpleNamespace(network=small_compositor("concat"))
    with pytest.raises(ValueError, match="LBF"):
        explain_relevance(other, answered(retriever, regions), target)


@pytest.fixture
def deaf():
    """A network of four regions whose attention adds nothing, whose words count for nothing, and that adds no third region.

    What it pools is known: a summand for each region, (4, E), is returned beside it.
    """
    network = small_network()
    seen = {}
    hook = network.pool_regions.norm.register_forward_hook(lambda module, given, made: seen.update(items=made[0]))
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, Attention):
                module.out.weight.zero_()
                module.out.bias.zero_()
        network.pool_words.gate.bias.fill_(-100)
        regions = random_regions(4)
        tokens = Vocabulary(network.config.vocabulary).tokenize_text(TEXT)
        batch = batch_regions([regions], 36), batch_words([tokens.values])
        network.compose_query(*batch)
        hook.remove()
        openness = torch.tensor([50.0, 50.0, -50.0, 50.0])
        network.pool_regions.gate.weight.copy_(torch.linalg.lstsq(seen["items"], openness[:, None]).solution.T)
        network.pool_regions.gate.bias.zero_()
        parts = network.pool_regions.value(seen["items"]) * torch.tensor([1.0, 1.0, 0.0, 1.0])[:, None]
    config = network.config
    nothing = Explanation(tokens.words, np.zeros((0, 0, 0, 0)), np.zeros((0, 0, 0, 0)))
    result = SearchResult(TEXT, regions, tokens, nothing, unit(parts.sum(0).numpy()), "", np.zeros(HASH_BYTES, np.uint8))
    return SimpleNamespace(network=network, config=config, device=torch.device("cpu")), result, parts.numpy()


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


def test_values_that_are_not_used_have_no_relevance(deaf):
    encoder, result, parts = deaf
    regions, words = explain_values(encoder, result, unit(parts[0]))
    assert regions[2] == pytest.approx(0, abs=1e-5) and np.abs(regions).max() > 0.01
    assert words == pytest.approx(np.zeros(5), abs=1e-5)


def test_values_speak_against_what_they_spoke_for(retriever, regions, target):
    result = answered(retriever, regions)
    for one, other in zip(
        explain_values(retriever.encoder, result, target), explain_values(retriever.encoder, result, -target), strict=True
    ):
        assert one == pytest.approx(-other, abs=1e-6) and np.abs(one).max() > 1e-4


@pytest.mark.parametrize("estimate", ["roll out", "values"])
def test_a_pointed_query_is_explained_as_it_was_asked(retriever, regions, target, estimate):
    def explain(result):
        return (
            roll_out(retriever.encoder, result) if estimate == "roll out" else explain_values(retriever.encoder, result, target)
        )

    result = answered(retriever, regions)
    all_linked, one_linked = (replace(result, pointed_at=p) for p in ((1, 2, 3, 4), (2,)))
    for one, other in zip(explain(result), explain(all_linked), strict=True):
        assert one == pytest.approx(other, rel=1e-4)
    assert not np.allclose(explain(one_linked)[1], explain(result)[1], rtol=1e-3)


@pytest.mark.parametrize("pointed_at", [None, (2,)])
def test_values_follow_the_network_as_it_composes(retriever, regions, pointed_at):
    result = replace(answered(retriever, regions), pointed_at=pointed_at)
    network, seen, said = retriever.encoder.network, batch_regions([result.regions], 36), batch_words([result.tokens.values])
    inputs = torch.cat([network.region_input(seen.features, seen.boxes_unit), network.word_input(said.values)], 1)
    links = None if pointed_at is None else batch_links([result.links], 4)
    found = value_relevance._joint(network, inputs, seen.mask, said.mask, links)[0].detach().numpy()
    wanted = retriever.encoder.encode_query(result.regions, result.tokens, result.links)[0]
    assert found / np.linalg.norm(found) == pytest.approx(wanted, abs=1e-5)


def test_values_leave_no_trace(retriever, regions, target):
    result, network = answered(retriever, regions), retriever.encoder.network
    first = explain_values(retriever.encoder, result, target)
    assert [values.shape for values in first] == [(4,), (5,)]
    assert all(p.grad is None for p in network.parameters())
    assert np.array_equal(answered(retriever, regions).embedding, result.embedding)
    with torch.inference_mode():  # as within a search
        again = explain_values(retriever.encoder, result, target)
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))


def test_even_attention_rolls_out_evenly_and_any_other_follows_its_regions(retriever, regions):
    result = answered(retriever, regions)
    encoder, order = retriever.encoder, np.array([2, 0, 3, 1])
    of_regions, of_words = roll_out(encoder, result)
    moved, _ = roll_out(encoder, replace(result, regions=regions.only(order)))
    assert moved == pytest.approx(of_regions[order], rel=1e-4) and np.ptp(of_regions) > 1e-3 and of_words.shape == (5,)
    even = small_network(feature_width=encoder.config.feature_width)
    with torch.no_grad():
        for module in even.modules():
            if isinstance(module, Attention):
                module.query.weight.zero_()
                module.query.bias.zero_()
    alike = SimpleNamespace(network=even, config=even.config, device=torch.device("cpu"))
    for values in roll_out(alike, result):
        assert values == pytest.approx(np.full(len(values), values[0]), rel=1e-4)


def test_regions_and_links_go_in_the_order_of_an_estimate(retriever, target):
    regions = random_regions(3, width=retriever.encoder.config.feature_width)
    result, encoder = answered(retriever, regions), retriever.encoder
    found = perturb(encoder, result, target, {"map": np.array([0.2, 0.5, 0.3])}, np.random.default_rng(0))

    def cosines(kept):
        some = [regions.only(np.array(places)) for places in kept]
        return (encoder.encode_queries(some, [result.tokens] * len(some)) @ target).mean()

    def linked(kept):
        links = [np.isin(np.arange(3), places) for places in kept]
        return (encoder.encode_queries([regions] * 3, [result.tokens] * 3, links) @ target).mean()

    going, coming = [[0, 1, 2], [0, 2], [0]], [[1], [1, 2], [0, 1, 2]]
    assert found["deletion"]["map"] == pytest.approx(cosines(going), abs=1e-6)
    assert found["insertion"]["map"] == pytest.approx(cosines(coming), abs=1e-6)
    assert found["cutting"]["map"] == pytest.approx(linked(going), abs=1e-6)
    assert found["linking"]["map"] == pytest.approx(linked(coming), abs=1e-6)
    assert found["deletion"].keys() == {"map", "random"}


def test_painting_covers_the_box_with_the_ground_and_nothing_else():
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1] = ([10, 200, 30],) * 4
    pixels[0, :5] = 255
    picture = Image.fromarray(pixels)
    painted = np.asarray(paint_out(picture, np.array([10.2, 5.0, 20.1, 15.9], np.float32)))
    assert (painted[5:16, 10:21] == [10, 200, 30]).all()
    outside = np.ones(pixels.shape[:2], bool)
    outside[5:16, 10:21] = False
    assert np.array_equal(painted[outside], pixels[outside])
    assert np.array_equal(np.asarray(picture), pixels), "the picture itself is not changed"
    everything = np.asarray(paint_out(picture, (-3, -3, 80, 80)))
    assert everything.shape == pixels.shape and (everything == [10, 200, 30]).all()


def test_spearman_of_known_values():
    assert spearman(np.array([1, 2, 3, 4]), np.array([10, 20, 30, 50])) == pytest.approx(1)
    assert spearman(np.array([1, 2, 3, 4]), np.array([4, 3, 2, 1])) == pytest.approx(-1)
    assert spearman(np.array([106, 86, 100, 101, 99, 103, 97, 113, 112, 110]),
                    np.array([7, 0, 27, 50, 28, 29, 20, 12, 6, 17])) == pytest.approx(-29 / 165)  # fmt: skip
    assert spearman(np.array([1, 1, 2]), np.array([1, 2, 3])) == pytest.approx(np.sqrt(3) / 2)
    assert spearman(np.array([1, 1, 1]), np.array([1, 2, 3])) == spearman(np.arange(3), np.zeros(3)) == 0


def test_the_interval_is_that_of_a_mean_of_many():
    """Of 200 correlations, half are 1 and half are -1: 95 % of means lie within 1.96 standard errors of 0."""
    thirds = np.array([0.0, 0.5, 1.0])
    drops = [Parts({"left out": thirds}, dict.fromkeys(("attention", "relevance"), e)) for e in (thirds, -thirds)]
    found = agreement(drops * 100, seed=0)["left out"]["attention"]
    error = 1.96 / np.sqrt(200)  # the deviation is 1
    assert found["spearman"] == 0
    assert found["low"] == pytest.approx(-error, rel=0.1) and found["high"] == pytest.approx(error, rel=0.1)
    assert agreement(drops * 100, seed=0)["left out"]["attention"] == found, "the same seed, the same interval"


def test_agreement_of_estimates_with_truths():
    drop = np.array([-0.5, 0.1, 0.3])
    estimates = {"attention": np.array([0.6, 0.1, 0.3]), "relevance": np.array([0.0, 0.3, 0.7])}
    short = Parts({"left out": drop[:2]}, {name: values[:2] for name, values in estimates.items()})
    figures = agreement([Parts({"left out": drop}, estimates)] * 4 + [short], seed=0)
    assert (figures["queries"], figures["parts a query"], figures["top-1 by chance"]) == (4, 3, 33.33)
    assert figures["left out"] == {
        "relevance": {"spearman": 1, "low": 1, "high": 1, "top-1": 100},
        "attention": {"spearman": -0.5, "low": -0.5, "high": -0.5, "top-1": 0},
    }
    tied = Parts({"left out": drop}, dict.fromkeys(("attention", "relevance"), np.zeros(3)))
    assert agreement([tied], seed=0)["left out"]["attention"]["top-1"] == 33.33
    with pytest.raises(ValueError, match="more queries"):
        agreement([short], seed=0)


@pytest.fixture(scope="module")
def figures(tiny_css, checkpoints):
    return evaluate_attribution(checkpoints / "lbf", *css_known_queries(tiny_css, 4, seed=0))


def test_the_evaluation_gives_every_figure(figures, retriever):
    assert figures["queries"] == 4 and figures["weights"] == retriever.fingerprint
    assert figures["detector"] == retriever.detector.fingerprint and {"commit", "machine"} <= figures.keys()
    assert figures["data"]["made with seed"] == 3 and figures["data"]["queries drawn with seed"] == 0
    counts = {"queries", "parts a query", "top-1 by chance"}
    maps = {"attention, first layer", "attention, last layer", "attention", "rollout", "relevance", "value relevance"}
    assert figures["regions"].keys() == counts | {"links cut", "left out", "painted out"}
    assert figures["words"].keys() == counts | {"left out"} and figures["words"]["left out"].keys() == maps
    assert figures["regions"]["left out"].keys() == maps
    assert figures["regions"]["links cut"].keys() == figures["regions"]["painted out"].keys() == maps | {"left out"}
    assert figures["words"]["left out"]["attention"].keys() == {"spearman", "low", "high", "top-1"}
    assert figures["groups"].keys() <= {"add", "remove", "make"} and figures["untrained"]["spearman"].keys() == maps
    assert figures["curves"].keys() == {"deletion", "insertion", "cutting", "linking"}
    assert figures["curves"]["cutting"].keys() == maps | {"left out", "links cut", "random"}
    assert json.loads(json.dumps(figures)) == figures


def test_the_verb_writes_the_same_figures(figures, tiny_css, checkpoints, tmp_path, capsys):
    arguments = ["evaluate-attribution", "--checkpoint", str(checkpoints / "lbf"), "--data", str(tiny_css)]
    assert main([*arguments, "--queries", "4", "--json", str(tmp_path / "out" / "f.json")]) == 0
    assert json.loads((tmp_path / "out" / "f.json").read_text()) == json.loads(capsys.readouterr().out) == figures
    assert main([*arguments, "--queries", "0"]) == 2
    assert main(arguments[:3]) == 2


def test_known_queries_are_drawn_from_the_seed(tiny_css, tmp_path):
    queries, facts = css_known_queries(tiny_css, 5, seed=1)
    assert queries == css_known_queries(tiny_css, 5, seed=1)[0] != css_known_queries(tiny_css, 5, seed=2)[0]
    assert facts["name"].startswith("css") and len(css_known_queries(tiny_css, 10**6, 0)[0]) == 36
    assert all(q.picture.is_file() and q.target.is_file() and q.text for q in queries)

    write_catalogue(tmp_path, seed=4, count=8, workers=1, size=64, progress=False)
    pairs, facts = garment_known_queries(tmp_path, 3, seed=1)
    assert len(pairs) == 3 and facts["made with seed"] == 4
    numbers = [(int(q.picture.stem), int(q.target.stem)) for q in pairs]
    assert all(one % 2 == 0 and twin == one + 1 for one, twin in numbers)
    assert pairs == garment_known_queries(tmp_path, 3, seed=1)[0]


def test_what_was_measured_is_told_of_the_same_weights_alone(tmp_path):
    left_out = {"attention": {"top-1": 11.4}, "relevance": {"top-1": 50.1}}
    regions = {"queries": 12, "top-1 by chance": 22.2, "left out": left_out}
    assert measured_sentence(tmp_path, "abc") == ""
    (tmp_path / "attribution.json").write_text(json.dumps({"weights": "abc", "regions": regions}))
    said = measured_sentence(tmp_path, "abc")
    assert "12 test queries" in said and "by relevance in 50 % and by attention in 11 %" in said and "(by chance 22 %)" in said
    assert "acts on" not in said and measured_sentence(tmp_path, "other") == ""
    regions["links cut"] = {"attention, last layer": {"top-1": 85.6}}
    (tmp_path / "attribution.json").write_text(json.dumps({"weights": "abc", "regions": regions}))
    assert "acts on most is put first by the last layer of attention in 86 %; the region" in measured_sentence(tmp_path, "abc")
