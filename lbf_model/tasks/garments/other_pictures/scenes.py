"""Places: landscape, sea, street, building, a tree, the night sky. Each fills the frame."""

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import Sketch, any_colour, blob, one_of, oval, ridge, shade

_SKIES = ((120, 170, 225), (175, 205, 235), (240, 190, 140), (205, 210, 215), (245, 160, 130), (90, 130, 190))
_GREENS = ((80, 130, 60), (110, 150, 70), (60, 100, 60), (150, 160, 80), (170, 150, 90))


def draw_landscape(rng: np.random.Generator, sketch: Sketch) -> None:
    """Sky, layers of hills that grow darker towards us, trees."""
    sky(rng, sketch, horizon := sketch.bottom * rng.uniform(0.3, 0.6))
    green, layers = one_of(rng, _GREENS), int(rng.integers(2, 6))
    haze = one_of(rng, ((150, 170, 200), (190, 190, 200), (170, 150, 160)))
    for layer in range(layers):
        near = (layer + 1) / layers
        level = horizon + (sketch.bottom - horizon) * layer / layers
        line = ridge(rng, sketch.right, level, rng.uniform(0.03, 0.14), rng.uniform(0.5, 1.1))
        colour = tuple(int(h + (g - h) * near) for h, g in zip(haze, green, strict=True))
        sketch.polygon([*line, (sketch.right, sketch.bottom), (0, sketch.bottom)], shade(colour, rng.uniform(0.85, 1.1)))
        if layer and rng.random() < 0.7:
            for _ in range(int(rng.integers(1, 9))):
                x, y = line[int(rng.integers(80))]
                _small_tree(rng, sketch, x, y, rng.uniform(0.04, 0.16) * (0.4 + near), shade(green, rng.uniform(0.5, 0.9)))


def draw_sea(rng: np.random.Generator, sketch: Sketch) -> None:
    """Sky and water with waves, sometimes a beach, a boat or an island."""
    horizon = sketch.bottom * rng.uniform(0.25, 0.65)
    sky(rng, sketch, horizon)
    water = one_of(rng, ((40, 90, 140), (60, 140, 160), (90, 110, 130), (30, 60, 100), (70, 160, 180)))
    _bands(sketch, horizon, sketch.bottom, shade(water, 1.25), shade(water, 0.8))
    if rng.random() < 0.4:
        hill = ridge(rng, sketch.right, horizon, 0.05)
        hill[:, 1] = np.minimum(hill[:, 1], horizon)
        sketch.polygon([*hill, (sketch.right, horizon), (0, horizon)], shade(one_of(rng, _GREENS), 0.8))
    for _ in range(int(rng.integers(40, 130))):
        near = rng.random() ** 1.5
        x, y, wide = rng.uniform(0, sketch.right), horizon + (sketch.bottom - horizon) * near, 0.02 + 0.14 * near
        wave = oval((x, y), (wide, 0.008 + 0.02 * near), 0, np.pi, 2 * np.pi, 9)
        sketch.line(wave, 0.003 + 0.006 * near, shade(water, rng.choice([0.75, 1.3, 1.55])))
    if rng.random() < 0.6:
        _boat(rng, sketch, rng.uniform(0.2, sketch.right - 0.2), horizon + rng.uniform(0.02, 0.2), rng.uniform(0.06, 0.2))
    if rng.random() < 0.4:
        line = ridge(rng, sketch.right, sketch.bottom * rng.uniform(0.75, 0.9), 0.03, 0.2)
        sketch.polygon(
            [*line, (sketch.right, sketch.bottom), (0, sketch.bottom)], one_of(rng, ((225, 205, 160), (200, 180, 140)))
        )
        sketch.line(line, 0.018, (240, 245, 245))


def draw_street(rng: np.random.Generator, sketch: Sketch) -> None:
    """A row of houses with doors, windows and roofs along a road."""
    foot = sketch.bottom * rng.uniform(0.7, 0.9)
    sky(rng, sketch, foot)
    left = -rng.uniform(0, 0.2)
    while left < sketch.right:
        wide = rng.uniform(0.2, 0.42)
        _house(rng, sketch, left, wide, foot, rng.uniform(0.35, 0.75) * foot)
        left += wide
    sketch.box(0, foot, sketch.right, foot + 0.04, (170, 168, 165))
    sketch.box(0, foot + 0.04, sketch.right, sketch.bottom, shade((95, 95, 100), rng.uniform(0.8, 1.2)))
    for x in np.arange(0, sketch.right, 0.2):
        sketch.box(x, foot + 0.12, x + 0.1, foot + 0.135, (235, 235, 225))


