"""Answers whose rightness is known, to learn from their cosines how likely an answer is right.

Every photograph of the split "further", which trains nothing and is no part of the benchmark, is asked for every colour that it
does not have, whether any garment of its kind has that colour or not.
"""

from pathlib import Path

import numpy as np

from lbf_model.retrieval.encoder import load_encoder
from lbf_model.retrieval.odds import READ
from lbf_model.tasks.garments.attributes import COLORS
from lbf_model.tasks.garments.bench import CATEGORY, COLOR, Bench
from lbf_model.tasks.garments.detector_pictures import GarmentSource
from lbf_model.tasks.garments.embeddings import embed_pictures
from lbf_model.tasks.garments.regions import facts_of, source_store
from lbf_model.tasks.garments.sentences import Change, sample_sentence
from lbf_model.training.region_store import RegionTable
from lbf_model.vision.detectors.base import RegionDetector


def garment_answer_trials(
    checkpoint: Path, photographs: GarmentSource, drawings: GarmentSource, detector: RegionDetector, regions: Path, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and rightness of answers.

    Args:
        checkpoint: of a compositor.
        photographs: of the split "further".
        drawings: a catalogue that was not trained on; with the photographs it is the gallery.
        detector: that the compositor was trained with.
        regions: folder of extracted regions; made or finished first where need be.
        seed: draws sentences.

    Returns:
        scores: (N, 10) float32, cosines of the first ten results, best first.
        right: (N,) bool, whether the first is of the reference's category and has the asked colour.
    """
    encoder = load_encoder(checkpoint)
    folder = regions / detector.fingerprint / "measured"
    stores = [source_store(s, n, detector, folder) for n, s in (("further", photographs), ("drawings", drawings))]
    table = RegionTable(stores, encoder.config.max_regions)
    facts = np.stack([facts_of(r) for r in (*photographs.records, *drawings.records)])
    bench = Bench(encoder.network, encoder.reader, table, facts, facts[:, COLOR], len(photographs.records))
    return try_all_colors(bench, embed_pictures(bench.model, table, [(bench.shown(i),) for i in range(len(facts))]), seed)


def try_all_colors(bench: Bench, gallery: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """What `garment_answer_trials` returns, of a bench whose gallery embeddings (N, E) are known."""
    facts = bench.facts
    own, asked = np.nonzero(facts[: bench.photographs, COLOR][:, None] != np.arange(len(COLORS)))
    rng = np.random.default_rng(seed)
    told = [Change("color", COLORS[c], COLORS[facts[i, COLOR]]) for i, c in zip(own, asked, strict=True)]
    scores = bench.scores(own, [sample_sentence(rng, change, "paraphrases") for change in told], gallery)
    first = scores.argmax(1)
    right = (facts[first, CATEGORY] == facts[own, CATEGORY]) & (facts[first, COLOR] == asked)
    return -np.sort(-scores, 1)[:, :READ], right
