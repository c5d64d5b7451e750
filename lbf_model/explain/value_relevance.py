"""Relevance that flows through values alone: attention weights are treated as constants (CP-LRP)."""

import autolrp
import numpy as np
import torch
from torch import Tensor

from lbf_model.compositors.lbf import LbfNetwork
from lbf_model.network.batching import batch_query
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.types import SearchResult

_RULES = autolrp.LRPConfig(rule={**autolrp.BASE, **autolrp.CPLRP})


def explain_values(encoder: QueryEncoder, result: SearchResult, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much each region and each word adds to the cosine with a gallery item, by layer-wise relevance propagation.

    Ali et al., "XAI for Transformers: Better Explanations through Conservative Propagation" (ICML 2022), with the package
    `autolrp`. The length of the joint embedding is treated as a constant, too: a cosine does not change with length, so its
    relevance would sum to nothing. What differs: the package splits the relevance of a sum among its terms by their size,
    whatever their sign.

    Args:
        encoder: what composed the query, with an LBF network.
        result: the answered query.
        target: (E,) float32, unit length.

    Returns:
        (R,) and (T,) float32, of either sign.
    """
    network = encoder.network
    with torch.inference_mode(False), torch.enable_grad():
        regions, words, links = batch_query(result, encoder.config.max_regions, encoder.device)
        read = network.region_input(regions.features, regions.boxes_unit).detach(), network.word_input(words.values).detach()
        inputs = autolrp.tensor(torch.cat(read, 1).clone())
        joint = _joint(network, inputs, regions.mask, words.mask, links)
        wanted = torch.tensor(target, dtype=torch.float32, device=encoder.device)
        # A matrix product, since a sum would be split by size alone; and times the score, since the package starts from 1.
        score = (joint @ wanted[:, None]).squeeze() / joint.norm().detach()
        score.lrp(config=_RULES)
        relevance = (inputs.relevance.sum(-1)[0] * score).detach().cpu().numpy()
    count = len(regions.mask[0])
    return relevance[:count], relevance[count:]


def _joint(network: LbfNetwork, inputs: Tensor, region_mask: Tensor, word_mask: Tensor, links: Tensor | None) -> Tensor:
    """The network after its two input layers: (1, R + T, D) -> (1, E), before it is scaled to unit length."""
    count = region_mask.shape[1]
    regions, said = network.vep(inputs[:, :count], region_mask), network.tep(inputs[:, count:], word_mask)
    for layer in network.fusion:
        regions, said, _, _ = layer(regions, said, region_mask, word_mask, links)
    return network.pool_regions(regions, region_mask) + network.pool_words(said, word_mask)
