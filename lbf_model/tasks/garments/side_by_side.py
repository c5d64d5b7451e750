"""The protocol for two garments side by side: does the one that is meant come out in the asked colour, and the other stay?"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from lbf_model.tasks.garments.attributes import COLORS
from lbf_model.tasks.garments.bench import Bench, Pairs
from lbf_model.tasks.garments.detector_pictures import GarmentSource
from lbf_model.tasks.garments.embeddings import embed_pictures
from lbf_model.tasks.garments.facts import CATEGORY, COLOR
from lbf_model.tasks.garments.pasting import paste_in_a_row, scale_to_height
from lbf_model.tasks.garments.regions import UNKNOWN, Picture, ShownGarment, picture_files
from lbf_model.tasks.garments.sentences import SIDES
from lbf_model.training.metrics import success
from lbf_model.training.region_store import RegionStore, content_digest, extract_regions
from lbf_model.vision.detectors.base import RegionDetector

PAIRS = 200  # queries on two garments
_FRUITLESS = 10_000  # pairs in a row for which no colour can be asked, before the photographs count as unsuitable
_NOTHING = np.full(6, UNKNOWN)


def measure_side_by_side(bench: Bench) -> dict:
    """ "make the left one red" on two photographs pasted side by side; see `find_changed_pairs`."""
    queries = np.arange(len(bench.pairs.sides))
    found = find_changed_pairs(bench, embed_pairs(bench), queries, named_sides(bench.pairs))
    return {**found, "queries": len(queries), "gallery": len(bench.pairs.gallery)}


def named_sides(pairs: Pairs) -> list[str]:
    """ "make the left one red" for each query."""
    return [f"make the {SIDES[s]} one {COLORS[c]}" for s, c in zip(pairs.sides, pairs.colors, strict=True)]


def embed_pairs(bench: Bench) -> np.ndarray:
    """(4 Q, E) float32, unit length: the gallery of pairs."""
    return embed_pictures(bench.model, bench.pair_table, [_pair(bench, i) for i in range(len(bench.pairs.gallery))])


def find_changed_pairs(
    bench: Bench,
    gallery: np.ndarray,
    queries: np.ndarray,
    sentences: Sequence[str],
    links: Sequence[np.ndarray] | None = None,
) -> dict[str, float]:
    """How often the asked side comes out in the asked colour.

    A hit has the asked side in the asked colour, the other side as it was, both categories kept; "wrong side" has it the other
    way round. The reference itself is excluded.

    Args:
        bench: with pairs.
        gallery: from `embed_pairs`.
        queries: (N,) int64, which of its pairs are asked about.
        sentences: N of them.
        links: (R,) bool for each query, the regions that words may touch; None links all.
    """
    pairs, facts = bench.pairs, bench.facts
    own, sides, colors = 4 * queries, pairs.sides[queries], pairs.colors[queries]
    scores = bench.find([_pair(bench, i) for i in own], sentences, gallery, bench.pair_table, links)
    scores[np.arange(len(own)), own] = -np.inf
    shown = facts[pairs.gallery][:, :, [CATEGORY, COLOR]]  # (G, side, 2)
    after, swapped = shown[own].copy(), shown[own].copy()
    rows = np.arange(len(own))
    after[rows, sides, 1], swapped[rows, 1 - sides, 1] = colors, colors
    hit = (after[:, None] == shown).all((2, 3))
    wrong = (swapped[:, None] == shown).all((2, 3))
    return {**success(scores, hit, (1, 5)), "wrong side@1": success(scores, wrong, (1,))["success@1"]}


def _pair(bench: Bench, number: int) -> Picture:
    return (ShownGarment(_NOTHING, bench.pair_table.rows(number), picture=number),)


def draw_pairs(facts: np.ndarray, count: int, seed: int) -> Pairs:
    """Pairs of photographs without the asked colour, if others of both categories have it, from the facts (N, 6) of all.

    Raises:
        ValueError: such pairs are too rare.
    """
    rng = np.random.default_rng(seed)
    gallery, colors = [], []
    fruitless = 0
    while len(colors) < count:
        fruitless += 1
        if fruitless > _FRUITLESS:
            raise ValueError(
                f"of {len(facts)} photographs, {_FRUITLESS} pairs drawn in a row had no colour that neither has and that "
                "others of both categories have; add photographs of the same categories in other colours"
            )
        left, right = rng.integers(len(facts), size=2).tolist()
        color = int(rng.integers(len(COLORS)))
        same = [facts[:, CATEGORY] == facts[i, CATEGORY] for i in (left, right)]
        others = [np.flatnonzero(s & (facts[:, COLOR] == color)) for s in same]
        if color in facts[[left, right], COLOR] or not all(map(len, others)):
            continue
        new_left, new_right = (int(rng.choice(o)) for o in others)
        fruitless = 0
        gallery += [(left, right), (new_left, right), (left, new_right), (new_left, new_right)]
        colors.append(color)
    return Pairs(np.array(gallery), np.arange(count) % 2, np.array(colors))


def extract_pairs(photographs: GarmentSource, pairs: Pairs, seed: int, detector: RegionDetector, root: Path) -> RegionStore:
    """The extracted regions of all pairs of a gallery, in its order; extracted first if missing or incomplete."""

    def draw(rows):
        return [_paste(*(photographs.open(photographs.records[i])[0] for i in pairs.gallery[r])) for r in rows]

    content = content_digest(picture_files(photographs), pairs.gallery.tolist())
    return extract_regions(root, f"pairs-{seed}", content, detector, len(pairs.gallery), draw)


def _paste(left: np.ndarray, right: np.ndarray) -> Image.Image:
    """Two (H, W, 3) uint8 pictures side by side, both as high as the left one."""
    return paste_in_a_row(scale_to_height([Image.fromarray(left), Image.fromarray(right)], len(left)))
