"""Panels of cloth, and the curves that they are cut from, in garment units (x right, y down, x = 0 the middle)."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np


@dataclass
class Line:
    """A seam, stitching or cord on a panel: points (N, 2) and width in units; `tone` multiplies the cloth, `rgb` covers it."""

    points: np.ndarray
    width: float = 0.012
    tone: float = 0.72
    dashed: bool = False
    rgb: tuple[int, int, int] | None = None


@dataclass
class Panel:
    """One piece of cloth, drawn over those before it.

    Attributes:
        outline: (N, 2) polygon in units.
        fabric: "main" (the pattern), "base" (its ground colour), "trim" (contrast), "lining", or an RGB colour.
        angle: how far the cloth is turned, in radians clockwise.
        part: its name in PARTS, if it is one.
        tone: brightness against the rest.
        texture: name of `fabrics.texture_tile`; None takes the garment's own.
        puff: how far the middle stands above the edge, in units.
        shadow: how dark its shadow is on what lies below it, 0 to 1.
        joins: the panel whose part this one belongs to, such as the sleeve of a cuff.
    """

    outline: np.ndarray
    fabric: str | tuple[int, int, int] = "main"
    angle: float = 0.0
    part: str | None = None
    tone: float = 1.0
    texture: str | None = None
    puff: float = 0.02
    shadow: float = 0.35
    lines: list[Line] = field(default_factory=list)
    creases: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    joins: "Panel | None" = None


METAL, PALE, GUM = (190, 188, 182), (240, 238, 232), (176, 128, 84)


def join(first: Panel, *others: Panel) -> None:
    """Make the other panels one part with the first."""
    for panel in others:
        panel.part, panel.joins = None, first


def chain(*vertices: tuple) -> np.ndarray:
    """Points along vertices (x, y) or (x, y, bulge): the edge that leaves one bulges to its left by bulge x its length."""
    points = []
    for start, end in pairwise(vertices):
        a, b = np.array(start[:2], float), np.array(end[:2], float)
        way = b - a
        middle = (a + b) / 2 + 2 * (start[2] if len(start) > 2 else 0) * np.array([way[1], -way[0]])
        t = np.linspace(0, 1, 12, endpoint=False)[:, None]
        points.append((1 - t) ** 2 * a + 2 * t * (1 - t) * middle + t**2 * b)
    return np.concatenate([*points, [np.array(vertices[-1][:2], float)]])


def spline(*points: tuple[float, float]) -> np.ndarray:
    """Closed Catmull-Rom curve through the points."""
    p = np.array(points, float)
    before, after, second = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = np.linspace(0, 1, 10, endpoint=False)[:, None, None]
    curve = 2 * p + (after - before) * t + (2 * before - 5 * p + 4 * after - second) * t**2
    curve = curve + (3 * p - before - 3 * after + second) * t**3
    return (curve / 2).swapaxes(0, 1).reshape(-1, 2)


def tube(line: np.ndarray, widths: tuple[float, ...]) -> np.ndarray:
    """Polygon around a centre line (N, 2) whose half width changes linearly through `widths`."""
    way = np.gradient(line, axis=0)
    side = np.stack([way[:, 1], -way[:, 0]], 1) / (np.linalg.norm(way, axis=1, keepdims=True) + 1e-9)
    half = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths)[:, None]
    return np.concatenate([line + side * half, (line - side * half)[::-1]])


def frill(line: np.ndarray, wide: float, step: float, depth: float = 0.25) -> np.ndarray:
    """Polygon of a strip that hangs from a line (N, 2) on its right; its free edge swings by `depth` every `step` units."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    fine = np.linspace(0, along[-1], max(24, int(12 * along[-1] / step)))
    sewn = np.stack([np.interp(fine, along, line[:, k]) for k in (0, 1)], 1)
    way = np.gradient(sewn, axis=0)
    right = np.stack([-way[:, 1], way[:, 0]], 1) / (np.linalg.norm(way, axis=1, keepdims=True) + 1e-9)
    swing = np.abs(np.sin(np.pi * fine / step))[:, None]
    return np.concatenate([sewn, (sewn + right * wide * (1 - depth + depth * swing))[::-1]])


def moved(points: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """The points (N, 2), shifted."""
    return points + np.array([dx, dy])


def mirrored(points: np.ndarray) -> np.ndarray:
    """The points' mirror image, in reverse order so that it continues a right half into the left."""
    return points[::-1] * [-1, 1]


def ellipse(x: float, y: float, rx: float, ry: float | None = None) -> np.ndarray:
    """(24, 2) points."""
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return np.stack([x + rx * np.cos(t), y + (rx if ry is None else ry) * np.sin(t)], 1)


def box(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """A rectangle's corners."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float)