def draw_building(rng: np.random.Generator, sketch: Sketch) -> None:
    """One tall block with rows of windows, seen from the street."""
    foot, middle = sketch.bottom * rng.uniform(0.85, 0.95), sketch.right * rng.uniform(0.4, 0.6)
    sky(rng, sketch, sketch.bottom)
    wall, glass = any_colour(rng), one_of(rng, ((120, 160, 190), (60, 70, 90), (240, 220, 150)))
    half, top = rng.uniform(0.2, 0.4), foot * rng.uniform(0.08, 0.3)
    side = rng.uniform(0.06, 0.14)
    sketch.box(0, foot, sketch.right, sketch.bottom, (120, 120, 118))
    sketch.polygon(
        [(middle + half, top), (middle + half + side, top + 0.06), (middle + half + side, foot), (middle + half, foot)],
        shade(wall, 0.6),
    )
    sketch.box(middle - half, top, middle + half, foot, wall)
    columns, rows = int(rng.integers(3, 8)), int(rng.integers(5, 13))
    step, rise = 2 * half / columns, (foot - 0.14 - top) / rows
    for row in range(rows):
        for column in range(columns):
            x, y = middle - half + column * step, top + row * rise
            sketch.box(x + 0.2 * step, y + 0.25 * rise, x + 0.8 * step, y + 0.85 * rise, shade(glass, rng.uniform(0.8, 1.2)))
    sketch.box(middle - 0.06, foot - 0.11, middle + 0.06, foot, shade(wall, 0.35))
    if rng.random() < 0.5:
        sketch.line([(middle, top), (middle, top - 0.15)], 0.012, (90, 90, 95))


def draw_tree(rng: np.random.Generator, sketch: Sketch) -> None:
    """One tree with a branching trunk in a field, or bare in winter."""
    foot = sketch.bottom * rng.uniform(0.75, 0.9)
    sky(rng, sketch, foot)
    _bands(sketch, foot - 0.04, sketch.bottom, shade(one_of(rng, _GREENS), 1.2), one_of(rng, _GREENS))
    bark = one_of(rng, ((90, 65, 45), (70, 60, 55), (120, 95, 70)))
    ends = []
    _branch(rng, sketch, np.array([sketch.right * rng.uniform(0.4, 0.6), foot]), -np.pi / 2, foot * 0.27, 0.07, bark, ends)
    if rng.random() < 0.8:
        leaf = one_of(rng, (*_GREENS[:4], (200, 120, 50), (220, 170, 60), (230, 170, 190)))
        for x, y in ends:
            for _ in range(3):
                centre = rng.normal((x, y), 0.03)
                sketch.polygon(blob(rng, centre, rng.uniform(0.02, 0.06), 0.4), shade(leaf, rng.uniform(0.6, 1.25)))


def draw_night_sky(rng: np.random.Generator, sketch: Sketch) -> None:
    """Stars and the moon over a dark skyline."""
    dark = one_of(rng, ((10, 14, 40), (25, 20, 60), (5, 8, 20), (30, 40, 80)))
    _bands(sketch, 0, sketch.bottom, dark, shade(dark, rng.uniform(1, 1.3)))
    for _ in range(int(rng.integers(80, 350))):
        r = 0.0015 + 0.005 * rng.random() ** 6
        at = (rng.uniform(0, sketch.right), rng.uniform(0, sketch.bottom))
        sketch.ellipse(at, (r, r), shade((190, 200, 255), rng.uniform(0.6, 2)))
    if rng.random() < 0.75:
        at, r = (
            np.array([sketch.right * rng.uniform(0.15, 0.85), sketch.bottom * rng.uniform(0.1, 0.45)]),
            rng.uniform(0.05, 0.14),
        )
        sketch.ellipse(at, (r, r), (240, 235, 210))
        if rng.random() < 0.6:
            sketch.ellipse(at + np.array([0.45 * r, -0.2 * r]), (0.9 * r, 0.9 * r), dark)
    line = ridge(rng, sketch.right, sketch.bottom * rng.uniform(0.8, 1), 0.06)
    sketch.polygon([*line, (sketch.right, sketch.bottom), (0, sketch.bottom)], shade(dark, 0.4))


