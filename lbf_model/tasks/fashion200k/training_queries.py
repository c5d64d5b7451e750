"""Fashion-200k as training queries: pictures whose captions share all but one word, and R@10 on products held out."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from lbf_model.compositors.base import Compositor
from lbf_model.compositors.config import CompositorConfig
from lbf_model.compositors.registry import make_config
from lbf_model.network.batching import batch_words
from lbf_model.tasks.fashion200k.data import (
    Fashion200kPicture,
    Fashion200kQuery,
    Fashion200kSplit,
    OneWordPairs,
)
from lbf_model.tasks.fashion200k.protocol import CUTOFFS, fashion200k_ranks, fashion200k_store, name_unreadable, read_sentences
from lbf_model.text.minilm import MiniLm
from lbf_model.training.metrics import recall
from lbf_model.training.queries import QueryBatch
from lbf_model.training.region_store import RegionStore
from lbf_model.vision.detectors.base import RegionDetector

_BLOCK = 64  # updates whose sentences are read together: many come up again, and a resumed run reads the same ones at once
_SAMPLE = 4096  # pictures by whose regions features are standardised


@dataclass(frozen=True)
class Fashion200kSampling:
    """How batches are drawn.

    Attributes:
        sources: reference pictures a batch.
        modifications: queries of each of them; batch size is the product.
        held_out: train pictures at most that only the judge sees; a quarter of them at most.
        judged: queries at most that the judge asks.
    """

    sources: int = 32
    modifications: int = 4
    held_out: int = 5000
    judged: int = 2000


class Fashion200kQueries:
    """Training queries of the train split (see `training.queries.Queries`)."""

    def __init__(
        self,
        pictures: Sequence[Fashion200kPicture],
        store: RegionStore,
        config: CompositorConfig,
        words: MiniLm,
        sampling: Fashion200kSampling,
        seed: int,
        facts: dict,
    ):
        """Prepare sampling and judging.

        Args:
            pictures: of the train split.
            store: their regions, in the same order.
            config: of the compositor.
            words: reads sentences.
            sampling: how batches are drawn.
            seed: names the run.
            facts: what the checkpoint says of its data and detector.

        Raises:
            ValueError: no two captions differ in one word, in the training part or in the judge's.
        """
        self.store, self.words, self.sampling, self.seed = store, words, sampling, seed
        self._max_regions, self._with_map = config.max_regions, config.reads == "feature_map"
        captions = np.array([p.caption for p in pictures])
        held = hold_out([p.product for p in pictures], sampling.held_out, seed)
        self._rows, self._judged_rows = np.flatnonzero(~held), np.flatnonzero(held)
        self._pairs = _pairs_of(captions[~held].tolist(), "the training part")
        self._caption_ids = np.unique(captions[~held], return_inverse=True)[1]

        rng = np.random.default_rng([seed, 77])
        self._judged_captions = captions[held].tolist()
        judged_pairs = _pairs_of(self._judged_captions, "the held-out products")
        self._judged = []
        for place in rng.permutation(judged_pairs.modifiable)[: sampling.judged].tolist():
            target, text = judged_pairs.draw(rng, place)
            self._judged.append(Fashion200kQuery(place, self._judged_captions[target], text))
        self._judged_sentences = read_sentences(words, [q.text for q in self._judged])
        self._block, self._sentences = -1, {}

        sample = store.gather(np.sort(rng.permutation(self._rows)[:_SAMPLE]), self._max_regions, self._with_map)
        cells = sample.feature_map.permute(0, 2, 3, 1).flatten(0, 2) if self._with_map else sample.features[sample.mask]
        self.features = cells.numpy()
        parts = {"pictures": len(self._rows), "judged_pictures": len(self._judged_rows), "judged_queries": len(self._judged)}
        self.facts = {**facts, "training": {**facts["training"], **asdict(sampling), **parts}}

    def batch(self, step: int) -> QueryBatch:
        """Draw sources * modifications queries; word features are exact up to rounding (see `MiniLm.tokenize_texts`)."""
        references, targets, texts = self._draw(step)
        sentences = self._read(step // _BLOCK)
        ids = self._caption_ids
        false_negatives = ids[targets][:, None] == ids[np.concatenate([targets, references])]
        false_negatives[np.arange(len(targets)), np.arange(len(targets))] = False
        return QueryBatch(
            self.store.gather(self._rows[references], self._max_regions, self._with_map),
            torch.arange(len(references)).repeat_interleave(self.sampling.modifications),
            batch_words([sentences[text] for text in texts]),
            self.store.gather(self._rows[targets], self._max_regions, self._with_map),
            torch.from_numpy(false_negatives),
        )

    def judge(self, model: Compositor) -> tuple[float, dict[str, float]]:
        """R@10 in percent by the benchmark's protocol; queries and gallery are the held-out products."""
        parts = self._judged_captions, self._judged, self._judged_sentences
        figures = recall(fashion200k_ranks(model, self.store, self._judged_rows, *parts), CUTOFFS)
        return figures["R@10"], {f"validation {name}": value for name, value in figures.items()}

    def _draw(self, step: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Places of the references (S,) and of the targets (B,) in the training part, and the texts."""
        rng = np.random.default_rng([self.seed, step])
        references = rng.choice(self._pairs.modifiable, self.sampling.sources)
        drawn = [self._pairs.draw(rng, r) for r in references for _ in range(self.sampling.modifications)]
        targets, texts = zip(*drawn, strict=True)
        return references, np.array(targets), list(texts)

    def _read(self, block: int) -> dict[str, np.ndarray]:
        """Word features of all sentences of a block of updates; one block is kept."""
        if block != self._block:
            steps = range(block * _BLOCK, (block + 1) * _BLOCK)
            self._sentences = read_sentences(self.words, [text for step in steps for text in self._draw(step)[2]])
            self._block = block
        return self._sentences


def load_fashion200k_queries(
    split: Fashion200kSplit,
    detector: RegionDetector,
    detector_checkpoint: str,
    regions: Path,
    config: CompositorConfig,
    seed: int,
    sampling: Fashion200kSampling | None = None,
    device: str = "cpu",
) -> Fashion200kQueries:
    """Extract what is not yet extracted, and prepare sampling and judging.

    Args:
        split: the train split.
        detector: whose regions are used.
        detector_checkpoint: what the compositor's header calls the detector, from `detector_reference`.
        regions: folder of extracted regions, kept between runs.
        config: of the compositor.
        seed: names the run.
        sampling: how batches are drawn; None takes the defaults.
        device: of the word encoder.

    Raises:
        ValueError: as `Fashion200kQueries`, or no picture can be read.
    """
    # A picture without a partner is never asked for nor about, and more than a third of all are such: they are not extracted.
    pairs = _pairs_of([p.caption for p in split.pictures], "the train split")
    pictures = [split.pictures[i] for i in pairs.modifiable]
    store = fashion200k_store(split.root, pictures, detector, regions)
    if unreadable := name_unreadable(pictures, store):
        print(f"{len(unreadable)} pictures can't be read and are left out, such as {unreadable[0]}", file=sys.stderr)
    pictures = [pictures[row] for row in store.readable]
    about = {
        "detector": detector.fingerprint,
        "detector_checkpoint": detector_checkpoint,
        "training": {"data": "fashion200k, train split", "missing_pictures": len(split.missing)},
    }
    words = MiniLm(config.vocabulary, device)
    return Fashion200kQueries(pictures, store, config, words, sampling or Fashion200kSampling(), seed, about)


def fashion200k_config(detector: RegionDetector, compositor: str = "lbf") -> CompositorConfig:
    """The setting for Fashion-200k: free text, K = 36. No word is known, since a brand's name is no slip of the pen."""
    return make_config(compositor, detector, vocabulary=(), words="minilm", embedding_width=256, dropout=0.1)


def hold_out(products: Sequence[str], at_most: int, seed: int) -> np.ndarray:
    """Which pictures only the judge sees.

    Args:
        products: of each of P pictures.
        at_most: pictures; a quarter of P at most, too.
        seed: names the run.

    Returns:
        (P,) bool; a product's pictures stay together.
    """
    names, product = np.unique(products, return_inverse=True)
    order = np.random.default_rng([seed, 78]).permutation(len(names))
    sizes = np.bincount(product)[order]
    return np.isin(product, order[np.cumsum(sizes) <= min(at_most, len(products) // 4)])


def _pairs_of(captions: Sequence[str], part: str) -> OneWordPairs:
    pairs = OneWordPairs(captions)
    if not len(pairs.modifiable):
        raise ValueError(f"{part} of Fashion-200k: no two captions share all but one word; more pictures are needed")
    return pairs
