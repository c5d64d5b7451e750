"""The "SNR" row: TIRG on pictures with their style removed, and the content that was lost with it restored."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.base import AnsweredQueries, Composition, EncodedPictures
from lbf_model.compositors.feature_map import unpadded
from lbf_model.compositors.tirg import Tirg, TirgConfig
from lbf_model.network.batching import RegionBatch, WordBatch
from lbf_model.network.losses import cosines, mean_of


@dataclass(frozen=True)
class SnrConfig(TirgConfig):
    """Hyper-parameters of SNR, besides those of TIRG.

    Attributes:
        gate_width: hidden width of the channel gate; a sixteenth of the channels in the original.
        causality_weight: weight of the dual causality loss; 0.5 for the original's last modules.
    """

    gate_width: int = 8
    causality_weight: float = 0.5


RESTITUTED, NORMALISED, CONTAMINATED = range(3)  # the three vectors of a picture


class Snr(Tirg):
    """TIRG, but the cells F of a picture first become F~ + a(R) R, with F~ = instance norm of F, R = F - F~, and a gate a.

    Source: Style Normalization and Restitution for Generalizable Person Re-identification (Jin et al., CVPR 2020, section 3):
    the statistics of a channel over a picture are its style, and are removed; a channel gate decides which part of the residual
    R is content (R+ = a(R) R) and which is style (R- = (1 - a(R)) R). Dual causality loss: F~ + R+ must tell what belongs
    together better than F~ does, and F~ + R- worse. A query from a 2D drawing to 3D pictures has such a style gap.

    What differs: SNR computes features and composes nothing, so TIRG composes here, and this row differs from TIRG only by SNR.
    There is one module, after the first learned layer, since the body is frozen; the original has one after each of four blocks
    of a ResNet. In the loss, the original's anchor and positive are pictures of one person; here they are a composed query and
    its target, and the negatives are all other targets of the batch that do not answer the query.
    """

    def __init__(self, config: SnrConfig):
        super().__init__(config)
        self.norm = nn.InstanceNorm1d(config.cell_width, affine=True)
        self.content_gate = nn.Sequential(
            nn.Linear(config.cell_width, config.gate_width),
            nn.ReLU(),
            nn.Linear(config.gate_width, config.cell_width),
            nn.Sigmoid(),
        )

    def encode_pictures(self, pictures: RegionBatch) -> EncodedPictures:
        """A picture's vector from each of F~ + R+, F~ and F~ + R-, (B, 3, E); errors as for `project_cells`."""
        cells = self.project_cells(pictures)
        normalised = self.norm(cells.transpose(1, 2)).transpose(1, 2)
        residual = cells - normalised
        content = self.content_gate(residual.mean(1, keepdim=True)) * residual
        three = torch.stack([normalised + content, normalised, normalised + residual - content], 1)
        return unpadded(self.picture_input.out(self.picture_input.describe_cells(three).mean(2)))

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """The picture's vector with its content restored, scaled to unit length."""
        return super().embed_target(_vector(encoded, RESTITUTED))

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """That vector, gated and changed by the sentence."""
        return super().embed_query(_vector(encoded, RESTITUTED), words)

    def auxiliary_loss(self, answered: AnsweredQueries) -> Tensor:
        """The dual causality loss, times its weight."""
        references, words, _, targets, false_negatives = answered
        t = self.text_vector(words)
        restituted, normalised, contaminated = (
            self._distances(references, t, targets, which) for which in (RESTITUTED, NORMALISED, CONTAMINATED)
        )
        clarified = _better(restituted, normalised, false_negatives)
        destroyed = _better(normalised, contaminated, false_negatives)
        return self.config.causality_weight * (clarified + destroyed)

    def _distances(self, references: EncodedPictures, t: Tensor, targets: EncodedPictures, which: int) -> Tensor:
        """(B, B): half of 1 - cosine between each query and each target, both using the same one of a picture's vectors."""
        queries = F.normalize(self.compose(references.values[:, which], t).float(), dim=-1)
        return (1 - cosines(queries, F.normalize(targets.values[:, which].float(), dim=-1))) / 2


def _vector(encoded: EncodedPictures, which: int) -> EncodedPictures:
    """One of the three vectors of each picture."""
    return unpadded(encoded.values[:, which])


def _better(distances: Tensor, worse: Tensor, false_negatives: Tensor) -> Tensor:
    """Loss that is low where `distances` separate better than `worse` does: targets nearer, and negatives farther away."""
    negatives = ~(false_negatives | torch.eye(len(distances), dtype=torch.bool, device=distances.device))
    nearer = F.softplus(distances.diagonal() - worse.diagonal()).mean()
    return nearer + mean_of(F.softplus(worse - distances), negatives)
