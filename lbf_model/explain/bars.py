"""What each region, or each word, of a query did to one result: a table with bars, as HTML."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np

# The page's own colours where there are some; the others read on white and on nearly black.
_SHARE, _HELPS, _HURTS = "var(--primary-500, #0d9488)", "var(--lbf-helps, #0d9488)", "var(--lbf-hurts, #d9480f)"
_LINE = "var(--border-color-primary, #8886)"
_CELL = f"padding:6px 6px 6px 0;border:0;border-top:1px solid {_LINE};vertical-align:top;text-align:left"
_NUMBERS = "font-variant-numeric:tabular-nums"
_FOREIGN = "cannot be left out: nothing would remain"
_SIDES = '<span style="font-weight:400">worse ← → better</span>'


def effects_table(
    labels: Sequence[str],
    shares: np.ndarray,
    scores: np.ndarray,
    ranks: np.ndarray,
    score: float,
    rank: int,
    caption: str,
) -> str:
    """Tell what leaving out each part of a query does to one result.

    The part whose absence costs the result most cosine comes first; parts that cannot be left out come last. The bars of a
    table share one scale: attention from 0 to the largest share, effects to the largest change on either side.

    Args:
        labels: N names of regions or words.
        shares: (N,) float, attention in [0, 1].
        scores: (N,) float, the result's cosine without each part; NaN where it cannot be left out.
        ranks: (N,) int, the result's rank without each part; 0 where it cannot be left out.
        score: the result's cosine with the whole query.
        rank: its rank with the whole query.
        caption: of the table, plain text.

    Returns:
        An HTML fragment that stands by itself, down to a width of 300 pixels, on light and dark ground. All texts are escaped.

    Raises:
        ValueError: the lengths differ.
    """
    count = len(labels)
    if not len(shares) == len(scores) == len(ranks) == count:
        raise ValueError(f"{count} labels, {len(shares)} shares, {len(scores)} scores, {len(ranks)} ranks: one each is wanted")
    changes = [float(without) - score for without in scores]
    order = sorted(range(count), key=lambda i: (math.isnan(changes[i]), 0 if math.isnan(changes[i]) else changes[i]))
    reach = max((abs(change) for change in changes if not math.isnan(change)), default=0)
    most = max(map(float, shares), default=0)
    rows = []
    for i in order:
        attention = f"{_bar(float(shares[i]), most)}<br>{shares[i]:.0%}"
        effect = _FOREIGN if math.isnan(changes[i]) else _effect(score, changes[i], reach, rank, int(ranks[i]))
        rows.append(
            f'<tr><th scope="row" style="{_CELL};font-weight:600;overflow-wrap:anywhere">{escape(labels[i])}</th>'
            f'<td style="{_CELL};{_NUMBERS}">{attention}</td><td style="{_CELL};{_NUMBERS}">{effect}</td></tr>'
        )
    titles = (("29%", "Part"), ("25%", "Share of all attention"), ("46%", f"Without it<br>{_SIDES}"))
    head = "".join(
        f'<th scope="col" style="padding:2px 6px 2px 0;border:0;text-align:left;width:{w}">{t}</th>' for w, t in titles
    )
    return (
        '<table style="width:100%;max-width:40rem;border-collapse:collapse;table-layout:fixed;font-size:0.9rem'
        ';line-height:1.4">'
        f'<caption style="text-align:left;padding:0 0 4px;font-weight:600;overflow-wrap:anywhere">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _effect(score: float, change: float, reach: float, rank: int, without: int) -> str:
    """A signed bar, and in words what it shows: readers of the table's text need no bar."""
    said = f"cosine {score:.3f} → {score + change:.3f}"
    places = f"rank {rank} → {without}" if rank != without else f"rank {rank} stays"
    return f"{_signed_bar(change, reach)}<br>{said}<br>{places}"


def _bar(share: float, most: float) -> str:
    width = 100 * share / most if most > 0 else 0
    return _track(f'<span style="{_fill(0, width, _SHARE)}"></span>')


def _signed_bar(change: float, reach: float) -> str:
    """Leftwards where the result would lose by it, so the part helps; rightwards where it would gain."""
    width = 50 * abs(change) / reach if reach > 0 else 0
    fill = _fill(50 - width, width, _HELPS) if change < 0 else _fill(50, width, _HURTS)
    middle = "position:absolute;left:50%;top:-2px;bottom:-2px;width:1px;background:currentColor;opacity:0.6"
    return _track(f'<span style="{fill}"></span><span style="{middle}"></span>')


def _track(inside: str) -> str:
    style = f"display:inline-block;position:relative;width:90%;height:0.6em;border-radius:2px;background:{_LINE}"
    return f'<span aria-hidden="true" style="{style}">{inside}</span>'


def _fill(left: float, width: float, color: str) -> str:
    return (
        f"display:inline-block;position:absolute;left:{left:.1f}%;width:{width:.1f}%;top:0;bottom:0;border-radius:2px;"
        f"background:{color}"
    )
