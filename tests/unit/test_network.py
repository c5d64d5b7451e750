"""Properties of the network: padding, masks, attention, unit length, sameness of batched and single."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from lbf_model.compositors.lbf import LbfConfig
from lbf_model.compositors.registry import COMPOSITORS
from lbf_model.network.attention import Attention
from lbf_model.network.batching import RegionBatch, WordBatch, batch_regions, batch_words
from lbf_model.network.encoders import RegionInput
from lbf_model.network.pooling import GatedPooling
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


def test_attention_is_that_of_torch():
    torch.manual_seed(0)
    own, torchs = Attention(24, 3).eval(), torch.nn.MultiheadAttention(24, 3, batch_first=True).eval()
    with torch.no_grad():
        torchs.in_proj_weight.copy_(torch.cat([own.query.weight, own.key_value.weight]))
        torchs.in_proj_bias.copy_(torch.cat([own.query.bias, own.key_value.bias]))
        torchs.out_proj.weight.copy_(own.out.weight)
        torchs.out_proj.bias.copy_(own.out.bias)
    x, context = 3 * torch.randn(2, 4, 24), 3 * torch.randn(2, 5, 24)
    mask = torch.tensor([[True, True, True, False, False], [True] * 5])
    with torch.inference_mode():
        output, weights = own(x, context, mask)
        wanted, wanted_weights = torchs(x, context, context, key_padding_mask=~mask, average_attn_weights=False)
    torch.testing.assert_close(output, wanted)
    torch.testing.assert_close(weights, wanted_weights)


def linear(values: np.ndarray, layer: torch.nn.Linear) -> np.ndarray:
    return values @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()


def layer_norm(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)


def gelu(values: np.ndarray) -> np.ndarray:
    return values * (1 + np.vectorize(math.erf)(values / math.sqrt(2))) / 2


def test_a_pooled_set_is_a_sum_of_gated_items():
    torch.manual_seed(0)
    pool = GatedPooling(8, 5)
    items, mask = 2 * torch.randn(2, 3, 8), torch.tensor([[True, True, False], [True, True, True]])
    x = layer_norm(items.double().numpy())
    values = linear(gelu(linear(x, pool.value[0])), pool.value[2])
    gates = 1 / (1 + np.exp(-linear(x, pool.gate)))
    wanted = (gates * values * mask.numpy()[..., None]).sum(1)
    np.testing.assert_allclose(pool(items, mask).detach().numpy(), wanted, atol=1e-5)


def test_a_regions_input_is_the_mean_of_its_feature_and_its_place():
    torch.manual_seed(0)
    part = RegionInput(6, 8)
    seen = np.random.default_rng(0).normal(2, 3, (50, 6)).astype(np.float32)
    part.standardise(seen)
    features = torch.randn(1, 4, 6)
    boxes = torch.tensor([[[0.1, 0.2, 0.5, 0.4], [0, 0, 1, 1], [0.3, 0.3, 0.4, 0.9], [0.5, 0.1, 0.6, 0.2]]])
    e = layer_norm(linear((features.double().numpy() - seen.mean(0)) / (seen.std(0) + 0.01), part.feature))
    x0, y0, x1, y1 = boxes.double().numpy().transpose(2, 0, 1)
    box = np.stack([x0 + x1 - 1, y0 + y1 - 1, x1 - x0, y1 - y0], -1)  # centre from -1 to 1, extent from 0 to 1
    p = layer_norm(linear(gelu(linear(box, part.position[0])), part.position[2]))
    np.testing.assert_allclose(part(features, boxes).detach().numpy(), linear((e + p) / 2, part.out), atol=1e-4)


@torch.inference_mode()
def test_every_part_of_a_query_counts(network):
    batch, words = regions_batch(), batch_words(IDS)
    query, target = network.compose_query(batch, words).embedding, network.encode_target(batch)
    for other in (batch._replace(features=batch.features.flip(2)), batch._replace(boxes_unit=batch.boxes_unit * 0.5)):
        assert not torch.allclose(network.compose_query(other, words).embedding, query, atol=1e-3)
        assert not torch.allclose(network.encode_target(other), target, atol=1e-3)
    assert not torch.allclose(network.compose_query(batch, batch_words(IDS[::-1])).embedding, query, atol=1e-3)


@torch.inference_mode()
def test_a_query_is_the_sum_of_both_pooled_streams():
    network = small_network()
    seen = {}
    for name in ("pool_regions", "pool_words"):
        getattr(network, name).register_forward_hook(lambda module, given, made, name=name: seen.update({name: made}))
    query = network.compose_query(regions_batch(), batch_words(IDS)).embedding
    joint = (seen["pool_regions"] + seen["pool_words"]).numpy()
    np.testing.assert_allclose(query.numpy(), joint / np.linalg.norm(joint, axis=1, keepdims=True), atol=1e-5)
    assert min(s.abs().max() for s in seen.values()) > 1e-2


def test_feature_maps_are_stacked_where_all_pictures_have_one():
    regions = [random_regions(2, seed=1), random_regions(3, seed=2)]
    batch = batch_regions(regions, 1)
    np.testing.assert_array_equal(batch.feature_map.numpy(), np.stack([r.feature_map for r in regions]).astype(np.float32))
    assert batch.to("cpu").feature_map is not None
    without = batch_regions([regions[0], replace(regions[1], feature_map=None)], 1)
    assert without.feature_map is None and without.to("cpu").feature_map is None
