"""Separate a garment from its background in a flat-lay photograph: seeds from the picture's border, then GrabCut.

People who photograph one garment put it in the middle of something: a floor, a bed, a wall. So the border shows the
background, and what looks unlike the border is the garment. GrabCut (Rother et al., 2004; OpenCV's) finds the exact outline.
"""

import cv2
import numpy as np

_SIDE = 160  # short side the outline is searched at
_CLUSTERS = 5  # colours a background may have: planks and gaps, a pattern, a shadow
_ROUNDS = 5


def find_garment(pixels: np.ndarray) -> np.ndarray:
    """Separate the garment from what it lies on.

    Args:
        pixels: (H, W, 3) uint8, RGB.

    Returns:
        (H, W) bool, True on the garment. Never empty: if nothing stands out, it is the middle of the picture or all of it.
    """
    height, width = pixels.shape[:2]
    scale = _SIDE / min(height, width)
    small = cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    small = cv2.bilateralFilter(small, 5, 40, 5)
    mask = _cut(small, _seeds(small))
    mask = _solid(mask)
    if mask.mean() < 0.06:  # a garment that fills the frame leaves no border to compare with
        mask = _solid(_cut(small, np.where(_middle(mask.shape) > 0.8, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)))
    if mask.mean() < 0.03:
        mask = _middle(mask.shape) > 0.8
    return cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR).astype(bool)


def bounding_box(mask: np.ndarray) -> np.ndarray:
    """(4,) float32 xyxy in pixels, around the True pixels of a (H, W) bool mask with at least one."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)


def _seeds(small: np.ndarray) -> np.ndarray:
    """GrabCut's start: sure background along the border, likely garment where colour is unlike the border's."""
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab[..., 0] *= 0.7  # a shadow of the background is still background
    shape = lab.shape[:2]
    band = max(3, round(0.05 * min(shape)))
    border = np.ones(shape, bool)
    border[band:-band, band:-band] = False
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, labels, centres = cv2.kmeans(lab[border], _CLUSTERS, None, criteria, 3, cv2.KMEANS_PP_CENTERS)
    share = np.bincount(labels.ravel(), minlength=_CLUSTERS) / labels.size
    centres = centres[share > 0.06]  # a sleeve that touches the border is not background
    distance = np.linalg.norm(lab[:, :, None] - centres, axis=-1).min(-1)
    spread = np.percentile(distance[border], 80) + 4
    unlike = np.clip(distance / (3 * spread), 0, 1) * _middle(shape)
    seeds = np.where(unlike > 0.3, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    seeds[(_middle(shape) > 0.85) & (unlike > 0.15)] = cv2.GC_PR_FGD
    edge = np.ones(shape, bool)
    edge[2:-2, 2:-2] = False
    seeds[edge & (unlike < 0.3)] = cv2.GC_BGD
    if (seeds == cv2.GC_PR_FGD).mean() < 0.05:
        seeds[_middle(shape) > 0.6] = cv2.GC_PR_FGD
    return seeds


def _cut(small: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    models = np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64)
    cv2.setRNGSeed(0)
    cv2.grabCut(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), seeds, None, *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    return (seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD)


def _solid(mask: np.ndarray) -> np.ndarray:
    """Remove specks, holes and smaller pieces; a second piece stays if it is large, such as the other shoe."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count > 1:
        weight = _middle(mask.shape)
        mass = np.array([weight[pieces == i].sum() for i in range(1, count)])
        kept = 1 + np.flatnonzero(mass >= 0.35 * mass.max())
        mask = np.isin(pieces, kept).astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    gaps = (filled == 1) & (mask == 0)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(gaps.astype(np.uint8))
    for i in range(1, count):  # between two legs one sees the floor; a hole in the cloth is a print
        if stats[i, cv2.CC_STAT_AREA] > 0.02 * filled.sum():
            filled[pieces == i] = 0
    return filled.astype(bool)


def _middle(shape: tuple[int, int]) -> np.ndarray:
    """1 in the middle, falling to 0.25 in the corners."""
    y, x = (np.linspace(-1, 1, n) for n in shape)
    return np.clip(1.15 - 0.45 * (np.abs(y[:, None]) ** 3 + np.abs(x[None]) ** 3), 0.25, 1)
