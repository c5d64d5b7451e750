"""Books and electronic devices. Each fits between -1 and 1."""

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import Sketch, any_colour, one_of, oval, shade

_DARKS = ((30, 30, 34), (60, 62, 66), (205, 206, 210), (20, 24, 40))


def draw_books(rng: np.random.Generator, sketch: Sketch) -> None:
    """A row of spines, a pile, one cover or an open book."""
    rng.choice([_spines, _pile, _cover, _open_book])(rng, sketch)


def draw_devices(rng: np.random.Generator, sketch: Sketch) -> None:
    """A phone, a laptop, a keyboard, a camera or a screen."""
    rng.choice([_phone, _laptop, _keyboard, _camera, _screen])(rng, sketch, one_of(rng, _DARKS))


def _spines(rng, sketch) -> None:
    x = -0.95
    while x < 0.85:
        wide, top, cover = rng.uniform(0.1, 0.28), rng.uniform(-0.9, -0.4), any_colour(rng)
        sketch.box(x, top, x + wide - 0.012, 0.8, cover)
        for y in (top + 0.12, 0.65):
            sketch.box(x, y, x + wide - 0.012, y + 0.03, shade(cover, 1.5))
        sketch.box(x + 0.4 * wide, top + 0.25, x + 0.55 * wide, 0.3, shade(cover, 1.6))
        x += wide


def _pile(rng, sketch) -> None:
    y = 0.9
    while y > -0.6:
        tall, half, shift, cover = rng.uniform(0.12, 0.26), rng.uniform(0.6, 0.85), rng.uniform(-0.1, 0.1), any_colour(rng)
        sketch.box(shift - half, y - tall, shift + half, y, cover)
        sketch.box(shift - half + 0.08, y - tall + 0.025, shift + half + 0.01, y - 0.025, (238, 232, 215))
        y -= tall + 0.005
        if rng.random() < 0.15:
            break


def _cover(rng, sketch) -> None:
    cover, half = any_colour(rng), rng.uniform(0.6, 0.72)
    sketch.box(-half + 0.04, -0.92, half + 0.06, 0.98, (235, 230, 215))
    sketch.box(-half, -0.97, half, 0.93, cover)
    sketch.box(-half, -0.97, -half + 0.09, 0.93, shade(cover, 0.75))
    for k, y in enumerate((-0.7, -0.5, 0.7)):
        sketch.text(
            (-half + 0.2, y), ("The Story", "of a House", "A. Writer")[k], 0.16, shade(cover, 1.8 if sum(cover) < 400 else 0.25)
        )
    sketch.ellipse((0.05, 0.15), (0.33, 0.33), any_colour(rng))


def _open_book(rng, sketch) -> None:
    cover = any_colour(rng)
    sketch.box(-1, -0.68, 1, 0.7, cover)
    for side in (-1, 1):
        top = oval((side * 0.48, -0.6), (0.48, 0.07), 0, np.pi, 2 * np.pi, 20)
        sketch.polygon(
            [*top, (side * 0.48 + 0.48, 0.62), (side * 0.48 - 0.48, 0.62)], shade((248, 244, 232), 1 if side > 0 else 0.95)
        )
        for y in np.arange(-0.45, 0.5, 0.09):
            sketch.box(side * 0.48 - 0.36, y, side * 0.48 + rng.uniform(0.2, 0.36), y + 0.025, (110, 108, 105))
    sketch.line([(0, -0.6), (0, 0.64)], 0.03, (170, 165, 150))


