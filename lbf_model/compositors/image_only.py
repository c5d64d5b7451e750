"""The "Image only" row: the query is the reference picture; the text is not read."""

from dataclasses import dataclass

from lbf_model.compositors.base import Composition, EncodedPictures
from lbf_model.compositors.config import RegionCompositorConfig
from lbf_model.compositors.pooled import PooledEncoders
from lbf_model.network.batching import WordBatch


@dataclass(frozen=True)
class ImageOnlyConfig(RegionCompositorConfig):
    """Nothing of its own."""


class ImageOnly(PooledEncoders):
    """f(I, M) = g(I)."""

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """The target embedding of the reference picture."""
        return Composition(self.embed_target(encoded))
