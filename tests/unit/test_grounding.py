"""Attention that is taught to point: the loss, links that are cut, and what CSS knows about its words."""

import math

import numpy as np
import pytest
import torch

from lbf_model.network.batching import batch_words
from lbf_model.network.fusion import FusionLayer
from lbf_model.network.losses import grounding_loss
from lbf_model.tasks.css.grammar import Modification, parse_modification, sample_modification
from lbf_model.tasks.css.grounding import batch_grounding, regions_meant, word_kinds, words_fit
from lbf_model.tasks.css.scenes import SceneObject
from lbf_model.tasks.css.vocabulary import CSS_WORDS
from lbf_model.text.vocabulary import Vocabulary

GRAY_BALL = SceneObject("middle-left", "sphere", "gray", "small")
RED_CUBE = SceneObject("top-right", "cube", "red", "large")
GRAY_CUBE = SceneObject("middle-center", "cube", "gray", "large")
OBJECTS = [GRAY_BALL, RED_CUBE, None, GRAY_CUBE]  # the third region shows no object


def attention(*layers):
    """(1, layers, 1, T, R) from nested lists (T, R)."""
    return torch.tensor([[[layer] for layer in layers]], dtype=torch.float32)


def masks(words, regions):
    return torch.ones(1, words, dtype=torch.bool), torch.ones(1, regions, dtype=torch.bool)


def test_the_loss_by_hand():
    first, last = [[0.7, 0.2, 0.1]], [[0.25, 0.25, 0.5]]
    fits, meant = torch.tensor([[[True, True, False]]]), torch.tensor([[False, False, True]])
    found = grounding_loss(attention(first, last), *masks(1, 3), fits, meant)
    divergence = 0.5 * math.log(0.5 / 0.7) + 0.5 * math.log(0.5 / 0.2)
    assert found.item() == pytest.approx(divergence - math.log(0.5), abs=1e-6)


def test_a_sentence_about_nothing_looks_evenly_at_real_regions():
    fits, meant = torch.zeros(1, 1, 3, dtype=torch.bool), torch.zeros(1, 3, dtype=torch.bool)
    words, regions = torch.ones(1, 1, dtype=torch.bool), torch.tensor([[True, True, False]])
    even = attention([[0.9, 0.1, 0.0]], [[0.5, 0.5, 0.0]])
    assert grounding_loss(even, words, regions, fits, meant).item() == pytest.approx(0, abs=1e-6)
    uneven = attention([[0.9, 0.1, 0.0]], [[0.8, 0.2, 0.0]])
    by_hand = 0.5 * math.log(0.5 / 0.8) + 0.5 * math.log(0.5 / 0.2)
    assert grounding_loss(uneven, words, regions, fits, meant).item() == pytest.approx(by_hand, abs=1e-6)


def test_a_free_word_and_padding_cost_nothing():
    free = torch.zeros(1, 2, 2, dtype=torch.bool)
    everything = torch.ones(1, 2, dtype=torch.bool)
    weights = attention([[0.9, 0.1], [0.5, 0.5]], [[0.3, 0.7], [0.0, 0.0]])
    padded = torch.tensor([[True, False]])
    assert grounding_loss(weights, padded, torch.ones(1, 2, dtype=torch.bool), free, everything).item() == 0
    fits = torch.tensor([[[False, False], [True, False]]])  # of the padding word
    assert grounding_loss(weights, padded, torch.ones(1, 2, dtype=torch.bool), fits, everything).item() == 0


def test_a_single_layer_counts_as_the_last():
    fits, meant = torch.tensor([[[True, False]]]), torch.tensor([[False, True]])
    assert grounding_loss(attention([[0.0, 1.0]]), *masks(1, 2), fits, meant).item() == pytest.approx(0, abs=1e-6)


def test_attention_that_vanished_stays_finite_and_can_come_back():
    weights = attention([[1.0, 0.0]], [[1.0, 0.0]]).requires_grad_()
    loss = grounding_loss(weights, *masks(1, 2), torch.tensor([[[False, True]]]), torch.tensor([[False, True]]))
    loss.backward()
    assert math.isfinite(loss.item()) and torch.isfinite(weights.grad).all()


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return FusionLayer(8, 2, 2, 0.0).eval()


