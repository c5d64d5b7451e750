"""LBF assembled: a reference image's regions and a sentence in, one embedding out; a target image's regions in, one out."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.base import Composition, EncodedPictures, build_word_input
from lbf_model.compositors.config import RegionCompositorConfig
from lbf_model.compositors.regions import RegionCompositor
from lbf_model.network.batching import WordBatch
from lbf_model.network.encoders import RegionInput, SelfAttentionEncoder
from lbf_model.network.fusion import STREAMS, FusionLayer
from lbf_model.network.pooling import GatedPooling


@dataclass(frozen=True)
class LbfConfig(RegionCompositorConfig):
    """Hyper-parameters of LBF.

    Attributes:
        fusion_layers: L, the number of cross-modal fusion layers.
        positions: whether a region's input includes the position of its box.
        streams: of fusion: "both" as in the paper, or only the "visual" or the "linguistic" one. With one stream, the query's
            embedding is pooled from that stream alone.
    """

    fusion_layers: int = 2
    positions: bool = True
    streams: str = "both"

    def __post_init__(self):
        super().__post_init__()
        if self.streams not in STREAMS:
            raise ValueError(f"streams are {', '.join(STREAMS)}, not {self.streams!r}")

    @property
    def attends(self) -> bool:
        """Whether words and regions attend to each other; with a single stream, only one side attends to the other."""
        return self.streams == "both"


class LbfNetwork(RegionCompositor):
    """Composed Query Image Retrieval Using Locally Bounded Features (Hosseinzadeh and Wang, CVPR 2020).

    As in the paper: c^i = Linear(avg(e^i, p^i)); VEP and TEP are self-attention stacks; fusion layers hold a visual and a
    linguistic stream of cross-attention, self-attention and linear layers; both streams are pooled into a joint embedding.

    Our choices where the paper is silent: pre-norm residual blocks; pooling by a gated sum; the joint embedding is the sum of
    both pooled streams, scaled to unit length; the target goes through the same VEP and the *same* visual pooling, so that a
    region no word touches means the same in query and target; similarity is the cosine, times a learned temperature in
    training.
    """

    def __init__(self, config: LbfConfig):
        super().__init__(config)
        c = config
        self.region_input = RegionInput(c.feature_width, c.width, c.positions)
        self.word_input = build_word_input(c)
        self.vep = SelfAttentionEncoder(c.vep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.tep = SelfAttentionEncoder(c.tep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.fusion = nn.ModuleList(
            FusionLayer(c.width, c.heads, c.expansion, c.dropout, c.streams) for _ in range(c.fusion_layers)
        )
        self.pool_regions = GatedPooling(c.width, c.embedding_width)
        self.pool_words = GatedPooling(c.width, c.embedding_width) if c.streams != "visual" else None
        if c.words == "learned":
            nn.init.normal_(self.word_input.word.weight, std=0.5)
        nn.init.normal_(self.word_input.place.weight, std=0.1)

    def embed_query(self, encoded: EncodedPictures, words: WordBatch, links: Tensor | None = None) -> Composition:
        """f(I, M), with every fusion layer's attention between words and regions, unless the config has a single stream.

        Args:
            encoded: B pictures.
            words: B sentences.
            links: (B, R) bool, regions that words may touch (see `FusionLayer`); None links all.

        Raises:
            ValueError: a query has no region, no word or no link.
        """
        regions, region_mask = encoded
        word_mask = words.mask
        if not region_mask.any(1).all() or not word_mask.any(1).all():
            raise ValueError("every query needs at least one region and one word")
        if links is not None and not (links & region_mask).any(1).all():
            raise ValueError("every query needs at least one region that words may touch")
        said = self.tep(self.word_input(words.values), word_mask)
        to_regions, to_words = [], []
        for layer in self.fusion:
            regions, said, word_to_region, region_to_word = layer(regions, said, region_mask, word_mask, links)
            if self.attends:
                to_regions.append(word_to_region * word_mask[:, None, :, None])
                to_words.append(region_to_word * region_mask[:, None, :, None])
        embedding = self.pool_streams(regions, region_mask, said, word_mask)
        if not self.attends:
            return Composition(embedding)
        return Composition(embedding, torch.stack(to_regions, 1), torch.stack(to_words, 1))

    def pool_streams(self, regions: Tensor, region_mask: Tensor, words: Tensor, word_mask: Tensor) -> Tensor:
        """The joint embedding of both streams after fusion, (B, R, D) and (B, T, D): (B, E) of unit length."""
        pooled = []
        if self.config.streams != "linguistic":
            pooled.append(self.pool_regions(regions, region_mask))
        if self.config.streams != "visual":
            pooled.append(self.pool_words(words, word_mask))
        return F.normalize(sum(pooled), dim=-1)
