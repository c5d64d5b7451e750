"""The "Parameter Hashing" row: the sentence gives the weights of the picture's last layer, each number filling many weights."""

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
        candidates: how many numbers a sentence gives; all weights of the layer are taken from them.
    """

    candidates: int = 512


class ParameterHashing(PictureSentenceCompositor):
    """f(I, M) = T v, where T_mn = sign(m, n) * p[hash(m, n)], p = W t, and v is the input of a picture's last layer.

    Source: Image Question Answering using Convolutional Neural Network with Dynamic Parameter Prediction (Noh et al., CVPR
    2016: two hash functions spread candidate weights from the question over a fully connected layer), as the baseline of
    TIRG (Vo et al., CVPR 2019, section 4) has it: the hashed matrix replaces a fully connected layer of the picture's network.
    A target goes through the layer that is replaced.

    Our choices where the sources are silent: the layer is the last one; the number of candidates; a random table, drawn once
    and stored with the weights, serves as the hash functions. Weights are divided by the square root of the layer's number of
    inputs, as usual.
    """

    def __init__(self, config: ParameterHashingConfig):
        super().__init__(config)
        layer = (config.embedding_width, config.cell_width)
        self.candidates = nn.Linear(config.embedding_width, config.candidates)
        self.register_buffer("hash", torch.randint(config.candidates, layer, dtype=torch.int32))
        self.register_buffer("sign", torch.randint(2, layer, dtype=torch.int8) * 2 - 1)

    def encode_pictures(self, pictures: RegionBatch) -> EncodedPictures:
        """v: the mean over cells, (B, cell_width); errors as for `project_cells`."""
        return unpadded(self.describe_cells(pictures).mean(1))

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """v through the layer that sentences replace for queries, scaled to unit length."""
        return F.normalize(self.picture_input.out(encoded.values).float(), dim=-1)

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """v through the layer that the sentence gives."""
        candidates = self.candidates(self.text_vector(words))
        layer = candidates[:, self.hash] * self.sign / self.config.cell_width**0.5  # (B, E, cell_width)
        v = encoded.values[..., None]
        return Composition(F.normalize((layer.to(v.dtype) @ v)[..., 0].float(), dim=-1))
