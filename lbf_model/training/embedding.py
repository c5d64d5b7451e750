"""Embed the pictures and queries of a benchmark, some at a time. Benchmarks differ only in where their regions are stored."""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from lbf_model.compositors.base import Compositor
from lbf_model.network.batching import RegionBatch, batch_links, batch_words

_TOGETHER = 512

Gather = Callable[[slice], RegionBatch]
"""Which of the pictures -> their regions, padded to one batch."""


@torch.inference_mode()
def embed_targets(model: Compositor, count: int, gather: Gather) -> np.ndarray:
    """Target embeddings (N, E) float32, unit length, of `count` pictures."""
    model.eval()
    device = next(model.parameters()).device
    parts = [model.encode_target(gather(some).to(device)).float().cpu() for some in _portions(count)]
    return torch.cat(parts).numpy()


@torch.inference_mode()
def embed_queries(
    model: Compositor, sentences: Sequence[np.ndarray], gather: Gather, links: Sequence[np.ndarray] | None = None
) -> np.ndarray:
    """Composed embeddings (Q, E) float32, unit length.

    Args:
        model: a compositor.
        sentences: `Tokens.values` of each query.
        gather: the regions of the reference pictures, in the same order as the sentences.
        links: for each query (R,) bool, the regions that words may touch; None links all.
    """
    model.eval()
    device = next(model.parameters()).device
    parts = []
    for some in _portions(len(sentences)):
        regions, words = gather(some).to(device), batch_words(sentences[some]).to(device)
        linked = None if links is None else batch_links(links[some], regions.mask.shape[1]).to(device)
        parts.append(model.compose_query(regions, words, linked).embedding.float().cpu())
    return torch.cat(parts).numpy()


def _portions(count: int) -> list[slice]:
    return [slice(first, first + _TOGETHER) for first in range(0, count, _TOGETHER)]