def test_all_links_change_nothing(layer):
    regions, words = torch.randn(2, 3, 8), torch.randn(2, 4, 8)
    real, said = torch.tensor([[True] * 3, [True, True, False]]), torch.ones(2, 4, dtype=torch.bool)
    plain, linked = layer(regions, words, real, said), layer(regions, words, real, said, real)
    assert torch.equal(plain[0][real], linked[0][real]) and torch.equal(plain[1], linked[1])
    assert torch.equal(plain[2], linked[2])
    assert torch.equal(plain[3].transpose(1, 2)[real], linked[3].transpose(1, 2)[real])


def test_a_cut_region_is_seen_by_no_word_and_hears_none(layer):
    layer.region_block = AsItIs()  # regions tell each other nothing
    regions, words = torch.randn(1, 3, 8), torch.randn(1, 4, 8)
    real, said = torch.ones(1, 3, dtype=torch.bool), torch.ones(1, 4, dtype=torch.bool)
    links = torch.tensor([[True, False, True]])
    heard, seen, word_to_region, region_to_word = layer(regions, words, real, said, links)
    assert (word_to_region[..., 1] == 0).all() and (region_to_word[:, :, 1] == 0).all()
    assert torch.allclose(word_to_region.sum(-1), torch.ones(1, 2, 4))
    assert torch.equal(heard[0, 1], regions[0, 1]) and not torch.allclose(heard[0, 0], regions[0, 0])
    moved = regions.clone()
    moved[0, 1] = torch.randn(8)
    assert torch.equal(layer(moved, words, real, said, links)[1], seen)


class AsItIs(torch.nn.Module):
    def forward(self, x, mask):
        return x


def test_word_kinds_are_the_words_that_the_vocabulary_reads():
    vocabulary, rng = Vocabulary(CSS_WORDS), np.random.default_rng(0)
    for number in range(200):
        modification = sample_modification(rng, ("add", "remove", "make")[number % 3])
        assert tuple(word for word, _ in word_kinds(modification)) == vocabulary.tokenize_text(modification.text).words


@pytest.mark.parametrize(
    ("word", "fitting"),
    [
        ("make", [1, 1, 1, 1]),  # describes nothing: all alike, the region without an object, too
        ("middle", [1, 0, 0, 1]),
        ("left", [1, 0, 0, 0]),
        ("small", [1, 0, 0, 0]),
        ("gray", [1, 0, 0, 1]),
        ("circle", [1, 0, 0, 0]),  # the other name of a sphere
        ("red", [0, 1, 0, 0]),  # the new colour fits what has it already
    ],
)
def test_what_each_word_fits(word, fitting):
    modification = parse_modification("make middle-left small gray circle red")
    places = [w for w, _ in word_kinds(modification)]
    assert words_fit(modification, OBJECTS)[places.index(word)].tolist() == [bool(f) for f in fitting]


def test_a_word_that_fits_nothing_fits_everything_alike():
    modification = parse_modification("add small yellow object to bottom-left")
    places = [w for w, _ in word_kinds(modification)]
    fits = words_fit(modification, OBJECTS)
    assert fits[places.index("yellow")].all() and fits[places.index("bottom")].all()
    assert fits[places.index("object")].tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("make gray object large", [1, 0, 0, 1]),
        ("remove middle-left gray object", [1, 0, 0, 0]),
        ("remove cube", [0, 1, 0, 1]),
        ("add gray cube to bottom-left", [0, 0, 0, 0]),
    ],
)
def test_what_a_sentence_is_about(text, meant):
    assert regions_meant(parse_modification(text), OBJECTS).tolist() == [bool(m) for m in meant]


def test_a_batch_is_padded_like_its_words():
    said = [(Modification("remove", color="red"), [RED_CUBE]), (parse_modification("make gray cube small"), OBJECTS)]
    words = batch_words([Vocabulary(CSS_WORDS).tokenize_text(m.text).values for m, _ in said])
    grounding = batch_grounding(said)
    assert grounding.fits.shape == (*words.mask.shape, 4) and grounding.meant.shape == (2, 4)
    assert not grounding.fits[0, 3:].any() and not grounding.fits[0, :, 1:].any() and not grounding.meant[0, 1:].any()
    assert grounding.meant[1].tolist() == [False, False, False, True]
