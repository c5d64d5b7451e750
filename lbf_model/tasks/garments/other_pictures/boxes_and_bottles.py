"""Parcels and bottles. Each fits between -1 and 1."""

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import Sketch, any_colour, one_of, shade


def draw_boxes(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to four parcels or crates, seen from a corner."""
    count = int(rng.integers(1, 5))
    for k in range(count):
        size = (1.0, 0.56, 0.52, 0.5)[count - 1] * rng.uniform(0.75, 1)
        x, y = (0, 0) if count == 1 else ((k % 2 - 0.5) * 1.0, (k // 2 - 0.4 * (count > 2)) * 0.9)
        card = one_of(rng, ((190, 150, 105), (170, 130, 90), (205, 170, 125))) if rng.random() < 0.6 else any_colour(rng)
        deep, tall = rng.uniform(0.25, 0.5), rng.uniform(0.5, 1.1)
        p = np.array([x, y])
        left, middle, right = p + size * np.array([(-0.9, -0.3), (0, 0), (0.9, -0.3)])
        down, back = np.array([0, size * tall * 0.9]), p + size * np.array([0, -0.3 - deep])
        sketch.polygon([left, middle, middle + down, left + down], shade(card, 0.9))
        sketch.polygon([middle, right, right + down, middle + down], shade(card, 0.68))
        sketch.polygon([left, middle, right, back], shade(card, 1.15))
        if rng.random() < 0.6:  # tape
            a, b = (left + back) / 2, (middle + right) / 2
            sketch.line([a, b, b + down * 0.3], 0.1 * size, shade(card, 1.4))
        if rng.random() < 0.5:  # a label
            q = left * 0.6 + middle * 0.4 + down * 0.3
            skew = (middle - left) * 0.4
            sketch.polygon([q, q + skew, q + skew + down * 0.3, q + down * 0.3], (240, 240, 235))


def draw_bottles(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to four bottles, jars or cups that stand side by side."""
    count = int(rng.integers(1, 5))
    for x in (np.arange(count) - (count - 1) / 2) * 0.5:
        wide, tall = rng.uniform(0.13, 0.23), rng.uniform(1.1, 1.9)
        top, neck, shoulder = 0.95 - tall, rng.uniform(0.25, 0.9) * wide, rng.uniform(0.2, 0.45) * tall
        glass = one_of(rng, ((40, 90, 50), (110, 65, 30), (190, 215, 220), (240, 240, 240), any_colour(rng), any_colour(rng)))
        edge = np.array([(neck, top), (neck, top + 0.5 * shoulder), (wide, top + shoulder), (wide, 0.92), (0.9 * wide, 0.95)])
        for k in range(11):  # strips from the dark sides to a light streak left of the middle
            low, high = -1 + 2 * k / 11, -1 + 2 * (k + 1) / 11
            tone = 1.3 - 0.75 * abs(-0.35 - (low + high) / 2) ** 0.8
            strip = [(x + low * a, b) for a, b in edge] + [(x + high * a, b) for a, b in edge[::-1]]
            sketch.polygon(strip, shade(glass, tone))
        if rng.random() < 0.7:
            label = shade(any_colour(rng), rng.uniform(1, 1.7))
            low = top + shoulder + 0.15 * (0.95 - top - shoulder)
            sketch.box(x - wide, low, x + wide, low + 0.5 * (0.95 - top - shoulder), label)
            sketch.box(x - 0.6 * wide, low + 0.06, x + 0.6 * wide, low + 0.11, shade(label, 0.4))
        sketch.box(x - neck * 1.1, top - 0.09, x + neck * 1.1, top + 0.03, any_colour(rng), 0.02)
