"""The "Show and Tell" row: an LSTM reads the whole picture as if it were a word, then the sentence."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from lbf_model.compositors.base import Composition, EncodedPictures
from lbf_model.compositors.config import FeatureMapCompositorConfig
from lbf_model.compositors.feature_map import FeatureMapCompositor
from lbf_model.network.batching import WordBatch


@dataclass(frozen=True)
class ShowAndTellConfig(FeatureMapCompositorConfig):
    """No hyper-parameters of its own; `heads`, `tep_layers`, `expansion` and `dropout` are not read, as no TEP is there."""


class ShowAndTell(FeatureMapCompositor):
    """f(I, M) = the last state of LSTM(W x, w_1, ..., w_T).

    Source: Show and Tell (Vinyals et al., CVPR 2015, eqs. 10 and 11: the picture is the LSTM's first input, words follow), as
    the baseline of TIRG (Vo et al., CVPR 2019, section 4) has it: nothing is told, and the last state is the embedding.

    Left open and chosen: one layer, with a state as wide as the embedding, so that nothing has to be learned behind it. What
    differs otherwise: words come from the reader that all rows share, which adds their position, and the picture as
    `FeatureMapCompositor` says.
    """

    def __init__(self, config: ShowAndTellConfig):
        super().__init__(config)
        self.picture_step = nn.Linear(config.embedding_width, config.width)
        self.lstm = nn.LSTM(config.width, config.embedding_width, batch_first=True)

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """The state after the last real word; what stands in padding is read later and does not count."""
        read = torch.cat([self.picture_step(encoded.values)[:, None], self.word_input(words.values)], 1)
        with torch.autocast(read.device.type, enabled=False):  # not every CPU has an LSTM in bfloat16
            states, _ = self.lstm(read.float())  # (B, 1 + T, E)
        last = words.mask.sum(1)
        return Composition(F.normalize(states[torch.arange(len(last), device=last.device), last], dim=-1))
