"""Cloth that is not a garment: cushions, rugs, blankets, flags. Each fits between -1 and 1."""

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import (
    METALS,
    WOODS,
    Sketch,
    any_colour,
    box,
    draw_several,
    one_of,
    shade,
)

_CELLS = 16  # of a cloth, either way


def draw_cushions(rng: np.random.Generator, sketch: Sketch) -> None:
    """Cloth that is not a garment: one to four cushions, rugs, blankets or flags, plain or patterned."""
    draw_several(rng, sketch, (_cushion, _cushion, _rug, _round_rug, _folded_blankets, _flag), 4, 0.2)


def _woven(rng, thing, warp, tone) -> None:
    """Cloth with a pattern.

    Args:
        rng: the only source of randomness.
        thing: what is made of it.
        warp: where points of the square from -1 to 1 lie, (N, 2) to (N, 2).
        tone: how bright it is there, of (u, v).
    """
    colours = [any_colour(rng) for _ in range(3)]
    way = rng.choice(["plain", "plain", "checks", "stripes", "bands", "dots", "border", "diamonds", "cross", "tricolour"])
    cells, step = _CELLS, int(rng.integers(1, 4))
    if rng.random() < 0.5:
        colours[1] = shade(colours[0], rng.uniform(0.6, 1.4))
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, cells + 1)] * 2, indexing="ij"), 2)
    corners = thing.placed(warp(grid.reshape(-1, 2))).reshape(grid.shape)
    for i in range(cells):
        for j in range(cells):
            u, v = (2 * np.array([i, j]) + 1) / cells - 1
            pick = _pattern(way, i, j, u, v, step)
            quad = corners[[i, i + 1, i + 1, i], [j, j, j + 1, j + 1]]
            thing.sketch.polygon(quad, shade(colours[pick], tone(u, v)))
    if thing.manner.edge:
        side = np.linspace(-1, 1, cells + 1)
        one = np.ones_like(side)
        rim = np.concatenate([np.stack(s, 1) for s in ((side, -one), (one, side), (-side, one), (-one, -side))])
        thing.line(warp(rim), thing.manner.edge, thing.manner.ink or shade(colours[0], 0.5))


def _pattern(way, i, j, u, v, step) -> int:
    """Which of three colours the cell (i, j) of a cloth has, whose middle is (u, v)."""
    rim = max(abs(u), abs(v))
    if way == "checks":
        return (i // step + j // step) % 2
    if way == "stripes":
        return i // step % 2
    if way == "bands":
        return j // step % 3
    if way == "dots":
        return int(i % (step + 2) == 1 and j % (step + 2) == 1)
    if way == "border":
        return int(rim > 0.9) + 2 * int(0.5 < rim < 0.6)
    if way == "diamonds":
        return int((abs(i - (_CELLS - 1) / 2) + abs(j - (_CELLS - 1) / 2)) // (step + 1) % 2)
    if way == "cross":
        return int(abs(v) < 0.2 or abs(u + 0.3) < 0.15)
    return min(2, 3 * i // _CELLS) if way == "tricolour" else 0


def _cushion(rng, thing) -> None:
    pinch, tall, depth = rng.uniform(0.04, 0.2), rng.uniform(0.55, 0.95), thing.manner.depth

    def warp(p):
        return p * (1 - pinch * (1 - p[:, ::-1] ** 2) * np.abs(p) ** 3) * [0.95, tall]

    _woven(rng, thing, warp, lambda u, v: 1.1 - depth * (0.7 * max(abs(u), abs(v)) ** 3 + 0.25 * (u + v)))
    if rng.random() < 0.3:
        for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            thing.oval((0.95 * x, tall * y), (0.09, 0.09), any_colour(rng))
    if rng.random() < 0.25:
        thing.oval((0, 0), (0.07, 0.07), any_colour(rng))


def _rug(rng, thing) -> None:
    tall, slant = rng.uniform(0.45, 0.8), rng.choice([0, 0, rng.uniform(0, 0.35)])
    fringe = shade(any_colour(rng), 1.5)
    if rng.random() < 0.6:
        for y in np.linspace(-tall, tall, 24):
            reach = 0.88 + 0.12 * slant * y / tall
            thing.line([(-reach, y), (-reach - 0.1, y + 0.01)], 0.02, fringe)
            thing.line([(reach, y), (reach + 0.1, y + 0.01)], 0.02, fringe)

    def warp(p):
        return p * np.stack([0.88 * (1 - slant * (1 - p[:, 1]) / 2), np.full(len(p), tall)], 1)

    _woven(rng, thing, warp, lambda u, v: 1 + 0.2 * thing.manner.depth * np.sin(3 * u + v))


def _round_rug(rng, thing) -> None:
    colours, rings = [any_colour(rng) for _ in range(int(rng.integers(1, 4)))], int(rng.integers(2, 8))
    flat = rng.uniform(0.5, 1)
    for k in range(rings):
        r = 0.95 * (1 - k / rings)
        thing.dot((0, 0), (r, r * flat), shade(colours[k % len(colours)], 1 + 0.1 * (k % 2)))
    if rng.random() < 0.4:
        for angle in np.linspace(0, 2 * np.pi, 40):
            ray = np.array([np.cos(angle), flat * np.sin(angle)])
            thing.line([0.94 * ray, 1.02 * ray], 0.025, colours[0])


def _folded_blankets(rng, thing) -> None:
    count = int(rng.integers(2, 6))
    deep, y = 1.5 / count, 0.8
    for _ in range(count):
        cloth, wide = any_colour(rng), rng.uniform(0.7, 0.92)
        for part in range(2):
            top = y - deep / 2
            thing.fill(box(-wide, top, wide, y, min(0.45 * deep / 2, 0.15)), shade(cloth, 1 - 0.12 * part))
            y = top
        if rng.random() < 0.5:
            for x in np.linspace(-0.8, 0.8, int(rng.integers(3, 9))) * wide:
                thing.patch(box(x - 0.03, y + 0.02, x + 0.03, y + deep - 0.02), shade(cloth, 1.5))


def _flag(rng, thing) -> None:
    wave, phase, tall = rng.uniform(0, 0.12), rng.uniform(0, 6), rng.uniform(0.35, 0.6)
    thing.line([(-0.88, -0.95), (-0.88, 1)], 0.06, one_of(rng, (*WOODS, *METALS)))

    def warp(p):
        return np.stack([0.05 + 0.9 * p[:, 0], -0.85 + tall * (1 + p[:, 1]) + wave * np.sin(4 * p[:, 0] + phase)], 1)

    _woven(rng, thing, warp, lambda u, v: 1 + 2 * wave * np.cos(4 * u + phase))
