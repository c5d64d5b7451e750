"""Musical instruments. Each fits between -1 and 1."""

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


def draw_musical_instruments(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to three guitars, fiddles, drums, horns, keyboards, xylophones, tambourines or rattles."""
    draw_several(rng, sketch, (_guitar, _guitar, _drum, _horn, _keyboard, _xylophone, _tambourine, _rattles), 3, 0.4)


def _guitar(rng, thing) -> None:
    wood = one_of(rng, ((170, 95, 45), (200, 150, 90), (110, 55, 30))) if rng.random() < 0.65 else any_colour(rng)
    t, waist = np.linspace(0, np.pi, 40), rng.uniform(0.05, 0.2)
    wide = np.sin(t) ** 0.6 * (0.38 - 0.08 * np.cos(t) - waist * np.exp(-(((t - 1.45) / 0.35) ** 2)))
    thing.fill(mirrored(np.stack([wide, 0.45 - 0.52 * np.cos(t)], 1)), wood)
    if rng.random() < 0.6:
        thing.oval((0, 0.35), (0.15, 0.15), shade(wood, 0.25))
    else:
        for side in (-1, 1):
            thing.line([(side * 0.15, 0.25), (side * 0.2, 0.45), (side * 0.14, 0.6)], 0.03, shade(wood, 0.2))
    thing.fill(box(-0.055, -0.8, 0.055, 0.25), shade(wood, 0.5), 0)
    thing.fill([(-0.08, -0.98), (0.08, -0.98), (0.06, -0.75), (-0.06, -0.75)], shade(wood, 0.7))
    for y in (-0.93, -0.86, -0.79):
        for side in (-1, 1):
            thing.dot((side * 0.11, y), (0.035, 0.025), one_of(rng, METALS))
    thing.fill(box(-0.14, 0.68, 0.14, 0.73), shade(wood, 0.35), 0)
    for x in np.linspace(-0.035, 0.035, 4):
        thing.line([(x, -0.8), (1.5 * x, 0.7)], 0.008, (225, 220, 205))


def _drum(rng, thing) -> None:
    shell, trim, deep = any_colour(rng), any_colour(rng), rng.uniform(0.4, 1.1)
    low, wide = -0.45 + deep, rng.uniform(0.6, 0.85)
    thing.oval((0, low), (wide, 0.22), shade(shell, 0.8))
    lathed(thing, [(wide, -0.45), (wide, low)], shell)
    x = np.linspace(-wide, wide, 9)
    zigzag = np.where(np.arange(9) % 2, -0.38, low - 0.05) + 0.15 * (1 - (x / wide) ** 2)
    thing.line(np.stack([x, zigzag], 1), 0.035, trim)
    for y in (-0.45, low):
        thing.line(oval((0, y), (wide, 0.22), 0, 0, np.pi, 24), 0.09, trim)
    thing.oval((0, -0.45), (wide, 0.22), (240, 232, 215))
    if rng.random() < 0.6:
        for side in (-1, 1):
            thing.line([(side * 0.1, -0.45), (side * 0.8, -0.95)], 0.05, (200, 160, 105))
            thing.oval((side * 0.1, -0.45), (0.06, 0.05), (200, 160, 105))


def _horn(rng, thing) -> None:
    brass = one_of(rng, ((225, 180, 70), (200, 150, 60), (190, 192, 196)))
    dark = shade(brass, 0.75)
    thing.line(oval((-0.1, 0.12), (0.5, 0.26)), 0.085, dark)
    thing.line([(-0.95, -0.12), (0.4, -0.12)], 0.075, brass)
    for x in (-0.2, 0, 0.2):
        thing.fill(box(x - 0.065, -0.3, x + 0.065, 0.38, 0.03), shade(brass, 1.1))
        thing.line([(x, -0.3), (x, -0.42)], 0.05, dark)
        thing.oval((x, -0.44), (0.07, 0.03), (240, 240, 235))
    t, bell = np.linspace(0, 1, 14), rng.uniform(0.3, 0.5)
    edge = 0.04 + bell * t**3
    x = 0.3 + 0.62 * t
    thing.fill(np.concatenate([np.stack([x, -0.12 - edge], 1), np.stack([x, -0.12 + edge], 1)[::-1]]), brass, 0)
    thing.oval((0.92, -0.12), (0.07, bell + 0.04), dark)
    thing.fill([(-0.98, -0.2), (-0.88, -0.14), (-0.88, -0.1), (-0.98, -0.04)], shade(brass, 1.2))


def _keyboard(rng, thing) -> None:
    case, tall, keys = any_colour(rng), rng.uniform(0.25, 0.5), int(rng.integers(8, 18))
    thing.fill(box(-0.97, -tall - 0.2, 0.97, tall, 0.06), case, 0.4)
    step = 1.84 / keys
    for k in range(keys):
        thing.patch(box(-0.92 + k * step, -tall, -0.92 + (k + 0.92) * step, tall - 0.06), (245, 243, 236))
    for k in range(1, keys):
        if k % 7 not in (0, 3):
            thing.patch(box(-0.92 + (k - 0.3) * step, -tall, -0.92 + (k + 0.3) * step, 0.15 * tall), _INK)


def _xylophone(rng, thing) -> None:
    bars = int(rng.integers(5, 11))
    for side in (-1, 1):
        thing.line([(-0.9, side * 0.4), (0.9, side * 0.22)], 0.08, one_of(rng, WOODS))
    for k in range(bars):
        x, half = -0.85 + 1.7 * k / (bars - 1), 0.7 - 0.35 * k / bars
        thing.fill(box(x - 0.65 / bars, -half, x + 0.65 / bars, half, 0.03), any_colour(rng))
        for side in (-1, 1):
            thing.dot((x, side * 0.75 * half), (0.025, 0.025), (90, 90, 90))
    if rng.random() < 0.6:
        thing.line([(-0.7, 0.95), (0.3, 0.05)], 0.035, (215, 180, 130))
        thing.oval((0.3, 0.05), (0.08, 0.08), any_colour(rng))


def _tambourine(rng, thing) -> None:
    rim, skin = one_of(rng, WOODS) if rng.random() < 0.5 else any_colour(rng), one_of(rng, ((240, 230, 210), (225, 205, 170)))
    thing.oval((0, 0), (0.92, 0.92), rim)
    thing.oval((0, 0), (0.75, 0.75), skin)
    for angle in np.linspace(0, 2 * np.pi, int(rng.integers(5, 10)), endpoint=False):
        at = 0.84 * np.array([np.cos(angle), np.sin(angle)])
        thing.oval(at, (0.13, 0.06), one_of(rng, ((220, 190, 90), *METALS)), angle + np.pi / 2)


def _rattles(rng, thing) -> None:
    for side in (-1, 1):
        paint, part = any_colour(rng), thing.part((side * 0.42, 0), 0.95, side * rng.uniform(0.1, 0.5))
        part.line([(0, 0), (0, 0.95)], 0.1, one_of(rng, WOODS))
        part.oval((0, -0.4), (0.32, 0.45), paint)
        band = any_colour(rng)
        for y in np.array([-0.55, -0.4, -0.25])[: int(rng.integers(1, 4))]:
            part.patch(box(-0.28, y - 0.03, 0.28, y + 0.03), band)
