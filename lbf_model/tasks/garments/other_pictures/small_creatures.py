"""Insects and life of the sea. Each fits between -1 and 1."""

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import (
    Sketch,
    any_colour,
    box,
    draw_several,
    one_of,
    oval,
    shade,
    turned,
)


def draw_insects(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to five butterflies, beetles, ladybirds, bees, dragonflies or caterpillars, seen from above."""
    ways = (_butterfly, _butterfly, _beetle, _ladybird, _bee, _dragonfly, _caterpillar)
    draw_several(rng, sketch, ways, 5, 0.7)


def draw_sea_life(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to four octopuses, jellyfish, starfish, shells, snails' shells or crabs."""
    draw_several(rng, sketch, (_octopus, _jellyfish, _starfish, _shell, _spiral_shell, _crab), 4, 0.35)


def _wing(centre, long, wide, turn) -> np.ndarray:
    """A wing that starts narrow at a centre and ends broad."""
    t = np.linspace(0, 2 * np.pi, 28)
    r = (1 - np.cos(t)) / 2
    return turned(np.stack([long * r, wide * np.sin(t) * r**0.5], 1), turn) + np.asarray(centre)


def _butterfly(rng, thing) -> None:
    upper, lower = any_colour(rng), any_colour(rng)
    spot, lift = any_colour(rng), rng.uniform(-0.95, -0.5)
    wings = ((lower, (0, 0.1), 0.85, 0.45, 0.75), (upper, (0, -0.05), 1.05, rng.uniform(0.35, 0.6), lift))
    for colour, root, long, wide, turn in wings:
        rim = shade(colour, 0.35) if rng.random() < 0.6 else spot
        thing.both(_wing(root, long, wide, turn), rim)
        for share, tone in ((0.86, 1.0), (0.5, rng.uniform(0.7, 1.4))):
            for side in (-1, 1):
                thing.patch(_wing(root, share * long, share * wide, turn) * [side, 1], shade(colour, tone))
        for _ in range(int(rng.integers(0, 4))):
            at = root + turned([(rng.uniform(0.4, 0.75) * long, rng.uniform(-0.3, 0.3) * wide)], turn)[0]
            for side in (-1, 1):
                thing.dot(at * [side, 1], (0.07, 0.07), spot)
    for side in (-1, 1):
        thing.line([(0, -0.35), (side * 0.12, -0.65), (side * 0.25, -0.78)], 0.025, (45, 35, 30))
    thing.oval((0, 0.05), (0.07, 0.42), (60, 45, 38))
    thing.oval((0, -0.38), (0.08, 0.08), (60, 45, 38))


def _legs(thing, wide, colour) -> None:
    """Six legs and two feelers."""
    for y in (-0.2, 0.15, 0.45):
        for side in (-1, 1):
            thing.line([(0, y), (side * (wide + 0.15), y - 0.12), (side * (wide + 0.28), y + 0.2)], 0.05, colour)
    for side in (-1, 1):
        thing.line([(0, -0.6), (side * 0.2, -0.85), (side * 0.38, -0.92)], 0.03, colour)


def _beetle(rng, thing) -> None:
    shell, wide = any_colour(rng), rng.uniform(0.36, 0.55)
    dark = shade(shell, 0.4)
    _legs(thing, wide, dark)
    thing.oval((0, -0.62), (0.22, 0.2), dark)
    if rng.random() < 0.4:
        for side in (-1, 1):
            thing.line(oval((side * 0.2, -0.78), (0.16, 0.2), 0, np.pi / 2, 1.5 * np.pi - side * 1.2, 10), 0.06, dark)
    thing.oval((0, -0.32), (0.8 * wide, 0.26), shade(shell, 0.7))
    thing.oval((0, 0.28), (wide, 0.62), shell)
    thing.line([(0, -0.3), (0, 0.88)], 0.03, dark)
    for x in np.linspace(0.15, 0.7, int(rng.integers(0, 5))) * wide:
        for side in (-1, 1):
            thing.line([(side * x, -0.1), (side * x, 0.6)], 0.02, shade(shell, 0.65))


def _ladybird(rng, thing) -> None:
    shell = one_of(rng, ((205, 40, 35), (225, 90, 40), (235, 180, 50))) if rng.random() < 0.75 else any_colour(rng)
    ink = (28, 25, 28)
    _legs(thing, 0.62, ink)
    thing.oval((0, -0.52), (0.38, 0.28), ink)
    for side in (-1, 1):
        thing.dot((side * 0.2, -0.58), (0.08, 0.08), (245, 245, 240))
    thing.oval((0, 0.15), (0.75, 0.72), shell)
    thing.line([(0, -0.55), (0, 0.86)], 0.035, ink)
    for _ in range(int(rng.integers(2, 6))):
        at = np.array([rng.uniform(0.15, 0.5), rng.uniform(-0.25, 0.6)])
        r = rng.uniform(0.07, 0.14)
        for side in (-1, 1):
            thing.dot(at * [side, 1], (r, r), ink)


def _bee(rng, thing) -> None:
    body, dark = one_of(rng, ((240, 190, 50), (220, 150, 40), (120, 140, 90))), (45, 35, 30)
    for turn in (-0.5, 0.25):
        thing.both(_wing((0, -0.2), 0.95, rng.uniform(0.2, 0.32), turn), one_of(rng, ((225, 235, 240), (200, 215, 225))))
    thing.oval((0, 0.3), (0.36, 0.62), body)
    for y in (0.1, 0.35, 0.6):
        half = 0.36 * np.sqrt(1 - ((y - 0.3) / 0.62) ** 2)
        thing.patch([(-half, y - 0.06), (half, y - 0.06), (0.9 * half, y + 0.07), (-0.9 * half, y + 0.07)], dark)
    thing.oval((0, -0.3), (0.32, 0.28), shade(body, 0.7))
    thing.oval((0, -0.62), (0.24, 0.2), dark)
    for side in (-1, 1):
        thing.dot((side * 0.16, -0.66), (0.08, 0.1), shade(body, 1.3))


def _dragonfly(rng, thing) -> None:
    body, glass = any_colour(rng), shade(any_colour(rng), 1.6)
    for turn in (-0.25, 0.25):
        thing.both(_wing((0, -0.35), 0.98, rng.uniform(0.14, 0.22), turn), glass)
        for side in (-1, 1):
            thing.line([(0, -0.35), (side * 0.9 * np.cos(turn), -0.35 + 0.9 * np.sin(turn))], 0.015, shade(glass, 0.6))
    for k in range(8):
        thing.oval((0, -0.1 + 0.14 * k), (0.07, 0.09), shade(body, 0.8 + 0.2 * (k % 2)))
    thing.oval((0, -0.35), (0.14, 0.22), body)
    thing.ovals((0.1, -0.65), (0.12, 0.12), shade(body, 0.5))


def _caterpillar(rng, thing) -> None:
    colours, count, bend = [any_colour(rng) for _ in range(2)], int(rng.integers(5, 10)), rng.uniform(0, 0.35)
    x = np.linspace(-0.75, 0.68, count)
    for k in range(count):
        r, y = 1.1 / count, bend * np.sin(5 * x[k])
        thing.line([(x[k], y), (x[k], y + 1.35 * r)], 0.05, shade(colours[0], 0.5))
        thing.oval((x[k], y), (r, r), colours[k % 2])
    head = (0.72, bend * np.sin(5 * 0.68) - 0.08)
    for lean in (-0.1, 0.12):
        thing.line([head, (head[0] + lean, head[1] - 0.35)], 0.03, (50, 40, 35))
    thing.oval(head, (0.24, 0.25), shade(colours[0], 1.2))
    for dx in (-0.05, 0.12):
        thing.dot((head[0] + dx, head[1] - 0.05), (0.04, 0.05), (20, 18, 18))


def _goggle_eyes(rng, thing, gap, height, r) -> None:
    for side in (-1, 1):
        thing.oval((side * gap, height), (r, r), (250, 250, 245))
        thing.dot((side * gap, height + 0.2 * r), (0.5 * r, rng.uniform(0.4, 0.6) * r), (20, 18, 20))


def _octopus(rng, thing) -> None:
    skin, arms = any_colour(rng), int(rng.integers(5, 9))
    for k in range(arms):
        across, t = -1 + 2 * k / (arms - 1), np.linspace(0, 1, 14)
        x = 0.3 * across + 0.6 * across * t**0.7
        y = 0.15 + t * rng.uniform(0.45, 0.8) + 0.07 * np.sin(7 * t + 2 * k)
        half = 0.11 * (1 - 0.8 * t)
        arm = np.concatenate([np.stack([x - half, y], 1), np.stack([x + half, y], 1)[::-1]])
        thing.fill(arm, shade(skin, 0.8 + 0.25 * (k % 2)), 0)
        for j in (4, 7, 10):
            thing.dot((x[j], y[j]), (0.025, 0.025), shade(skin, 1.5))
    thing.oval((0, -0.3), (rng.uniform(0.42, 0.58), rng.uniform(0.5, 0.65)), skin)
    _goggle_eyes(rng, thing, 0.18, -0.1, rng.uniform(0.08, 0.14))
    if rng.random() < 0.5:
        thing.line(oval((0, 0.08), (0.14, 0.08), 0, 0.2, np.pi - 0.2, 10), 0.035, shade(skin, 0.3))
    for _ in range(int(rng.integers(0, 6))):
        thing.dot((rng.uniform(-0.3, 0.3), rng.uniform(-0.75, -0.35)), (0.05, 0.05), shade(skin, 0.75))


def _jellyfish(rng, thing) -> None:
    skin, t = shade(any_colour(rng), 1.3), np.linspace(0, 1, 14)
    for x in np.linspace(-0.5, 0.5, int(rng.integers(4, 10))):
        y = -0.1 + t * rng.uniform(0.6, 1.05)
        thing.line(
            np.stack([x + 0.07 * np.sin(9 * t + 7 * x), y], 1), rng.uniform(0.03, 0.08), shade(skin, rng.uniform(0.7, 1.1))
        )
    dome = oval((0, -0.1), (0.72, rng.uniform(0.55, 0.85)), 0, np.pi, 2 * np.pi, 30)
    x = np.linspace(0.72, -0.72, 25)
    thing.fill([*dome, *np.stack([x, -0.06 + 0.06 * np.sin(np.arange(25) * np.pi / 3)], 1)], skin)
    for side in (-0.5, 0, 0.5):
        thing.dot((0.5 * side, -0.4), (0.09, 0.13), shade(skin, 1.4))


def _starfish(rng, thing) -> None:
    skin, arms = any_colour(rng), int(rng.choice([5, 5, 5, 6, 7]))
    angle = np.linspace(0, 2 * np.pi, 70, endpoint=False)
    r = rng.uniform(0.55, 0.68) + 0.3 * np.cos(arms * angle) + 0.06 * np.cos(2 * arms * angle)
    star = np.stack([r * np.sin(angle), -r * np.cos(angle)], 1)
    thing.fill(star, skin)
    for k in range(arms):
        ray = np.array([np.sin(2 * np.pi * k / arms), -np.cos(2 * np.pi * k / arms)])
        for reach in np.linspace(0.15, 0.78, int(rng.integers(3, 8))):
            thing.dot(reach * ray, (0.045 - 0.02 * reach, 0.045 - 0.02 * reach), shade(skin, 1.45))
    if rng.random() < 0.3:
        _goggle_eyes(rng, thing, 0.15, -0.12, 0.1)


def _shell(rng, thing) -> None:
    skin, ribs = shade(any_colour(rng), rng.uniform(1, 1.5)), int(rng.integers(6, 13))
    angles = np.linspace(np.pi + 0.25, 2 * np.pi - 0.25, 4 * ribs + 1)
    r = 1.25 + 0.05 * np.abs(np.sin((angles - angles[0]) / (angles[-1] - angles[0]) * ribs * np.pi))
    rim = np.stack([0.78 * r * np.cos(angles), 0.7 + 1.15 * r * np.sin(angles)], 1)
    thing.both([(0.05, 0.62), (0.35, 0.6), (0.3, 0.86), (0.05, 0.8)], shade(skin, 0.85))
    thing.fill([(0.1, 0.75), (-0.1, 0.75), *rim], skin)
    for k in range(1, ribs):
        thing.line([(0, 0.72), rim[4 * k] * [0.98, 1]], 0.03, shade(skin, 0.75))
    for share in (0.5, 0.75)[: int(rng.integers(0, 3))]:
        thing.line((rim - [0, 0.7]) * share + [0, 0.7], 0.04, shade(skin, 0.85))


def _spiral_shell(rng, thing) -> None:
    skin, t = any_colour(rng), np.linspace(0, 1, 45)
    if rng.random() < 0.4:  # its snail
        thing.fill(box(-0.95, 0.6, 0.85, 0.85, 0.12), (200, 175, 130))
        for x in (-0.95, -0.8):
            thing.line([(-0.85, 0.65), (x, 0.2)], 0.04, (190, 165, 120))
    thing.oval((0, 0), (0.75, 0.72), skin)
    turns = rng.uniform(2, 3.5)
    spiral = (0.72 * (1 - t) ** 0.9)[:, None] * np.stack([np.cos(2 * np.pi * turns * t), np.sin(2 * np.pi * turns * t)], 1)
    thing.line(spiral, rng.uniform(0.03, 0.09), shade(skin, rng.choice([0.5, 1.5])))


def _crab(rng, thing) -> None:
    shell = one_of(rng, ((210, 70, 45), (225, 120, 60), (90, 110, 130))) if rng.random() < 0.6 else any_colour(rng)
    dark, wide = shade(shell, 0.75), rng.uniform(0.45, 0.6)
    for k in range(3):
        for side in (-1, 1):
            knee = (side * (0.75 + 0.05 * k), 0.1 + 0.22 * k)
            thing.line([(side * 0.3, 0.15 + 0.1 * k), knee, (knee[0] + side * 0.1, knee[1] + 0.25)], 0.08, dark)
    lift = rng.uniform(-0.6, -0.35)
    for side in (-1, 1):
        thing.line([(side * 0.35, 0), (side * 0.7, -0.15), (side * 0.7, lift)], 0.12, dark)
        claw = oval((0, 0), (0.26, 0.2), 0, 0.45, 2 * np.pi - 0.45, 24)
        thing.fill(turned([*claw, (0.02, 0)], -np.pi / 2 - 0.3 * side) + np.array([side * 0.68, lift - 0.1]), shell, 0)
        thing.line([(side * 0.14, -0.05), (side * 0.16, -0.35)], 0.05, dark)
    thing.oval((0, 0.18), (wide, 0.38), shell)
    _goggle_eyes(rng, thing, 0.16, -0.38, 0.09)
    if rng.random() < 0.4:
        thing.line(oval((0, 0.22), (0.2, 0.1), 0, 0.2, np.pi - 0.2, 10), 0.03, shade(shell, 0.4))
    for _ in range(int(rng.integers(0, 5))):
        thing.dot((rng.uniform(-0.3, 0.3), rng.uniform(0, 0.4)), (0.05, 0.04), shade(shell, 1.3))
