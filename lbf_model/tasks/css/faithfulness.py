"""CSS queries whose target is known, to measure how faithful maps of attention are."""

from pathlib import Path

import numpy as np

from lbf_model.tasks.css.storage import load_css
from lbf_model.training.evaluate_faithfulness import KnownQuery


def css_known_queries(data: Path, count: int, seed: int) -> tuple[list[KnownQuery], dict]:
    """Queries of a folder that `make-css` wrote.

    Args:
        data: the folder; its test split is used, 3D pictures for reference and target.
        count: how many, or all where there are fewer.
        seed: draws them.

    Returns:
        The queries, and what the figures say of them.
    """
    split = load_css(data, "test")
    drawn = [split.queries[i] for i in np.random.default_rng(seed).permutation(len(split.queries))[:count]]
    queries = [KnownQuery(split.picture(q.source, "3d"), q.text, split.picture(q.target, "3d")) for q in drawn]
    return queries, {"name": "css, test split, 3D -> 3D", "made with seed": split.seed, "queries drawn with seed": seed}
