"""LBF assembled: a reference image's regions and a sentence in, one embedding out; a target image's regions in, one out."""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.base import Compositor
from lbf_model.network.encoders import RegionInput, SelfAttentionEncoder, WordFeatureInput, WordInput
from lbf_model.network.fusion import FusionLayer, GatedSum


@dataclass(frozen=True)
class LbfConfig:
    """Model facts; they travel in the checkpoint. The paper gives K and the parts; every width and count is our choice.

    Attributes:
        vocabulary: words the network knows, in id order from 1; for "minilm", words that slips of the pen are read as.
        aliases: other spellings -> words of the vocabulary; none for "minilm".
        feature_width: F, of the detector's region features.
        max_regions: K: 36 is the paper's "big", 18 its "small" setting.
        max_words: longest sentence in words.
        width: D.
        heads: H.
        vep_layers: self-attention layers over regions.
        tep_layers: self-attention layers over words.
        fusion_layers: L.
        expansion: hidden width of feed-forward layers over D.
        embedding_width: E, of the joint space.
        dropout: on residual branches, in training.
        words: "learned" embeddings of the vocabulary as in the paper, or features of the pretrained "minilm" for free text.
        word_width: W, of such features.
    """

    vocabulary: tuple[str, ...]
    feature_width: int
    aliases: dict[str, str] = field(default_factory=dict)
    max_regions: int = 36
    max_words: int = 32
    width: int = 128
    heads: int = 4
    vep_layers: int = 2
    tep_layers: int = 2
    fusion_layers: int = 2
    expansion: int = 2
    embedding_width: int = 256
    dropout: float = 0.0
    words: str = "learned"
    word_width: int = 772

    def __post_init__(self):
        object.__setattr__(self, "vocabulary", tuple(self.vocabulary))
        if self.words not in ("learned", "minilm"):
            raise ValueError(f'words are "learned" or "minilm", not {self.words!r}')
        if self.words == "learned" and not self.vocabulary:
            raise ValueError("a vocabulary without words")
        if self.words == "minilm" and self.aliases:
            raise ValueError("aliases belong to a learned vocabulary; minilm reads other spellings by itself")
        counts = (self.feature_width, self.max_regions, self.max_words, self.width, self.heads, self.embedding_width)
        if min(*counts, self.word_width, self.vep_layers, self.tep_layers, self.fusion_layers, self.expansion) < 1:
            raise ValueError(f"widths and counts start at 1: {self}")
        if self.width % self.heads:
            raise ValueError(f"width {self.width} does not divide into {self.heads} heads")


def build_word_input(config: LbfConfig) -> WordInput | WordFeatureInput:
    """What `config.words` asks for."""
    if config.words == "minilm":
        return WordFeatureInput(config.word_width, config.max_words, config.width)
    return WordInput(len(config.vocabulary) + 1, config.max_words, config.width)


class LbfNetwork(Compositor):
    """Composed Query Image Retrieval Using Locally Bounded Features (Hosseinzadeh and Wang, CVPR 2020).

    As in the paper: c^i = Linear(avg(e^i, p^i)); VEP and TEP are self-attention stacks; fusion layers hold a visual and a
    linguistic stream of cross-attention, self-attention and linear layers; both streams are pooled into a joint embedding.

    Our choices where the paper is silent: pre-norm residual blocks; pooling is a gated sum; the joint embedding is the sum of
    both pooled streams, scaled to unit length; the target goes through the same VEP and the *same* visual pooling, so that a
    region no word touches means the same in query and target; similarity is the cosine, times a learned temperature in
    training.
    """

    def __init__(self, config: LbfConfig):
        super().__init__()
        self.config = config
        c = config
        self.region_input = RegionInput(c.feature_width, c.width)
        self.word_input = build_word_input(c)
        self.vep = SelfAttentionEncoder(c.vep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.tep = SelfAttentionEncoder(c.tep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.fusion = nn.ModuleList(FusionLayer(c.width, c.heads, c.expansion, c.dropout) for _ in range(c.fusion_layers))
        self.pool_regions = GatedSum(c.width, c.embedding_width)
        self.pool_words = GatedSum(c.width, c.embedding_width)
        self.log_temperature = nn.Parameter(torch.tensor(math.log(15.0)))
        if c.words == "learned":
            nn.init.normal_(self.word_input.word.weight, std=0.5)
        nn.init.normal_(self.word_input.place.weight, std=0.1)

    def embed_query(
        self, regions: Tensor, region_mask: Tensor, word_values: Tensor, word_mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """f(I, M) of encoded regions (B, R, D); the rest as for `compose_query`."""
        if not region_mask.any(1).all() or not word_mask.any(1).all():
            raise ValueError("every query needs at least one region and one word")
        words = self.tep(self.word_input(word_values), word_mask)
        to_regions, to_words = [], []
        for layer in self.fusion:
            regions, words, word_to_region, region_to_word = layer(regions, words, region_mask, word_mask)
            to_regions.append(word_to_region * word_mask[:, None, :, None])
            to_words.append(region_to_word * region_mask[:, None, :, None])
        joint = self.pool_regions(regions, region_mask) + self.pool_words(words, word_mask)
        return F.normalize(joint, dim=-1), torch.stack(to_regions, 1), torch.stack(to_words, 1)
