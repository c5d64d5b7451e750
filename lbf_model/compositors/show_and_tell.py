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
    """No hyper-parameters of its own; `heads`, `tep_layers`, `expansion` and `dropout` are not used, since there is no TEP."""


class ShowAndTell(FeatureMapCompositor):
    """f(I, M) = the last state of LSTM(W x, w_1, ..., w_T).

    Source: Show and Tell (Vinyals et al., CVPR 2015, eqs. 10 and 11: the picture is the LSTM's first input, words follow), as
    the baseline of TIRG (Vo et al., CVPR 2019, section 4) has it: no caption is generated, and the last state is the embedding.

    Our choice where the sources are silent: one layer, with a state as wide as the embedding, so that no layer has to be
    learned after it. What else differs: words come from the input layer that all rows share, which adds their position, and
    the picture is as `FeatureMapCompositor` says.
    """

    def __init__(self, config: ShowAndTellConfig):
        super().__init__(config)
        self.picture_step = nn.Linear(config.embedding_width, config.width)
        self.lstm = nn.LSTM(config.width, config.embedding_width, batch_first=True)

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """The state after the last real word; padding is read after it and does not count."""
        read = torch.cat([self.picture_step(encoded.values)[:, None], self.word_input(words.values)], 1)
        with torch.autocast(read.device.type, enabled=False):  # not every CPU has an LSTM in bfloat16
            states, _ = self.lstm(read.float())  # (B, 1 + T, E)
        last = words.mask.sum(1)
        return Composition(F.normalize(states[torch.arange(len(last), device=last.device), last], dim=-1))
