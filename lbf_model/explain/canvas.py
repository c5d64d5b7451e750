"""What drawings share: a picture at the size that a page shows, boxes on it, and tags that never overlap."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image, ImageDraw, ImageFont

Box = tuple[int, int, int, int]  # xyxy in pixels of the canvas, both corners inside it

LONG_SIDE = 720  # pixels of a picture to look at closely
# Okabe and Ito's colour-blind-safe palette, without its black.
PALETTE = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
_LETTERS = 26 / 720  # of the long side; 13 pixels high where a phone shows the picture 360 pixels wide


def fitted(picture: Image.Image, long_side: int) -> Image.Image:
    """A copy, scaled to a given long side, so that lines and letters always come out the same size."""
    scale = long_side / max(picture.size)
    return picture.resize(tuple(max(1, round(side * scale)) for side in picture.size), Image.Resampling.BICUBIC)


def boxes_on(size: tuple[int, int], boxes_unit: np.ndarray) -> list[Box]:
    """Boxes in pixels of a canvas.

    Args:
        size: (width, height) of the canvas.
        boxes_unit: (R, 4) float, xyxy in [0, 1]; values outside are clipped.
    """
    limit = np.array([size[0], size[1]] * 2)
    scaled = np.clip(np.round(np.asarray(boxes_unit, np.float64).reshape(-1, 4) * limit), 0, limit - 1).astype(int)
    return [tuple(box) for box in scaled.tolist()]


class Tags:
    """Labels on one canvas. Each lies within it and overlaps no other; a label that does not fit is left out."""

    def __init__(self, canvas: Image.Image, letters: float = _LETTERS):
        """`letters` is their height as a share of the canvas's long side."""
        self._pen = ImageDraw.Draw(canvas)
        self._size = canvas.size
        self._font = _font(max(8, round(max(canvas.size) * letters)))
        self._taken: list[Box] = []

    def put(self, box: Box, text: str, color: str) -> bool:
        """Write a text at a box, preferably above its top left corner; returns whether there was room.

        Args:
            box: what the text names.
            text: one line.
            color: of the tag, "#rrggbb"; letters are black or white, whichever reads better.
        """
        margin = self._font.size // 5
        width = round(self._pen.textlength(text, font=self._font)) + 2 * margin
        height = sum(self._font.getmetrics()) + margin
        for left, top in self._places(box, width, height):
            place = (left, top, left + width, top + height)
            if not any(_overlap(place, other) for other in self._taken):
                self._taken.append(place)
                self._pen.rectangle(place, fill=color, outline=ink_on(color))
                self._pen.text((left + margin, top + margin // 2), text, font=self._font, fill=ink_on(color))
                return True
        return False

    def _places(self, box: Box, width: int, height: int) -> list[tuple[int, int]]:
        """Where a tag may go, best first: above the box; in it, or beside it if it is small; below it."""
        most_left, most_top = self._size[0] - 1 - width, self._size[1] - 1 - height
        if most_left < 0 or most_top < 0:
            return []
        left, top, right, bottom = box
        along = [min(max(x, 0), most_left) for x in (left, right - width, (left + right - width) // 2)]
        above, below = [(x, top - height) for x in along], [(x, bottom) for x in along]
        inside = [(x, y) for y in (top, bottom - height) for x in along]
        beside = [(x, y) for y in (min(max(top, 0), most_top), bottom - height) for x in (right, left - width)]
        small = (right - left) * (bottom - top) < width * height
        found = above + (beside + inside if small else inside + beside) + below
        return [(x, y) for x, y in found if 0 <= x <= most_left and 0 <= y <= most_top]


def ink_on(color: str) -> str:
    """Black or white, whichever reads better on a colour."""
    return "black" if np.dot(to_rgb(color), (0.299, 0.587, 0.114)) > 0.45 else "white"


def dimmed(picture: Image.Image) -> np.ndarray:
    """(height, width, 1) float32 in [0, 1]: the picture in dark gray, a background on which colours stand out."""
    return np.asarray(picture.convert("L"), np.float32)[..., None] * (0.55 / 255) + 0.1


def to_picture(pixels: np.ndarray) -> Image.Image:
    """An RGB picture of (height, width, 3 or 1) floats in [0, 1]; values outside are clipped."""
    values = (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)
    return Image.fromarray(np.broadcast_to(values, (*values.shape[:2], 3)))


def dashed(pen: ImageDraw.ImageDraw, box: Box, color: str, width: int, dash: int) -> None:
    """Draw the outline of a box in dashes, `dash` pixels long."""
    left, top, right, bottom = box
    for start in range(left, right + 1, 2 * dash):
        for edge in (top, bottom - width + 1):
            pen.rectangle((start, edge, min(start + dash, right), edge + width - 1), fill=color)
    for start in range(top, bottom + 1, 2 * dash):
        for edge in (left, right - width + 1):
            pen.rectangle((edge, start, edge + width - 1, min(start + dash, bottom)), fill=color)


def by_area(boxes: Sequence[Box]) -> list[int]:
    """Indices of boxes, largest first, so that what is drawn later hides least."""
    return sorted(range(len(boxes)), key=lambda i: -(boxes[i][2] - boxes[i][0]) * (boxes[i][3] - boxes[i][1]))


def _overlap(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size=size)
