"""Things that grow or are eaten: fruit, food on a plate, flowers in a vase, leaves, vegetables. Each fits between -1 and 1."""

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import (
    Sketch,
    any_colour,
    blob,
    draw_several,
    one_of,
    oval,
    shade,
    turned,
)

_FRUIT = ((200, 40, 40), (230, 140, 40), (240, 205, 60), (140, 180, 60), (110, 50, 100), (225, 100, 80))
_GREENS = ((70, 130, 60), (100, 150, 60), (50, 100, 70), (140, 160, 70))
_LEAVES = (*_GREENS, (200, 120, 40), (180, 60, 40), (215, 180, 70), (130, 90, 50))


def draw_fruit(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to five apples, oranges, pears, bananas or grapes."""
    count = int(rng.integers(1, 6))
    size = (0.8, 0.55, 0.45, 0.4, 0.38)[count - 1]
    start = rng.uniform(0, 2 * np.pi)
    for k in range(count):
        away = (0.0 if count == 1 else 1 - size) * np.array(
            [np.cos(start + 2 * np.pi * k / count), np.sin(start + 2 * np.pi * k / count)]
        )
        rng.choice([_apple, _apple, _pear, _banana, _grapes])(rng, sketch, away, size)


def draw_plate_of_food(rng: np.random.Generator, sketch: Sketch) -> None:
    """A plate from above with a few foods on it; a fork beside it at times."""
    plate, r = (
        one_of(rng, ((245, 245, 242), (235, 225, 205), (90, 110, 130), (70, 70, 75), (210, 225, 230))),
        rng.uniform(0.75, 0.98),
    )
    for share, tone in ((1, 0.9), (0.97, 1.0), (0.72, 0.88), (0.7, 0.96)):
        sketch.ellipse((0, 0), (r * share, r * share), shade(plate, tone))
    foods = ((220, 180, 90), (120, 60, 40), (90, 150, 60), (215, 80, 50), (240, 225, 180), (235, 150, 70))
    for _ in range(int(rng.integers(3, 7))):
        at, colour = rng.uniform(-0.38, 0.38, 2) * r, one_of(rng, foods)
        kind = int(rng.integers(4))
        if kind == 0:
            sketch.rounded(blob(rng, at, 0.25 * r, 0.2), colour, 0.25)
        elif kind == 1:  # peas, rice, noodles' ends
            for _ in range(int(rng.integers(15, 50))):
                sketch.rounded(oval(at + rng.normal(0, 0.1, 2) * r, (0.04, 0.035), 0, count=12), colour, 0.3, 3)
        elif kind == 2:
            for _ in range(int(rng.integers(12, 30))):
                start = rng.uniform(0, 6)
                sketch.line(
                    oval(at + rng.normal(0, 0.05, 2), rng.uniform(0.08, 0.22, 2) * r, start, 0, rng.uniform(2, 5), 14),
                    0.025,
                    shade(colour, rng.uniform(0.8, 1.2)),
                )
        else:
            for k in range(int(rng.integers(2, 5))):
                centre = at + np.array([0.1 * k, 0.03 * k])
                sketch.ellipse(centre, (0.15, 0.14), shade(colour, 0.75))
                sketch.ellipse(centre, (0.125, 0.115), shade(colour, 1.15))


def draw_flowers(rng: np.random.Generator, sketch: Sketch) -> None:
    """A bunch of flowers in a vase."""
    vase, mouth = any_colour(rng), rng.uniform(0.12, 0.25)
    heads = []
    for _ in range(int(rng.integers(3, 10))):
        head = np.array([rng.uniform(-0.7, 0.7), rng.uniform(-0.85, -0.1)])
        bend = np.array([rng.uniform(-0.5, 0.5) * mouth, 0.3])
        sketch.line([bend, bend * 0.4 + head * 0.6 + [0, 0.06], head], 0.03, one_of(rng, _GREENS))
        if rng.random() < 0.6:
            draw_leaf(rng, sketch, 0.5 * (head + bend), 0.16, rng.uniform(0, 6), one_of(rng, _GREENS))
        heads.append(head)
    belly, neck = rng.uniform(0.2, 0.42), rng.uniform(0.4, 0.6)
    right = [(mouth, 0.22), (0.75 * mouth, 0.35), (belly, neck + 0.1), (belly * 0.9, 0.8), (0.6 * belly, 0.97)]
    sketch.rounded(np.array(right + [(-x, y) for x, y in reversed(right)]), vase, 0.4, 9)
    colours = [any_colour(rng) for _ in range(2)]
    for head in heads:
        _flower(rng, sketch, head, rng.uniform(0.12, 0.24), colours[int(rng.integers(2))])


def draw_leaves(rng: np.random.Generator, sketch: Sketch) -> None:
    """One large leaf, or several strewn, or a twig of them."""
    colour, way = one_of(rng, _LEAVES), rng.random()
    if way < 0.35:
        draw_leaf(rng, sketch, (0, 0), rng.uniform(0.75, 1), rng.uniform(0, 2 * np.pi), colour)
    elif way < 0.65:
        for _ in range(int(rng.integers(4, 16))):
            draw_leaf(
                rng, sketch, rng.uniform(-0.75, 0.75, 2), rng.uniform(0.15, 0.4), rng.uniform(0, 6.3), one_of(rng, _LEAVES)
            )
    else:
        turn, pairs = rng.uniform(0, 2 * np.pi), int(rng.integers(3, 8))
        sketch.line(turned([(-1, 0), (1, 0)], turn), 0.03, shade(colour, 0.6))
        for x in np.linspace(-0.7, 0.8, pairs):
            for side in (-1, 1):
                angle, length = side * rng.uniform(0.7, 1.1), rng.uniform(0.22, 0.32)
                at = turned([(x + length * np.cos(angle), length * np.sin(angle))], turn)[0]
                draw_leaf(rng, sketch, at, length, turn + angle, shade(colour, rng.uniform(0.8, 1.2)))


def draw_leaf(rng: np.random.Generator, sketch: Sketch, centre, half: float, turn: float, colour) -> None:
    """A pointed leaf with its veins, `half` its length from the centre either way."""
    wide, t = rng.uniform(0.25, 0.55) * half, np.linspace(0, np.pi, 24)
    edge = wide * np.sin(t) ** rng.uniform(0.8, 1.6) * (1 + rng.choice([0, 0.12]) * np.sin(11 * t))
    x = -half * np.cos(t)
    upper, lower = np.stack([x, -edge], 1), np.stack([x, edge], 1)
    place = np.asarray(centre)
    sketch.polygon(turned(np.concatenate([upper, lower[::-1]]), turn) + place, colour)
    sketch.polygon(turned([*upper, (half, 0), (-half, 0)], turn) + place, shade(colour, 1.15))
    sketch.line(turned([(-1.25 * half, 0), (half, 0)], turn) + place, 0.04 * half, shade(colour, 0.65))
    for k in range(4, 21, 4):
        for side in (upper, lower):
            vein = [(x[k] - 0.15 * half, 0), side[k] * [1, 0.85]]
            sketch.line(turned(vein, turn) + place, 0.02 * half, shade(colour, 0.75))


def _apple(rng, sketch, at, r) -> None:
    colour = one_of(rng, _FRUIT)
    sketch.rounded(oval(at, (r, r * rng.uniform(0.88, 1))), colour, 0.4, 12)
    sketch.line([at - [0, 0.85 * r], at - [-0.1 * r, 1.15 * r]], 0.07 * r, (90, 65, 40))
    if rng.random() < 0.6:
        draw_leaf(rng, sketch, at + np.array([0.32 * r, -1.02 * r]), 0.26 * r, -0.4, one_of(rng, _GREENS))


def _pear(rng, sketch, at, r) -> None:
    t = np.linspace(0, 2 * np.pi, 48)
    wide = 0.72 * r * np.sin(t) * (1 - 0.42 * np.cos(t)) * 0.95
    outline = turned(np.stack([wide, -r * np.cos(t)], 1), rng.normal(0, 0.4))
    sketch.rounded(at + outline, one_of(rng, ((190, 190, 70), (210, 170, 60), (150, 165, 60))), 0.4, 9)
    sketch.line([at + outline[0] * 0.95, at + outline[0] * 1.2], 0.07 * r, (90, 65, 40))


def _banana(rng, sketch, at, r) -> None:
    turn, colour = rng.uniform(0, 2 * np.pi), one_of(rng, ((240, 210, 70), (225, 190, 60), (190, 195, 70)))
    for k in range(int(rng.integers(1, 4))):
        outer = oval((0, 0), (r, 0.75 * r), 0, 0.1, np.pi - 0.1, 24)
        inner = oval((0, -0.08 * r), (0.93 * r, 0.38 * r), 0, np.pi - 0.1, 0.1, 24)
        place = at + turned([(0, -0.3 * r)], turn + 0.25 * k)[0]
        sketch.polygon(turned([*outer, *inner], turn + 0.25 * k) + place, shade(colour, 1 - 0.1 * k))
        middle = oval((0, -0.04 * r), (0.96 * r, 0.55 * r), 0, 0.25, np.pi - 0.25, 24)
        sketch.line(turned(middle, turn + 0.25 * k) + place, 0.04 * r, shade(colour, 0.8))


def _grapes(rng, sketch, at, r) -> None:
    colour = one_of(rng, ((90, 40, 90), (130, 160, 70), (60, 40, 80), (140, 50, 70)))
    sketch.line([at - [0, 1.05 * r], at], 0.08 * r, (100, 80, 50))
    for row in range(6):
        for column in range(6 - row):
            spot = at + np.array([(column - (5 - row) / 2) * 0.32, row * 0.3 - 0.75]) * r + rng.normal(0, 0.04, 2) * r
            sketch.rounded(oval(spot, (0.2 * r, 0.2 * r), count=16), shade(colour, rng.uniform(0.85, 1.2)), 0.4, 4)


def _flower(rng, sketch, at, r, colour) -> None:
    petals, wide = int(rng.integers(5, 13)), rng.uniform(0.2, 0.4)
    for layer in range(int(rng.integers(1, 3))):
        size = r * (1 - 0.35 * layer)
        for k in range(petals):
            angle = 2 * np.pi * (k + 0.5 * layer) / petals
            centre = at + 0.55 * size * np.array([np.cos(angle), np.sin(angle)])
            sketch.ellipse(centre, (0.5 * size, wide * size), shade(colour, 0.85 + 0.12 * (k % 3) + 0.15 * layer), angle)
    sketch.rounded(oval(at, (0.25 * r, 0.25 * r), count=16), one_of(rng, ((230, 190, 60), (110, 70, 40))), 0.3, 3)


def draw_mushrooms_and_vegetables(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to five mushrooms, carrots, tomatoes, peppers, aubergines, onions, cabbages, pumpkins or pods of peas."""
    ways = (_mushroom, _mushroom, _carrot, _tomato, _pepper, _aubergine, _onion, _broccoli, _pumpkin, _peas)
    draw_several(rng, sketch, ways, 5, 0.35)


def _mushroom(rng, thing) -> None:
    cap = (
        one_of(rng, ((200, 45, 40), (150, 100, 65), (225, 205, 175), (120, 80, 60))) if rng.random() < 0.7 else any_colour(rng)
    )
    stem, wide, tall = one_of(rng, ((240, 232, 215), (215, 195, 165))), rng.uniform(0.12, 0.3), rng.uniform(0.45, 1.0)
    thing.fill([(-wide, -0.2), (wide, -0.2), (1.3 * wide, 0.85), (0, 0.95), (-1.3 * wide, 0.85)], stem)
    reach = rng.uniform(0.55, 0.95)
    thing.oval((0, -0.1), (0.95 * reach, 0.16), shade(stem, 0.8))
    dome = oval((0, -0.1), (reach, 0.8 * tall), 0, np.pi, 2 * np.pi, 30)
    under = oval((0, -0.1), (reach, 0.12), 0, 0, np.pi, 14)
    thing.fill([*dome, *under], cap)
    for _ in range(int(rng.integers(0, 9))):
        x, y = rng.uniform(-0.65, 0.65) * reach, -0.1 - rng.uniform(0.1, 0.6) * tall
        thing.dot((x, y), (rng.uniform(0.05, 0.11), 0.06), shade(stem, 1.1))


def _carrot(rng, thing) -> None:
    skin, wide = one_of(rng, ((235, 130, 50), (225, 110, 40), (235, 225, 200), (120, 50, 90))), rng.uniform(0.2, 0.36)
    for angle in np.linspace(-2.2, -0.9, int(rng.integers(4, 8))):
        ray = np.array([np.cos(angle), np.sin(angle)])
        thing.oval(np.array([0, -0.4]) + 0.3 * ray, (0.3, 0.07), one_of(rng, _GREENS), angle)
    t = np.linspace(0, 1, 14)
    edge = wide * (1 - t) ** 0.7 * (0.7 + 0.3 * np.minimum(1, 6 * t))
    y = -0.45 + 1.42 * t
    thing.fill(np.concatenate([np.stack([edge, y], 1), np.stack([-edge, y], 1)[::-1]]), skin)
    for _ in range(6):
        k, side = int(rng.integers(1, 10)), rng.choice([-1, 1])
        thing.line([(side * 0.9 * edge[k], y[k]), (side * 0.4 * edge[k], y[k] + 0.02)], 0.02, shade(skin, 0.7))


def _tomato(rng, thing) -> None:
    skin, green = one_of(rng, ((210, 45, 35), (235, 150, 50), (120, 150, 60), (150, 40, 50))), one_of(rng, _GREENS)
    thing.oval((0, 0.08), (0.88, rng.uniform(0.65, 0.82)), skin)
    for k in range(5):
        angle = 2 * np.pi * k / 5 + 0.3
        tip = np.array([0.38 * np.cos(angle), -0.5 + 0.2 * np.sin(angle)])
        thing.patch([(-0.06, -0.5), tip, (0.06, -0.5)], green)
    thing.line([(0, -0.5), (0.08, -0.8)], 0.07, green)
    if rng.random() < 0.6:
        thing.dot((-0.4, -0.2), (0.14, 0.08), shade(skin, 1.6), -0.6)


def _pepper(rng, thing) -> None:
    skin, green = one_of(rng, ((200, 40, 40), (240, 200, 60), (80, 140, 60), (230, 130, 40))), one_of(rng, _GREENS)
    low = rng.uniform(0.6, 0.9)
    for x in (0.4, 0.0):
        lobe = _plump(0.36, -0.5, low if x else low + 0.05) + np.array([x, 0])
        if x:
            thing.both(lobe, shade(skin, 0.85))
        else:
            thing.fill(lobe, skin)
    thing.line([(0, -0.45), (0.03, -0.7), (0.15, -0.88)], 0.11, green)
    thing.oval((0, -0.46), (0.26, 0.08), green)


def _plump(wide, top, low) -> np.ndarray:
    """A closed outline that is broader above than below."""
    t = np.linspace(0, np.pi, 20)
    x, y = wide * np.sin(t) ** 0.6 * (1 + 0.2 * np.cos(t)), (top + low) / 2 - (low - top) / 2 * np.cos(t)
    return np.concatenate([np.stack([x, y], 1), np.stack([-x, y], 1)[::-1]])


def _aubergine(rng, thing) -> None:
    skin, green = one_of(rng, ((80, 40, 90), (60, 30, 60), (110, 60, 120), (120, 160, 70))), one_of(rng, _GREENS)
    thing.fill(_plump(rng.uniform(0.3, 0.48), -0.6, 0.92) * [1, -1] + np.array([0, 0.25]), skin)
    thing.line([(0, -0.65), (0.1, -0.95)], 0.1, green)
    thing.fill([(-0.2, -0.65), (0.2, -0.65), (0.28, -0.35), (0.08, -0.5), (0, -0.3), (-0.1, -0.5), (-0.28, -0.35)], green, 0)
    if rng.random() < 0.6:
        thing.dot((-0.16, 0.2), (0.05, 0.25), shade(skin, 1.5), 0.1)


def _onion(rng, thing) -> None:
    skin, t = one_of(rng, ((200, 140, 70), (130, 50, 90), (240, 235, 225))), np.linspace(0, np.pi, 24)
    wide, y = np.sin(t) ** 0.8 * (0.72 + 0.05 * np.cos(t)), 0.15 - 0.65 * np.cos(t)
    tip = [(0.07, -0.9), (0.1, -0.6)]
    right = np.concatenate([tip, np.stack([wide, y], 1)[3:]])
    thing.fill(np.concatenate([right, (right * [-1, 1])[::-1]]), skin)
    for share in np.linspace(-0.7, 0.7, int(rng.integers(3, 8))):
        thing.line(np.stack([share * wide, y], 1)[2:-1], 0.018, shade(skin, 0.75))
    for x in (-0.08, 0, 0.08):
        thing.line([(0, 0.78), (2 * x, 0.93)], 0.02, (190, 170, 130))


def _broccoli(rng, thing) -> None:
    green = one_of(rng, (*_GREENS, (235, 228, 205), (150, 170, 110)))
    thing.fill([(-0.22, 0), (0.22, 0), (0.16, 0.92), (-0.16, 0.92)], shade(one_of(rng, _GREENS), 1.4))
    for y, reach in ((0.0, 0.65), (-0.25, 0.6), (-0.5, 0.4)):
        for x in np.linspace(-reach, reach, 4):
            thing.fill(blob(rng, (x, y + 0.12 * x**2), rng.uniform(0.24, 0.32), 0.08), shade(green, rng.uniform(0.8, 1.15)))


def _pumpkin(rng, thing) -> None:
    skin = one_of(rng, ((230, 130, 45), (240, 180, 80), (90, 120, 60), (240, 230, 210)))
    flat, ribs = rng.uniform(0.5, 0.75), int(rng.integers(2, 5))
    for k in range(ribs, 0, -1):
        thing.ovals((0.62 * k / ribs, 0.15), (0.34, flat * (1 - 0.06 * k)), shade(skin, 1 - 0.25 * k / ribs))
    thing.oval((0, 0.15), (0.3, 1.02 * flat), skin)
    thing.line([(0, 0.2 - flat), (0.02, -0.05 - flat), (0.12, -0.2 - flat)], 0.12, (95, 115, 55))


def _peas(rng, thing) -> None:
    pod, count = one_of(rng, _GREENS), int(rng.integers(4, 8))
    t = np.linspace(0, np.pi, 24)
    upper, lower = np.stack([-0.95 * np.cos(t), -0.2 * np.sin(t)], 1), np.stack([-0.95 * np.cos(t), 0.34 * np.sin(t)], 1)
    thing.fill([*upper, *lower[::-1]], pod)
    thing.patch([*(upper * 0.9), *(lower * 0.75)[::-1]], shade(pod, 0.65))
    for x in np.linspace(-0.62, 0.62, count):
        r = min(0.17, 0.75 / count)
        thing.oval((x, 0.02), (r, r), shade(pod, 1.25))
    thing.line([(0.93, 0), (1, -0.12)], 0.05, shade(pod, 0.8))
