"""What all compositors share: pictures are encoded once, then embedded as a target or, with words, as a query."""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from lbf_model.compositors.config import CompositorConfig
from lbf_model.network.batching import RegionBatch, WordBatch
from lbf_model.network.encoders import WordFeatureInput, WordInput
from lbf_model.text.vocabulary import MAX_WORDS

_START_TEMPERATURE = 15.0


class EncodedPictures(NamedTuple):
    """B pictures between their input and their embedding.

    Attributes:
        values: (B, N, D) items such as encoded regions, or (B, D) one vector per picture.
        mask: (B, N) bool, True where an item is real; (B, 1) where a picture is one vector.
    """

    values: Tensor
    mask: Tensor

    def select(self, rows: Tensor) -> "EncodedPictures":
        """Some of the pictures, each as often as `rows` (Q,) int64 names it."""
        return EncodedPictures(self.values[rows], self.mask[rows])


class Composition(NamedTuple):
    """B composed queries.

    Attributes:
        embedding: (B, E), unit length.
        word_to_region: (B, layers, H, T, R); each real word's row sums to 1 over the real regions it may touch, 0 on others.
            None where a compositor has no attention between words and regions.
        region_to_word: (B, layers, H, R, T); each real region's row sums to 1 over real words, 0 on padding and for regions
            that words may not touch; or None.
    """

    embedding: Tensor
    word_to_region: Tensor | None = None
    region_to_word: Tensor | None = None


class AnsweredQueries(NamedTuple):
    """B composed queries in training, with their targets.

    Attributes:
        references: the queries' reference pictures.
        words: the queries' sentences.
        composed: what `embed_query` returned for both.
        targets: the queries' target pictures.
        false_negatives: (B, B) bool, True where target j also answers query i, so it is not a negative.
    """

    references: EncodedPictures
    words: WordBatch
    composed: Composition
    targets: EncodedPictures
    false_negatives: Tensor


class Compositor(nn.Module):
    """A row of the paper's table.

    A subclass says how pictures are encoded (`encode_pictures`), embedded as targets (`embed_target`) and changed by words
    (`embed_query`), and which statistics standardise its features (`standardise`). A target and the queries that start from the
    same picture may share its encoding.

    Attributes:
        config: of the row's own class; `config.reads` says whether pictures are read as regions or as a feature map.
        attends: whether words and regions attend to each other. If so, `Composition` holds the attention, `embed_query` takes
            `links`, and training can ground the attention (see `network.losses.grounding_loss`).
    """

    config: CompositorConfig

    def __init__(self, config: CompositorConfig):
        super().__init__()
        self.config, self.attends = config, config.attends
        self.log_temperature = nn.Parameter(torch.tensor(math.log(_START_TEMPERATURE)))

    def encode_pictures(self, pictures: RegionBatch) -> EncodedPictures:
        """What is computed from B pictures before any word is read."""
        raise NotImplementedError

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """g(I_t) of encoded pictures: (B, E) of unit length."""
        raise NotImplementedError

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """f(I, M) for B encoded pictures and their B sentences. Rows that attend also take `links`: (B, R) bool or None."""
        raise NotImplementedError

    def encode_target(self, pictures: RegionBatch) -> Tensor:
        """g(I_t): embed gallery pictures; (B, E) of unit length."""
        return self.embed_target(self.encode_pictures(pictures))

    def compose_query(self, pictures: RegionBatch, words: WordBatch, links: Tensor | None = None) -> Composition:
        """f(I, M): embed reference pictures together with their modification texts.

        Args:
            pictures: B of them; each has at least one region.
            words: B sentences; each has at least one word.
            links: (B, R) bool, regions that words may touch; None links all. Only compositors that attend accept links.

        Raises:
            ValueError: LBF got a picture without a region or link, or a text without a word; a compositor that reads feature
                maps got none; or links were given to a compositor that does not attend.
        """
        encoded = self.encode_pictures(pictures)
        if links is None:
            return self.embed_query(encoded, words)
        if not self.attends:
            raise ValueError(f"a {type(self).__name__} has no links between words and regions; use an LBF checkpoint")
        return self.embed_query(encoded, words, links)

    def auxiliary_loss(self, answered: AnsweredQueries) -> Tensor:
        """The row's own loss term, () float, added to the retrieval loss; 0 unless the row has one."""
        return answered.composed.embedding.new_zeros(())

    def standardise(self, features: np.ndarray) -> None:
        """Set the mean and standard deviation before training, from training features (M, config.feature_width) float32."""
        raise NotImplementedError

    def parameter_groups(self, weight_decay: float) -> list[dict]:
        """Parameter groups for an optimiser: matrices decay; biases, norms, embedding tables and scalars do not."""
        tables = {id(module.weight) for module in self.modules() if isinstance(module, nn.Embedding)}
        decayed = [p for p in self.parameters() if p.ndim > 1 and id(p) not in tables]
        kept = [p for p in self.parameters() if p.ndim <= 1 or id(p) in tables]
        return [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}]

    @property
    def temperature(self) -> Tensor:
        """The factor that cosines are multiplied by in training; at most 100."""
        return self.log_temperature.exp().clamp(max=100.0)


def build_word_input(config: CompositorConfig) -> WordInput | WordFeatureInput:
    """The word input that `config.words` names; ValueError if `config.max_words` is below what readers accept."""
    if config.max_words < MAX_WORDS:
        raise ValueError(f"max_words={config.max_words}: a text may have {MAX_WORDS} words; give that or more")
    if config.words == "minilm":
        return WordFeatureInput(config.word_width, config.max_words, config.width)
    return WordInput(len(config.vocabulary) + 1, config.max_words, config.width)
