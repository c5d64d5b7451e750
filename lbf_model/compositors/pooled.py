"""What the simple compositors over regions share: one vector per picture, and one per sentence."""

from torch import Tensor

from lbf_model.compositors.base import build_word_input
from lbf_model.compositors.config import RegionCompositorConfig
from lbf_model.compositors.regions import RegionCompositor
from lbf_model.network.batching import WordBatch
from lbf_model.network.encoders import RegionInput, SelfAttentionEncoder
from lbf_model.network.pooling import GatedPooling


class PooledEncoders(RegionCompositor):
    """Picture and sentence encoders as strong as LBF's own, pooled before the two ever meet."""

    def __init__(self, config: RegionCompositorConfig):
        super().__init__(config)
        c = config
        self.region_input = RegionInput(c.feature_width, c.width)
        self.vep = SelfAttentionEncoder(c.vep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.pool_regions = GatedPooling(c.width, c.embedding_width)
        self.word_input = build_word_input(c)
        self.tep = SelfAttentionEncoder(c.tep_layers, c.width, c.heads, c.expansion, c.dropout)
        self.pool_words = GatedPooling(c.width, c.embedding_width)

    def text_vector(self, words: WordBatch) -> Tensor:
        """B sentences -> (B, E), unnormalised."""
        return self.pool_words(self.tep(self.word_input(words.values), words.mask), words.mask)
