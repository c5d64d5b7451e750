"""Pictures of regions and of one word's attention. Draws what it is given and never infers."""

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image, ImageDraw, ImageFont

from lbf_model.types import Regions

_LONG_SIDE = 720  # small pictures are enlarged to this, so that outlines and letters stay legible
_MAP = matplotlib.colormaps["viridis"]  # reads the same for colour-blind eyes and in gray
# Okabe and Ito's colour-blind-safe palette, without its black.
PALETTE = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")


def draw_regions(picture: Image.Image, regions: Regions) -> Image.Image:
    """Outline every region and name it.

    Args:
        picture: the RGB reference image.
        regions: of that image.

    Returns:
        RGB, long side 720 pixels or more.
    """
    canvas, boxes = _enlarged(picture, regions.boxes)
    pen = ImageDraw.Draw(canvas)
    for number, (box, label) in enumerate(zip(boxes, regions.labels, strict=True)):
        color = PALETTE[number % len(PALETTE)]
        pen.rectangle(box, outline=color, width=4)
        _tag(pen, box, label, color, canvas.size)
    return canvas


def draw_word_heat(picture: Image.Image, regions: Regions, weights: np.ndarray) -> Image.Image:
    """Show where one word looked: the picture dimmed, each region lit by its share and marked with it.

    The colour scale runs from 0 to the largest share of this word, so different words can be compared only by the numbers
    written on the regions.

    Args:
        picture: the RGB reference image.
        regions: of that image.
        weights: (R,) float, shares of attention, summing to 1.

    Returns:
        RGB, long side 720 pixels or more.
    """
    canvas, boxes = _enlarged(picture, regions.boxes)
    pixels = np.asarray(canvas, np.float32) / 255
    heat = np.zeros(pixels.shape[:2], np.float32)
    peak = max(float(weights.max()), 1e-9)
    for (left, top, right, bottom), weight in zip(boxes, weights, strict=True):
        inside = heat[top : bottom + 1, left : right + 1]
        np.maximum(inside, weight / peak, out=inside)
    gray = pixels.mean(2, keepdims=True) * 0.55 + 0.1
    lit = 0.45 * pixels + 0.55 * _MAP(heat)[..., :3]
    covered = heat[..., None] > 0
    canvas = Image.fromarray((np.clip(np.where(covered, lit, gray), 0, 1) * 255).astype(np.uint8))
    pen = ImageDraw.Draw(canvas)
    for box, weight in sorted(zip(boxes, weights.tolist(), strict=True), key=lambda pair: pair[1]):
        color = matplotlib.colors.to_hex(_MAP(weight / peak))
        pen.rectangle(box, outline=color, width=3 + round(5 * weight / peak))
        _tag(pen, box, f"{weight:.0%}", color, canvas.size)
    return canvas


def _enlarged(picture: Image.Image, boxes: np.ndarray) -> tuple[Image.Image, list[tuple[int, int, int, int]]]:
    scale = max(1.0, _LONG_SIDE / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    limit = np.array([size[0] - 1, size[1] - 1] * 2)
    scaled = np.clip(np.round(boxes * scale), 0, limit).astype(int)
    return picture.resize(size, Image.Resampling.BICUBIC), [tuple(box) for box in scaled.tolist()]


def _tag(pen: ImageDraw.ImageDraw, box, text: str, color: str, size: tuple[int, int]) -> None:
    """A filled label above the box, or inside it where there is no room above; always within the picture."""
    font = ImageFont.load_default(size=20)
    width, height = pen.textlength(text, font=font) + 10, 26
    left = min(box[0], max(0, size[0] - width))
    top = box[1] - height if box[1] >= height else box[1]
    pen.rectangle((left, top, left + width, top + height), fill=color)
    luminance = np.dot(to_rgb(color), (0.299, 0.587, 0.114))
    pen.text((left + 5, top + 1), text, font=font, fill="black" if luminance > 0.45 else "white")
