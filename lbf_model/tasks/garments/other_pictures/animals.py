"""Living things: a face, a cat, a dog, a bird, a fish. Each fits between -1 and 1."""

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import (
    Sketch,
    any_colour,
    blob,
    one_of,
    oval,
    shade,
    turned,
)

_SKINS = ((245, 215, 190), (225, 180, 145), (180, 130, 95), (120, 80, 55), (250, 220, 80))
_HAIR = ((40, 30, 25), (90, 60, 35), (200, 160, 90), (150, 70, 40), (170, 170, 172))
_FURS = ((60, 55, 52), (200, 150, 95), (225, 215, 205), (140, 100, 70), (150, 150, 152), (215, 130, 60))


def draw_face(rng: np.random.Generator, sketch: Sketch) -> None:
    """A head with hair, eyes, nose and mouth."""
    skin, hair, wide = one_of(rng, _SKINS), one_of(rng, _HAIR), rng.uniform(0.58, 0.72)
    long = rng.random() < 0.4
    sketch.polygon(blob(rng, (0, -0.15 + 0.1 * long), wide * (1.2 if long else 1.05), 0.03), hair)
    if long:
        sketch.box(-wide * 1.12, -0.1, wide * 1.12, 0.75, hair, 0.2)
    for side in (-1, 1):
        sketch.ellipse((side * wide, 0.08), (0.12, 0.17), shade(skin, 0.9))
    sketch.rounded(oval((0, 0.1), (wide, 0.82)), skin, 0.12, 5)
    fringe = oval((0, -0.12), (wide * 1.02, 0.66), 0, np.pi, 2 * np.pi)
    sketch.polygon(
        [*fringe, (wide * 0.6, -0.42 + rng.uniform(0, 0.15)), (rng.uniform(-0.2, 0.3), -0.5), (-wide * 0.7, -0.35)], hair
    )
    gap, eye = rng.uniform(0.22, 0.3), any_colour(rng)
    for side in (-1, 1):
        sketch.ellipse((side * gap, 0), (0.13, rng.uniform(0.07, 0.1)), (250, 250, 250))
        sketch.ellipse((side * gap, 0), (0.065, 0.07), eye)
        sketch.ellipse((side * gap, 0), (0.03, 0.035), (15, 15, 15))
        sketch.line(oval((side * gap, -0.08), (0.16, 0.09), 0, np.pi + 0.4, 2 * np.pi - 0.4, 12), 0.04, hair)
        if skin[0] > 200:
            sketch.ellipse(
                (side * gap * 1.4, 0.3), (0.1, 0.07), tuple(int(c * f) for c, f in zip(skin, (1, 0.88, 0.88), strict=True))
            )
    sketch.line([(0.02, 0.05), (0.08, 0.3), (-0.02, 0.31)], 0.03, shade(skin, 0.7))
    smile = rng.uniform(0.03, 0.17)
    sketch.line(oval((0, 0.52), (0.25, smile), 0, 0.1, np.pi - 0.1, 16), 0.05, (175, 60, 65))
    if rng.random() < 0.3:
        for side in (-1, 1):
            sketch.line(oval((side * gap, 0), (0.2, 0.17)), 0.03, (40, 40, 45))
        sketch.line([(-gap + 0.2, 0), (gap - 0.2, 0)], 0.03, (40, 40, 45))


