"""Relevance of each region and word for one gallery item, from the attention and gradients of one forward and backward pass."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.lbf import LbfNetwork
from lbf_model.network.attention import Attention
from lbf_model.network.batching import batch_query
from lbf_model.network.pooling import GatedPooling
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.types import Relevance, SearchResult


def explain_relevance(encoder: QueryEncoder, result: SearchResult, target: np.ndarray) -> Relevance:
    """How much each region and each word of a query speak for one gallery item.

    Chefer, Gur and Wolf, "Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder Transformers"
    (ICCV 2021): relevance maps start as identities and zeros and grow through every attention layer by E_h((grad A * A)^+),
    equations 5 to 11. What is explained is the cosine of the composed query with `target`.

    Different from the paper: the network has no token whose row could be read off the maps. Both streams end in a sum, so the
    rows of all regions and words are added, each times what the cosine loses when that item is left out of the sum (positive
    part). That loss is exact; gradient times summand does not measure it, because it sums to zero over all items of an
    embedding that is scaled to unit length. Of the words' own map, only what attention added to the identity counts: a gallery
    picture is pooled from regions alone, so a word matters through what it does to others, not through its own summand. And
    since both directions of cross-attention read the streams as they were before the layer, so do their updates.

    Args:
        encoder: what composed the query, with an LBF network. Nothing is left behind on it or its attention layers.
        result: the answered query.
        target: (E,) float32, unit length, such as `Gallery.vector` gives.

    Raises:
        ValueError: the compositor is not an LBF network.
    """
    network = encoder.network
    if type(network) is not LbfNetwork:  # ABE-M is a subclass of it, but pools in another way
        raise ValueError(f"only LBF can be explained, not {type(network).__name__}; use an LBF checkpoint")
    attentions = [module for module in network.modules() if isinstance(module, Attention)]
    pools = (network.pool_regions, network.pool_words)
    # A search runs in inference mode, which records nothing for gradients, so the forward pass is repeated.
    with torch.inference_mode(False), torch.enable_grad():
        regions, words, links = batch_query(result, encoder.config.max_regions, encoder.device)
        wanted = torch.tensor(target, dtype=torch.float32, device=encoder.device)
        with recorded((*attentions, *pools)) as seen:
            score = network.compose_query(regions, words, links).embedding[0] @ wanted
        weights = [seen[attention][1][1] for attention in attentions]
        slopes = torch.autograd.grad(score, weights)
    with torch.no_grad():
        pairs = zip(attentions, weights, slopes, strict=True)
        maps = propagate(network, {a: (weight * slope)[0].clamp_min(0).mean(0) for a, weight, slope in pairs})
        region_parts, word_parts = (_summands(pool, seen[pool][0][0][0]) for pool in pools)
        joint = region_parts.sum(0) + word_parts.sum(0)
        top_regions, top_words = (_losses(joint, parts, wanted) for parts in (region_parts, word_parts))
        rr, ww, rw, wr = maps
        attended = ww - torch.eye(len(ww)).to(ww)
        found = (top_regions @ rr + top_words @ wr, top_words @ attended + top_regions @ rw, wr, rw)
        return Relevance(*(_shares(values).cpu().numpy() for values in found))


@contextmanager
def recorded(modules: Iterable[nn.Module]) -> Iterator[dict[nn.Module, tuple]]:
    """(arguments, result) of each module's last pass in this thread; the hooks are removed afterwards."""
    seen: dict[nn.Module, tuple] = {}
    thread = threading.get_ident()

    def note(module: nn.Module, given: tuple, made: object) -> None:
        if threading.get_ident() == thread:  # another visitor's search may run through the same modules meanwhile
            seen[module] = given, made

    hooks = [module.register_forward_hook(note) for module in modules]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def propagate(network: LbfNetwork, maps: dict[Attention, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The paper's relevance maps after the last layer.

    Args:
        network: its layers are passed in order.
        maps: (Q, C) of each attention, E_h((grad A * A)^+).

    Returns:
        rr (R, R), ww (T, T), rw (R, T) and wr (T, R): relevance of the columns' inputs for the rows' outputs.
    """
    first = maps[network.fusion[0].regions_to_words]  # VEP and TEP may have no layers
    rr, ww = (torch.eye(count).to(first) for count in first.shape)
    rw, wr = rr.new_zeros(len(rr), len(ww)), rr.new_zeros(len(ww), len(rr))
    for block in network.vep.blocks:
        rr, rw = _look_within(maps[block.attention], rr, rw)
    for block in network.tep.blocks:
        ww, wr = _look_within(maps[block.attention], ww, wr)
    for layer in network.fusion:
        to_words, to_regions = maps[layer.regions_to_words], maps[layer.words_to_regions]
        balanced_rr, balanced_ww = _balance(rr), _balance(ww)
        rr, ww, rw, wr = (
            rr + to_words @ wr,  # equation 11
            ww + to_regions @ rw,
            rw + balanced_rr.T @ to_words @ balanced_ww,  # equation 10
            wr + balanced_ww.T @ to_regions @ balanced_rr,
        )
        rr, rw = _look_within(maps[layer.region_block.attention], rr, rw)
        ww, wr = _look_within(maps[layer.word_block.attention], ww, wr)
    return rr, ww, rw, wr


def _look_within(attention: Tensor, own: Tensor, across: Tensor) -> tuple[Tensor, Tensor]:
    """A self-attention layer: equations 6 and 7."""
    return own + attention @ own, across + attention @ across


def _balance(own: Tensor) -> Tensor:
    """Equations 8 and 9: what attention added to the identity weighs as much as the identity, row by row."""
    identity = torch.eye(len(own)).to(own)
    return _shares(own - identity) + identity


def _summands(pool: GatedPooling, items: Tensor) -> Tensor:
    """What each item adds to a pooled sum: (N, D) -> (N, E)."""
    return pool(items[:, None], torch.ones(len(items), 1, dtype=torch.bool, device=items.device))


def _losses(joint: Tensor, parts: Tensor, target: Tensor) -> Tensor:
    """(N,), 0 or more: how much the cosine of a sum (E,) with the target (E,) falls without each of its parts (N, E)."""
    return (F.cosine_similarity(joint, target, dim=0) - F.cosine_similarity(joint - parts, target[None])).clamp_min(0)


def _shares(values: Tensor) -> Tensor:
    """Rows of numbers that are 0 or more, scaled to sum to 1; a row of zeros stays."""
    total = values.sum(-1, keepdim=True)
    return torch.where(total > 0, values / total, 0)
