"""Sheets with marks on them: text, handwriting, charts, maps. Each fills the frame."""

from itertools import pairwise

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import Sketch, any_colour, blob, one_of, oval, ridge, shade

_LETTERS = np.array(list("eeeettttaaaaooiinnsshhrrddllccuummwwffggyyppbbvk"))
_PAPERS = ((255, 255, 255), (250, 248, 240), (240, 232, 210), (235, 238, 242))
_INKS = ((20, 20, 25), (30, 40, 110), (60, 60, 65), (90, 30, 30))


def draw_text_page(rng: np.random.Generator, sketch: Sketch) -> None:
    """Printed lines in one or two columns, with headings and at times a picture."""
    dark = rng.random() < 0.12
    paper, ink = ((28, 30, 34), (215, 215, 210)) if dark else (one_of(rng, _PAPERS), one_of(rng, _INKS))
    sketch.box(-0.1, -0.1, sketch.right + 0.1, sketch.bottom + 0.1, paper)
    margin, height, columns = rng.uniform(0.03, 0.13), rng.uniform(0.022, 0.055), int(rng.integers(1, 3))
    top = margin
    if rng.random() < 0.7:
        sketch.text((margin, top), _words(rng, 2).title()[: int(0.8 * sketch.right / height)], 2 * height, ink)
        top += 3.4 * height
    wide = (sketch.right - margin * (columns + 1)) / columns
    for column in range(columns):
        left, y = margin + column * (wide + margin), top
        while y < sketch.bottom - margin:
            if rng.random() < 0.04:
                sketch.box(left, y, left + wide, y + 6 * height, shade(any_colour(rng), 1.3))
                y += 7 * height
                continue
            share = rng.uniform(0.3, 0.8) if rng.random() < 0.15 else 1.0
            sketch.text((left, y), _line_of_words(rng, share * wide / height), height, ink)
            y += height * (1.45 if share == 1 else 2.2)


def draw_handwriting(rng: np.random.Generator, sketch: Sketch) -> None:
    """Lines of joined writing on plain or ruled paper, or one large signature."""
    sketch.box(-0.1, -0.1, sketch.right + 0.1, sketch.bottom + 0.1, one_of(rng, _PAPERS))
    ink, step = one_of(rng, _INKS), rng.uniform(0.08, 0.15)
    if rng.random() < 0.5:
        for y in np.arange(step, sketch.bottom, step):
            sketch.line([(0, y), (sketch.right, y)], 0.003, (170, 190, 215))
    if rng.random() < 0.3:
        y = sketch.bottom * rng.uniform(0.35, 0.65)
        _scrawl(rng, sketch, 0.15, sketch.right - 0.15, y, 0.16, 0.012, ink)
        sketch.line(ridge(rng, sketch.right, y + 0.08, 0.015, 0)[12:68], 0.008, ink)
        return
    for y in np.arange(1.5 * step, sketch.bottom - 0.5 * step, step):
        x, end = 0.08 + rng.uniform(0, 0.03), sketch.right * (rng.uniform(0.4, 0.9) if rng.random() < 0.25 else 0.92)
        while x < end - 0.05:
            stop = min(end, x + rng.uniform(0.06, 0.28))
            _scrawl(rng, sketch, x, stop, y - 0.2 * step, 0.3 * step, 0.006, ink)
            x = stop + rng.uniform(0.03, 0.05)