def draw_cat(rng: np.random.Generator, sketch: Sketch) -> None:
    """A cat that sits and looks at us, or only its head."""
    fur = one_of(rng, _FURS)
    head = np.array([0, 0.1]) if rng.random() < 0.4 else np.array([rng.uniform(-0.15, 0.15), -0.5])
    r = 0.7 if head[1] > 0 else 0.36
    if head[1] < 0:
        sketch.line(oval((0.4, 0.6), (0.45, 0.4), 0, -0.9, 1.6, 24), 0.13, shade(fur, 0.85))
        sketch.rounded(oval((0, 0.35), (0.42, 0.62)), fur, 0.25)
        for side in (-1, 1):
            sketch.ellipse((side * 0.3, 0.78), (0.22, 0.2), shade(fur, 0.9))
            sketch.box(side * 0.13 - 0.09, 0.35, side * 0.13 + 0.09, 0.93, shade(fur, 1.08), 0.09)
    for side in (-1, 1):
        for share, colour in ((1, fur), (0.6, (225, 160, 160))):
            ear = [(side * 0.95, -0.45), (side * 0.85, -1.3), (side * 0.25, -0.85)]
            middle = np.mean(ear, 0)
            sketch.polygon(head + r * (middle + (np.array(ear) - middle) * share), colour)
    sketch.rounded(oval(head, (r, 0.88 * r)), fur, 0.15, 5)
    if rng.random() < 0.5:
        for x in (-0.2, 0, 0.2):
            sketch.line(head + r * np.array([(x, -0.85), (x * 0.7, -0.5)]), 0.09 * r, shade(fur, 0.6))
    eye = one_of(rng, ((150, 190, 70), (220, 180, 60), (100, 160, 200)))
    for side in (-1, 1):
        at = head + r * np.array([side * 0.4, -0.08])
        sketch.ellipse(at, (0.2 * r, 0.17 * r), eye)
        sketch.ellipse(at, (0.06 * r, 0.16 * r), (15, 15, 15))
        for k in (-0.1, 0, 0.1):
            sketch.line(
                head + r * np.array([(side * 0.2, 0.35 + k / 2), (side * 1.15, 0.3 + 1.6 * k)]),
                0.02 * r,
                shade(fur, 1.7 if sum(fur) < 400 else 0.4),
            )
    sketch.polygon(head + r * np.array([(-0.12, 0.22), (0.12, 0.22), (0, 0.36)]), (210, 120, 120))
    for side in (-1, 1):
        sketch.line(
            oval(head + r * np.array([side * 0.13, 0.4]), (0.13 * r, 0.12 * r), 0, 0, np.pi, 10), 0.04 * r, (60, 40, 40)
        )


def draw_dog(rng: np.random.Generator, sketch: Sketch) -> None:
    """A dog that stands, seen from its side."""
    fur, way = one_of(rng, _FURS), 1 if rng.random() < 0.5 else -1
    long, leg = rng.uniform(0.45, 0.6), rng.uniform(0.35, 0.55)
    flip = np.array([way, 1])
    sketch.line(np.array([(-long, -0.05), (-long - 0.2, -0.3), (-long - 0.25, -0.5)]) * flip, 0.1, fur)
    for x, tone in ((-long + 0.2, 0.75), (long - 0.25, 0.75), (-long + 0.05, 0.95), (long - 0.1, 0.95)):
        sketch.box(x * way - 0.075, 0.1, x * way + 0.075, 0.25 + leg, shade(fur, tone), 0.06)
        sketch.ellipse(((x + 0.05) * way, 0.23 + leg), (0.12, 0.06), shade(fur, tone))
    sketch.rounded(oval((0, 0.1), (long + 0.08, 0.27)), fur, 0.25)
    sketch.polygon(np.array([(long - 0.3, 0.1), (long - 0.1, -0.5), (long + 0.18, -0.35), (long + 0.08, 0.15)]) * flip, fur)
    sketch.ellipse((way * (long + 0.05), -0.5), (0.25, 0.22), shade(fur, 1.05))
    sketch.ellipse((way * (long + 0.27), -0.42), (0.2, 0.11), shade(fur, 1.12))
    sketch.ellipse((way * (long + 0.43), -0.46), (0.055, 0.05), (25, 22, 22))
    sketch.ellipse((way * (long + 0.12), -0.55), (0.035, 0.04), (20, 15, 15))
    sketch.ellipse((way * (long - 0.1), -0.42), (0.1, 0.24), shade(fur, 0.65), 0.25 * way)
    sketch.line(np.array([(long - 0.22, -0.15), (long + 0.15, -0.18)]) * flip, 0.07, any_colour(rng))
    for _ in range(int(rng.integers(0, 4))):
        sketch.polygon(blob(rng, (rng.uniform(-0.3, 0.3), rng.uniform(0, 0.15)), 0.1, 0.3), shade(fur, 0.55))


