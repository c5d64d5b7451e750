"""Captioned pictures as training queries, and R@10 on groups of them that are held out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from lbf_model.compositors.base import Compositor
from lbf_model.compositors.config import CompositorConfig
from lbf_model.compositors.registry import make_config
from lbf_model.network.batching import batch_words
from lbf_model.tasks.captioned.protocol import (
    caption_figures,
    captioned_store,
    embed_gallery,
    embed_queries,
    read_sentences,
)
from lbf_model.tasks.captioned.records import CaptionedQuery, CaptionedSplit, CaptionPairs, CaptionProtocol
from lbf_model.text.minilm import MiniLm
from lbf_model.training.queries import QueryBatch
from lbf_model.training.region_store import RegionStore
from lbf_model.vision.detectors.base import RegionDetector

_BLOCK = 64  # updates whose sentences are read together: many repeat, and a resumed run reads the same ones at once
_SAMPLE = 4096  # pictures whose regions are used to standardise features


@dataclass(frozen=True)
class CaptionedSampling:
    """How batches are drawn.

    Attributes:
        sources: reference pictures per batch.
        modifications: queries for each of them; batch size is the product.
        held_out: at most this many train pictures, and at most a quarter of them, are seen only by the judge.
        judged: at most this many queries are asked by the judge.
    """

    sources: int = 32
    modifications: int = 4
    held_out: int = 5000
    judged: int = 2000


class CaptionedQueries:
    """Training queries of a train split (see `training.queries.Queries`).

    Attributes:
        split: the pictures that they are drawn from and judged on, and what was passed over.
    """

    def __init__(
        self,
        protocol: CaptionProtocol,
        split: CaptionedSplit,
        store: RegionStore,
        config: CompositorConfig,
        words: MiniLm,
        sampling: CaptionedSampling,
        seed: int,
        detector_checkpoint: str,
    ):
        """Prepare sampling and judging.

        Args:
            protocol: of the benchmark.
            split: the train split.
            store: regions of its pictures, in the same order.
            config: of the compositor.
            words: reads sentences.
            sampling: how batches are drawn.
            seed: of the run.
            detector_checkpoint: what the compositor's header calls the detector, from `detector_reference`.

        Raises:
            ValueError: no picture leads to another one, in the training part or in the judge's.
        """
        self.protocol, self.store, self.words, self.sampling, self.seed = protocol, store, words, sampling, seed
        self.split = split = split.keep_decoded(store.decoded)
        self._max_regions, self._with_map = config.max_regions, config.reads == "feature_map"
        captions = np.array([p.caption for p in split.pictures])
        held = hold_out([p.group for p in split.pictures], sampling.held_out, seed)
        self._rows, self._judged_rows = store.decoded[~held], store.decoded[held]
        self._pairs = _pairs_of(protocol, captions[~held].tolist(), "the training part")
        self._caption_ids = np.unique(captions[~held], return_inverse=True)[1]

        rng = np.random.default_rng([seed, 77])
        self._judged_captions = captions[held].tolist()
        judged_pairs = _pairs_of(protocol, self._judged_captions, "the held-out part")
        self._judged = []
        for place in rng.permutation(judged_pairs.sources)[: sampling.judged].tolist():
            target, text = judged_pairs.draw(rng, place)
            self._judged.append(CaptionedQuery(place, self._judged_captions[target], text))
        self._judged_sentences = read_sentences(words, [q.text for q in self._judged])
        self._block, self._sentences = -1, {}

        sample = store.gather(np.sort(rng.permutation(self._rows)[:_SAMPLE]), self._max_regions, self._with_map)
        cells = sample.feature_map.permute(0, 2, 3, 1).flatten(0, 2) if self._with_map else sample.features[sample.mask]
        self.features = cells.numpy()
        self.facts = {
            "detector": store.about["detector"],
            "detector_checkpoint": detector_checkpoint,
            "training": {
                "data": ", ".join([*split.data.values(), "train split"]),
                "passed_over": len(split.passed_over),
                **asdict(sampling),
                "pictures": len(self._rows),
                "judged_pictures": len(self._judged_rows),
                "judged_queries": len(self._judged),
            },
        }

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
        """R@10 in percent by the benchmark's protocol; queries and gallery are the held-out pictures."""
        queries, gallery = self._judged, embed_gallery(model, self.store, self._judged_rows)
        sources = self._judged_rows[[q.source for q in queries]]
        asked = embed_queries(model, self.store, sources, [q.text for q in queries], self._judged_sentences)
        figures = caption_figures(self.protocol, asked, gallery, self._judged_captions, queries)
        return figures["R@10"], {f"validation {name}": value for name, value in figures.items()}

    def _draw(self, step: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Indices of the references (S,) and of the targets (B,) in the training part, and the texts."""
        rng = np.random.default_rng([self.seed, step])
        references = rng.choice(self._pairs.sources, self.sampling.sources)
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


def load_captioned_queries(
    protocol: CaptionProtocol,
    split: CaptionedSplit,
    detector: RegionDetector,
    detector_checkpoint: str,
    regions: Path,
    config: CompositorConfig,
    seed: int,
    sampling: CaptionedSampling | None = None,
) -> CaptionedQueries:
    """Extract the regions that are missing, and prepare sampling and judging.

    Args:
        protocol: of the benchmark.
        split: the train split.
        detector: whose regions are used.
        detector_checkpoint: what the compositor's header calls the detector, from `detector_reference`.
        regions: folder of extracted regions, kept between runs.
        config: of the compositor.
        seed: of the run.
        sampling: how batches are drawn; None takes the defaults.

    Raises:
        ValueError: as `CaptionedQueries`.
    """
    # Pictures that are never a reference or a target (more than a third of Fashion-200k) are not extracted.
    pairs = _pairs_of(protocol, [p.caption for p in split.pictures], "the train split")
    split = replace(split, pictures=tuple(split.pictures[i] for i in pairs.used))
    store = captioned_store(protocol.name, split.root, split.pictures, detector, regions)
    words = MiniLm(config.vocabulary)  # on the CPU: processes that draw batches ahead can't share a GPU with this one
    sampling = sampling or CaptionedSampling()
    return CaptionedQueries(protocol, split, store, config, words, sampling, seed, detector_checkpoint)


def captioned_config(
    detector: RegionDetector, compositor: str = "lbf", changes: Mapping[str, object] | None = None
) -> CompositorConfig:
    """The configuration for captions: free text, K = 36; `changes` are further facts of the config.

    The vocabulary is empty, since the name of a brand is not a misspelling.
    """
    facts = {"vocabulary": (), "words": "minilm", "embedding_width": 256, "dropout": 0.1}
    return make_config(compositor, detector, **{**facts, **(changes or {})})


def hold_out(groups: Sequence[str], at_most: int, seed: int) -> np.ndarray:
    """Which pictures only the judge sees.

    Args:
        groups: of each of P pictures.
        at_most: how many pictures; never more than a quarter of P.
        seed: of the run.

    Returns:
        (P,) bool; a group's pictures stay together.
    """
    names, group = np.unique(groups, return_inverse=True)
    order = np.random.default_rng([seed, 78]).permutation(len(names))
    sizes = np.bincount(group)[order]
    return np.isin(group, order[np.cumsum(sizes) <= min(at_most, len(groups) // 4)])


def _pairs_of(protocol: CaptionProtocol, captions: Sequence[str], part: str) -> CaptionPairs:
    pairs = protocol.pairs(captions)
    if not len(pairs.sources):
        raise ValueError(f"{part} of {protocol.title}: no text leads from one picture to another; more pictures are needed")
    return pairs
