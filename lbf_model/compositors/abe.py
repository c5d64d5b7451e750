"""The "ABE-M" row: LBF with M learners, each of which attends to different parts of fusion's output."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.base import AnsweredQueries, EncodedPictures
from lbf_model.compositors.lbf import LbfConfig, LbfNetwork
from lbf_model.network.losses import cosines, mean_of
from lbf_model.network.pooling import GatedPooling


@dataclass(frozen=True)
class AbeConfig(LbfConfig):
    """Hyper-parameters of ABE-M, besides those of LBF.

    Attributes:
        learners: M; each gets an M-th of the embedding.
        pair_margin: squared distance that a query must keep from a wrong target.
        divergence_margin: squared distance that two learners' embeddings of one input must keep.
        pair_weight: weight of the learners' pair losses.
        divergence_weight: weight of the divergence loss.
    """

    learners: int = 4
    pair_margin: float = 1.0
    divergence_margin: float = 1.0
    pair_weight: float = 1.0
    divergence_weight: float = 1.0

    def __post_init__(self):
        super().__post_init__()
        if self.embedding_width % self.learners:
            raise ValueError(f"an embedding of {self.embedding_width} does not divide among {self.learners} learners")
        if self.streams != "both":
            raise ValueError(f'learners mask both streams, not the {self.streams} one alone; leave streams at "both"')


class Abe(LbfNetwork):
    """Learner m embeds G(S(x) * A_m(S(x))); the embedding is all of them side by side, each of the same length.

    Source: Attention-based Ensemble for Deep Metric Learning (Kim et al., ECCV 2018): S computes features that all learners
    share, A_m are the learners' sigmoid masks, as large as the features, and G, also shared, embeds what a mask lets through.
    Loss: sum_m L_pair(m) + lambda L_div. L_pair is each learner's own contrastive loss: a query should be near its target, and
    at least a margin away from other targets. L_div pushes any two learners' embeddings of one input a margin apart.

    What differs: S is LBF up to pooling, and G its pooling, so that this row differs from LBF only by the ensemble; both
    streams are masked, each with its own masks, and a target's regions with the region masks. A mask is one linear layer,
    where the original has part of a GoogLeNet. Both losses are added to the retrieval loss that all rows have, which is
    computed on the mean of the learners' cosines. Each query is paired with each target of the batch, except with other targets
    that also answer it; the mean over positive pairs and the mean over negative pairs have equal weight.
    """

    def __init__(self, config: AbeConfig):
        super().__init__(config)
        share = config.embedding_width // config.learners
        self.pool_regions, self.pool_words = GatedPooling(config.width, share), GatedPooling(config.width, share)
        self.region_masks = nn.Linear(config.width, config.learners * config.width)
        self.word_masks = nn.Linear(config.width, config.learners * config.width)

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """Each learner's embedding of the picture."""
        return self._side_by_side(self._masked_sum(*encoded, self.region_masks, self.pool_regions))

    def pool_streams(self, regions: Tensor, region_mask: Tensor, words: Tensor, word_mask: Tensor) -> Tensor:
        """Each learner's embedding of both streams: (B, E) of unit length."""
        seen = self._masked_sum(regions, region_mask, self.region_masks, self.pool_regions)
        return self._side_by_side(seen + self._masked_sum(words, word_mask, self.word_masks, self.pool_words))

    def auxiliary_loss(self, answered: AnsweredQueries) -> Tensor:
        """The learners' pair losses and the divergence loss, each times its weight."""
        c = self.config
        queries, wanted = self._learners(answered.composed.embedding), self._learners(self.embed_target(answered.targets))
        apart = 2 - 2 * cosines(queries.transpose(0, 1), wanted.transpose(0, 1))  # (M, B, B), squared distances
        wrong = ~(answered.false_negatives | torch.eye(len(queries), dtype=torch.bool, device=queries.device))
        too_near = F.relu(c.pair_margin - apart)
        pairs = apart.diagonal(dim1=1, dim2=2).mean(1) + torch.stack([mean_of(learner, wrong) for learner in too_near])
        one, other = torch.triu_indices(c.learners, c.learners, 1, device=queries.device)
        both = torch.cat([queries, wanted])
        divergence = F.relu(c.divergence_margin - 2 + 2 * cosines(both, both)[:, one, other]).sum(1).mean()
        return c.pair_weight * pairs.sum() + c.divergence_weight * divergence

    def _masked_sum(self, items: Tensor, mask: Tensor, masks: nn.Linear, pool: GatedPooling) -> Tensor:
        """(B, N, D) float and (B, N) bool, True where real -> (B, M, E / M): what each learner's mask lets through, pooled."""
        shares = torch.sigmoid(masks(items)).unflatten(-1, (self.config.learners, -1)).transpose(1, 2)
        let_through = shares * items[:, None]  # (B, M, N, D)
        pooled = pool(let_through.flatten(0, 1), mask.repeat_interleave(self.config.learners, 0))
        return pooled.unflatten(0, (len(items), -1))

    def _side_by_side(self, embeddings: Tensor) -> Tensor:
        """(B, M, E / M) -> (B, E) of unit length, so that a cosine is the mean of the learners' cosines."""
        return F.normalize(embeddings, dim=-1).flatten(1) / self.config.learners**0.5

    def _learners(self, embedding: Tensor) -> Tensor:
        """(B, E) -> (B, M, E / M), each learner's part scaled to unit length."""
        return embedding.unflatten(-1, (self.config.learners, -1)) * self.config.learners**0.5