def draw_chart(rng: np.random.Generator, sketch: Sketch) -> None:
    """Bars, lines, points or a pie, with axes and labels."""
    sketch.box(
        -0.1,
        -0.1,
        sketch.right + 0.1,
        sketch.bottom + 0.1,
        (255, 255, 255) if rng.random() < 0.7 else shade(any_colour(rng), 1.85),
    )
    ink, right, foot = (50, 50, 55), sketch.right - 0.07, sketch.bottom * rng.uniform(0.75, 0.9)
    left, top = 0.14, sketch.bottom * rng.uniform(0.14, 0.25)
    sketch.text((left, 0.05), _words(rng, 3).title(), 0.05, ink)
    kind = rng.choice(["bars", "lines", "points", "pie"])
    if kind == "pie":
        return _pie(rng, sketch, (sketch.right / 2, (top + sketch.bottom) / 2))
    for y in np.linspace(top, foot, int(rng.integers(4, 8))):
        sketch.line([(left, y), (right, y)], 0.003, (205, 205, 208))
        sketch.text((0.03, y - 0.02), str(int(rng.integers(10, 999))), 0.035, ink)
    sketch.line([(left, top), (left, foot), (right, foot)], 0.007, ink)
    count = int(rng.integers(4, 13))
    x = np.linspace(left, right, count + 1)[:-1] + (right - left) / count / 2
    for at in x[:: max(1, count // 5)]:
        sketch.text((at - 0.03, foot + 0.02), _words(rng, 1)[:4], 0.033, ink)
    for series in range(int(rng.integers(1, 4))):
        colour, y = any_colour(rng), foot - (foot - top) * rng.uniform(0.05, 0.98, count)
        half = 0.35 * (right - left) / count
        if kind == "bars":
            for a, b in zip(x, y, strict=True):
                shift = series * half * 0.6
                sketch.box(a - half + shift, b, a - half * 0.3 + shift, foot, colour)
        elif kind == "lines":
            sketch.line(np.stack([x, y], 1), 0.011, colour)
        for a, b in zip(x, y, strict=True) if kind != "bars" else ():
            sketch.ellipse((a, b), (0.014, 0.014), colour)


def draw_map(rng: np.random.Generator, sketch: Sketch) -> None:
    """Land, water, parks and roads with names."""
    land, water = (
        one_of(rng, ((240, 236, 224), (225, 230, 205), (235, 225, 200))),
        one_of(rng, ((160, 200, 225), (130, 180, 210))),
    )
    sketch.box(-0.1, -0.1, sketch.right + 0.1, sketch.bottom + 0.1, land)
    for _ in range(int(rng.integers(2, 7))):
        at = (rng.uniform(0, sketch.right), rng.uniform(0, sketch.bottom))
        sketch.polygon(blob(rng, at, rng.uniform(0.06, 0.3), 0.35), one_of(rng, ((195, 220, 170), water, (225, 215, 205))))
    river = ridge(rng, sketch.bottom, sketch.right * rng.uniform(0.2, 0.8), 0.12, 0.6)[::2, ::-1]
    sketch.line(river, rng.uniform(0.02, 0.09), water)
    turn = rng.uniform(0, np.pi)
    for wide, colour, count in ((0.012, (255, 255, 255), 16), (0.026, (250, 215, 130), 4), (0.036, (230, 140, 110), 1)):
        for _ in range(int(rng.integers(count // 2, count + 1))):
            way = ridge(rng, 2.6, 0, 0.03, 0.3)[::4] - [1.3, 0]
            angle = turn + rng.choice([0, np.pi / 2]) + rng.normal(0, 0.15)
            c, s = np.cos(angle), np.sin(angle)
            way = way @ np.array([[c, s], [-s, c]]) + [rng.uniform(0, sketch.right), rng.uniform(0, sketch.bottom)]
            sketch.line(way, wide + 0.007, shade(colour, 0.8))
            sketch.line(way, wide, colour)
    for _ in range(int(rng.integers(4, 12))):
        at = (rng.uniform(0, sketch.right - 0.1), rng.uniform(0, sketch.bottom))
        sketch.text(at, _words(rng, 1).title(), rng.uniform(0.03, 0.055), (70, 70, 80))


def _words(rng, count: int) -> str:
    letters = rng.choice(_LETTERS, 9 * count).reshape(count, 9)
    lengths = rng.integers(2, 10, count)
    return " ".join("".join(row[:n]) for row, n in zip(letters, lengths, strict=True))


def _line_of_words(rng, letters: float) -> str:
    """Words that fill so many letter heights."""
    return _words(rng, int(letters * 2 / 5) + 2)[: int(letters * 1.9)]


def _scrawl(rng, sketch, left, right, y, height, width, ink) -> None:
    """Slanting loops of a pen that run right, some tall, some hanging below the line."""
    loops = max(2, round(0.9 * (right - left) / height))
    t = np.linspace(0, 1, 14 * loops)
    knots = np.linspace(0, 1, loops + 1)
    up, down = (0.5 + 1.3 * np.interp(t, knots, rng.random(loops + 1) ** k) for k in (2, 5))
    wave = np.sin(2 * np.pi * loops * t + np.interp(t, knots, rng.normal(0, 0.8, loops + 1)))
    lift = height * wave * np.where(wave > 0, up, down)
    x = (
        left
        + (right - left) * t
        + 0.28 * lift
        + 0.45 * height * np.interp(t, knots, rng.normal(0, 1, loops + 1)) * np.cos(2 * np.pi * loops * t)
    )
    sketch.line(np.stack([x, y - lift], 1), width, ink)


def _pie(rng, sketch, centre) -> None:
    radius, edges = rng.uniform(0.25, 0.38), np.cumsum([0, *rng.dirichlet(np.ones(int(rng.integers(3, 8))) * 3)]) * 2 * np.pi
    for start, end in pairwise(edges):
        sketch.polygon([centre, *oval(centre, (radius, radius), 0, start, end, 24)], any_colour(rng))
    if rng.random() < 0.4:
        sketch.ellipse(centre, (radius / 2, radius / 2), (255, 255, 255))
