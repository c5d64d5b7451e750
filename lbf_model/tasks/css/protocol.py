"""Embed a CSS gallery and its queries, and rank by the protocol."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lbf_model.checkpoint import provenance
from lbf_model.compositors.base import Compositor
from lbf_model.retrieval.encoder import Reader, load_reader
from lbf_model.tasks.css.grammar import KINDS
from lbf_model.tasks.css.regions import CssRegionTable, css_stores
from lbf_model.tasks.css.storage import RENDERINGS, CssQuery, CssSplit, load_css
from lbf_model.tasks.measured import load_measured
from lbf_model.tasks.passed_over import passed_over_figures
from lbf_model.training import embedding
from lbf_model.training.metrics import first_hit_ranks, recall
from lbf_model.training.region_store import RegionStore
from lbf_model.vision.detectors.base import RegionDetector
from lbf_model.vision.detectors.registry import load_detector


def embed_gallery(model: Compositor, table: CssRegionTable, indices: Sequence[int]) -> np.ndarray:
    """Target embeddings of pictures: (G, E) float32, unit length, in the order of `indices`."""
    shown = [table.shown("3d", i) for i in indices]
    return embedding.embed_targets(model, len(shown), lambda some: table.gather(shown[some], model.config.reads))


def embed_queries(
    model: Compositor,
    reader: Reader,
    queries: Sequence[CssQuery],
    table: CssRegionTable,
    rendering: str,
    links: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """Composed embeddings (Q, E) float32, unit length; reference pictures are shown in `rendering`.

    `links` has (R,) bool for each query, the regions that words may touch; None links all.
    """
    sentences = [reader.tokenize_text(q.text).values for q in queries]
    shown = [table.shown(rendering, q.source) for q in queries]
    return embedding.embed_queries(model, sentences, lambda some: table.gather(shown[some], model.config.reads), links)


def css_ranks(
    model: Compositor,
    reader: Reader,
    split: CssSplit,
    queries: Sequence[CssQuery],
    table: CssRegionTable,
    rendering: str,
    gallery: np.ndarray,
    links: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """First-hit rank of each query by the CSS protocol (see `metrics.first_hit_ranks`).

    Args:
        model: a compositor.
        reader: of the compositor's sentences.
        split: the data set split; all its 3D pictures that can be decoded are the gallery.
        queries: which of its queries.
        table: the split's regions.
        rendering: in which reference pictures are shown, "3d" or "2d".
        gallery: (G, E) float32, from `embed_gallery` of `table.gallery`.
        links: (R,) bool for each query, the regions that words may touch; None links all.
    """
    scenes = split.scene_ids
    own = np.searchsorted(table.gallery, [q.source for q in queries])
    targets, shown = scenes[[q.target for q in queries]], scenes[table.gallery]
    composed = embed_queries(model, reader, queries, table, rendering, links)
    return first_hit_ranks(composed, gallery, own, targets, shown)


class MeasuredCompositor(NamedTuple):
    """One row of a table of figures, before it is measured.

    Attributes:
        row: what the figures say about the checkpoint.
        model: the compositor.
        reader: of its sentences.
        table: regions of the split.
        gallery: (G, E) float32, embeddings of `table.gallery`.
    """

    row: dict
    model: Compositor
    reader: Reader
    table: CssRegionTable
    gallery: np.ndarray


def each_compositor(
    checkpoints: Sequence[Path], split: CssSplit, detector: RegionDetector, stores: dict[str, RegionStore], device: str
) -> Iterator[MeasuredCompositor]:
    """Compositors one after the other, each with its gallery embedded.

    Raises:
        CheckpointError: a checkpoint was trained with another detector.
    """
    for folder in checkpoints:
        model, _, row = load_measured(folder, detector)
        table = CssRegionTable(split, stores, model.config.max_regions)
        gallery = embed_gallery(model.to(device), table, table.gallery)
        yield MeasuredCompositor(row, model, load_reader(model.config), table, gallery)


def recall_by_group(ranks: np.ndarray, split: CssSplit, queries: Sequence[CssQuery]) -> dict[str, dict[str, float]]:
    """R@1 in percent by what is asked, by whether a position is named, and by the objects of the reference picture."""
    kinds = np.array([q.modification.kind for q in queries])
    named = np.array(["with" if q.modification.position else "without" for q in queries])
    objects = np.array([len(split.images[q.source].scene.objects) for q in queries])
    groups = {
        "R@1 by kind": (kinds, KINDS),
        "R@1 by position": (named, ("with", "without")),
        "R@1 by objects": (objects, np.unique(objects).tolist()),
    }
    return {title: {str(v): recall(ranks[of == v])["R@1"] for v in values} for title, (of, values) in groups.items()}


def evaluate_css(
    checkpoints: Sequence[Path],
    data: Path,
    split_name: str,
    detector_spec: Path | str,
    regions: Path,
    true_regions: bool = False,
    device: str = "cpu",
) -> dict:
    """The benchmark's table: one row per checkpoint, 3D->3D and 2D->3D, whole and by kind of modification.

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
    rows = []
    for row, model, reader, table, gallery in each_compositor(checkpoints, split, detector, stores, device):
        queries = table.answerable(split.queries)
        for rendering in RENDERINGS:
            ranks = css_ranks(model, reader, split, queries, table, rendering, gallery)
            row[f"{rendering}->3d"] = {**recall(ranks), **recall_by_group(ranks, split, queries)}
        rows.append(row)
    return {
        "split": split_name,
        "queries": len(queries),
        "queries left out": len(split.queries) - len(queries),
        "gallery": len(table.gallery),
        **passed_over_figures([split.picture(index, rendering).name for rendering, index in table.broken]),
        "regions": "true boxes" if true_regions else "detected",
        "oracle R@1": split.oracle_recall_at_1,
        "rows": rows,
        "data": {"name": "css", "seed": split.seed},
        **provenance(),
    }
