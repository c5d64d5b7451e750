"""The paper's two losses over a batch of queries and their targets, one that teaches attention where to point, and cosines."""

import torch
import torch.nn.functional as F
from torch import Tensor


def batch_classification_loss(similarity: Tensor, ignore: Tensor) -> Tensor:
    """L_BC = mean_i -log(exp(s_ii) / sum_j exp(s_ij)): each query picks its target among the batch's pictures.

    Args:
        similarity: (B, N) float, N >= B; column i < B is query i's target, further columns are extra negatives. Already
            scaled by the learned temperature.
        ignore: (B, N) bool, True where column j also shows query i's target scene, so it is not a negative.
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
    return mean_of(F.softplus(similarity - positive), is_pair)


def cosines(one: Tensor, other: Tensor) -> Tensor:
    """(..., P, D) and (..., Q, D) of unit length -> (..., P, Q) float32, even where layers compute in lower precision."""
    with torch.autocast(one.device.type, enabled=False):
        return one.float() @ other.float().transpose(-1, -2)


def grounding_loss(word_to_region: Tensor, word_mask: Tensor, region_mask: Tensor, fits: Tensor, meant: Tensor) -> Tensor:
    """Teach words where to look: in the first layer at what each fits by itself, in the last at what the sentence means.

    The paper does not supervise attention. Unsupervised, it settles anywhere, since the values alone can carry what is needed,
    and its maps say nothing. First layer: the Kullback-Leibler divergence from the uniform distribution over the regions that
    a word fits. Last layer: -log of the attention on the regions that the sentence is about, for every word in it, including
    verbs and new values; if it is about nothing in the picture, the divergence from the uniform distribution over all regions.
    Each is a mean over words and heads; the loss is their sum. If the network has only one layer, it counts as the last.

    Args:
        word_to_region: (B, layers, H, T, R) float, rows of real words sum to 1.
        word_mask: (B, T) bool, True where real.
        region_mask: (B, R) bool, True where real (and linked).
        fits: (B, T, R) bool, regions that each word fits; a word that fits none adds no loss in the first layer.
        meant: (B, R) bool, regions that each sentence is about; one that is about all of them adds no loss in the last layer.

    Returns:
        () float, 0 or more; 0 if no word and no sentence adds to the loss. Padding words are ignored.
    """
    first, last = word_to_region[:, 0].float(), word_to_region[:, -1].float()
    missed = -(last * meant[:, None, None]).sum(-1).clamp(min=_LEAST).log().mean(1)
    uneven = _divergence_from_even(last, region_mask[:, None].expand_as(fits))
    loss = mean_of(torch.where(meant.any(1, keepdim=True), missed, uneven), word_mask)
    if word_to_region.shape[1] == 1:
        return loss
    return loss + mean_of(_divergence_from_even(first, fits), fits.any(-1) & word_mask)


_LEAST = 1e-6  # attention is clamped to at least this, so that the logarithm stays finite


def _divergence_from_even(attention: Tensor, over: Tensor) -> Tensor:
    """(B, H, T, R) float and (B, T, R) bool -> (B, T): divergence from uniform over the given regions, mean over heads."""
    share = over / over.sum(-1, keepdim=True).clamp(min=1)
    return (torch.xlogy(share, share)[:, None] - share[:, None] * attention.clamp(min=_LEAST).log()).sum(-1).mean(1)


def mean_of(values: Tensor, chosen: Tensor) -> Tensor:
    """The mean of the chosen values, by a mask of the same shape; 0 if there are none, say in a batch without negatives."""
    return (values * chosen).sum() / chosen.sum().clamp(min=1)
