"""Properties of the network: padding, masks, attention, unit length, sameness of batched and single."""

import numpy as np
import pytest
import torch

from lbf_model.compositors.lbf import LbfConfig
from lbf_model.compositors.registry import COMPOSITORS
from lbf_model.network.attention import Attention
from lbf_model.network.batching import RegionBatch, WordBatch, batch_regions, batch_words
from tests.small import random_regions, small_compositor, small_config, small_network

IDS = [np.array([1, 6, 8]), np.array([3, 20, 25, 7, 6]), np.array([2])]
FEATURES = [np.random.default_rng(len(i)).normal(size=(len(i), 8)).astype(np.float32) for i in IDS]


def regions_batch(counts=(3, 7, 1)) -> RegionBatch:
    return batch_regions([random_regions(c, seed=c) for c in counts], 36)


@pytest.fixture(scope="module")
def network():
    return small_network()


@pytest.fixture(scope="module", params=["learned", "minilm"])
def reader(request):
    """A network of each kind of words, and three sentences it reads."""
    if request.param == "learned":
        return small_network(), IDS
    return small_network(words="minilm", word_width=8, vocabulary=(), aliases={}), FEATURES


@torch.inference_mode()
def test_batched_equals_single(reader):
    network, sentences = reader
    counts = (3, 7, 1)
    together, to_regions, to_words = network.compose_query(regions_batch(counts), batch_words(sentences))
    targets = network.encode_target(regions_batch(counts))
    for i, count in enumerate(counts):
        alone, r, w = network.compose_query(regions_batch((count,)), batch_words(sentences[i : i + 1]))
        length = len(IDS[i])
        assert torch.allclose(together[i], alone[0], atol=1e-5)
        assert torch.allclose(to_regions[i, :, :, :length, :count], r[0], atol=1e-5)
        assert torch.allclose(to_words[i, :, :, :count, :length], w[0], atol=1e-5)
        assert torch.allclose(targets[i], network.encode_target(regions_batch((count,)))[0], atol=1e-5)


@torch.inference_mode()
def test_what_stands_in_padding_does_not_matter(reader):
    network, sentences = reader
    batch, words = regions_batch(), batch_words(sentences)
    noisy = batch._replace(
        features=torch.where(batch.mask[..., None], batch.features, torch.full_like(batch.features, 9.0)),
        boxes_unit=torch.where(batch.mask[..., None], batch.boxes_unit, torch.full_like(batch.boxes_unit, 0.3)),
    )
    other = words.values.clone()
    other[~words.mask] = 5
    noisy_words = WordBatch(other, words.mask)
    assert torch.equal(network.compose_query(batch, words)[0], network.compose_query(noisy, noisy_words)[0])
    assert torch.equal(network.encode_target(batch), network.encode_target(noisy))


@torch.inference_mode()
def test_attention_rows_sum_to_one_over_real_items_and_are_zero_on_padding(reader):
    network, sentences = reader
    batch, words = regions_batch(), batch_words(sentences)
    _, to_regions, to_words = network.compose_query(batch, words)
    word_mask = words.mask
    layers, heads = network.config.fusion_layers, network.config.heads
    assert to_regions.shape == (3, layers, heads, 5, 7)
    assert to_words.shape == (3, layers, heads, 7, 5)
    assert torch.allclose(to_regions.sum(-1), word_mask[:, None, None].float().expand(-1, layers, heads, -1), atol=1e-5)
    assert torch.allclose(to_words.sum(-1), batch.mask[:, None, None].float().expand(-1, layers, heads, -1), atol=1e-5)
    assert not to_regions.masked_select(~batch.mask[:, None, None, None]).any()
    assert not to_words.masked_select(~word_mask[:, None, None, None]).any()


@torch.inference_mode()
@pytest.mark.parametrize("name", COMPOSITORS)
def test_every_compositor_gives_unit_embeddings_of_the_same_space(name, reader):
    network, sentences = reader
    c = network.config
    model = small_compositor(name, words=c.words, word_width=c.word_width, vocabulary=c.vocabulary, aliases=c.aliases)
    batch, words = regions_batch(), batch_words(sentences)
    for embedding in (model.compose_query(batch, words)[0], model.encode_target(batch)):
        assert embedding.shape == (3, 24)
        assert torch.allclose(embedding.norm(dim=-1), torch.ones(3), atol=1e-5)


@torch.inference_mode()
def test_image_only_ignores_text_and_text_only_ignores_the_picture():
    batch, other = regions_batch(), regions_batch((4, 4, 4))
    words, changed = batch_words(IDS), batch_words(IDS[::-1])
    image, text = (small_compositor(name) for name in ("image-only", "text-only"))
    assert torch.equal(image.compose_query(batch, words)[0], image.compose_query(batch, changed)[0])
    assert torch.equal(text.compose_query(batch, words)[0], text.compose_query(other, words)[0])


@torch.inference_mode()
def test_order_of_regions_does_not_change_an_embedding(network):
    batch = regions_batch((6,))
    turned = RegionBatch(*(t.flip(1) for t in batch[:3]))
    assert torch.allclose(network.encode_target(batch), network.encode_target(turned), atol=1e-5)


@torch.inference_mode()
def test_order_of_words_does(reader):
    network, sentences = reader
    batch = regions_batch((6,))
    forth, back = (network.compose_query(batch, batch_words([s]))[0] for s in (sentences[1], sentences[1][::-1]))
    assert not torch.allclose(forth, back, atol=1e-4)


def test_a_query_without_region_or_word_is_refused(network):
    batch, words = regions_batch((2,)), batch_words(IDS[:1])
    with pytest.raises(ValueError, match="at least one region"):
        network.compose_query(batch, words._replace(mask=torch.zeros_like(words.mask)))
    with pytest.raises(ValueError, match="at least one region"):
        network.compose_query(batch._replace(mask=torch.zeros_like(batch.mask)), words)


@torch.inference_mode()
def test_inputs_are_not_changed(network):
    batch, words = regions_batch(), batch_words(IDS)
    copies = [t.clone() for t in (*batch, *words)]
    network.compose_query(batch, words)
    assert all(torch.equal(a, b) for a, b in zip((*batch, *words), copies, strict=True))


@pytest.mark.parametrize(
    "change",
    [{"width": 15}, {"fusion_layers": 0}, {"vocabulary": ()}, {"max_regions": 0}, {"words": "glove"}, {"words": "minilm"}],
)
def test_a_config_that_makes_no_sense_is_refused(change):
    with pytest.raises(ValueError):
        small_config(**change)


def test_an_unknown_config_key_raises():
    with pytest.raises(TypeError):
        LbfConfig(vocabulary=("a",), feature_width=3, colour="red")


def test_heads_must_divide_width():
    with pytest.raises(ValueError, match="does not divide"):
        Attention(10, 3)


def test_batching_keeps_the_best_regions():
    batch = batch_regions([random_regions(5), random_regions(2)], 3)
    assert batch.mask.tolist() == [[True] * 3, [True, True, False]]
    assert not batch.features[1, 2].any() and not batch.boxes_unit[1, 2].any()


def test_batching_words_pads_with_zeros():
    batch = batch_words(FEATURES)
    assert batch.values.shape == (3, 5, 8) and batch.values.dtype == torch.float32
    assert batch.mask.sum(1).tolist() == [3, 5, 1] and not batch.values[~batch.mask].any()
    assert batch_words(IDS).values.dtype == torch.int64
