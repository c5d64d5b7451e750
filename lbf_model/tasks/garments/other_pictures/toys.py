"""Toys, masks and busts: rounded, symmetric things, many of which look at us. Each fits between -1 and 1."""

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import (
    Sketch,
    any_colour,
    blob,
    box,
    draw_several,
    one_of,
    oval,
    shade,
)

_PLUSH = ((165, 115, 70), (205, 165, 115), (110, 75, 50), (235, 220, 200), (150, 150, 155), (230, 170, 180))
_PALE = ((245, 220, 200), (235, 190, 160), (170, 120, 90), (250, 240, 230))
_STONES = ((225, 222, 215), (190, 185, 178), (150, 148, 145), (205, 190, 160), (120, 90, 60), (70, 80, 75))
_INK = (25, 22, 25)


def draw_toys(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to five teddy bears, dolls' heads, nesting dolls, smileys, robots, balls or bunches of balloons."""
    draw_several(rng, sketch, (_teddy, _doll, _nesting_doll, _smiley, _smiley, _robot, _ball, _balloons), 5)


def draw_masks_and_busts(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to four heads of stone, carnival masks, carved masks, snowmen or hollow pumpkins."""
    draw_several(rng, sketch, (_bust, _side_bust, _half_mask, _carved_mask, _snowman, _lantern_pumpkin), 4, 0.08)


def _teddy(rng, thing) -> None:
    fur = one_of(rng, _PLUSH) if rng.random() < 0.7 else any_colour(rng)
    paw = shade(fur, rng.uniform(1.15, 1.5))
    if rng.random() < 0.4:
        _teddy_head(rng, thing, fur, paw)
        return
    thing.ovals((0.5, 0.2), (0.17, 0.34), fur, rng.uniform(-1.3, 1.3))
    thing.oval((0, 0.38), (rng.uniform(0.38, 0.5), 0.5), fur)
    if rng.random() < 0.7:
        thing.dot((0, 0.42), (0.27, 0.3), paw)
    spread_legs = rng.uniform(0.3, 0.5)
    thing.ovals((spread_legs, 0.76), (0.22, 0.22), fur)
    for side in (-1, 1):
        thing.dot((side * spread_legs, 0.78), (0.13, 0.14), paw)
    _teddy_head(rng, thing.part((0, -0.42), 0.55), fur, paw)
    if rng.random() < 0.5:
        bow = any_colour(rng)
        thing.both([(0, 0.03), (0.24, -0.08), (0.24, 0.16)], bow)
        thing.oval((0, 0.03), (0.06, 0.06), bow)


def _teddy_head(rng, thing, fur, paw) -> None:
    out, up, ear = rng.uniform(0.55, 0.75), rng.uniform(0.5, 0.7), rng.uniform(0.22, 0.36)
    thing.ovals((out, -up), (ear, ear), fur)
    for side in (-1, 1):
        thing.dot((side * out, -up), (0.6 * ear, 0.6 * ear), paw)
    thing.oval((0, 0), (0.9, 0.8), fur)
    thing.dot((0, 0.3), (0.4, 0.3), paw)
    thing.dot((0, 0.16), (0.14, 0.1), _INK)
    thing.line([(0, 0.2), (0, 0.36)], 0.04, _INK)
    thing.line(oval((0, 0.32), (0.18, 0.12), 0, 0.2, np.pi - 0.2, 10), 0.04, _INK)
    _eyes(rng, thing, rng.uniform(0.25, 0.4), -0.12, rng.uniform(0.06, 0.12))


def _eyes(rng, thing, gap, height, r) -> None:
    """Two eyes: dots, tall dots, rings, buttons, arcs or crosses."""
    way, iris = int(rng.integers(6)), any_colour(rng)
    for x in (-gap, gap):
        if way < 2:
            thing.dot((x, height), (r, r * (1 + 0.6 * way)), _INK)
            thing.dot((x - 0.3 * r, height - 0.4 * r), (0.28 * r, 0.28 * r), (250, 250, 250))
        elif way == 2:
            thing.oval((x, height), (1.6 * r, 1.7 * r), (250, 250, 250))
            thing.dot((x + 0.3 * r, height + 0.2 * r), (0.8 * r, 0.8 * r), _INK)
        elif way == 3:
            thing.oval((x, height), (1.5 * r, 1.5 * r), iris)
            for dx in (-0.4, 0.4):
                thing.dot((x + dx * r, height), (0.2 * r, 0.2 * r), shade(iris, 0.3))
        elif way == 4:
            thing.line(oval((x, height + 0.5 * r), (1.4 * r, 1.4 * r), 0, np.pi, 2 * np.pi, 12), 0.5 * r, _INK)
        else:
            for lean in (-1, 1):
                thing.line([(x - r, height - lean * r), (x + r, height + lean * r)], 0.45 * r, _INK)


def _mouth(rng, thing, height, half) -> None:
    """A mouth: a smile, an open one, a line, a circle or a frown."""
    way, deep = int(rng.integers(6)), rng.uniform(0.3, 0.9) * half
    if way < 2:
        thing.line(oval((0, height), (half, deep), 0, 0.1, np.pi - 0.1, 16), rng.uniform(0.1, 0.25) * half, _INK)
    elif way == 2:
        thing.patch(oval((0, height), (half, 1.3 * deep), 0, 0, np.pi, 20), (110, 25, 35))
        thing.patch(oval((0, height + 0.8 * deep), (0.5 * half, 0.3 * deep), count=14), (225, 100, 110))
        if rng.random() < 0.5:
            thing.patch(box(-0.9 * half, height, 0.9 * half, height + 0.25 * deep), (250, 250, 250))
    elif way == 3:
        thing.line([(-half, height), (half, height + rng.uniform(-0.1, 0.1))], 0.2 * half, _INK)
    elif way == 4:
        thing.dot((0, height + 0.3 * half), (0.4 * half, 0.5 * half), (90, 30, 35))
    else:
        thing.line(oval((0, height + deep), (half, deep), 0, np.pi + 0.2, 2 * np.pi - 0.2, 16), 0.18 * half, _INK)


def _plain_face(rng, thing) -> None:
    """Two eyes and a mouth on a disk, with red cheeks at times."""
    gap, height = rng.uniform(0.25, 0.42), rng.uniform(-0.35, -0.1)
    _eyes(rng, thing, gap, height, rng.uniform(0.08, 0.14))
    _mouth(rng, thing, rng.uniform(0.15, 0.35), rng.uniform(0.25, 0.5))
    if rng.random() < 0.35:
        cheek = one_of(rng, ((240, 130, 120), (250, 160, 170)))
        for side in (-1, 1):
            thing.dot((side * 0.58, height + 0.4), (0.14, 0.1), cheek)


def _smiley(rng, thing) -> None:
    skin = one_of(rng, ((250, 210, 60), (245, 190, 40))) if rng.random() < 0.5 else any_colour(rng)
    way = rng.random()
    if way < 0.7:
        thing.oval((0, 0), (0.95, 0.95), skin)
    elif way < 0.85:
        thing.fill(box(-0.85, -0.85, 0.85, 0.85, 0.3), skin)
    else:
        thing.fill(blob(rng, (0, 0), 0.8, 0.1), skin)
    _plain_face(rng, thing)


def _doll(rng, thing) -> None:
    skin, hair = one_of(rng, _PALE) if rng.random() < 0.8 else any_colour(rng), any_colour(rng)
    way = int(rng.integers(4))
    if way == 0:  # buns
        thing.ovals((0.68, -0.62), (0.3, 0.3), hair)
    elif way == 1:  # plaits
        for k in range(4):
            thing.ovals((0.82 + 0.03 * k, 0.05 + 0.22 * k), (0.17 - 0.02 * k, 0.15), hair)
    elif way == 2:  # yarn
        for angle in np.linspace(-np.pi - 0.3, 0.3, 26):
            ray = np.array([np.cos(angle), np.sin(angle)])
            thing.line([0.7 * ray, rng.uniform(0.9, 1.05) * ray], 0.09, shade(hair, rng.uniform(0.8, 1.2)))
    thing.oval((0, 0), (0.78, 0.8), skin)
    if way < 3:
        cut = rng.uniform(-0.45, -0.25)
        arc = oval((0, 0), (0.8, 0.82), 0, np.pi + 0.35, 2 * np.pi - 0.35, 24)
        thing.fill([*arc, (0.3, cut), (0, cut - 0.15), (-0.3, cut)], hair, 0)
    _plain_face(rng, thing.part((0, 0.1), 0.75))


def _nesting_doll(rng, thing) -> None:
    paint, apron = any_colour(rng), any_colour(rng)
    t = np.linspace(0, np.pi, 30)
    wide = 0.62 * np.sin(t) ** 0.55 * (0.78 - 0.3 * np.cos(t))
    y = -0.98 * np.cos(t)
    thing.fill(np.concatenate([np.stack([wide, y], 1), np.stack([-wide, y], 1)[::-1]]), paint)
    thing.oval((0, 0.42), (0.4, 0.42), apron)
    for k in range(int(rng.integers(3, 7))):
        angle = k * 2 * np.pi / 5
        thing.dot((0.18 * np.cos(angle), 0.42 + 0.18 * np.sin(angle)), (0.09, 0.09), shade(paint, 1.3))
    thing.oval((0, -0.5), (0.3, 0.31), one_of(rng, _PALE))
    _plain_face(rng, thing.part((0, -0.48), 0.28))


def _robot(rng, thing) -> None:
    steel, glow = any_colour(rng), shade(any_colour(rng), 1.3)
    other, corner = shade(steel, rng.uniform(0.6, 1.5)), rng.uniform(0.02, 0.15)
    whole = rng.random() < 0.6
    head = thing.part((0, -0.5), 0.5) if whole else thing
    if whole:
        for side in (-1, 1):
            thing.line([(side * 0.45, 0.05), (side * 0.75, rng.uniform(-0.2, 0.5))], 0.13, other)
        thing.both(box(0.1, 0.5, 0.32, 0.95, 0.05), other)
        thing.fill(box(-0.48, -0.08, 0.48, 0.68, corner), steel)
        thing.fill(box(-0.3, 0.08, 0.3, 0.45, 0.04), shade(steel, 0.6))
        for x in np.linspace(-0.2, 0.2, int(rng.integers(2, 5))):
            thing.dot((x, rng.uniform(0.15, 0.38)), (0.05, 0.05), any_colour(rng))
    head.line([(0, -0.6), (0, -0.9)], 0.06, other)
    head.oval((0, -0.9), (0.1, 0.1), glow)
    head.both(box(0.7, -0.2, 0.95, 0.25, 0.05), other)
    head.fill(box(-0.78, -0.65, 0.78, 0.75, 1.5 * corner), steel)
    for side in (-1, 1):
        head.oval((side * 0.35, -0.15), (0.2, 0.2), glow)
        head.dot((side * 0.35, -0.15), (0.09, 0.09), _INK)
    head.fill(box(-0.42, 0.32, 0.42, 0.52, 0.03), shade(steel, 0.4))
    for x in np.linspace(-0.3, 0.3, 5):
        head.line([(x, 0.32), (x, 0.52)], 0.04, shade(steel, 1.4))


def _ball(rng, thing) -> None:
    colours, parts = [any_colour(rng) for _ in range(int(rng.integers(2, 4)))], int(rng.integers(3, 6))
    thing.oval((0, 0), (0.92, 0.92), colours[0])
    middle = rng.uniform(-0.35, 0.35, 2)
    for k in range(2 * parts):
        arc = oval((0, 0), (0.92, 0.92), 0, k * np.pi / parts, (k + 1) * np.pi / parts, 10)
        thing.patch([middle, *arc], colours[k % len(colours)] if k % 2 else shade(colours[0], 1.1))
    thing.dot(middle, (0.12, 0.12), (245, 245, 245))
    if rng.random() < 0.6:
        thing.dot((-0.4, -0.45), (0.16, 0.1), (255, 255, 255), -0.7)


def _balloons(rng, thing) -> None:
    count = int(rng.integers(1, 6))
    faces, r = rng.random() < 0.5, 0.62 if count == 1 else 0.36
    for k in range(count):
        across = 0.0 if count == 1 else -0.6 + 1.2 * k / (count - 1)
        at = np.array([across, -0.35 + (0 if count == 1 else rng.uniform(-0.2, 0.25))])
        paint = any_colour(rng)
        thing.line([at + np.array([0, r]), at * 0.3 + [rng.normal(0, 0.05), 0.55], (0, 1)], 0.02, (90, 90, 90))
        thing.fill(at + np.array([(0, 1.05), (0.13, 1.25), (-0.13, 1.25)]) * r, paint)
        thing.oval(at, (0.88 * r, 1.08 * r), paint)
        thing.dot(at + np.array([-0.35, -0.5]) * r, (0.1 * r, 0.2 * r), shade(paint, 1.7), 0.5)
        if faces:
            _plain_face(rng, thing.part(at, 0.85 * r))


def _bust(rng, thing) -> None:
    stone = one_of(rng, _STONES)
    dark, light = shade(stone, 0.65), shade(stone, 1.2)
    thing.fill(box(-0.35, 0.72, 0.35, 0.98), shade(stone, rng.uniform(0.6, 1.1)))
    wide = rng.uniform(0.5, 0.85)
    thing.fill(
        [(-0.2, 0.25), (-wide, 0.42), (-wide, 0.62), (-0.3, 0.78), (0.3, 0.78), (wide, 0.62), (wide, 0.42), (0.2, 0.25)], stone
    )
    thing.fill(box(-0.19, 0.05, 0.19, 0.42), shade(stone, 0.85))
    way = int(rng.integers(3))
    if way < 2:
        thing.fill(blob(rng, (0, -0.5), 0.47, 0.03), shade(stone, 0.8))
    thing.oval((0, -0.3), (rng.uniform(0.34, 0.4), 0.5), stone)
    if way < 2:  # curls, or a wreath of leaves
        for angle in np.linspace(np.pi + 0.1, 2 * np.pi - 0.1, int(rng.integers(7, 13))):
            at = (0.4 * np.cos(angle), -0.4 + 0.42 * np.sin(angle))
            thing.oval(at, (0.1, 0.1 if way else 0.05), shade(stone, rng.uniform(0.7, 1.1)), angle)
    for side in (-1, 1):
        thing.dot((side * 0.15, -0.33), (0.09, 0.05), light)
        thing.line(oval((side * 0.15, -0.34), (0.12, 0.09), 0, np.pi + 0.2, 2 * np.pi - 0.2, 10), 0.025, dark)
    thing.line([(-0.03, -0.32), (0.06, -0.1), (-0.03, -0.09)], 0.03, dark)
    thing.line([(-0.1, 0.04), (0, 0.02), (0.1, 0.04)], 0.035, dark)
    if rng.random() < 0.4:
        thing.fill(blob(rng, (0, 0.2), 0.2, 0.12), shade(stone, 0.8))


def _side_bust(rng, thing) -> None:
    stone, t = one_of(rng, _STONES) if rng.random() < 0.7 else any_colour(rng), rng.uniform(-0.05, 0.05, 4)
    profile = [(0.3, -0.55), (0.34, -0.4), (0.36 + t[0], -0.3), (0.5 + t[1], -0.12), (0.38, -0.07), (0.42, 0.02)]
    profile += [(0.37, 0.06), (0.4, 0.13), (0.36 + t[2], 0.28), (0.12, 0.32), (0.15, 0.5), (0.55, 0.72), (0.5, 0.95)]
    back = [(-0.5, 0.95), (-0.62, 0.7), (-0.25, 0.5), (-0.3, 0.2), (-0.46, -0.1)]
    skull = oval((-0.08, -0.35), (0.42, 0.5), 0, np.pi + 0.2, 2 * np.pi - 0.4, 20)
    if rng.random() < 0.35:
        thing.oval((0, 0), (0.95, 0.98), any_colour(rng))
    thing.fill(np.array([*profile, *back, *skull]) * 0.92, stone, 0)
    if rng.random() < 0.6:
        for _ in range(int(rng.integers(6, 16))):
            at = np.array([-0.15, -0.42]) + rng.uniform(-1, 1, 2) * [0.26, 0.26]
            thing.line(oval(at, (0.1, 0.08), 0, 0, rng.uniform(3, 6), 12), 0.025, shade(stone, 0.65))
        thing.dot((0.25, -0.27), (0.06, 0.035), shade(stone, 0.6))


def _half_mask(rng, thing) -> None:
    paint, trim = any_colour(rng), any_colour(rng)
    if rng.random() < 0.6:
        for angle in np.linspace(-2.4, -0.7, int(rng.integers(4, 10))):
            ray = np.array([np.cos(angle), np.sin(angle)])
            thing.oval(0.55 * ray, (0.42, 0.1), shade(trim, rng.uniform(0.8, 1.4)), angle)
    if rng.random() < 0.35:
        thing.line([(0.8, 0.2), (0.85, 1)], 0.06, (190, 160, 70))
    lift, low = rng.uniform(0.3, 0.55), rng.uniform(0.3, 0.5)
    right = np.array([(0, -0.2), (0.4, -0.32), (0.95, -lift), (0.88, 0), (0.7, low - 0.05), (0.4, low), (0.15, 0.2), (0, 0.06)])
    thing.fill(_smooth(np.concatenate([right, (right * [-1, 1])[::-1]])), paint, 0.6)
    for side in (-1, 1):
        thing.patch(oval((side * 0.44, 0.02), (0.22, 0.12), side * -0.25), trim)
        thing.patch(oval((side * 0.44, 0.02), (0.18, 0.09), side * -0.25), _INK)
        for k in range(int(rng.integers(0, 6))):
            thing.dot((side * (0.2 + 0.13 * k), -0.2 - 0.02 * k), (0.035, 0.035), shade(trim, 1.4))


def _smooth(points: np.ndarray) -> np.ndarray:
    """A closed outline with its corners cut, thrice."""
    for _ in range(3):
        after = np.roll(points, -1, 0)
        points = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], 1).reshape(-1, 2)
    return points


def _carved_mask(rng, thing) -> None:
    wood = (
        one_of(rng, ((110, 70, 45), (150, 100, 60), (60, 45, 40), (240, 235, 225))) if rng.random() < 0.6 else any_colour(rng)
    )
    paints, wide = [any_colour(rng) for _ in range(2)], rng.uniform(0.5, 0.75)
    if rng.random() < 0.4:
        thing.both([(0.2, -0.7), (0.55, -1), (0.5, -0.55)], paints[0])
    thing.oval((0, 0), (wide, 0.93), wood)
    for k in range(int(rng.integers(1, 5))):
        for side in (-1, 1):
            y = 0.12 + 0.11 * k
            thing.line([(side * 0.25, y), (side * 0.8 * wide, y - 0.1)], 0.045, paints[k % 2])
    thing.fill([(-0.06, -0.25), (0.06, -0.25), (0.14, 0.2), (-0.14, 0.2)], shade(wood, 0.75))
    for side in (-1, 1):
        thing.patch(oval((side * 0.28, -0.2), (0.17, rng.uniform(0.05, 0.12))), paints[1])
        thing.patch(oval((side * 0.28, -0.2), (0.12, 0.045)), _INK)
        thing.line(oval((side * 0.28, -0.22), (0.2, 0.2), 0, np.pi + 0.3, 2 * np.pi - 0.3, 10), 0.05, shade(wood, 0.5))
    mouth = (rng.uniform(0.12, 0.3), rng.uniform(0.05, 0.17))
    thing.patch(oval((0, 0.52), mouth), paints[0])
    thing.patch(oval((0, 0.52), np.array(mouth) * 0.7), _INK)
    for y in (-0.72, -0.6, -0.48)[: int(rng.integers(0, 4))]:
        thing.line([(-0.3, y), (0, y - 0.1), (0.3, y)], 0.04, paints[1])


def _snowman(rng, thing) -> None:
    snow = one_of(rng, ((250, 250, 252), (225, 235, 245), (240, 240, 235)))
    balls = ((0.6, 0.38), (0.05, 0.3), (-0.42, 0.24)) if rng.random() < 0.6 else ((0.5, 0.46), (-0.2, 0.34))
    for side in (-1, 1):
        hand = np.array([side * 0.8, rng.uniform(-0.3, 0.1)])
        thing.line([(side * 0.25, 0.1), hand], 0.045, (95, 65, 45))
        thing.line([hand * 0.85, hand - np.array([0, 0.15])], 0.03, (95, 65, 45))
    for y, r in balls:
        thing.oval((0, y), (1.12 * r, r), snow)
    y, r = balls[-1]
    for k in range(int(rng.integers(2, 5))):
        thing.dot((0, 0.02 + 0.17 * k), (0.04, 0.04), _INK)
    head = thing.part((0, y), r)
    for side in (-1, 1):
        head.dot((side * 0.35, -0.2), (0.11, 0.12), _INK)
    for angle in np.linspace(0.5, np.pi - 0.5, 6):
        head.dot((0.55 * np.cos(angle), 0.15 + 0.45 * np.sin(angle)), (0.07, 0.07), _INK)
    head.fill([(0, -0.05), (rng.uniform(0.5, 1), 0.15), (0, 0.18)], (235, 130, 40))
    if rng.random() < 0.5:  # a bucket
        head.fill([(-0.75, -0.7), (0.75, -0.7), (0.5, -1.6), (-0.5, -1.6)], any_colour(rng))


def _lantern_pumpkin(rng, thing) -> None:
    skin = one_of(rng, ((235, 130, 40), (220, 110, 30), (240, 170, 70)))
    thing.fill([(-0.08, -0.6), (0.1, -0.6), (0.2, -0.95), (0.05, -0.95)], (90, 110, 50))
    for x in (0.6, 0.32):
        thing.ovals((x, 0.1), (0.36, 0.68), shade(skin, 0.9))
    thing.oval((0, 0.1), (0.34, 0.72), skin)
    glow, lean = one_of(rng, ((250, 220, 90), (40, 25, 15))), rng.uniform(-0.15, 0.15)
    for side in (-1, 1):
        thing.patch([(side * 0.2, 0), (side * 0.55, lean), (side * 0.38, -0.3)], glow)
    thing.patch([(-0.08, 0.15), (0.08, 0.15), (0, 0)], glow)
    x = np.linspace(-0.6, 0.6, 9)
    teeth = np.where(np.arange(9) % 2, 0.08, 0.0)
    thing.patch([*zip(x, 0.3 + teeth, strict=True), *zip(x[::-1], 0.6 - 0.5 * x**2 - teeth, strict=True)], glow)
