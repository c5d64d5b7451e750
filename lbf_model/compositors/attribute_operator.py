"""The "Attribute as Operator" row: the sentence becomes a matrix that is applied to the whole picture's vector."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from lbf_model.compositors.base import Composition, EncodedPictures
from lbf_model.compositors.config import FeatureMapCompositorConfig
from lbf_model.compositors.feature_map import PictureSentenceCompositor
from lbf_model.network.batching import WordBatch


@dataclass(frozen=True)
class AttributeOperatorConfig(FeatureMapCompositorConfig):
    """Hyper-parameters of Attribute as Operator.

    Attributes:
        operators: number of learned matrices; every sentence's matrix is a mixture of them.
    """

    operators: int = 8


class AttributeOperator(PictureSentenceCompositor):
    """f(I, M) = T x, where T = sum_k a_k(t) T_k.

    Source: Attributes as Operators (Nagarajan and Grauman, ECCV 2018, section 3: an attribute is a matrix that is applied to an
    object's vector), as the baseline of TIRG (Vo et al., CVPR 2019, section 4) has it: a sentence is a matrix that is applied
    to the picture's vector.

    What differs: the original learns one matrix for each of a fixed set of attributes. There are too many sentences for that,
    so a sentence's matrix is a mixture of a few learned ones, with weights a = softmax(W t); if each sentence chose a single
    matrix, this would be the original. As there, all matrices start near the identity. TIRG does not say how a sentence becomes
    a matrix. The original's further losses (inverse and commuting operators, a classifier) need attribute and object labels and
    are left out, as is its ReLU after the matrix; the targets' vectors have no ReLU either.
    """

    def __init__(self, config: AttributeOperatorConfig):
        super().__init__(config)
        width = config.embedding_width
        self.shares = nn.Linear(width, config.operators)
        self.operators = nn.Parameter(torch.eye(width) + torch.randn(config.operators, width, width) / width)

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """The sentence's matrix times x, without building it: each learned matrix is applied to x and the results are mixed."""
        shares = self.shares(self.text_vector(words)).softmax(-1)
        changed = torch.einsum("kef,bf->bke", self.operators, encoded.values)
        return Composition(F.normalize(torch.einsum("bk,bke->be", shares.to(changed.dtype), changed).float(), dim=-1))
