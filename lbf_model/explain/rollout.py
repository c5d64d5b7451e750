"""Attention rollout: where attention leads when it is followed through all layers."""

import numpy as np
import torch

from lbf_model.explain.relevance import propagate, recorded
from lbf_model.network.attention import Attention
from lbf_model.network.batching import batch_query
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.types import SearchResult


@torch.no_grad()
def roll_out(encoder: QueryEncoder, result: SearchResult) -> tuple[np.ndarray, np.ndarray]:
    """How much of every region reaches the words, and of every word the regions.

    After Abnar and Zuidema, "Quantifying Attention Flow in Transformers" (ACL 2020): attention is averaged over heads, and
    multiplied through the layers together with the residual path. The two streams are followed as in `relevance.propagate`.
    No target is needed or used.

    Args:
        encoder: what composed the query, with an LBF network.
        result: the answered query.

    Returns:
        (R,) and (T,) float32.
    """
    network = encoder.network
    attentions = [module for module in network.modules() if isinstance(module, Attention)]
    with recorded(attentions) as seen:
        network.compose_query(*batch_query(result, encoder.config.max_regions, encoder.device))
    _, _, rw, wr = propagate(network, {a: seen[a][1][1][0].mean(0) for a in attentions})
    return wr.sum(0).cpu().numpy(), rw.sum(0).cpu().numpy()