def sky(rng: np.random.Generator, sketch: Sketch, horizon: float) -> None:
    """A sky that grows paler downwards, with a sun or clouds at times."""
    colour = one_of(rng, _SKIES)
    _bands(sketch, 0, horizon + 0.15, colour, shade(colour, rng.uniform(1.1, 1.7)))
    if rng.random() < 0.4:
        at, r = (rng.uniform(0.1, sketch.right - 0.1), rng.uniform(0.1, max(0.12, horizon))), rng.uniform(0.03, 0.09)
        sketch.ellipse(at, (r, r), one_of(rng, ((255, 245, 200), (255, 220, 120), (250, 140, 90))))
    for _ in range(int(rng.integers(0, 5))):
        x, y, r = rng.uniform(0, sketch.right), rng.uniform(0, 0.7 * horizon), rng.uniform(0.02, 0.06)
        for part in range(int(rng.integers(3, 6))):
            wide = r * rng.uniform(0.8, 1.7)
            sketch.ellipse((x + part * r * 1.3, y + rng.normal(0, 0.3 * r)), (wide * 1.3, wide * 0.7), shade(colour, 1.75))


def _bands(sketch, top, bottom, first, last) -> None:
    """A gradient from one colour down to another."""
    edges = np.linspace(top, bottom, 41)
    for k in range(40):
        colour = tuple(int(a + (b - a) * k / 39) for a, b in zip(first, last, strict=True))
        sketch.box(-0.01, edges[k], sketch.right + 0.01, edges[k + 1] + 0.01, colour)


def _small_tree(rng, sketch, x, y, size, colour) -> None:
    sketch.line([(x, y + 0.1 * size), (x, y - 0.4 * size)], 0.12 * size, (85, 65, 50))
    if rng.random() < 0.5:
        for k in range(3):
            low, wide = y - size * (0.15 + 0.3 * k), size * (0.35 - 0.08 * k)
            sketch.polygon([(x - wide, low), (x + wide, low), (x, low - 0.5 * size)], shade(colour, 0.9 + 0.1 * k))
    else:
        sketch.rounded(blob(rng, (x, y - 0.7 * size), 0.4 * size, 0.15), colour)


def _boat(rng, sketch, x, y, size) -> None:
    hull = [(x - size, y), (x + size, y), (x + 0.7 * size, y + 0.35 * size), (x - 0.7 * size, y + 0.35 * size)]
    sketch.polygon(hull, any_colour(rng))
    sketch.line([(x, y), (x, y - 1.7 * size)], 0.06 * size, (80, 60, 45))
    sketch.polygon(
        [(x + 0.08 * size, y - 1.6 * size), (x + 0.08 * size, y - 0.15 * size), (x + 0.9 * size, y - 0.15 * size)],
        (245, 243, 235),
    )


def _house(rng, sketch, left, wide, foot, tall) -> None:
    wall, roof = shade(any_colour(rng), rng.uniform(1, 1.6)), one_of(rng, ((150, 70, 50), (90, 85, 90), (120, 90, 70)))
    top = foot - tall
    if rng.random() < 0.7:
        peak = top - rng.uniform(0.08, 0.2)
        sketch.polygon([(left - 0.01, top), (left + wide / 2, peak), (left + wide + 0.01, top)], roof)
    else:
        sketch.box(left, top - 0.03, left + wide, top + 0.01, shade(roof, 0.8))
    sketch.box(left, top, left + wide, foot, wall)
    door = int(rng.integers(2))
    for k, floor in enumerate(np.arange(foot - 0.2, top, -0.19)):
        for column in range(2):
            x = left + wide * (0.14 + 0.44 * column)
            if k == 0 and column == door:
                sketch.box(x, foot - 0.16, x + 0.26 * wide, foot, shade(any_colour(rng), 0.7))
            else:
                y = floor + 0.07
                sketch.box(x - 0.01, y - 0.01, x + 0.28 * wide + 0.01, y + 0.11, shade(wall, 1.6))
                sketch.box(x, y, x + 0.28 * wide, y + 0.1, shade((90, 115, 140), rng.uniform(0.6, 1.3)))


def _branch(rng, sketch, foot, angle, length, width, colour, ends) -> None:
    tip = foot + length * np.array([np.cos(angle), np.sin(angle)])
    sketch.line([foot, tip], width, colour)
    if length < 0.06:
        ends.append(tip)
        return
    for side in (-1, 1):
        turn = angle + side * rng.uniform(0.2, 0.65)
        _branch(rng, sketch, tip, turn, length * rng.uniform(0.62, 0.8), 0.62 * width, colour, ends)
