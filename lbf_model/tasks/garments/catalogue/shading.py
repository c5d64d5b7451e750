"""Light on cloth: smooth noise, fold heights and the brightness that follows from them."""

import numpy as np
from PIL import Image, ImageFilter


def smooth_noise(rng: np.random.Generator, cells: tuple[int, int], shape: tuple[int, int], wrap: bool = False) -> np.ndarray:
    """Noise with one random value per cell, bicubic in between.

    Args:
        rng: where the values come from.
        cells: (rows, columns) of random values.
        shape: (H, W) of the result.
        wrap: make it repeat seamlessly.

    Returns:
        (H, W) float32, mean about 0, standard deviation somewhat below 1.
    """
    values = rng.normal(0, 1, cells).astype(np.float32)
    if not wrap:
        return np.asarray(Image.fromarray(values).resize(shape[::-1], Image.Resampling.BICUBIC))
    pad = 3
    padded = Image.fromarray(np.pad(values, pad, mode="wrap"))
    box = (pad, pad, pad + cells[1], pad + cells[0])
    return np.asarray(padded.resize(shape[::-1], Image.Resampling.BICUBIC, box=box))


def blurred(field: np.ndarray, radius: float) -> np.ndarray:
    """A [0, 1] field blurred by a Gaussian of that radius in pixels; the outside counts as 0."""
    pad = int(3 * radius) + 1
    padded = Image.fromarray(np.pad(np.clip(field * 255, 0, 255).astype(np.uint8), pad))
    return np.asarray(padded.filter(ImageFilter.GaussianBlur(radius)), np.float32)[pad:-pad, pad:-pad] / 255


class Folds:
    """The height of a garment's cloth: soft folds along the drape, in garment units.

    Args:
        rng: the garment's fold stream.
        depth: height of the folds, about 0.01 for pressed to 0.03 for crumpled cloth.
    """

    _SIDE, _UNITS = 320, 2.2  # pixels and garment units of the repeating fold map

    def __init__(self, rng: np.random.Generator, depth: float):
        shape = (self._SIDE, self._SIDE)
        soft = smooth_noise(rng, (4, 9), shape, wrap=True)
        sharp = 1 - 2.2 * np.abs(smooth_noise(rng, (6, 11), shape, wrap=True))  # ridges where noise crosses zero
        fine = smooth_noise(rng, (16, 26), shape, wrap=True)
        self.map = depth * (0.75 * soft + 0.3 * np.clip(sharp, -0.6, 1) + 0.13 * fine)

    def height(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Heights in units at cloth coordinates (across, along the drape), both (H, W) in garment units."""
        scale = self._SIDE / self._UNITS
        bent = (u + 0.12 * np.sin(2.1 * v + 1.3)) * scale  # folds are never quite straight
        row, column = np.floor(v * scale).astype(np.int32), np.floor(bent).astype(np.int32)
        # Interpolated between the map's pixels, since light depends on slope and would show every step.
        down, right = v * scale - row, bent - column
        row, column, side = row % self._SIDE, column % self._SIDE, self._SIDE
        upper = self.map[row, column] * (1 - right) + self.map[row, (column + 1) % side] * right
        lower = self.map[(row + 1) % side, column] * (1 - right) + self.map[(row + 1) % side, (column + 1) % side] * right
        return upper * (1 - down) + lower * down


def crease_height(x: np.ndarray, y: np.ndarray, crease: tuple[float, float, float, float, float]) -> np.ndarray:
    """A ridge along a segment that dies out at its end.

    Args:
        x, y: (H, W) garment coordinates.
        crease: x0, y0, x1, y1 in garment units and the ridge's height.
    """
    x0, y0, x1, y1, height = crease
    dx, dy = x1 - x0, y1 - y0
    length = np.hypot(dx, dy) + 1e-6
    along = ((x - x0) * dx + (y - y0) * dy) / length**2
    off = ((x - x0) * dy - (y - y0) * dx) / length
    width = 0.018 + 0.03 * np.clip(along, 0, 1)
    taper = np.clip(1 - np.abs(along - 0.35) / 0.65, 0, 1)
    return height * taper * np.exp(-((off / width) ** 2))


def lit(height: np.ndarray, unit: float, light: tuple[float, float], contrast: float) -> np.ndarray:
    """Brightness of a surface around 1.

    Args:
        height: (H, W) in garment units.
        unit: pixels per garment unit.
        light: direction to the light in the picture, (x, y) of length 1.
        contrast: brightness per unit of slope.
    """
    down, right = np.gradient(height * unit)
    return 1 - contrast * np.tanh(1.2 * (right * light[0] + down * light[1])) / 1.2
