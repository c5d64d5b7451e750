"""Furniture, cars and bicycles. Each fits between -1 and 1."""

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import METALS, WOODS, Sketch, any_colour, one_of, oval, shade


def draw_furniture(rng: np.random.Generator, sketch: Sketch) -> None:
    """A chair, a table, a lamp or a shelf."""
    rng.choice([_chair, _table, _lamp, _shelf])(rng, sketch, one_of(rng, WOODS) if rng.random() < 0.6 else any_colour(rng))


def draw_car(rng: np.random.Generator, sketch: Sketch) -> None:
    """A car from its side: saloon, van or small."""
    paint, way = any_colour(rng), 1 if rng.random() < 0.5 else -1
    roof, front, rear = rng.uniform(-0.5, -0.3), rng.uniform(0.1, 0.55), rng.uniform(-0.95, -0.55)
    flip = np.array([way, 1])
    cabin = np.array([(rear, -0.02), (rear + 0.18, roof), (front - 0.15, roof), (front + 0.15, -0.02)])
    glass = np.array([0, -0.05]) + (cabin - [(rear + front) / 2, -0.05]) * [0.84, 0.78] + [(rear + front) / 2, 0]
    sketch.polygon(cabin * flip, paint)
    sketch.polygon(glass * flip, shade((70, 90, 110), rng.uniform(0.6, 1.4)))
    pillar = (rear + front) / 2
    sketch.line(np.array([(pillar, roof), (pillar, 0)]) * flip, 0.05, paint)
    body = [(-0.98, 0.05), (-0.9, -0.06), (front + 0.15, -0.08), (0.88, 0.02), (0.98, 0.14), (0.98, 0.3), (-0.98, 0.3)]
    sketch.polygon(np.array(body) * flip, paint)
    sketch.polygon(np.array([(-0.98, 0.2), (0.98, 0.2), (0.97, 0.32), (-0.97, 0.32)]) * flip, shade(paint, 0.7))
    sketch.line(np.array([(-0.9, 0.04), (0.85, 0.06)]) * flip, 0.015, shade(paint, 1.3))
    sketch.line(np.array([(pillar, 0), (pillar, 0.26)]) * flip, 0.012, shade(paint, 0.6))
    sketch.ellipse((0.9 * way, 0.1), (0.06, 0.045), (250, 240, 190))
    sketch.ellipse((-0.94 * way, 0.1), (0.035, 0.05), (190, 40, 40))
    for x in (-0.58, 0.58):
        for r, colour in ((0.2, (25, 25, 28)), (0.12, one_of(rng, METALS)), (0.04, (70, 70, 75))):
            sketch.ellipse((x, 0.3), (r, r), colour)


def draw_bicycle(rng: np.random.Generator, sketch: Sketch) -> None:
    """A bicycle from its side."""
    paint, way, tyre = any_colour(rng), 1 if rng.random() < 0.5 else -1, rng.uniform(0.03, 0.06)
    r = rng.uniform(0.38, 0.43)
    flip = np.array([way, 1])
    for x in (-0.55, 0.55):
        for angle in np.arange(0, np.pi, np.pi / 8):
            sketch.line(
                [(x + r * np.cos(angle), 0.3 + r * np.sin(angle)), (x - r * np.cos(angle), 0.3 - r * np.sin(angle))],
                0.006,
                (150, 150, 155),
            )
        sketch.line(oval((x, 0.3), (r, r)), tyre, (30, 30, 32))
    seat, crank, head = (-0.28, -0.3), (-0.08, 0.33), (0.38, -0.28)
    for bar in ([(-0.55, 0.3), seat, crank, (-0.55, 0.3)], [seat, head, crank], [(0.34, -0.42), (0.55, 0.3)]):
        sketch.line(np.array(bar) * flip, 0.05, paint)
    sketch.line(np.array([seat, (-0.32, -0.44)]) * flip, 0.035, (90, 90, 95))
    sketch.ellipse((-0.33 * way, -0.46), (0.15, 0.045), (40, 35, 35))
    sketch.line(np.array([(0.34, -0.42), (0.3, -0.52), (0.5, -0.56), (0.55, -0.46)]) * flip, 0.04, (60, 60, 65))
    sketch.line(oval((crank[0] * way, crank[1]), (0.1, 0.1)), 0.03, (70, 70, 75))


def _chair(rng, sketch, colour) -> None:
    seat = any_colour(rng) if rng.random() < 0.5 else colour
    for x, top, low in ((-0.5, -0.95, 0.75), (0.4, -0.95, 0.75), (-0.3, 0.15, 0.98), (0.62, 0.15, 0.98)):
        sketch.line([(x, top), (x, low)], 0.08, shade(colour, 0.85 if low < 0.9 else 1))
    for y in np.linspace(-0.88, -0.35, int(rng.integers(2, 5))):
        sketch.box(-0.5, y - 0.05, 0.4, y + 0.05, colour)
    sketch.polygon([(-0.56, 0.0), (0.46, 0.0), (0.7, 0.22), (-0.34, 0.22)], seat)
    sketch.polygon([(-0.34, 0.22), (0.7, 0.22), (0.7, 0.3), (-0.34, 0.3)], shade(seat, 0.7))


def _table(rng, sketch, colour) -> None:
    for x, y in ((-0.6, 0.55), (0.6, 0.55), (-0.85, 0.85), (0.85, 0.85)):
        sketch.box(x - 0.045, -0.1, x + 0.045, y, shade(colour, 0.7))
    sketch.polygon([(-0.7, -0.4), (0.7, -0.4), (1, 0), (-1, 0)], colour)
    sketch.box(-1, 0, 1, rng.uniform(0.06, 0.16), shade(colour, 0.75))
    if rng.random() < 0.5:
        sketch.rounded(oval((rng.uniform(-0.4, 0.4), -0.25), (0.15, 0.12)), any_colour(rng))


def _lamp(rng, sketch, colour) -> None:
    half, low = rng.uniform(0.35, 0.6), rng.uniform(-0.5, -0.3)
    sketch.line([(0, low), (0, 0.9)], 0.05, shade(colour, 0.7))
    sketch.rounded(oval((0, 0.9), (0.3, 0.08)), colour)
    dome = shade(any_colour(rng), rng.uniform(1.1, 1.8))
    sketch.ellipse((0, low), (0.12, 0.14), (255, 245, 200))
    sketch.polygon(oval((0, low), (half, low + 0.95), 0, np.pi, 2 * np.pi), dome)
    sketch.ellipse((0, low), (half, 0.06), shade(dome, 1.5))


def _shelf(rng, sketch, colour) -> None:
    sketch.box(-0.75, -0.97, 0.75, 0.97, colour)
    rows = int(rng.integers(3, 6))
    for row in range(rows):
        top, low = -0.9 + row * 1.8 / rows, -0.96 + (row + 1) * 1.8 / rows
        sketch.box(-0.68, top, 0.68, low, shade(colour, 0.5))
        x = -0.64
        while x < rng.uniform(0, 0.55):
            wide = rng.uniform(0.05, 0.14)
            sketch.box(x, low - (low - top) * rng.uniform(0.5, 0.9), x + wide - 0.01, low, any_colour(rng))
            x += wide
