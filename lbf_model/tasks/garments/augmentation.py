"""Pictures of garments as training sees them: dyed, relit, turned and moved."""

from dataclasses import dataclass

import cv2
import numpy as np

from lbf_model.tasks.garments.attributes import COLORS
from lbf_model.tasks.garments.recoloring import recolor, sample_shade


@dataclass(frozen=True)
class FramedGarment:
    """A training picture.

    Attributes:
        pixels: (H, W, 3) uint8, RGB.
        mask: (H, W) bool, True on the garment.
        boxes: (N, 4) float32 xyxy in pixels: the garment, then its parts.
        color: what colour the garment has now.
        visible: (N,) bool, False where the frame cuts off most of a box.
    """

    pixels: np.ndarray
    mask: np.ndarray
    boxes: np.ndarray
    color: str
    visible: np.ndarray


def dye(pixels: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """The garment in a colour drawn uniformly from all but multicolor; returns the pixels and the colour's name."""
    color = COLORS[rng.integers(len(COLORS) - 1)]
    return recolor(pixels, mask, sample_shade(rng, color)), color


def frame_garment(
    pixels: np.ndarray, mask: np.ndarray, boxes: np.ndarray, color: str, canvas: tuple[int, int], rng: np.random.Generator
) -> FramedGarment:
    """Put the garment somewhere in a frame of its own: another size, position, tilt, side and light.

    Args:
        pixels: (H, W, 3) uint8, RGB.
        mask: (H, W) bool.
        boxes: (N, 4) float32 xyxy in pixels; the first is the garment's.
        color: passed on.
        canvas: (width, height) of the result in pixels.
        rng: the source of randomness.
    """
    width, height = canvas
    x1, y1, x2, y2 = boxes[0]
    tall, wide = pixels.shape[:2]
    # As large as fits, or smaller as long as the picture fills the frame: what is beyond a picture's edge is not known.
    largest = 0.98 * min(width / (x2 - x1), height / (y2 - y1))
    covering = max(width / wide, height / tall)
    scale = max(rng.uniform(0.55, 1), min(covering / largest, 1)) * largest
    middle = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    turn = cv2.getRotationMatrix2D(middle.tolist(), rng.normal(0, 4), scale)
    free = np.array([width - scale * (x2 - x1), height - scale * (y2 - y1)])
    centre = np.array([width, height]) / 2 + free * rng.uniform(-0.5, 0.5, 2)
    # Shifted no further than the picture reaches, if it can fill the frame.
    nearest, farthest = scale * middle, np.array([width, height]) - scale * (np.array([wide, tall]) - middle)
    centre = np.where(farthest <= nearest, np.clip(centre, farthest, nearest), centre)
    turn[:, 2] += centre - middle
    if rng.random() < 0.5:
        turn = np.array([[-1, 0, width - 1], [0, 1, 0]]) @ np.vstack([turn, [0, 0, 1]])
    moved = cv2.warpAffine(pixels, turn, canvas, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    moved_mask = cv2.warpAffine(mask.astype(np.uint8), turn, canvas, flags=cv2.INTER_LINEAR).astype(bool)
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2) - 0.5  # OpenCV counts from the middle of a pixel
    corners = corners @ turn[:, :2].T + turn[:, 2] + 0.5
    around = np.concatenate([corners.min(1), corners.max(1)], 1)
    if moved_mask.any():
        rows, columns = np.flatnonzero(moved_mask.any(1)), np.flatnonzero(moved_mask.any(0))
        around[0] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    inside = around.clip(0, [width, height, width, height])
    whole = np.prod(around[:, 2:] - around[:, :2], 1)
    shown = np.prod((inside[:, 2:] - inside[:, :2]).clip(0), 1)
    visible = (shown > 0.6 * whole) & ((inside[:, 2:] - inside[:, :2]).min(1) >= 4)
    visible[0] = True
    return FramedGarment(light(moved, rng), moved_mask, inside.astype(np.float32), color, visible)


def ground_beside(pixels: np.ndarray, mask: np.ndarray, canvas: tuple[int, int]) -> np.ndarray | None:
    """The largest strip of background above, below or beside a garment, stretched to a frame.

    Args:
        pixels: (H, W, 3) uint8, RGB.
        mask: (H, W) bool, True on the garment.
        canvas: (width, height) of the result in pixels.

    Returns:
        (height, width, 3) uint8; None if the garment leaves no strip of a twelfth of the picture.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return cv2.resize(pixels, canvas, interpolation=cv2.INTER_LINEAR)
    strips = (pixels[: rows[0]], pixels[rows[-1] + 1 :], pixels[:, : columns[0]], pixels[:, columns[-1] + 1 :])
    widest = max(strips, key=lambda strip: strip.size)
    if widest.size < pixels.size / 12:
        return None
    return cv2.resize(widest, canvas, interpolation=cv2.INTER_LINEAR)


def light(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another exposure, a slight colour cast, a little noise: little enough that the colour keeps its name."""
    cast = rng.uniform(0.94, 1.06, 3) * rng.uniform(0.8, 1.15)
    lit = pixels.astype(np.float32) * cast.astype(np.float32)
    lit += rng.normal(0, rng.uniform(0, 3), pixels.shape[:2])[..., None].astype(np.float32)
    return lit.clip(0, 255).astype(np.uint8)


def paste_side_by_side(left: FramedGarment, right: FramedGarment) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two garments side by side: pixels, mask, boxes (left's first) and their visibility, of one wider picture."""
    moved = right.boxes + np.array([left.pixels.shape[1], 0] * 2, np.float32)
    return (
        np.concatenate([left.pixels, right.pixels], 1),
        np.concatenate([left.mask, right.mask], 1),
        np.concatenate([left.boxes, moved]),
        np.concatenate([left.visible, right.visible]),
    )
