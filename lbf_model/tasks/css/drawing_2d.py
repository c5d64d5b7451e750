"""The flat drawing of a CSS scene: 64x64 pixels, white, one mark per grid cell."""

import numpy as np
from PIL import Image, ImageDraw

from lbf_model.tasks.css.scenes import COLOR_RGB, POSITIONS, Scene, SceneObject

SIZE = 64
_HALF_EXTENT = {"small": 4, "large": 8}
_CELL_CENTERS = (11, 32, 53)


def draw_flat(scene: Scene) -> tuple[Image.Image, np.ndarray]:
    """Draw a scene: cube as a square, sphere as a diamond, cylinder as a triangle that points up.

    Returns:
        picture: RGB, 64x64.
        boxes: (objects, 4) float32, xyxy in pixels, in the order of `scene.objects`.
    """
    picture = Image.new("RGB", (SIZE, SIZE), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    boxes = np.zeros((len(scene.objects), 4), np.float32)
    for index, item in enumerate(scene.objects):
        left, top, right, bottom = _extent(item)
        x, y = (left + right) // 2, (top + bottom) // 2
        corners = {
            "cube": [(left, top), (right, top), (right, bottom), (left, bottom)],
            "sphere": [(x, top), (right, y), (x, bottom), (left, y)],
            "cylinder": [(x, top), (right, bottom), (left, bottom)],
        }[item.shape]
        pen.polygon(corners, fill=COLOR_RGB[item.color])
        boxes[index] = (left, top, right + 1, bottom + 1)  # xyxy ends are exclusive, drawn pixels inclusive
    return picture, boxes


def _extent(item: SceneObject) -> tuple[int, int, int, int]:
    row, column = divmod(POSITIONS.index(item.position), 3)
    x, y, half = _CELL_CENTERS[column], _CELL_CENTERS[row], _HALF_EXTENT[item.size]
    return x - half, y - half, x + half, y + half
