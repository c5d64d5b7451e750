"""Pictures of garments and queries about them, embedded by a compositor."""

from collections.abc import Sequence

import numpy as np

from lbf_model.compositors.base import Compositor
from lbf_model.tasks.garments.regions import Picture, gather
from lbf_model.training import embedding
from lbf_model.training.region_store import RegionTable


def embed_pictures(model: Compositor, table: RegionTable, pictures: Sequence[Picture]) -> np.ndarray:
    """Target embeddings (N, E) float32, unit length."""
    return embedding.embed_targets(model, len(pictures), _gather(model, table, pictures))


def embed_queries(
    model: Compositor,
    table: RegionTable,
    pictures: Sequence[Picture],
    sentences: Sequence[np.ndarray],
    links: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """Composed embeddings (Q, E) float32, unit length, of pictures and the word features (T, 772) of their sentences.

    `links` has (R,) bool for each query, the regions that words may touch; None links all.
    """
    return embedding.embed_queries(model, sentences, _gather(model, table, pictures), links)


def _gather(model: Compositor, table: RegionTable, pictures: Sequence[Picture]) -> embedding.Gather:
    with_map = model.config.reads == "feature_map"
    return lambda some: gather(table, pictures[some], with_map)
