"""The paper's two losses over a batch of queries and their targets, one that teaches attention where to point, and cosines."""

import torch
import torch.nn.functional as F
from torch import Tensor


def batch_classification_loss(similarity: Tensor, ignore: Tensor) -> Tensor:
    """L_BC = mean_i -log(exp(s_ii) / sum_j exp(s_ij)): each query picks its target among the batch's pictures.

    Args:
        similarity: (B, N) float, N >= B; column i < B is query i's target, further columns are extra negatives. Already
            scaled by the learned temperature.
        ignore: (B, N) bool, True where column j shows the target scene of query i as well and so is no negative.
    """
    target = torch.arange(len(similarity), device=similarity.device)
    return F.cross_entropy(similarity.masked_fill(ignore, float("-inf")), target)


def soft_triplet_loss(similarity: Tensor, ignore: Tensor) -> Tensor:
    """L_ST = mean over pairs of log(1 + exp(s_ij - s_ii)), the usual form; the slides print the ratio upside down.

    Arguments as for `batch_classification_loss`.
    """
    positive = similarity.diagonal()[:, None]
    is_pair = ~ignore
    is_pair.fill_diagonal_(False)
    return F.softplus(similarity - positive)[is_pair].mean()


def cosines(one: Tensor, other: Tensor) -> Tensor:
    """(..., P, D) and (..., Q, D) of unit length -> (..., P, Q) float32, also where layers compute in fewer bits."""
    with torch.autocast(one.device.type, enabled=False):
        return one.float() @ other.float().transpose(-1, -2)


def grounding_loss(word_to_region: Tensor, word_mask: Tensor, region_mask: Tensor, fits: Tensor, meant: Tensor) -> Tensor:
    """Teach words where to look: in the first layer at what each fits by itself, in the last at what the sentence means.

    The paper leaves attention to itself. Left so, it settles anywhere, since values alone can carry what is needed, and its
    maps say nothing. First layer: the Kullback-Leibler divergence from the even distribution over the regions that a word
    fits. Last layer: -log of the attention that falls on the regions that the sentence is about, for every word of it, verbs
    and new values too; where it is about nothing that is there, the divergence from the even distribution over all regions.
    Each is a mean over words and heads; the loss is their sum. Of a network with one layer, that layer counts as the last.

    Args:
        word_to_region: (B, layers, H, T, R) float, rows of real words sum to 1.
        word_mask: (B, T) bool, True where real.
        region_mask: (B, R) bool, True where real (and linked).
        fits: (B, T, R) bool, regions that each word fits; a word that fits none is free.
        meant: (B, R) bool, regions that each sentence is about; a sentence that is about all of them is free.

    Returns:
        () float, 0 or more; 0 where every word and every sentence is free. Words of padding count nothing.
    """
    first, last = word_to_region[:, 0].float(), word_to_region[:, -1].float()
    missed = -(last * meant[:, None, None]).sum(-1).clamp(min=_LEAST).log().mean(1)
    uneven = _divergence_from_even(last, region_mask[:, None].expand_as(fits))
    loss = _mean(torch.where(meant.any(1, keepdim=True), missed, uneven), word_mask)
    if word_to_region.shape[1] == 1:
        return loss
    return loss + _mean(_divergence_from_even(first, fits), fits.any(-1) & word_mask)


_LEAST = 1e-6  # attention below this counts as this: the logarithm stays finite


def _divergence_from_even(attention: Tensor, over: Tensor) -> Tensor:
    """(B, H, T, R) float and (B, T, R) bool -> (B, T): what attention differs from even over some regions, mean over heads."""
    share = over / over.sum(-1, keepdim=True).clamp(min=1)
    return (torch.xlogy(share, share)[:, None] - share[:, None] * attention.clamp(min=_LEAST).log()).sum(-1).mean(1)


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """The mean of the chosen values; 0 where there are none."""
    return (values * chosen).sum() / chosen.sum().clamp(min=1)
