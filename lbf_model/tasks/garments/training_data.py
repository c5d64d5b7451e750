"""From folders to training queries of garments: regions extracted, garments pooled, sentences read, a judge set aside."""

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path

import numpy as np

from lbf_model.compositors.config import CompositorConfig
from lbf_model.compositors.registry import make_config
from lbf_model.retrieval.encoder import load_reader
from lbf_model.tasks.garments.attributes import COLORS
from lbf_model.tasks.garments.detector_pictures import GarmentSource
from lbf_model.tasks.garments.garment_pool import GarmentPool
from lbf_model.tasks.garments.grounding import KINDS, topics
from lbf_model.tasks.garments.judge import GarmentJudge
from lbf_model.tasks.garments.regions import UNKNOWN, ShownGarment, dyed_colors, dyed_store, facts_of, source_store
from lbf_model.tasks.garments.sentence_bank import write_bank
from lbf_model.tasks.garments.sentences import training_words
from lbf_model.tasks.garments.training_queries import GarmentQueries, GarmentSampling
from lbf_model.training.region_store import RegionTable
from lbf_model.vision.detectors.base import AttributeReader, RegionDetector

_DYES = 2  # of each plain photograph
_HELD_OUT = 300  # photographs of the train split by which the best checkpoint is chosen
_SENTENCES = 96000


def garment_config(
    detector: RegionDetector, compositor: str = "lbf", changes: Mapping[str, object] | None = None
) -> CompositorConfig:
    """The shipped configuration for garments: free text, K = 36; `changes` are further facts of the config."""
    reader = {"words": "minilm", "vocabulary": training_words(), "topics": topics()}
    return make_config(compositor, detector, **{**reader, "tep_layers": 1, "dropout": 0.2, **(changes or {})})


def held_out_photographs(count: int, held_out: int, seed: int) -> list[int]:
    """Which of `count` photographs of the train split a training with this seed leaves to its judge, in their order."""
    return sorted(np.random.default_rng([seed, 77]).permutation(count)[:held_out].tolist())


def load_garment_queries(
    photographs: GarmentSource,
    drawings: GarmentSource,
    detector: RegionDetector,
    detector_checkpoint: str,
    regions: Path,
    config: CompositorConfig,
    seed: int,
    sampling: GarmentSampling | None = None,
    sentences: int = _SENTENCES,
    held_out: int = _HELD_OUT,
    workers: int = 0,
) -> GarmentQueries:
    """Extract the regions that are missing, and prepare sampling and judging.

    Args:
        photographs: of the train split.
        drawings: the catalogue; its twins follow one another.
        detector: whose regions are used.
        detector_checkpoint: what the compositor's header calls the detector, from `detector_reference`.
        regions: folder of extracted regions and sentences, kept between runs.
        config: of the compositor.
        seed: of the run.
        sampling: how batches are drawn; None takes the defaults.
        sentences: size of the sentence bank.
        held_out: photographs that only the judge sees.
        workers: processes that open and dye pictures ahead while regions are extracted.
    """
    records = photographs.records
    dyes = dyed_colors(records, _DYES, seed)
    folder = regions / detector.fingerprint
    stores = [
        source_store(photographs, "photographs", detector, folder, workers),
        dyed_store(photographs, dyes, seed, f"dyed-{seed}", detector, folder, workers),
        source_store(drawings, "drawings", detector, folder, workers),
    ]
    table = RegionTable(stores, config.max_regions)
    words = load_reader(config)
    bank = write_bank(regions / f"sentences-{seed}", words, sentences, seed)

    judged = set(held_out_photographs(len(records), held_out, seed))
    facts = np.stack([facts_of(r) for r in records] + [facts_of(records[i], color) for i, _, color in dyes])
    facts[:, 3:] = UNKNOWN  # cut follows from a photograph's category and is not an attribute to ask for
    origin = np.array([*range(len(records)), *(i for i, _, _ in dyes)])
    seen = np.array([i not in judged for i in origin])
    drawn = np.stack([facts_of(r) for r in drawings.records])
    asked = list(permutations(range(len(COLORS)), 2))
    read = words.tokenize_texts([f"replace {COLORS[old]} color to {COLORS[new]}" for old, new in asked])
    pairs = {colors: tokens.values for colors, tokens in zip(asked, read, strict=True)}
    judge = GarmentJudge(table, [ShownGarment(facts[i], table.rows(i), picture=i) for i in sorted(judged)], pairs)
    about = {
        "detector": detector.fingerprint,
        "detector_checkpoint": detector_checkpoint,
        "training": {
            "photographs": len(records) - len(judged),
            "dyed": int(seen[len(records) :].sum()),
            "drawings": len(drawn),
            "passed_over": len(photographs.passed_over) + len(drawings.passed_over),
            "sentences": sentences,
            "held_out": held_out,
        },
    }
    return GarmentQueries(
        table,
        GarmentPool(facts, origin, np.arange(len(facts)), seen),
        GarmentPool(drawn, np.arange(len(drawn)) // 2, len(facts) + np.arange(len(drawn))),
        bank,
        judge,
        sampling or GarmentSampling(),
        seed,
        about,
        config.reads,
        region_kinds(detector, table.features) if config.attends else None,
        box_head_slices(detector),
    )


def region_kinds(detector: RegionDetector, features: np.ndarray) -> np.ndarray | None:
    """What regions are, by their features.

    Args:
        detector: whose regions they are.
        features: (M, F) float32.

    Returns:
        (M,) int64, indices into `grounding.KINDS`; None if the detector does not tell a garment from its parts.
    """
    if not isinstance(detector, AttributeReader) or "kind" not in detector.config.attributes:
        return None
    named = np.array([KINDS.index(kind) for kind in detector.config.attributes["kind"]])
    return named[detector.read_attribute(features, "kind")]


def box_head_slices(detector: RegionDetector) -> list[slice]:
    """The parts of a region's feature that come from the box head; none for a detector that does not tell attributes."""
    if not isinstance(detector, AttributeReader):
        return []
    config = detector.config
    elsewhere = {*config.from_pixels, *config.from_palette}
    return [config.slice_of(name) for name in config.attributes if name not in elsewhere]
