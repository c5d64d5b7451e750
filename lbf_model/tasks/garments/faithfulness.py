"""Queries on drawn garments whose target is known, to measure how faithful maps of attention are."""

import json
from pathlib import Path

import numpy as np

from lbf_model.tasks.garments.attributes import VALUES
from lbf_model.tasks.garments.detector_pictures import drawings_of
from lbf_model.tasks.garments.sentences import Change, sample_sentence
from lbf_model.training.evaluate_attribution import KnownQuery


def garment_known_queries(catalogue: Path, count: int, seed: int) -> tuple[list[KnownQuery], dict]:
    """Pairs of a folder that `make-catalogue` wrote: a drawing, a sentence that says how its twin differs, and the twin.

    Args:
        catalogue: the folder.
        count: how many, or all if there are fewer.
        seed: draws pairs and sentences.

    Returns:
        The queries, and what the figures say about them.
    """
    drawings = drawings_of(catalogue)
    records = drawings.records
    made_with = json.loads((catalogue / "catalogue.json").read_text())["seed"]
    rng = np.random.default_rng(seed)
    queries = []
    for pair in rng.permutation(len(records) // 2)[:count]:
        one, twin = records[2 * pair], records[2 * pair + 1]
        (attribute,) = (name for name in VALUES if getattr(one, name) != getattr(twin, name))
        change = Change(attribute, getattr(twin, attribute), getattr(one, attribute), garment=one.category)
        queries.append(KnownQuery(catalogue / one.file, sample_sentence(rng, change), catalogue / twin.file, attribute))
    return queries, {
        "name": "drawn garments and their twins",
        "made with seed": made_with,
        "queries drawn with seed": seed,
        "passed over": len(drawings.passed_over),
    }
