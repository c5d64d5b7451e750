"""Is pointing at a garment as good as naming its side? Two photographs side by side, and "make it black" while pointing at one.

The pairs and what counts as a hit are those of the benchmark ("side by side" of `evaluate`). Each is asked three times:
"described", by its side ("make the left one black"); "vague", with words that fit both ("make it black"); and "pointed", in the
vague words, which may touch only the regions of the garment that is meant.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lbf_model.checkpoint import provenance
from lbf_model.tasks.garments.attributes import COLORS
from lbf_model.tasks.garments.bench import Bench, Pairs
from lbf_model.tasks.garments.detector_pictures import GarmentSource
from lbf_model.tasks.garments.facts import COLOR
from lbf_model.tasks.garments.protocol import each_compositor
from lbf_model.tasks.garments.records import GarmentPicture
from lbf_model.tasks.garments.regions import facts_of
from lbf_model.tasks.garments.side_by_side import PAIRS, draw_pairs, embed_pairs, extract_pairs, find_changed_pairs, named_sides
from lbf_model.tasks.passed_over import passed_over_figures
from lbf_model.training.region_store import RegionTable
from lbf_model.vision.detectors.registry import load_detector


def evaluate_garments_pointed(
    checkpoints: Sequence[Path],
    photographs: GarmentSource,
    detector_spec: Path | str,
    regions: Path,
    seed: int = 0,
    device: str = "cpu",
) -> dict:
    """Success of pointed, vague and described queries, one row per checkpoint; shares in percent.

    A query on whose side no region was found is left out of all three, and counted. A compositor without attention cannot be
    pointed, and has null there.

    Args:
        checkpoints: compositor checkpoint folders.
        photographs: of the validation split.
        detector_spec: of the detector that all of them were trained with.
        regions: folder of extracted regions; extracted first if missing or incomplete.
        seed: draws pairs.
        device: "cpu" or "cuda".

    Raises:
        CheckpointError: a checkpoint was trained with another detector.
    """
    detector = load_detector(detector_spec, device)
    facts = np.stack([facts_of(record) for record in photographs.records])
    pairs = draw_pairs(facts, PAIRS, seed)
    store = extract_pairs(photographs, pairs, seed, detector, regions / detector.fingerprint / "measured")
    ends = left_ends(photographs.records, pairs)
    rows = []
    for row, model, words, _ in each_compositor(checkpoints, detector, device):
        table = RegionTable([store], model.config.max_regions)
        bench = Bench(model, words, table, facts, facts[:, COLOR], len(facts), pairs, table)
        rows.append({**row, **measure_pointing(bench, ends)})
    return {
        "rows": rows,
        "photographs": len(facts),
        **passed_over_figures(photographs.passed_over),
        "gallery": len(pairs.gallery),
        "detector": detector.fingerprint,
        "data": {"name": "clothing, validation split, two side by side", "seed": seed},
        **provenance(),
    }


def left_ends(records: Sequence[GarmentPicture], pairs: Pairs) -> np.ndarray:
    """(Q,) float, in [0, 1]: where the left photograph ends in the reference of each query; both have the same height."""
    left, right = ([records[i] for i in side] for side in pairs.gallery[::4].T)
    widths = [(one.width, other.width * one.height / other.height) for one, other in zip(left, right, strict=True)]
    return np.array([own / (own + beside) for own, beside in widths])


def side_links(bench: Bench, ends: np.ndarray) -> list[np.ndarray]:
    """(R,) bool for each query: regions whose centre is on the side that is meant.

    Args:
        bench: with pairs.
        ends: from `left_ends`.
    """
    links = []
    for query, (side, end) in enumerate(zip(bench.pairs.sides, ends, strict=True)):
        boxes = bench.pair_table.boxes_unit[bench.pair_table.rows(4 * query)]
        links.append((boxes[:, ::2].mean(1) > end) == bool(side))
    return links


def measure_pointing(bench: Bench, ends: np.ndarray) -> dict:
    """Figures of one compositor; arguments as for `side_links`; ValueError if no garment was found in any picture."""
    links = side_links(bench, ends)
    asked = np.flatnonzero([own.any() for own in links])
    if not len(asked):
        raise ValueError(f"no garment was found where one is meant, in any of {len(links)} pictures; try another detector")
    described, gallery = named_sides(bench.pairs), embed_pairs(bench)
    vague = [f"make it {COLORS[bench.pairs.colors[query]]}" for query in asked]

    def figures(sentences: Sequence[str], links: Sequence[np.ndarray] | None = None) -> dict:
        return find_changed_pairs(bench, gallery, asked, sentences, links)

    return {
        "queries": len(asked),
        "garment not found": len(links) - len(asked),
        "pointed": figures(vague, [links[query] for query in asked]) if bench.model.attends else None,
        "vague": figures(vague),
        "described": figures([described[query] for query in asked]),
    }
