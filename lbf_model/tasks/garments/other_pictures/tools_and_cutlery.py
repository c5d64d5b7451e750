"""Tools and cutlery, side by side. Each fits between -1 and 1."""

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import METALS, WOODS, Sketch, any_colour, one_of, oval, shade, turned


def draw_tools(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to three of hammer, spanner, screwdriver and saw, side by side."""
    _side_by_side(rng, sketch, (_hammer, _spanner, _screwdriver, _saw), int(rng.integers(1, 4)))


def draw_cutlery(rng: np.random.Generator, sketch: Sketch) -> None:
    """Forks, knives and spoons side by side."""
    _side_by_side(rng, sketch, (_fork, _knife, _spoon), int(rng.integers(1, 5)))


def _side_by_side(rng, sketch, kinds, count) -> None:
    """Draw upright things, each around the axis x = 0 from -1 to 1, in a fan."""
    for k in range(count):
        shift, lean = (k - (count - 1) / 2) * 0.42, rng.normal(0, 0.08)
        draw = kinds[int(rng.integers(len(kinds)))]
        draw(rng, sketch, lambda points, s=shift, a=lean: turned(points, a) + np.array([s, 0]))


def _hammer(rng, sketch, place) -> None:
    sketch.polygon(place([(-0.07, -0.6), (0.07, -0.6), (0.09, 1), (-0.09, 1)]), one_of(rng, WOODS))
    head = [(-0.3, -0.75), (-0.05, -0.95), (0.12, -0.85), (0.3, -0.85), (0.3, -0.55), (0.12, -0.6), (-0.1, -0.6)]
    sketch.polygon(place(head), shade(one_of(rng, METALS), 0.65))


def _spanner(rng, sketch, place) -> None:
    steel = one_of(rng, METALS)
    sketch.polygon(place([(-0.07, -0.6), (0.07, -0.6), (0.07, 0.7), (-0.07, 0.7)]), steel)
    sketch.line(place([(0, -0.5), (0, 0.5)]), 0.04, shade(steel, 0.75))
    sketch.line(place(oval((0, -0.72), (0.15, 0.17), -np.pi / 2, 0.6, 2 * np.pi - 0.6)), 0.12, steel)
    sketch.line(place(oval((0, 0.8), (0.12, 0.12))), 0.09, steel)


def _screwdriver(rng, sketch, place) -> None:
    grip = any_colour(rng)
    sketch.polygon(place([(-0.04, -0.98), (0.04, -0.98), (0.035, 0.2), (-0.035, 0.2)]), one_of(rng, METALS))
    sketch.polygon(
        place([(-0.07, 0.1), (0.07, 0.1), (0.14, 0.3), (0.13, 0.9), (0.08, 1), (-0.08, 1), (-0.13, 0.9), (-0.14, 0.3)]), grip
    )
    for x in (-0.07, 0, 0.07):
        sketch.line(place([(x, 0.3), (x, 0.9)]), 0.02, shade(grip, 0.7))


def _saw(rng, sketch, place) -> None:
    teeth = [(-0.13 - 0.03 * (k % 2), y) for k, y in enumerate(np.linspace(0.35, -1, 44))]
    sketch.polygon(place([*teeth, (0.0, -1), (0.17, 0.35)]), one_of(rng, METALS))
    sketch.line(place(oval((0.02, 0.65), (0.13, 0.27))), 0.1, one_of(rng, WOODS))


def _fork(rng, sketch, place) -> None:
    steel = one_of(rng, METALS)
    sketch.polygon(place([(-0.035, -0.4), (0.035, -0.4), (0.07, 0.95), (-0.07, 0.95)]), steel)
    sketch.polygon(place([(-0.13, -0.6), (0.13, -0.6), (0.09, -0.42), (0, -0.33), (-0.09, -0.42)]), steel)
    for x in (-0.11, -0.037, 0.037, 0.11):
        sketch.line(place([(x, -1), (x, -0.55)]), 0.035, shade(steel, 0.95))


def _knife(rng, sketch, place) -> None:
    steel = one_of(rng, METALS)
    sketch.polygon(place([(-0.06, 0.15), (-0.07, -0.7), (0.0, -1), (0.07, -0.8), (0.07, 0.15)]), shade(steel, 1.3))
    sketch.polygon(
        place([(-0.05, 0.1), (0.06, 0.1), (0.08, 0.95), (-0.07, 0.95)]), one_of(rng, (*WOODS, *METALS, (30, 30, 34)))
    )


def _spoon(rng, sketch, place) -> None:
    steel = one_of(rng, METALS)
    sketch.polygon(place([(-0.03, -0.5), (0.03, -0.5), (0.07, 0.95), (-0.07, 0.95)]), steel)
    sketch.polygon(place(oval((0, -0.7), (0.16, 0.28))), steel)
    sketch.polygon(place(oval((0.01, -0.68), (0.12, 0.22))), shade(steel, 0.8))
