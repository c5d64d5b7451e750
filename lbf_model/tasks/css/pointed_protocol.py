"""Is pointing at an object as good as describing it? CSS queries that name one object, asked vaguely while pointing at it.

Of the queries to remove or make something, those whose text fits exactly one object of the reference are asked three times:
"described", as they are ("make small red cube blue"); "vague", with words that fit every object ("make object blue"); and
"pointed", in the vague words, which may touch only the regions that the detector found for that object. The target, the gallery
and what counts as a hit are those of the benchmark.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lbf_model.checkpoint import provenance
from lbf_model.tasks.css.grammar import Modification
from lbf_model.tasks.css.protocol import MeasuredCompositor, css_ranks, each_compositor
from lbf_model.tasks.css.regions import CssRegionTable, css_stores
from lbf_model.tasks.css.storage import RENDERINGS, CssQuery, CssSplit, load_css
from lbf_model.training.metrics import recall
from lbf_model.vision.detectors.registry import load_detector

POINTED_KINDS = ("remove", "make")  # an "add" is not about any object in the picture


def evaluate_css_pointed(
    checkpoints: Sequence[Path],
    data: Path,
    split_name: str,
    detector_spec: Path | str,
    regions: Path,
    true_regions: bool = False,
    device: str = "cpu",
) -> dict:
    """R@1 of pointed, vague and described queries: one row per checkpoint, 3D->3D and 2D->3D, whole and by kind.

    A query whose object the detector did not find is left out of all three, and counted. A compositor without attention
    cannot be pointed, and has null there.

    Args:
        checkpoints: compositor checkpoint folders.
        data: a folder that `make-css` wrote.
        split_name: "test" for figures to report.
        detector_spec: of the detector that all of them were trained with.
        regions: folder of extracted regions; extracted first if missing or incomplete.
        true_regions: describe true boxes instead of detected ones, to see what detection costs.
        device: "cpu" or "cuda".

    Raises:
        CheckpointError: a checkpoint was trained with another detector.
        ValueError: no query is left, since pictures cannot be decoded.
    """
    split = load_css(data, split_name)
    detector = load_detector(detector_spec, device)
    stores = css_stores(split, detector, regions / detector.fingerprint, true_regions)
    asked = [query for query in split.queries if names_one_object(query, split)]
    rows = []
    for measured in each_compositor(checkpoints, split, detector, stores, device):
        gallery = len(measured.table.gallery)
        rows.append({**measured.row, **{f"{shown}->3d": _measure(measured, split, asked, shown) for shown in RENDERINGS}})
    return {
        "split": split_name,
        "queries": len(asked),
        "gallery": gallery,
        "regions": "true boxes" if true_regions else "detected",
        "rows": rows,
        "data": {"name": "css, queries that name one object", "seed": split.seed},
        **provenance(),
    }


def names_one_object(query: CssQuery, split: CssSplit) -> bool:
    """Whether a query removes or makes exactly one object of its reference."""
    objects = split.images[query.source].scene.objects
    return query.modification.kind in POINTED_KINDS and sum(map(query.modification.matches, objects)) == 1


def vague(query: CssQuery) -> CssQuery:
    """The query in words that fit every object: "make object blue", "remove object"."""
    said = query.modification
    modification = Modification(said.kind, new_color=said.new_color, new_size=said.new_size)
    return replace(query, text=modification.text, modification=modification)


def object_links(query: CssQuery, table: CssRegionTable, rendering: str) -> np.ndarray:
    """(R,) bool: regions of the reference that show what the query is about, as the detector found them."""
    shown = table.objects(table.shown(rendering, query.source))
    return np.array([item is not None and query.modification.matches(item) for item in shown])


def _measure(measured: MeasuredCompositor, split: CssSplit, asked: Sequence[CssQuery], rendering: str) -> dict:
    seen = measured.table.answerable(asked)
    links = [object_links(query, measured.table, rendering) for query in seen]
    found = [(query, own) for query, own in zip(seen, links, strict=True) if own.any()]
    queries, links = [query for query, _ in found], [own for _, own in found]
    kinds = np.array([query.modification.kind for query in queries])

    def figures(said: Sequence[CssQuery], links: Sequence[np.ndarray] | None = None) -> dict | None:
        if links is not None and not measured.model.attends:
            return None
        given = measured.model, measured.reader, split, said, measured.table, rendering, measured.gallery
        ranks = css_ranks(*given, links) if said else np.empty(0, np.int64)
        return {**recall(ranks), "R@1 by kind": {kind: recall(ranks[kinds == kind])["R@1"] for kind in POINTED_KINDS}}

    vaguely = [vague(query) for query in queries]
    return {
        "queries": len(queries),
        "object not found": len(seen) - len(queries),
        "queries left out": len(asked) - len(seen),
        "pointed": figures(vaguely, links),
        "vague": figures(vaguely),
        "described": figures(queries),
    }