def _phone(rng, sketch, body) -> None:
    half = rng.uniform(0.44, 0.52)
    sketch.box(-half, -1, half, 1, body, 0.12)
    back = rng.random() < 0.3
    if back:
        sketch.box(-half + 0.06, -0.93, -half + 0.4, -0.55, shade(body, 0.7), 0.08)
        for y in (-0.83, -0.65):
            sketch.ellipse((-half + 0.23, y), (0.07, 0.07), (15, 15, 20))
        return
    screen = any_colour(rng) if rng.random() < 0.7 else (10, 10, 12)
    sketch.box(-half + 0.04, -0.94, half - 0.04, 0.94, screen, 0.1)
    sketch.box(-0.12, -0.91, 0.12, -0.86, (10, 10, 12), 0.02)
    if sum(screen) > 60:
        for row in range(int(rng.integers(2, 6))):
            for column in range(4):
                x, y = (column - 1.5) * half * 0.44, -0.68 + 0.27 * row
                sketch.box(x - 0.07, y - 0.07, x + 0.07, y + 0.07, any_colour(rng), 0.03)


def _laptop(rng, sketch, body) -> None:
    sketch.box(-0.8, -0.8, 0.8, 0.22, shade(body, 0.8), 0.04)
    _screen_content(rng, sketch, -0.75, -0.74, 0.75, 0.15)
    sketch.polygon([(-0.8, 0.22), (0.8, 0.22), (1, 0.8), (-1, 0.8)], body)
    for row in range(4):
        y, half = 0.28 + 0.08 * row, 0.74 + 0.03 * row
        for column in range(12):
            x = -half + 2 * half * column / 12
            sketch.box(x, y, x + 0.105, y + 0.06, shade(body, 0.5 if sum(body) > 300 else 1.25))
    sketch.polygon([(-0.22, 0.62), (0.22, 0.62), (0.24, 0.77), (-0.24, 0.77)], shade(body, 0.85))


def _keyboard(rng, sketch, body) -> None:
    key = shade(body, 0.6) if sum(body) > 300 else shade(body, 1.25)
    sketch.box(-1, -0.36, 1, 0.38, body, 0.04)
    for row in range(5):
        for column in range(14):
            x, y = -0.95 + 0.136 * column, -0.31 + 0.13 * row
            if row == 4 and 3 <= column <= 8:
                continue
            sketch.box(x, y, x + 0.118, y + 0.112, key, 0.015)
            sketch.box(x + 0.04, y + 0.03, x + 0.065, y + 0.06, shade(key, 1.6))
    sketch.box(-0.54, 0.21, 0.26, 0.32, key, 0.015)


def _camera(rng, sketch, body) -> None:
    sketch.box(-0.28, -0.72, 0.28, -0.3, shade(body, 0.85), 0.06)
    sketch.box(-0.95, -0.5, 0.95, 0.62, body, 0.1)
    sketch.box(-0.95, -0.3, 0.95, 0.4, shade(body, 0.7))
    sketch.box(0.55, -0.6, 0.8, -0.48, (190, 190, 192), 0.02)
    for r, colour in ((0.5, shade(body, 0.5)), (0.43, (60, 60, 64)), (0.33, (15, 15, 20)), (0.22, (40, 40, 80))):
        sketch.ellipse((0, 0.08), (r, r), colour)
    sketch.ellipse((-0.1, -0.02), (0.06, 0.06), (200, 210, 240))


def _screen(rng, sketch, body) -> None:
    sketch.box(-0.12, 0.3, 0.12, 0.75, shade(body, 0.8))
    sketch.box(-0.4, 0.72, 0.4, 0.8, body, 0.03)
    sketch.box(-1, -0.75, 1, 0.45, body, 0.03)
    _screen_content(rng, sketch, -0.95, -0.7, 0.95, 0.37)


def _screen_content(rng, sketch, x0, y0, x1, y1) -> None:
    page = shade(any_colour(rng), rng.uniform(0.5, 1.9))
    sketch.box(x0, y0, x1, y1, page)
    sketch.box(x0, y0, x1, y0 + 0.07, shade(page, 0.7))
    for y in np.arange(y0 + 0.15, y1 - 0.08, 0.1):
        sketch.box(x0 + 0.1, y, x0 + rng.uniform(0.3, 0.9) * (x1 - x0), y + 0.04, shade(page, rng.choice([0.5, 1.5])))
