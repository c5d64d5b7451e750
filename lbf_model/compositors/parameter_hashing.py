"""The "Parameter Hashing" row: the sentence fills the weights of the picture's last layer, many weights with each number."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.base import Composition, EncodedPictures
from lbf_model.compositors.config import FeatureMapCompositorConfig
from lbf_model.compositors.feature_map import PictureSentenceCompositor, unpadded
from lbf_model.network.batching import RegionBatch, WordBatch


@dataclass(frozen=True)
class ParameterHashingConfig(FeatureMapCompositorConfig):
    """Hyper-parameters of Parameter Hashing.

    Attributes:
        candidates: numbers that a sentence gives; all weights of the layer are taken from them.
    """

    candidates: int = 512


class ParameterHashing(PictureSentenceCompositor):
    """f(I, M) = T v, where T_mn = sign(m, n) * p[hash(m, n)], p = W t, and v stands before the last layer of a picture.

    Source: Image Question Answering using Convolutional Neural Network with Dynamic Parameter Prediction (Noh et al., CVPR
    2016: candidate weights from the question are spread by two hash functions over a fully connected layer), as the
    baseline of TIRG (Vo et al., CVPR 2019, section 4) has it: the hashed matrix stands in place of a fully connected layer of
    the picture's network. A target goes through the layer that is replaced.

    Left open and chosen: which layer, namely the last one; how many candidates; a random table, drawn once and stored with the
    weights, for the hash functions. Weights are divided by the square root of the layer's inputs, as usual.
    """

    def __init__(self, config: ParameterHashingConfig):
        super().__init__(config)
        layer = (config.embedding_width, config.cell_width)
        self.candidates = nn.Linear(config.embedding_width, config.candidates)
        self.register_buffer("hash", torch.randint(config.candidates, layer, dtype=torch.int32))
        self.register_buffer("sign", torch.randint(2, layer, dtype=torch.int8) * 2 - 1)

    def encode_pictures(self, pictures: RegionBatch) -> EncodedPictures:
        """v: the mean over cells, (B, cell_width); errors as of `project_cells`."""
        return unpadded(self.describe_cells(pictures).mean(1))

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """v through the layer that sentences replace, scaled to unit length."""
        return F.normalize(self.picture_input.out(encoded.values).float(), dim=-1)

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """v through the layer that the sentence gives."""
        candidates = self.candidates(self.text_vector(words))
        layer = candidates[:, self.hash] * self.sign / self.config.cell_width**0.5  # (B, E, cell_width)
        v = encoded.values[..., None]
        return Composition(F.normalize((layer.to(v.dtype) @ v)[..., 0].float(), dim=-1))
