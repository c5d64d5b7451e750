"""What each region, or each word, of a query did to one result: a table with bars, as HTML."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup

from lbf_model.explain.html_templates import HtmlTemplates

_TEMPLATES = HtmlTemplates(Path(__file__).parent / "templates")


@dataclass(frozen=True)
class _Effect:
    """What leaving out one part does.

    Attributes:
        left, width: of the bar, in percent of its track; the middle means no change.
        helps: the result loses by leaving the part out.
        score, rank: of the result without the part.
    """

    left: float
    width: float
    helps: bool
    score: float
    rank: int


@dataclass(frozen=True)
class _Row:
    """One part: its share of attention with the width of that bar in percent; `effect` is None where it cannot be left out."""

    label: str
    share: str
    width: float
    effect: _Effect | None


def effects_table(
    labels: Sequence[str],
    shares: np.ndarray,
    scores: np.ndarray,
    ranks: np.ndarray,
    score: float,
    rank: int,
    caption: str,
    without: str = "Without it",
    layers: str = "all layers",
    largest_change: float = 0,
    largest_share: float = 0,
) -> Markup:
    """Show what leaving out each part of a query does to one result.

    The part whose absence lowers the result's cosine most comes first; parts that cannot be left out come last. The bars of a
    table share one scale: attention from 0 to the largest share, effects to the largest change on either side. Give tables that
    are to be compared the same `largest_change` and `largest_share`.

    Args:
        labels: N names of regions or words.
        shares: (N,) float, attention in [0, 1].
        scores: (N,) float, the result's cosine without each part; NaN where it cannot be left out.
        ranks: (N,) int, the result's rank without each part; 0 where it cannot be left out.
        score: the result's cosine with the whole query.
        rank: its rank with the whole query.
        caption: of the table, plain text.
        without: heading of the effects, plain text: what was done to each part.
        layers: whose attention `shares` are, plain text.
        largest_change: the change of the cosine that fills half a track, unless a change in this table is larger.
        largest_share: the share of attention that fills a track, unless a share in this table is larger.

    Returns:
        An HTML fragment that needs no style sheet, down to a width of 300 pixels, on a light or dark background.

    Raises:
        ValueError: the lengths differ.
    """
    count = len(labels)
    if not len(shares) == len(scores) == len(ranks) == count:
        raise ValueError(f"{count} labels, {len(shares)} shares, {len(scores)} scores, {len(ranks)} ranks: one each is needed")
    changes = [float(changed) - score for changed in scores]
    order = sorted(range(count), key=lambda i: (math.isnan(changes[i]), 0 if math.isnan(changes[i]) else changes[i]))
    largest_change = max(largest_change, *(abs(change) for change in changes if not math.isnan(change)), 0)
    largest_share = max(largest_share, *map(float, shares), 0)
    rows = [
        _Row(
            labels[i],
            f"{shares[i]:.0%}",
            100 * float(shares[i]) / largest_share if largest_share > 0 else 0,
            None if math.isnan(changes[i]) else _effect(score, changes[i], largest_change, int(ranks[i])),
        )
        for i in order
    ]
    return _TEMPLATES.fill("effects_table", caption=caption, without=without, layers=layers, score=score, rank=rank, rows=rows)


def _effect(score: float, change: float, largest: float, rank: int) -> _Effect:
    """A bar to the left if the result loses, so the part helps; to the right if it gains."""
    width = 50 * abs(change) / largest if largest > 0 else 0
    return _Effect(50 - width if change < 0 else 50, width, change < 0, score + change, rank)
