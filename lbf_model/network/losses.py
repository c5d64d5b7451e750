"""The paper's two losses over a batch of queries and their targets."""

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
