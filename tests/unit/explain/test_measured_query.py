"""What is measured of one query is what composing, detecting and reading again by hand give."""

import numpy as np
import pytest
import torch

from lbf_model.compositors.lbf import LbfNetwork
from lbf_model.explain.covering import paint_out
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.tasks.css.faithfulness import css_known_queries
from lbf_model.training.agreement import spearman
from lbf_model.training.evaluate_attribution import KnownQuery, Measuring
from lbf_model.vision.pictures import load_picture

SEED = 5


@pytest.fixture(scope="module")
def query(tiny_css, retriever) -> KnownQuery:
    """The first known query of three regions or more."""
    queries, _ = css_known_queries(tiny_css, 36, seed=0)
    return next(q for q in queries if len(retriever.detect_regions([load_picture(q.picture)])[0]) >= 3)


@pytest.fixture(scope="module")
def measured(retriever, query):
    return Measuring(retriever, SEED)(query)


def test_truths_are_what_the_target_loses(retriever, query, measured):
    encoder, picture, tokenize = retriever.encoder, load_picture(query.picture), retriever.encoder.reader.tokenize_text
    regions, tokens = retriever.detect_regions([picture])[0], tokenize(query.text)
    target = encoder.encode_targets(retriever.detect_regions([load_picture(query.target)]))[0]
    every, words = np.arange(len(regions)), tokens.words

    def cosine(regions=regions, tokens=tokens, links=None):
        return encoder.encode_query(regions, tokens, links)[0] @ target

    def fall(cosines):
        return pytest.approx(np.array([cosine() - value for value in cosines]), abs=1e-5)

    regions_lost = measured.regions.truths
    assert regions_lost.keys() == {"links cut", "left out", "painted out"}
    assert regions_lost["links cut"] == fall(cosine(links=every != place) for place in every)
    assert regions_lost["left out"] == fall(cosine(regions.only(every[every != place])) for place in every)
    painted = (retriever.detect_regions([paint_out(picture, box)])[0] for box in regions.boxes)
    assert regions_lost["painted out"] == fall(cosine(seen) for seen in painted)
    shorter = [" ".join(words[:place] + words[place + 1 :]) for place in range(len(words))]
    assert measured.words.truths["left out"] == fall(cosine(tokens=tokenize(text)) for text in shorter)
    assert measured.group == query.group and measured.curves.keys() == {"deletion", "insertion", "cutting", "linking"}


def test_attention_is_averaged_over_layers_heads_and_words(retriever, query, measured):
    shown = retriever.compose_query(load_picture(query.picture), query.text).explanation
    forth, back = shown.word_to_region, shown.region_to_word  # (layers, heads, words, regions), and the other way round
    for parts, weights in ((measured.regions, forth), (measured.words, back)):
        maps = {"attention, first layer": weights[:1], "attention, last layer": weights[-1:], "attention": weights}
        for name, layers in maps.items():
            assert parts.estimates[name] == pytest.approx(layers.mean((0, 1, 2)), abs=1e-6)
    assert np.array_equal(measured.regions.estimates["left out"], measured.regions.truths["left out"])
    assert "left out" not in measured.words.estimates


def test_maps_are_compared_with_those_of_an_untrained_network(retriever, query, measured):
    known, result = retriever.encoder, retriever.compose_query(load_picture(query.picture), query.text)
    torch.manual_seed(SEED)
    network = LbfNetwork(known.config)
    for name, values in known.network.region_input.named_buffers():
        network.region_input.get_buffer(name).copy_(values)
    _, other = QueryEncoder(network, known.facts, known.reader, known.device).encode_query(result.regions, result.tokens)
    own = result.explanation.word_to_region
    for name, layer in (("attention, first layer", 0), ("attention, last layer", -1)):
        one, untrained = (maps[layer].mean((0, 1)) for maps in (own, other.word_to_region))
        assert measured.untrained[name] == pytest.approx(spearman(one, untrained))
