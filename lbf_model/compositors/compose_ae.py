"""The "ComposeAE" row: the sentence rotates the whole picture's vector in a complex space, and decoders reconstruct both."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lbf_model.compositors.base import AnsweredQueries, Composition, EncodedPictures
from lbf_model.compositors.config import FeatureMapCompositorConfig
from lbf_model.compositors.feature_map import PictureSentenceCompositor
from lbf_model.network.batching import WordBatch
from lbf_model.network.losses import batch_classification_loss, cosines


@dataclass(frozen=True)
class ComposeAeConfig(FeatureMapCompositorConfig):
    """Hyper-parameters of ComposeAE.

    Attributes:
        hidden: width of the hidden layer of each small network.
        picture_dropout: within eta, in training; 0.5 in the original.
        linear_start: a, the weight of rho, before training.
        convolution_start: b, the weight of rho_conv, before training.
        picture_weight: weight of the loss on the decoded picture.
        sentence_weight: weight of the loss on the decoded sentence.
        symmetry_weight: weight of the loss on the target that is rotated back.
    """

    hidden: int = 128
    picture_dropout: float = 0.0
    linear_start: float = 10.0
    convolution_start: float = 1.0
    picture_weight: float = 0.1
    sentence_weight: float = 0.1
    symmetry_weight: float = 0.01


_KERNELS, _POOLED = 64, 16  # of rho_conv, as in the original's code


class ComposeAe(PictureSentenceCompositor):
    """f(I, M) = a rho(phi) + b rho_conv([eta(x), gamma(t), x, Re phi, Im phi]), where phi = eta(x) e^(j gamma(t)).

    Source: Compositional Learning of Image-Text Query for Image Retrieval (Anwaar et al., WACV 2021, section 3) and its code,
    for the small networks' layers, the 64 kernels of width 3, and the max pooling over 16 stretches. Its losses besides
    retrieval: x and t are decoded from f with a mean squared error, and a target that is rotated back, by e^(-j gamma(t)),
    must find its reference in the batch.

    What differs: hidden layers are a quarter as wide, so that a checkpoint is as large as the other rows'. eta has no dropout:
    dropping half of so few values keeps the row from learning much in a thousand updates. The symmetry loss is always batch
    classification, whichever loss retrieval uses, and queries with the same reference are not negatives of each other. The
    decoders read the unit embedding, which is the same to them as f, since they begin with a layer norm. Otherwise see
    `FeatureMapCompositor` and `PictureSentenceCompositor`.
    """

    def __init__(self, config: ComposeAeConfig):
        super().__init__(config)
        c, width = config, config.embedding_width
        self.eta = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, c.hidden),
            nn.Dropout(c.picture_dropout),
            nn.ReLU(),
            nn.Linear(c.hidden, width),
        )
        self.gamma = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, c.hidden), nn.ReLU(), nn.Linear(c.hidden, width))
        self.rho = _two_layers(2 * width, c.hidden, width)
        self.convolution = nn.Conv1d(5, _KERNELS, kernel_size=3, padding=1)
        self.rho_convolution = _two_layers(_KERNELS * _POOLED, c.hidden, width)
        self.linear_weight = nn.Parameter(torch.tensor(c.linear_start))
        self.convolution_weight = nn.Parameter(torch.tensor(c.convolution_start))
        self.decode_picture = _two_layers(width, c.hidden, width)
        self.decode_sentence = _two_layers(width, c.hidden, width)

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """x, rotated by the sentence."""
        return Composition(F.normalize(self._compose(encoded.values, self.text_vector(words), 1), dim=-1))

    def auxiliary_loss(self, answered: AnsweredQueries) -> Tensor:
        """The losses of decoding and of rotating back, each times its weight."""
        c, x, t = self.config, answered.references.values, self.text_vector(answered.words)
        picture = F.mse_loss(self.decode_picture(answered.composed.embedding).float(), x.float())
        sentence = F.mse_loss(self.decode_sentence(answered.composed.embedding).float(), t)
        back = F.normalize(self._compose(answered.targets.values, t, -1), dim=-1)
        same_reference = (x[:, None] == x).all(-1).fill_diagonal_(False)
        similarity = self.temperature * cosines(back, F.normalize(x.float(), dim=-1))
        symmetry = batch_classification_loss(similarity, same_reference)
        return c.picture_weight * picture + c.sentence_weight * sentence + c.symmetry_weight * symmetry

    def _compose(self, x: Tensor, t: Tensor, direction: int) -> Tensor:
        """f: (B, E) and (B, E) -> (B, E) float32, unnormalised; direction 1 rotates as the sentence says, -1 rotates back."""
        eta, gamma = self.eta(x).float(), self.gamma(t).float()
        real, imaginary = eta * torch.cos(gamma), direction * eta * torch.sin(gamma)
        channels = torch.stack([eta, gamma, x.float(), real, imaginary], 1)
        convolved = F.adaptive_max_pool1d(self.convolution(channels), _POOLED).flatten(1)
        rotated = self.rho(torch.cat([real, imaginary], -1))
        return (self.linear_weight * rotated + self.convolution_weight * self.rho_convolution(convolved)).float()


def _two_layers(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.LayerNorm(inputs), nn.ReLU(), nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
