"""Names of colours in a perceptual space: each pixel by its place in CIELAB, a garment by what most of its cloth shows.

The borders between names follow the basic colour terms of Berlin and Kay (1969) plus beige; their numbers are ours, set by
looking at contact sheets of training photographs.
"""

import cv2
import numpy as np

from lbf_model.tasks.garments.attributes import COLORS

PLAIN = COLORS[:-1]  # every name that a single pixel can have
_CHROMATIC = ("red", "pink", "orange", "yellow", "green", "blue", "purple", "brown")


def name_pixels(pixels: np.ndarray) -> np.ndarray:
    """Name each pixel.

    Args:
        pixels: (N, 3) uint8, sRGB.

    Returns:
        (N,) int64, indices into PLAIN.
    """
    lab = cv2.cvtColor(pixels.reshape(-1, 1, 3).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[:, 0]
    light, a, b = lab.T
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    warm = (hue > 20) & (hue < 105)
    gray_limit = np.where(warm, 9, 8) + np.where(light < 30, 2, 0)
    names = np.select(
        [
            (light < 24) & (chroma < np.where((hue > 250) & (hue < 315), 8, 16)),
            (light < 12),
            (chroma < gray_limit) & (light > 80),
            (chroma < gray_limit) & (light < 30),
            (chroma < gray_limit),
            (light > 86) & warm & (chroma < 13),
            (hue < 18) | (hue >= 345),
            (hue < 40),
            (hue < 68),
            (hue < 98),
            (hue < 112),
            (hue < 205),
            (hue < np.where(chroma > 45, 307, 298)),
            (hue < 330),
        ],
        [
            _of("black"),
            _of("black"),
            _of("white"),
            _of("black"),
            _of("gray"),
            _of("white"),
            np.where((light > 58) | ((light > 45) & (chroma < 38) & (hue >= 345)), _of("pink"), _of("red")),
            np.where(
                (chroma < 22) & (light < 50),
                _of("brown"),
                np.where((light > 64) & (chroma < 52), _of("pink"), _of("red")),
            ),
            np.where(
                (chroma > 48) & (light > 50),
                _of("orange"),
                np.where((light > 58) & (chroma < 30), _of("beige"), _of("brown")),
            ),
            np.where(
                (chroma > 46) & (light > 60),
                _of("yellow"),
                np.where((light > 52) & (chroma < 40), _of("beige"), _of("brown")),
            ),
            np.where(
                (chroma > 30) & (light > 62), _of("yellow"), np.where((chroma < 17) & (light > 62), _of("beige"), _of("green"))
            ),
            _of("green"),
            _of("blue"),
            _of("purple"),
        ],
        _of("pink"),
    )
    dusky = (hue >= 330) & (light < 42) & (chroma < 40) & (names == _of("pink"))
    return np.where(dusky, np.where(hue < 345, _of("purple"), _of("red")), names).astype(np.int64)


def name_garment(pixels: np.ndarray, mask: np.ndarray) -> tuple[str, dict[str, float]]:
    """The colour that a person would name first.

    Args:
        pixels: (H, W, 3) uint8, sRGB.
        mask: (H, W) bool, True on the garment.

    Returns:
        One of COLORS, and the share of the garment's pixels that each name has (above 1 %).
    """
    pixels = expose(pixels)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    inner = inner if inner.sum() > 200 else mask
    calm = cv2.bilateralFilter(pixels, 7, 30, 7)
    names = name_pixels(calm[inner])
    share = np.bincount(names, minlength=len(PLAIN)) / max(1, len(names))
    shares = {n: float(s) for n, s in zip(PLAIN, share, strict=True)}
    return _verdict(shares), {n: round(s, 3) for n, s in shares.items() if s > 0.01}


def expose(pixels: np.ndarray) -> np.ndarray:
    """Brighten a dark picture until its lightest parts are near white, at most by half: a white shirt at dusk is white.

    Args and returns: (H, W, 3) uint8, sRGB.
    """
    lightest = np.percentile(pixels.max(-1), 98)
    gain = np.clip(245 / max(lightest, 1), 1, 1.5)
    return np.clip(pixels * gain, 0, 255).astype(np.uint8)


def _verdict(shares: dict[str, float]) -> str:
    """Folds and light turn a colour to black, gray, white or beige, so these count less than a strong colour."""
    chromatic = {n: shares[n] for n in _CHROMATIC if shares[n] >= 0.08}
    if len(chromatic) >= 3 and max(shares.values()) < 0.45:
        return "multicolor"
    weighted = {n: s * (1.0 if n in _CHROMATIC else 0.8) for n, s in shares.items()}
    if shares["white"] > 0.25 and shares["white"] + shares["gray"] > 0.8 and shares["black"] < 0.08:
        return "white"  # the gray is its folds
    return max(weighted, key=weighted.get)


def _of(name: str) -> int:
    return PLAIN.index(name)
