"""Pictures of garments and queries about them, embedded by a compositor."""

from collections.abc import Sequence

import numpy as np
import torch

from lbf_model.compositors.base import Compositor
from lbf_model.network.batching import batch_links, batch_words
from lbf_model.tasks.garments.regions import Picture, gather
from lbf_model.training.region_store import RegionTable


@torch.inference_mode()
def embed_pictures(model: Compositor, table: RegionTable, pictures: Sequence[Picture]) -> np.ndarray:
    """Target embeddings (N, E) float32, unit length."""
    model.eval()
    device = next(model.parameters()).device
    with_map = model.config.reads == "feature_map"
    parts = [
        model.encode_target(gather(table, pictures[first : first + 512], with_map).to(device)).float().cpu().numpy()
        for first in range(0, len(pictures), 512)
    ]
    return np.concatenate(parts)


@torch.inference_mode()
def embed_queries(
    model: Compositor,
    table: RegionTable,
    pictures: Sequence[Picture],
    sentences: Sequence[np.ndarray],
    links: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """Composed embeddings (Q, E) float32, unit length, of pictures and the word features (T, 772) of their sentences.

    `links` are of each query (R,) bool, the regions that words may touch; None links all.
    """
    model.eval()
    device = next(model.parameters()).device
    parts = []
    for first in range(0, len(pictures), 512):
        some = slice(first, first + 512)
        shown = gather(table, pictures[some], model.config.reads == "feature_map").to(device)
        words = batch_words(sentences[some]).to(device)
        given = [shown, words]
        if links is not None:
            given.append(batch_links(links[some], shown.mask.shape[1]).to(device))
        parts.append(model.compose_query(*given).embedding.float().cpu().numpy())
    return np.concatenate(parts)
