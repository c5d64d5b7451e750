"""What every compositor is: pictures are encoded once, then embedded as a target or, with words, as a query."""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from lbf_model.compositors.config import CompositorConfig
from lbf_model.network.batching import RegionBatch, WordBatch
from lbf_model.network.encoders import WordFeatureInput, WordInput
from lbf_model.text.vocabulary import MAX_WORDS


class EncodedPictures(NamedTuple):
    """B pictures between their input and their embedding.

    Attributes:
        values: (B, N, D) items such as encoded regions, or (B, D) one vector a picture.
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
        word_to_region: (B, layers, H, T, R); each real word's row sums to 1 over real regions, 0 on padding. None where a
            compositor has no attention between words and regions.
        region_to_word: (B, layers, H, R, T); each real region's row sums to 1 over real words, 0 on padding; or None.
    """

    embedding: Tensor
    word_to_region: Tensor | None = None
    region_to_word: Tensor | None = None


class AnsweredQueries(NamedTuple):
    """B composed queries in training, with their targets.

    Attributes:
        references: of the queries.
        words: their sentences.
        composed: what `embed_query` made of both.
        targets: of the queries.
        false_negatives: (B, B) bool, True where target j answers query i as well and so is no negative.
    """

    references: EncodedPictures
    words: WordBatch
    composed: Composition
    targets: EncodedPictures
    false_negatives: Tensor


class Compositor(nn.Module):
    """A row of the paper's table.

    A subclass says how pictures are encoded (`encode_pictures`), embedded as targets (`embed_target`) and changed by words
    (`embed_query`), and by which statistics features are standardised (`standardise`). A target and the queries that start
    from the same picture may share its encoding.

    Attributes:
        config: of the row's own class; `config.reads` says whether pictures are read as regions or as a feature map.
        attends: whether words and regions look at each other. If so, `Composition` holds how much, `embed_query` takes
            `links`, and training can ground the attention (see `network.losses.grounding_loss`).
    """

    config: CompositorConfig

    def __init__(self, config: CompositorConfig):
        super().__init__()
        self.config, self.attends = config, config.attends

    def encode_pictures(self, pictures: RegionBatch) -> EncodedPictures:
        """What is computed of B pictures before any word is read."""
        raise NotImplementedError

    def embed_target(self, encoded: EncodedPictures) -> Tensor:
        """g(I_t) of encoded pictures: (B, E) of unit length."""
        raise NotImplementedError

    def embed_query(self, encoded: EncodedPictures, words: WordBatch) -> Composition:
        """f(I, M) of B encoded pictures and their B sentences. Rows that attend take `links`, too: (B, R) bool or None."""
        raise NotImplementedError

    def encode_target(self, pictures: RegionBatch) -> Tensor:
        """g(I_t): embed gallery pictures; (B, E) of unit length."""
        return self.embed_target(self.encode_pictures(pictures))

    def compose_query(self, pictures: RegionBatch, words: WordBatch, links: Tensor | None = None) -> Composition:
        """f(I, M): embed reference pictures together with their modification texts.

        Args:
            pictures: B of them; each has at least one region.
            words: B sentences; each has at least one word.
            links: (B, R) bool, regions that words may touch; None links all. Only compositors that attend know links.

        Raises:
            ValueError: from LBF, some picture has no region or no link, or some text no word; from a compositor that reads
                feature maps, there are none; links are given to one that does not attend.
        """
        encoded = self.encode_pictures(pictures)
        if links is None:
            return self.embed_query(encoded, words)
        if not self.attends:
            raise ValueError(f"a {type(self).__name__} has no links between words and regions; use an LBF checkpoint")
        return self.embed_query(encoded, words, links)

    def auxiliary_loss(self, answered: AnsweredQueries) -> Tensor:
        """A row's own term of the loss, () float, added to the retrieval loss; 0 unless a row has one."""
        return answered.composed.embedding.new_zeros(())

    def standardise(self, features: np.ndarray) -> None:
        """Take over mean and spread of the training pictures' features (M, config.feature_width) float32, before training."""
        raise NotImplementedError

    def parameter_groups(self, weight_decay: float) -> list[dict]:
        """Groups for an optimiser: matrices decay; biases, norms, embedding tables and single numbers do not."""
        tables = {id(module.weight) for module in self.modules() if isinstance(module, nn.Embedding)}
        decayed = [p for p in self.parameters() if p.ndim > 1 and id(p) not in tables]
        kept = [p for p in self.parameters() if p.ndim <= 1 or id(p) in tables]
        return [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}]

    @property
    def temperature(self) -> Tensor:
        """What a cosine is multiplied with in training; kept at 100 or below."""
        return self.log_temperature.exp().clamp(max=100.0)


def start_temperature() -> nn.Parameter:
    """The logarithm of the temperature before training: a cosine counts 15 times."""
    return nn.Parameter(torch.tensor(math.log(15.0)))


def build_word_input(config: CompositorConfig) -> WordInput | WordFeatureInput:
    """What `config.words` asks for; ValueError where it holds fewer words than readers let through."""
    if config.max_words < MAX_WORDS:
        raise ValueError(f"max_words={config.max_words}: a text may have {MAX_WORDS} words; give that or more")
    if config.words == "minilm":
        return WordFeatureInput(config.word_width, config.max_words, config.width)
    return WordInput(len(config.vocabulary) + 1, config.max_words, config.width)
