"""Answers known to be right or wrong, to learn how likely an answer is right: those of the validation part."""

from pathlib import Path

import numpy as np

from lbf_model.retrieval.encoder import load_compositor, load_reader
from lbf_model.retrieval.odds import READ
from lbf_model.tasks.css.protocol import embed_gallery, embed_queries
from lbf_model.tasks.css.regions import CssRegionTable, css_stores
from lbf_model.tasks.css.storage import load_css
from lbf_model.tasks.css.training_queries import held_out_sources, validation_seed_of
from lbf_model.training.calibration import AnswerTrials
from lbf_model.vision.detectors.base import RegionDetector


def css_answer_trials(checkpoint: Path, data: Path, detector: RegionDetector, regions: Path) -> AnswerTrials:
    """Answers to the queries that training held out; 3D references in a gallery of all 3D pictures.

    A first result is right if it shows the target scene.

    Args:
        checkpoint: of a compositor.
        data: a folder that `make-css` wrote; its train split is used.
        detector: the one that the compositor was trained with.
        regions: folder of extracted regions; extracted first if missing or incomplete.
    """
    split = load_css(data, "train")
    network, header = load_compositor(checkpoint)  # without its odds, which may have an older form
    table = CssRegionTable(split, css_stores(split, detector, regions / detector.fingerprint), network.config.max_regions)
    training = header["training"]
    held_out = held_out_sources(split, training["held_out"], validation_seed_of(training))
    queries = table.answerable(q for q in split.queries if q.source in held_out)
    gallery = embed_gallery(network, table, table.gallery)
    asked = embed_queries(network, load_reader(network.config), queries, table, "3d")
    scores = asked @ gallery.T
    references = np.array([q.source for q in queries])
    scores[np.arange(len(queries)), np.searchsorted(table.gallery, references)] = -np.inf
    scenes = split.scene_ids
    right = scenes[table.gallery[scores.argmax(1)]] == scenes[[q.target for q in queries]]
    kinds = np.array([q.modification.kind for q in queries])
    return AnswerTrials(asked, -np.sort(-scores, 1)[:, :READ], right, references, kinds)
