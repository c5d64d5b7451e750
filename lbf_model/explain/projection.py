"""A map of the joint space around one query: the reference image, the query that the text made of it, and what is near."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from PIL import Image

from lbf_model.explain.canvas import LONG_SIDE

_INK, _QUIET, _QUERY, _REFERENCE, _ANSWER = "#1f2933", "#6b7785", "#D55E00", "#0072B2", "#009E73"
_DPI = 100
_FOOT, _PLOT = 0.09, 0.83  # shares of the height: of the note below, and of the plot
_LETTERS = 15  # points at 72 an inch; at 720 pixels about 21 pixels, on a phone half of that
_THUMBNAIL = 88  # pixels, long side
_TEXT = 44  # at most this many letters of a text are written
_LETTER, _TAG = 12, 16  # pixels: width of a letter of a name, and how far a name stands out above its picture
# Where a picture may go relative to its dot, in pixels: nearest first, around the compass.
_OFFSETS = [
    (round(r * np.cos(a)), round(r * np.sin(a)))
    for r in (0, 74, 110, 150)
    for a in np.linspace(0, 2 * np.pi, 12 if r else 1, endpoint=False)
]


@dataclass(frozen=True)
class Placed:
    """Something that has a place in the joint space.

    Attributes:
        embedding: (E,) float.
        name: a few letters written beside it, such as its rank "1"; "" writes none.
        picture: drawn small where there is room; None draws a dot.
        answer: whether it is highlighted, such as the first result or the known answer.
    """

    embedding: np.ndarray
    name: str = ""
    picture: Image.Image | None = None
    answer: bool = False


def project(vectors: np.ndarray) -> np.ndarray:
    """Project vectors onto their first two principal components, the directions in which they differ most.

    Args:
        vectors: (N, E) float.

    Returns:
        (N, 2) float32 with a mean of 0. The first axis holds the most variance, the second the most of the rest; each axis
        points so that its largest weight is positive. An axis along which nothing differs is 0.
    """
    centred = np.asarray(vectors, np.float64)
    if not len(centred):
        return np.zeros((0, 2), np.float32)
    centred = centred - centred.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    axes = axes * np.where(axes[np.arange(len(axes)), np.abs(axes).argmax(1)] < 0, -1, 1)[:, None]
    points = np.zeros((len(centred), 2), np.float32)
    points[:, : len(axes)] = centred @ axes.T
    return points


def variance_shares(vectors: np.ndarray) -> tuple[float, float]:
    """How much of the variance of (N, E) vectors each axis of `project` shows, from 0 to 1; both 0 if nothing differs."""
    whole = float(np.square(vectors - np.mean(vectors, 0), dtype=np.float64).sum()) if len(vectors) else 0.0
    first, second = np.square(project(vectors), dtype=np.float64).sum(0) / whole if whole > 1e-12 else (0.0, 0.0)
    return float(first), float(second)


def draw_projection(
    query: np.ndarray,
    items: Sequence[Placed],
    reference: Placed | None = None,
    text: str = "",
    width: int = LONG_SIDE,
    height: int = 600,
    notes: bool = True,
) -> Image.Image:
    """Draw the query among gallery pictures, and how the text moved it away from the reference image.

    The view is the plane of `project` through everything shown; it is turned so that the text moves the query to the right.
    Distances in it are only as good as the share of variance written below.

    Args:
        query: (E,) float, the query's embedding.
        items: gallery pictures near the query, the most important first: if two would hide each other, the later one is a dot
            with its name.
        reference: the reference image as if it were in the gallery; None draws no arrow.
        text: the modification text, written above the drawing; shortened if it is long.
        width: of the drawing, in pixels.
        height: of the drawing, in pixels.
        notes: write above and below what is shown.

    Returns:
        RGB on a white background; without notes RGBA on a transparent one, for a page that is light or dark.
    """
    shown = [*([reference] if reference else []), *items]
    vectors = np.stack([np.asarray(query, np.float64), *(np.asarray(p.embedding, np.float64) for p in shown)])
    points = project(vectors).astype(np.float64)
    if reference and points[0, 0] < points[1, 0]:
        points[:, 0] *= -1
    # No pyplot: its figures are global, and a server draws in several threads.
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white" if notes else "none")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, _FOOT, 1, _PLOT), frameon=False, xticks=[], yticks=[])
    _frame(axes, points, width, height)
    spots = axes.transData.transform(points)  # pixels from the lower left
    scale = width / LONG_SIDE
    below = reference is None or points[1, 1] >= points[0, 1]  # the query's name goes where the arrow does not come from
    middle = np.array([0, -22 if below else 22])  # of star and name together
    taken = [_around(spots[0] + middle * scale, 46 * scale, 44 * scale)]
    if reference:
        _place(axes, reference, spots[1], _REFERENCE, taken, (width, height))
        taken += [_around(spots[0] + share * (spots[1] - spots[0]), 14, 14) for share in np.linspace(0.1, 0.9, 9)]
        _arrow(axes, points[1], points[0])
    for item, spot in zip(items, spots[-len(items) :] if items else [], strict=True):
        _place(axes, item, spot, _ANSWER if item.answer else _QUIET, taken, (width, height))
    axes.plot(*points[0], marker="*", markersize=24, color=_QUERY, markeredgecolor="white", zorder=8)
    _write(axes, points[0], middle * 1.1, "query", _QUERY, zorder=9)
    if reference and notes:
        title = f"“{_shortened(text)}” moves the query" if text else "The text moves the query"
        _note(figure, 0.965, title, _QUERY, _LETTERS, weight="bold")
    if notes:
        both = sum(variance_shares(vectors))
        ranks = "Numbers are ranks. " if any(item.name for item in items) else ""
        _note(figure, 0.04, f"{ranks}The two axes explain {both:.0%} of the variance.", _INK, 13)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    return Image.fromarray((pixels[..., :3] if notes else pixels).copy())


def _frame(axes, points: np.ndarray, width: int, height: int) -> None:
    """Set limits that include all points, with one scale on both axes and room for pictures at the edges."""
    room = np.array([width, height * _PLOT]) - 1.6 * _THUMBNAIL * width / LONG_SIDE
    low, high = points.min(0), points.max(0)
    unit = max(float(((high - low) / np.maximum(room, 1)).max()), 1e-6)  # data units per pixel
    half = unit * np.array([width, height * _PLOT]) / 2
    middle = (low + high) / 2
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])


def _place(axes, item: Placed, spot: np.ndarray, color: str, taken: list[tuple], size: tuple[int, int]) -> None:
    """Draw one item as a picture at or near its spot if there is room, else as a dot; adds what it covers to `taken`."""
    scale = size[0] / LONG_SIDE
    at = axes.transData.inverted().transform(spot)
    if item.picture is not None:
        small = item.picture.convert("RGB")
        small.thumbnail((round(_THUMBNAIL * scale),) * 2, Image.Resampling.BICUBIC)
        for dx, dy in _OFFSETS:
            offset = np.array([dx, dy]) * scale
            left, low, right, high = _around(spot + offset, small.width / 2 + 4, small.height / 2 + 4)
            place = (
                (left - 6, low, max(right, left + _LETTER * len(item.name)), high + _TAG)
                if item.name
                else (left, low, right, high)
            )
            if _free(place, taken, size):
                break
        else:
            small = None
        if small is not None:
            taken.append(place)
            points = tuple(offset * 72 / _DPI)
            if dx or dy:
                axes.plot(*at, "o", markersize=7, color=color, markeredgecolor="white", zorder=6)
                leader = {"arrowstyle": "-", "color": color, "lw": 1}
                axes.annotate("", at, points, textcoords="offset points", arrowprops=leader)
            frame = {"edgecolor": color, "lw": 2.5, "boxstyle": "square,pad=0"}
            picture = OffsetImage(np.asarray(small), zoom=72 / _DPI)
            axes.add_artist(
                AnnotationBbox(picture, at, points, boxcoords="offset points", frameon=True, pad=0, bboxprops=frame, zorder=5)
            )
            corner = points + np.array([-small.width / 2 - 8, small.height / 2 + 8]) * 72 / _DPI
            _write(axes, at, corner, item.name, color, zorder=7, filled=True)
            return
    axes.plot(*at, "o", markersize=9, color=color, markeredgecolor="white", zorder=6)
    beside = _around(spot + np.array([18, 0]), 12, 10)
    if _free(beside, taken, size):
        taken.append(beside)
        _write(axes, at, (13, 0), item.name, color, zorder=7)


def _write(axes, at, offset, text: str, color: str, zorder: int, filled: bool = False) -> None:
    """Write a few letters at an offset in points; on a filled background they start there, else they are centred on it."""
    if not text:
        return
    box = {"boxstyle": "square,pad=0.15", "facecolor": color if filled else "white", "edgecolor": "none"}
    box["alpha"] = 1.0 if filled else 0.8
    axes.annotate(
        text, at, tuple(offset), textcoords="offset points", color="white" if filled else color, fontsize=12, weight="bold",
        ha="left" if filled else "center", va="center", bbox=box, zorder=zorder, family="DejaVu Sans", parse_math=False,
    )  # fmt: skip


def _arrow(axes, start: np.ndarray, end: np.ndarray) -> None:
    style = {"arrowstyle": "-|>,head_width=0.5,head_length=0.8", "color": _QUERY, "lw": 3, "shrinkA": 0, "shrinkB": 14}
    axes.annotate("", end, start, arrowprops=style, zorder=4)


def _note(figure: Figure, y: float, text: str, color: str, points: float, weight: str = "normal") -> None:
    """Write a centred line, in smaller letters if it would be wider than the drawing."""
    line = figure.text(
        0.5, y, text, ha="center", va="center", color=color, fontsize=points, weight=weight, family="DejaVu Sans",
        parse_math=False,
    )  # fmt: skip
    room = 0.96 * figure.bbox.width / line.get_window_extent(figure.canvas.get_renderer()).width
    line.set_fontsize(points * min(1, room))


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _TEXT else text[: _TEXT - 1].rstrip() + "…"


def _around(middle: np.ndarray, half_width: float, half_height: float) -> tuple[float, float, float, float]:
    return middle[0] - half_width, middle[1] - half_height, middle[0] + half_width, middle[1] + half_height


def _free(place: tuple, taken: Sequence[tuple], size: tuple[int, int]) -> bool:
    """Whether a rectangle lies within the plot and overlaps no other."""
    left, low, right, high = place
    if left < 0 or right > size[0] or low < _FOOT * size[1] or high > (_FOOT + _PLOT) * size[1]:
        return False
    return not any(left < t[2] and t[0] < right and low < t[3] and t[1] < high for t in taken)
