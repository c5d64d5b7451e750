"""The same garment in another colour: an exact target, made from a photograph.

Only what has the cloth's own colour is dyed: prints, buttons and a second stripe colour keep theirs. Light and shadow stay,
since a dye changes what the cloth reflects, not how it lies.
"""

import cv2
import numpy as np

# CIELAB boxes (lowest and highest L, a, b) of the shades a garment is dyed to; each shade in a box is named by its key.
SHADES = {
    "black": (((9, -2, -4), (19, 2, 3)),),
    "white": (((90, -1, -1), (97, 2, 5)),),
    "gray": (((34, -2, -4), (72, 2, 3)),),
    "beige": (((72, 2, 11), (84, 6, 22)), ((62, 3, 14), (72, 7, 22))),
    "brown": (((25, 8, 10), (38, 16, 24)), ((38, 14, 22), (48, 22, 32))),
    "red": (((36, 52, 26), (48, 66, 42)), ((20, 30, 8), (30, 44, 20))),
    "pink": (((70, 22, -6), (82, 38, 8)), ((59, 50, -12), (68, 64, 6)), ((66, 16, 4), (76, 24, 11))),
    "orange": (((60, 36, 50), (72, 50, 70)),),
    "yellow": (((80, -4, 52), (90, 6, 80)), ((66, 4, 48), (74, 10, 62)), ((88, -12, 34), (93, -7, 46))),
    "green": (
        ((34, -46, 16), (58, -28, 40)), ((25, -20, 6), (32, -12, 16)), ((42, -14, 22), (54, -8, 34)),
        ((74, -36, 8), (84, -22, 26)),
    ),
    "blue": (
        ((28, 8, -60), (46, 28, -44)), ((14, 2, -26), (22, 7, -14)), ((38, -5, -30), (56, 1, -18)),
        ((66, -16, -30), (80, -6, -18)),
    ),
    "purple": (((28, 34, -44), (44, 46, -30)), ((64, 17, -30), (76, 26, -18)), ((18, 22, -20), (26, 32, -10))),
}  # fmt: skip


def sample_shade(rng: np.random.Generator, color: str) -> np.ndarray:
    """(3,) float32 CIELAB shade of a colour name (not multicolor)."""
    boxes = SHADES[color]
    low, high = np.array(boxes[rng.integers(len(boxes))], np.float32)
    return (low + (high - low) * rng.random(3)).astype(np.float32)


def recolor(pixels: np.ndarray, mask: np.ndarray, shade: np.ndarray) -> np.ndarray:
    """Dye the cloth.

    Args:
        pixels: (H, W, 3) uint8, sRGB.
        mask: (H, W) bool, the garment.
        shade: (3,) float32, CIELAB of the new cloth in plain light.

    Returns:
        (H, W, 3) uint8; unchanged more than one pixel outside the mask.
    """
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    base = base_color(lab[mask])
    # A shadow differs in lightness only, a print in a and b, too: lightness counts less for "the cloth's own colour".
    away = np.linalg.norm((lab - base) * np.array([0.5, 1, 1], np.float32), axis=-1)
    own = np.clip(1.6 - away / 18, 0, 1)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0) * own
    contrast = np.clip((shade[0] + 15) / (base[0] + 15), 0.45, 1.6)
    dyed = np.empty_like(lab)
    dyed[..., 0] = np.clip(shade[0] + contrast * (lab[..., 0] - base[0]), 2, 99)
    depth = np.clip(dyed[..., 0] / max(shade[0], 1), 0.3, 1.15)[..., None]  # colour fades where shadow is deep
    dyed[..., 1:] = shade[1:] * depth + 0.5 * (lab[..., 1:] - base[1:])
    mixed = lab + soft[..., None] * (dyed - lab)
    rgb = cv2.cvtColor(mixed, cv2.COLOR_LAB2RGB)
    out = (np.clip(rgb, 0, 1) * 255).round().astype(np.uint8)
    return np.where(soft[..., None] > 0, out, pixels)


def base_color(lab: np.ndarray) -> np.ndarray:
    """(3,) float32: the densest spot of (N, 3) float32 CIELAB pixels, so a print does not blend into the cloth's colour."""
    cells = np.round(lab / np.array([16, 10, 10], np.float32)).astype(np.int64)
    cells -= cells.min(axis=0)
    numbers = np.ravel_multi_index(cells.T, cells.max(axis=0) + 1)
    near = lab[numbers == np.bincount(numbers).argmax()]
    centre = np.median(near, axis=0)
    close = lab[np.linalg.norm((lab - centre) * np.array([0.5, 1, 1], np.float32), axis=1) < 14]
    return np.median(close if len(close) else near, axis=0).astype(np.float32)
