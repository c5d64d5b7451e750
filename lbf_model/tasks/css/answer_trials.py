"""Answers whose rightness is known, to learn from their cosines how likely an answer is right: those of the validation part."""

from pathlib import Path

import numpy as np

from lbf_model.checkpoint import read_config
from lbf_model.retrieval.encoder import load_encoder
from lbf_model.retrieval.odds import READ
from lbf_model.tasks.css.protocol import embed_gallery, embed_queries
from lbf_model.tasks.css.regions import CssRegionTable, css_stores
from lbf_model.tasks.css.storage import load_css
from lbf_model.tasks.css.training_queries import held_out_sources, validation_seed_of
from lbf_model.vision.detectors.base import RegionDetector


def css_answer_trials(checkpoint: Path, data: Path, detector: RegionDetector, regions: Path) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and rightness of answers to the queries that training held out; 3D references in a gallery of all 3D pictures.

    Args:
        checkpoint: of a compositor.
        data: a folder that `make-css` wrote; its train split is used.
        detector: that the compositor was trained with.
        regions: folder of extracted regions; made or finished first where need be.

    Returns:
        scores: (N, 10) float32, cosines of the first ten results, best first.
        right: (N,) bool, whether the first shows the target scene.
    """
    split = load_css(data, "train")
    encoder = load_encoder(checkpoint)
    table = CssRegionTable(split, css_stores(split, detector, regions / detector.fingerprint), encoder.config.max_regions)
    training = read_config(checkpoint, "compositor")["training"]
    held_out = held_out_sources(split, training["held_out"], validation_seed_of(training))
    queries = table.answerable(q for q in split.queries if q.source in held_out)
    gallery = embed_gallery(encoder.network, table, table.gallery)
    scores = embed_queries(encoder.network, encoder.reader, queries, table, "3d") @ gallery.T
    scores[np.arange(len(queries)), np.searchsorted(table.gallery, [q.source for q in queries])] = -np.inf
    scenes = split.scene_ids
    right = scenes[table.gallery[scores.argmax(1)]] == scenes[[q.target for q in queries]]
    return -np.sort(-scores, 1)[:, :READ], right
