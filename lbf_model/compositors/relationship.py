"""The "Relationship" row: the sentence is read together with every pair of cells of the feature map."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.base import Composition, EncodedPictures
from lbf_model.compositors.config import FeatureMapCompositorConfig
from lbf_model.compositors.feature_map import PictureSentenceCompositor, unpadded
from lbf_model.network.batching import RegionBatch, WordBatch


@dataclass(frozen=True)
class RelationshipConfig(FeatureMapCompositorConfig):
    """Hyper-parameters of Relationship.

    Attributes:
        relation_width: hidden width of the layers over each pair of cells; cost grows with its square times cells squared.
    """

    relation_width: int = 64


class Relationship(PictureSentenceCompositor):
    """f(I, M) = f(mean_ij g([c_i, c_j, t])) over all ordered pairs of cells, including each cell with itself.

    Source: A Simple Neural Network Module for Relational Reasoning (Santoro et al., NeurIPS 2017, eq. 1, and section 4 for
    cells of a feature map with their position), as the baseline of TIRG (Vo et al., CVPR 2019, section 4) has it: relations
    are averaged, not summed, and the second network's output is the embedding.

    Our choices where the sources are silent: g and f have two layers each (four and three in the original), and are narrow,
    since 1,296 pairs per picture cost more than the rest of the row. g's first layer is computed for each cell and summed for
    each pair, which equals one linear layer on [c_i, c_j, t]. A target is the picture's vector; see `FeatureMapCompositor`.
    """

    def __init__(self, config: RelationshipConfig):
        super().__init__(config)
        cell, width = config.cell_width, config.relation_width
        self.first = nn.Linear(cell, width)
        self.second = nn.Linear(cell, width, bias=False)
        self.sentence = nn.Linear(config.embedding_width, width, bias=False)
        self.relate = nn.Sequential(nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.conclude = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, config.embedding_width))

    def encode_pictures(self, pictures: RegionBatch) -> EncodedPictures:
        """The cells, (B, cells, cell_width); errors as for `project_cells`."""
        return unpadded(self.describe_cells(pictures))

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """The picture's vector, scaled to unit length."""
        return F.normalize(self.picture_input.out(encoded.values.mean(1)).float(), dim=-1)

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """f of the mean over all pairs' relations, scaled to unit length."""
        first = self.first(encoded.values) + self.sentence(self.text_vector(words))[:, None]
        pairs = first[:, :, None] + self.second(encoded.values)[:, None]  # (B, cells, cells, relation_width)
        return Composition(F.normalize(self.conclude(self.relate(pairs).mean((1, 2))).float(), dim=-1))