def draw_bird(rng: np.random.Generator, sketch: Sketch) -> None:
    """A bird on a twig, seen from its side."""
    feather, way = any_colour(rng), 1 if rng.random() < 0.5 else -1
    flip, belly = np.array([way, 1]), shade(any_colour(rng), 1.5)
    sketch.line(np.array([(-1, 0.75), (1, 0.6 + rng.uniform(-0.1, 0.15))]), 0.07, (100, 75, 50))
    for x in (-0.05, 0.12):
        sketch.line(np.array([(x, 0.4), (x + 0.03, 0.68)]) * flip, 0.035, (200, 140, 60))
    sketch.polygon(np.array([(-0.3, 0.1), (-1, 0.5), (-0.9, 0.62), (-0.15, 0.35)]) * flip, shade(feather, 0.7))
    body = turned(oval((0, 0.1), (0.5, 0.36)), -0.35) * flip
    sketch.rounded(body, feather, 0.25)
    sketch.polygon(turned(oval((0.1, 0.2), (0.34, 0.24)), -0.35) * flip, belly)
    sketch.polygon(np.array([(0.55, -0.42), (0.88, -0.3), (0.5, -0.24)]) * flip, one_of(rng, ((230, 160, 50), (70, 65, 60))))
    sketch.rounded(oval((way * 0.35, -0.33), (0.27, 0.26)), feather, 0.2)
    sketch.ellipse((way * 0.43, -0.38), (0.05, 0.055), (250, 250, 250))
    sketch.ellipse((way * 0.44, -0.38), (0.032, 0.037), (15, 15, 15))
    wing = turned([(0.2, 0), (-0.1, -0.18), (-0.75, 0.12), (-0.4, 0.16), (-0.1, 0.25)], -0.3) * flip
    sketch.polygon(wing, shade(feather, 0.6))
    sketch.line(np.array([(0.0, 0.1), (-0.5, 0.32)]) * flip, 0.025, shade(feather, 0.9))


def draw_fish(rng: np.random.Generator, sketch: Sketch) -> None:
    """A fish from its side, with fins and scales."""
    scale, way, tall = any_colour(rng), 1 if rng.random() < 0.5 else -1, rng.uniform(0.28, 0.5)
    flip, fin = np.array([way, 1]), any_colour(rng)
    spread = rng.uniform(0.25, 0.45)
    sketch.polygon(np.array([(-0.5, 0), (-0.98, -spread), (-0.82, 0), (-0.98, spread)]) * flip, fin)
    sketch.polygon(np.array([(-0.35, -0.6 * tall), (-0.1, -tall - 0.25), (0.4, -0.7 * tall)]) * flip, fin)
    sketch.polygon(np.array([(-0.2, 0.6 * tall), (-0.15, tall + 0.18), (0.2, 0.8 * tall)]) * flip, fin)
    t = np.linspace(0, np.pi, 30)
    edge = tall * np.sin(t) ** 0.9 * (1 + 0.35 * np.cos(t))
    x = 0.2 + 0.75 * np.cos(t)
    outline = np.concatenate([np.stack([x, -edge], 1), np.stack([x, edge], 1)[::-1]])
    sketch.rounded(outline * flip, scale, 0.3, 8)
    for k in np.arange(-0.35, 0.5, 0.13):
        half = tall * (0.45 + 0.3 * (k + 0.35))
        if rng.random() < 0.9:
            for y in np.arange(-half, half, 0.13):
                sketch.line(
                    oval(
                        (way * k, y),
                        (0.06, 0.07),
                        0,
                        np.pi / 2 if way > 0 else -np.pi / 2,
                        1.5 * np.pi if way > 0 else np.pi / 2,
                        8,
                    ),
                    0.015,
                    shade(scale, 0.65),
                )
    sketch.polygon(np.array([(0.3, 0.05), (0.0, 0.22), (0.05, 0.0)]) * flip, shade(fin, 0.85))
    sketch.line(oval((way * 0.55, 0), (0.1, 0.7 * tall), 0, np.pi / 2, 1.5 * np.pi, 12) * 1.0, 0.025, shade(scale, 0.55))
    sketch.ellipse((way * 0.7, -0.08), (0.075, 0.075), (250, 250, 245))
    sketch.ellipse((way * 0.71, -0.08), (0.04, 0.04), (10, 10, 10))
