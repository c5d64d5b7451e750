"""Things about a house: umbrellas, lamps, clocks, pots. Each fits between -1 and 1."""

from itertools import pairwise

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import (
    METALS,
    WOODS,
    Sketch,
    any_colour,
    box,
    draw_several,
    lathed,
    mirrored,
    one_of,
    oval,
    shade,
)

_INK = (30, 27, 28)
_GREENS = ((70, 130, 60), (100, 150, 60), (50, 100, 70))
_CLAYS = ((180, 95, 60), (205, 140, 95), (240, 236, 228), (70, 100, 140), (60, 62, 66))


def draw_umbrellas(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to four umbrellas or parasols: open from the side or from above, or closed."""
    draw_several(rng, sketch, (_open_umbrella, _open_umbrella, _umbrella_from_above, _closed_umbrella), 4, 0.4)


def draw_lamps_and_clocks(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to four lamps, bulbs, candles, or clocks."""
    draw_several(rng, sketch, (_lamp, _bulb, _candle, _clock, _clock, _tall_clock), 4, 0.08)


def draw_pots_and_teapots(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to five teapots, cups, saucepans, urns or potted plants."""
    draw_several(rng, sketch, (_teapot, _teapot, _cup, _saucepan, _urn, _potted_plant), 5, 0.08)


def _open_umbrella(rng, thing) -> None:
    cloths = [any_colour(rng) for _ in range(int(rng.integers(1, 4)))]
    tall, parts = rng.uniform(0.5, 0.85), int(rng.integers(4, 9))
    stick = one_of(rng, (*WOODS, *METALS))
    thing.line([(0, -0.95), (0, 0.75)], 0.045, stick)
    if rng.random() < 0.7:
        thing.line(oval((0.13, 0.75), (0.13, 0.17), 0, 0, np.pi, 14), 0.06, stick)
    edges = np.sin(np.linspace(-np.pi / 2, np.pi / 2, parts + 1)) * 0.95
    t = np.linspace(0, 1, 12)
    ribs = [np.stack([x * np.sin(t * np.pi / 2), -0.05 - tall * np.cos(t * np.pi / 2)], 1) for x in edges]
    for k, (left, right) in enumerate(pairwise(ribs)):
        middle = (left[-1] + right[-1]) / 2 - [0, 0.09]
        cloth = cloths[k % len(cloths)]
        tone = 1.1 - 0.9 * thing.manner.depth * k / parts
        thing.fill([*left, middle, *right[::-1]], shade(cloth, tone), 0)
        if not thing.manner.edge:
            thing.line(right[:-1], 0.012, shade(cloth, 0.7))


def _umbrella_from_above(rng, thing) -> None:
    cloths, parts = [any_colour(rng) for _ in range(int(rng.integers(1, 4)))], int(rng.integers(6, 13))
    for k in range(parts):
        angles = 2 * np.pi * np.array([k, k + 0.5, k + 1]) / parts
        r = np.array([0.95, 0.86, 0.95])
        rim = np.stack([r * np.cos(angles), r * np.sin(angles)], 1)
        tone = 1.0 + thing.manner.depth * np.cos(angles[1] + 2)
        thing.fill([(0, 0), *rim], shade(cloths[k % len(cloths)], tone), 0)
        thing.line([(0, 0), rim[0]], 0.012, shade(cloths[0], 0.6))
    thing.oval((0, 0), (0.05, 0.05), one_of(rng, METALS))


def _closed_umbrella(rng, thing) -> None:
    cloth, wide = any_colour(rng), rng.uniform(0.13, 0.26)
    stick = one_of(rng, WOODS)
    thing.line([(0, -1), (0, 0.8)], 0.05, stick)
    thing.line(oval((0.12, 0.78), (0.12, 0.15), 0, 0, np.pi, 12), 0.07, stick)
    thing.fill([(0, -0.85), (wide, 0.3), (0.5 * wide, 0.4), (0, 0.33), (-0.5 * wide, 0.4), (-wide, 0.3)], cloth)
    for x in (-0.5, 0.1, 0.6):
        thing.line([(0, -0.8), (x * wide, 0.33)], 0.015, shade(cloth, 0.65))
    thing.line([(-0.75 * wide, 0), (0.75 * wide, 0.04)], 0.05, shade(cloth, 0.5))


def _lamp(rng, thing) -> None:
    cloth, foot, tall = shade(any_colour(rng), rng.uniform(1, 1.6)), any_colour(rng), rng.random() < 0.4
    top, low = rng.uniform(0.15, 0.45), rng.uniform(0.45, 0.75)
    if tall:
        thing.line([(0, -0.5), (0, 0.92)], 0.05, foot)
        thing.oval((0, 0.92), (0.35, 0.06), foot)
    else:
        belly, neck = rng.uniform(0.12, 0.4), rng.uniform(0.05, 0.1)
        t = np.linspace(0, 1, 14)
        lathed(thing, np.stack([neck + belly * np.sin(np.pi * t) ** 1.5 + 0.15 * t**6, -0.1 + 1.05 * t], 1), foot)
    lathed(thing, [(top, -0.95), (low, -0.1)], cloth)
    if rng.random() < 0.4:
        for y in (-0.87, -0.18):
            x = top + (low - top) * (y + 0.95) / 0.85
            thing.line([(-x, y), (x, y)], 0.05, any_colour(rng))


def _bulb(rng, thing) -> None:
    glass = one_of(rng, ((255, 235, 150), (235, 240, 245), (250, 215, 90)))
    thing.oval((0, -0.25), (0.62, 0.65), glass)
    thing.fill([(-0.4, 0.2), (0.4, 0.2), (0.25, 0.55), (-0.25, 0.55)], glass, 0)
    thing.line(
        [(-0.15, 0.5), (-0.2, -0.1), (-0.07, -0.25), (0, -0.1), (0.07, -0.25), (0.2, -0.1), (0.15, 0.5)], 0.035, (150, 90, 40)
    )
    for y in (0.58, 0.7, 0.82):
        thing.fill(box(-0.26, y - 0.05, 0.26, y + 0.05, 0.04), one_of(rng, METALS))
    thing.oval((0, 0.9), (0.12, 0.06), _INK)


def _candle(rng, thing) -> None:
    wax, wide, top = shade(any_colour(rng), 1.4), rng.uniform(0.12, 0.35), rng.uniform(-0.4, 0.2)
    thing.oval((0, 0.85), (rng.uniform(0.4, 0.8), 0.12), any_colour(rng))
    lathed(thing, [(wide, top), (wide, 0.85)], wax)
    thing.oval((0, top), (wide, 0.25 * wide), shade(wax, 1.2))
    thing.line([(0, top), (0.01, top - 0.12)], 0.03, _INK)
    t = np.linspace(0, np.pi, 14)
    for share, colour in ((1, (245, 160, 50)), (0.55, (255, 235, 140))):
        right = np.stack([0.13 * share * np.sin(t) * (1 - 0.5 * np.cos(t)), top - 0.28 - 0.2 * share * np.cos(t)], 1)
        thing.patch(mirrored(right), colour)


def _clock(rng, thing) -> None:
    rim, dial = any_colour(rng), shade(any_colour(rng), rng.uniform(1.3, 2)) if rng.random() < 0.8 else _INK
    ink = _INK if sum(dial) > 300 else (240, 235, 220)
    if rng.random() < 0.4:  # an alarm clock
        thing.ovals((0.45, -0.78), (0.26, 0.16), shade(rim, 1.15), 0.6)
        thing.both([(0.4, 0.6), (0.6, 0.5), (0.68, 0.98), (0.58, 0.98)], shade(rim, 0.7))
    r = rng.uniform(0.78, 0.92)
    if rng.random() < 0.8:
        thing.oval((0, 0), (r, r), rim)
    else:
        thing.fill(box(-r, -r, r, r, 0.12), rim)
    inner = r * rng.uniform(0.78, 0.92)
    thing.dot((0, 0), (inner, inner), dial)
    numbers = rng.random() < 0.4
    for k in range(12):
        ray = np.array([np.sin(k * np.pi / 6), -np.cos(k * np.pi / 6)])
        if numbers:
            at = thing.placed([0.8 * inner * ray - [0.08, 0.1]])[0]
            thing.sketch.text(at, str(k or 12), 0.2 * thing.size, ink)
        else:
            thing.line([0.93 * inner * ray, (0.8 if k % 3 == 0 else 0.86) * inner * ray], 0.04, ink)
    for long, wide in ((0.5, 0.07), (0.75, 0.045)):
        angle = rng.uniform(0, 2 * np.pi)
        thing.line([(0, 0), long * inner * np.array([np.sin(angle), -np.cos(angle)])], wide, ink)
    thing.dot((0, 0), (0.05, 0.05), any_colour(rng))


def _tall_clock(rng, thing) -> None:
    wood = one_of(rng, WOODS)
    thing.fill([(-0.42, -0.75), (0, -1), (0.42, -0.75)], shade(wood, 0.8))
    thing.fill(box(-0.38, -0.75, 0.38, -0.1), wood)
    thing.fill(box(-0.28, -0.1, 0.28, 0.75), shade(wood, 0.9))
    thing.fill(box(-0.4, 0.75, 0.4, 0.97), wood)
    thing.fill(box(-0.17, 0, 0.17, 0.65), shade(wood, 0.4), 0)
    swing = rng.uniform(-0.08, 0.08)
    thing.line([(0, 0), (swing, 0.48)], 0.03, (215, 180, 80))
    thing.oval((swing, 0.5), (0.09, 0.09), (225, 190, 90))
    _clock(rng, thing.part((0, -0.43), 0.33))


def _belly(rng) -> tuple[np.ndarray, float]:
    """The right half of a pot between -0.45 and 0.75, and how wide it is."""
    wide, mouth, foot = rng.uniform(0.42, 0.62), rng.uniform(0.4, 0.8), rng.uniform(0.4, 0.8)
    t = np.linspace(0, 1, 16)
    ends = mouth * (1 - t) + foot * t
    return np.stack([wide * (ends + (1 - ends) * np.sin(np.pi * t) ** rng.uniform(0.5, 1)), -0.45 + 1.2 * t], 1), wide


def _decorated(rng, thing, right) -> None:
    """Bands, dots or a flower on a pot, or nothing."""
    way, paint = int(rng.integers(4)), any_colour(rng)
    if way == 0:
        for k in rng.choice(np.arange(2, len(right) - 2), 2, replace=False):
            (x, y), (x1, y1) = right[k], right[k + 1]
            thing.patch([(-x, y), (x, y), (x1, y1), (-x1, y1)], paint)
    elif way == 1:
        for x, y in right[3:-2:3]:
            for share in (-0.7, -0.25, 0.25, 0.7):
                thing.dot((share * x, y), (0.05, 0.05), paint)
    elif way == 2:
        for k in range(6):
            thing.dot((0.14 * np.cos(k * np.pi / 3), 0.15 + 0.14 * np.sin(k * np.pi / 3)), (0.09, 0.09), paint)
        thing.dot((0, 0.15), (0.07, 0.07), shade(paint, 1.6))


def _glaze(rng) -> tuple[int, int, int]:
    return one_of(rng, _CLAYS) if rng.random() < 0.4 else any_colour(rng)


def _teapot(rng, thing) -> None:
    glaze, (right, wide) = _glaze(rng), _belly(rng)
    thing.line(oval((-wide, 0.1), (0.33, 0.35), 0, np.pi / 2, 1.5 * np.pi, 18), rng.uniform(0.07, 0.13), shade(glaze, 0.85))
    thing.fill([(0.7 * wide, 0.1), (0.98, -0.42), (0.84, -0.46), (0.55 * wide, -0.15)], shade(glaze, 0.85))
    thing.fill([(0.7 * wide, 0.45), (wide + 0.1, 0.2), (0.94, -0.38), (0.86, -0.42), (0.7 * wide, -0.05)], shade(glaze, 0.9), 0)
    lathed(thing, right, glaze)
    _decorated(rng, thing, right)
    lid = right[0, 0]
    thing.fill(oval((0, -0.42), (1.08 * lid, rng.uniform(0.15, 0.3)), 0, np.pi, 2 * np.pi, 20), shade(glaze, 1.1))
    thing.oval((0, -0.72), (0.09, 0.09), any_colour(rng))


def _cup(rng, thing) -> None:
    glaze, wide, foot = _glaze(rng), rng.uniform(0.45, 0.65), rng.uniform(0.5, 1)
    if rng.random() < 0.5:
        thing.oval((0, 0.72), (0.92, 0.16), shade(glaze, 0.9))
    thing.line(oval((wide * 0.95, 0.05), (0.28, 0.3), 0, -np.pi / 2, np.pi / 2, 16), 0.1, shade(glaze, 0.85))
    t = np.linspace(0, 1, 10)
    right = np.stack([wide * (1 - (1 - foot) * t**2), -0.5 + 1.2 * t], 1)
    lathed(thing, right, glaze)
    _decorated(rng, thing, right)
    thing.oval((0, -0.5), (wide, 0.13), shade(glaze, 1.25))
    thing.dot((0, -0.49), (0.88 * wide, 0.09), one_of(rng, ((80, 50, 30), (170, 110, 60), (245, 240, 230))))
    for x in (-0.15, 0.12)[: int(rng.integers(0, 3))]:
        y = np.linspace(-0.58, -0.98, 12)
        thing.line(np.stack([x + 0.05 * np.sin(14 * y), y], 1), 0.025, (235, 235, 235))


def _saucepan(rng, thing) -> None:
    metal = one_of(rng, (*METALS, (60, 60, 65), (190, 100, 70))) if rng.random() < 0.6 else any_colour(rng)
    deep, wide = rng.uniform(0.3, 0.8), rng.uniform(0.55, 0.68)
    thing.line([(wide, -0.05), (1, rng.uniform(-0.15, 0))], 0.1, _INK)
    if rng.random() < 0.5:
        thing.line(oval((-wide, 0.1), (0.18, 0.1), 0, np.pi / 2, 1.5 * np.pi, 10), 0.06, _INK)
    lathed(thing, [(wide, -0.12), (wide, -0.12 + 0.8 * deep), (0.9 * wide, -0.12 + deep)], metal)
    thing.fill(oval((0, -0.12), (1.05 * wide, rng.uniform(0.15, 0.35)), 0, np.pi, 2 * np.pi, 20), shade(metal, 1.15))
    thing.line([(-1.05 * wide, -0.12), (1.05 * wide, -0.12)], 0.05, shade(metal, 0.7))
    thing.oval((0, -0.42), (0.1, 0.07), _INK)


def _urn(rng, thing) -> None:
    glaze, belly, t = _glaze(rng), rng.uniform(0.35, 0.65), np.linspace(0, 1, 22)
    neck = rng.uniform(0.12, 0.25)
    right = np.stack(
        [neck + (belly - neck) * np.sin(np.pi * t**0.8) ** 2 + 0.1 * (1 - t) ** 6 + 0.08 * t**8, -0.92 + 1.85 * t], 1
    )
    if rng.random() < 0.6:
        for side in (-1, 1):
            thing.line(oval((side * neck, -0.45), (0.32, 0.35), 0, -np.pi / 2, 1.5 * np.pi, 26), 0.07, shade(glaze, 0.8))
    lathed(thing, right, glaze)
    _decorated(rng, thing, right)


def _potted_plant(rng, thing) -> None:
    green, way = one_of(rng, _GREENS), rng.random()
    if way < 0.4:  # a cactus
        thing.ovals((0.38, -0.25), (0.12, 0.26), green)
        thing.oval((0, -0.2), (rng.uniform(0.2, 0.4), 0.65), green)
        for x in np.linspace(-0.2, 0.2, 3):
            for y in np.linspace(-0.7, 0.15, 6):
                thing.line([(x - 0.03, y), (x + 0.03, y - 0.05)], 0.02, shade(green, 1.6))
    else:
        for angle in np.linspace(-2.7, -0.45, int(rng.integers(5, 12))):
            long = rng.uniform(0.45, 0.6)
            at = np.array([0, 0.25]) + long * np.array([np.cos(angle), np.sin(angle)])
            thing.oval(at, (long, rng.uniform(0.08, 0.16)), shade(green, rng.uniform(0.75, 1.25)), angle)
    clay = _glaze(rng)
    lathed(thing, [(0.48, 0.28), (0.33, 0.97)], clay)
    lathed(thing, [(0.54, 0.18), (0.54, 0.34)], shade(clay, 1.1))
