"""Pictures of regions and of attention over them. Draws what it is given and never infers."""

import matplotlib
import numpy as np
from matplotlib.colors import to_hex
from PIL import Image, ImageDraw

from lbf_model.explain.canvas import LONG_SIDE, PALETTE, Box, Tags, boxes_on, by_area, dimmed, fitted, to_picture
from lbf_model.types import Regions

STYLES = ("boxes", "soft")
_SHARES = matplotlib.colormaps["viridis"]  # reads the same for colour-blind eyes and in gray
_DIFFERENCES = matplotlib.colormaps["PuOr_r"]  # purple below 0, orange above: told apart by colour-blind eyes
_FROM, _TO = 0.1, 0.36  # part of that map used on either side of its middle, which is white; its ends are nearly black
_NAMED = 12  # at most this many regions carry their name; more tags would hide the picture
_LABELLED = 4  # at most this many regions of a heat picture carry their number
_OUTLINED = 0.1  # regions of a heat picture below this share of the peak have a thin gray outline
_FAINT = "#a0a0a0"
_TINY = 1e-9


def draw_regions(picture: Image.Image, regions: Regions, chosen: int | None = None, long_side: int = LONG_SIDE) -> Image.Image:
    """Outline every region and name the surest. A name that would overlap another is left out.

    Args:
        picture: the RGB reference image.
        regions: of that image.
        chosen: index of one region to point out, from 0: only it is named, and everything around it is dimmed.
        long_side: of the drawing, in pixels.

    Returns:
        RGB.

    Raises:
        ValueError: there is no such region.
    """
    if chosen is not None and not 0 <= chosen < len(regions):
        raise ValueError(f"no region {chosen}: there are {len(regions)}, counted from 0")
    canvas = fitted(picture, long_side)
    boxes = boxes_on(canvas.size, regions.boxes_unit)
    if chosen is not None:
        left, top, right, bottom = boxes[chosen]
        inside = canvas.crop((left, top, right + 1, bottom + 1))
        canvas = to_picture(dimmed(canvas))
        canvas.paste(inside, (left, top))
    pen = ImageDraw.Draw(canvas)
    thin = max(1, long_side // 360)
    for place in by_area(boxes):
        if chosen is None:
            pen.rectangle(boxes[place], outline=_color(place), width=(2 if place < _NAMED else 1) * thin)
        elif place != chosen:
            pen.rectangle(boxes[place], outline=_FAINT, width=thin)
    tags = Tags(canvas)
    for place in range(min(len(boxes), _NAMED)) if chosen is None else [chosen]:
        if place == chosen:
            pen.rectangle(boxes[place], outline=_color(place), width=4 * thin)
        tags.put(boxes[place], regions.labels[place], _color(place))
    return canvas


def draw_heat(
    picture: Image.Image,
    regions: Regions,
    weights: np.ndarray,
    style: str = "boxes",
    signed: bool = False,
    labels: bool = True,
    long_side: int = LONG_SIDE,
) -> Image.Image:
    """Show where one word looked: the picture dimmed, each region lit by its weight, the others outlined.

    The colour scale ends at this word's largest weight, so different words can be compared only by the numbers on the regions.

    Args:
        picture: the RGB reference image.
        regions: of that image.
        weights: (R,) float; shares of attention, or with `signed` what is particular to the word (`attention.contrast`).
        style: "boxes" fills each box, small ones over large ones; "soft" lights an ellipse in each box, brightest in its
            middle, and where ellipses overlap the stronger light counts.
        signed: the scale is centred on 0: orange above, purple below.
        labels: write the weights, in percent, on the few regions that weigh most.
        long_side: of the drawing, in pixels.

    Returns:
        RGB. Where all weights are 0 it is the dimmed picture under the outlines.

    Raises:
        ValueError: there is no such style, or not exactly one finite weight per region.
    """
    if style not in STYLES:
        raise ValueError(f"no style {style!r}: choose one of {', '.join(STYLES)}")
    weights = np.asarray(weights, np.float64)
    if weights.shape != (len(regions),) or not np.isfinite(weights).all():
        raise ValueError(f"{len(regions)} regions need as many finite weights, not {weights}")
    canvas = fitted(picture, long_side)
    boxes = boxes_on(canvas.size, regions.boxes_unit)
    shown = weights if signed else np.maximum(weights, 0)
    relative = shown / max(float(np.abs(shown).max()), _TINY)
    heat = _field(canvas.size, boxes, relative, style)
    gray = np.asarray(canvas.convert("L"), np.float32)[..., None] / 255  # the picture's own colours would distort the scale
    lit = 0.4 * gray + 0.6 * _table(signed)[np.round(heat * 255).astype(np.int16)]
    # Colour fades with the heat. Shares in flat boxes keep all of it, since the low end of their colour map is dark anyway.
    cover = (heat != 0).astype(np.float32) if style == "boxes" and not signed else np.minimum(np.abs(heat) * 2, 1)
    ground = dimmed(canvas)
    canvas = to_picture(ground + cover[..., None] * (lit - ground))

    pen = ImageDraw.Draw(canvas)
    thin = max(1, long_side // 360)
    for place in np.flatnonzero(np.abs(relative) < _OUTLINED):
        pen.rectangle(boxes[place], outline=_FAINT, width=thin)
    order = sorted(np.flatnonzero(np.abs(relative) >= _OUTLINED), key=lambda i: abs(relative[i]))  # heaviest on top
    for place in order:
        line = round(thin * (1 + 2 * abs(relative[place])))
        pen.rectangle(boxes[place], outline=_color_of(relative[place], signed), width=line)
    tags = Tags(canvas)
    for place in order[::-1][:_LABELLED] if labels else []:
        text = f"{weights[place]:+.0%}" if signed else f"{weights[place]:.0%}"
        tags.put(boxes[place], text, _color_of(relative[place], signed))
    return canvas


def _color(place: int) -> str:
    return PALETTE[place % len(PALETTE)]


def _table(signed: bool) -> np.ndarray:
    """(511, 3) float32 in [0, 1]: the colour of a weight w, relative to the peak, is at index round(255 w), negative or not.

    Without `signed` there are no negative weights, and 256 rows.
    """
    if not signed:
        return _SHARES(np.linspace(0, 1, 256))[:, :3].astype(np.float32)
    above = np.linspace(0.5 + _FROM, 0.5 + _TO, 256)
    return _DIFFERENCES(np.concatenate([above, 1 - above[:0:-1]]))[:, :3].astype(np.float32)  # -1 comes last


def _color_of(relative: float, signed: bool) -> str:
    return to_hex(_table(signed)[round(255 * relative)])


def _field(size: tuple[int, int], boxes: list[Box], relative: np.ndarray, style: str) -> np.ndarray:
    """(height, width) float32: the weight that each pixel shows, 0 where there is no region."""
    heat = np.zeros((size[1], size[0]), np.float32)
    for place in by_area(boxes):
        left, top, right, bottom = boxes[place]
        inside = heat[top : bottom + 1, left : right + 1]
        if style == "boxes":
            inside[:] = relative[place]
        else:
            light = np.float32(relative[place]) * _ellipse(*inside.shape)
            np.copyto(inside, light, where=np.abs(light) > np.abs(inside))
    return heat


def _ellipse(height: int, width: int) -> np.ndarray:
    """(height, width) float32: 1 in the middle, falling smoothly to 0 at the ellipse that touches the edges."""
    y, x = (np.linspace(-1, 1, n + 2, dtype=np.float32)[1:-1] for n in (height, width))
    return np.maximum(1 - y[:, None] ** 2 - x**2, 0) ** 1.5
