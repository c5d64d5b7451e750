"""CSS queries to measure maps with: some whose target is known, and some for which all that words should look at is known."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from lbf_model.tasks.css.grammar import Modification
from lbf_model.tasks.css.grounding import regions_meant, word_kinds, words_fit
from lbf_model.tasks.css.regions import objects_shown
from lbf_model.tasks.css.storage import CssImage, CssQuery, CssSplit, load_css
from lbf_model.training.evaluate_attribution import KnownQuery
from lbf_model.training.evaluate_grounding import Ground, GroundedQuery
from lbf_model.types import Regions


def css_known_queries(data: Path, count: int, seed: int) -> tuple[list[KnownQuery], dict]:
    """Queries of a folder that `make-css` wrote.

    Args:
        data: the folder; its test split is used, 3D pictures for reference and target.
        count: how many, or all if there are fewer.
        seed: draws them.

    Returns:
        The queries, and what the figures say about them.
    """
    split, drawn = _draw(data, count, seed)
    queries = [
        KnownQuery(split.picture(q.source, "3d"), q.text, split.picture(q.target, "3d"), q.modification.kind) for q in drawn
    ]
    return queries, {"name": "css, test split, 3D -> 3D", "made with seed": split.seed, "queries drawn with seed": seed}


def css_grounded_queries(data: Path, count: int, seed: int) -> tuple[list[GroundedQuery], dict]:
    """Queries of the test split of a folder that `make-css` wrote, on 3D pictures.

    Args:
        data: the folder.
        count: how many, or all if there are fewer.
        seed: draws them.

    Returns:
        The queries, and what the figures say about them.
    """
    split, drawn = _draw(data, count, seed)
    queries = [
        GroundedQuery(
            split.picture(q.source, "3d"), q.text, q.modification.kind, partial(_ground, q.modification, split.images[q.source])
        )
        for q in drawn
    ]
    return queries, {"name": "css, test split, 3D", "made with seed": split.seed, "queries drawn with seed": seed}


def _draw(data: Path, count: int, seed: int) -> tuple[CssSplit, list[CssQuery]]:
    split = load_css(data, "test")
    return split, [split.queries[i] for i in np.random.default_rng(seed).permutation(len(split.queries))[:count]]


def _ground(modification: Modification, image: CssImage, regions: Regions, words: Sequence[str]) -> Ground:
    objects = objects_shown(image, "3d", regions.boxes_unit)
    kinds = [kind for _, kind in word_kinds(modification)]
    if len(words) != len(kinds):
        raise ValueError(f"{modification.text!r} was read as {' '.join(words)!r}")
    return Ground(kinds, words_fit(modification, objects), regions_meant(modification, objects))
