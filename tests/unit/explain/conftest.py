"""Regions and galleries to explain, and a network of which is known what it uses."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lbf_model.gallery.items import GalleryFacts, GalleryItem
from lbf_model.gallery.near_duplicates import HASH_BYTES
from lbf_model.gallery.store import GalleryWriter
from lbf_model.network.attention import Attention
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.text.vocabulary import Vocabulary
from lbf_model.types import Explanation, SearchResult
from tests.small import random_hashes, random_regions, small_network
from tests.unit.explain.answered_queries import TEXT, unit


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
