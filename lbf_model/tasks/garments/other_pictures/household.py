"""Made things: furniture, vehicles, tools, cutlery, books, devices, boxes, bottles. Each lies within -1 and 1."""

import numpy as np

from lbf_model.tasks.garments.other_pictures.canvas import Sketch, any_colour, one_of, oval, shade, turned

_WOODS = ((150, 105, 65), (110, 75, 50), (190, 150, 105), (70, 55, 45), (225, 220, 212))
_METALS = ((185, 188, 192), (150, 153, 158), (215, 216, 218))
_DARKS = ((30, 30, 34), (60, 62, 66), (205, 206, 210), (20, 24, 40))


def draw_furniture(rng: np.random.Generator, sketch: Sketch) -> None:
    """A chair, a table, a lamp or a shelf."""
    rng.choice([_chair, _table, _lamp, _shelf])(rng, sketch, one_of(rng, _WOODS) if rng.random() < 0.6 else any_colour(rng))


def draw_car(rng: np.random.Generator, sketch: Sketch) -> None:
    """A car from its side: saloon, van or small."""
    paint, way = any_colour(rng), 1 if rng.random() < 0.5 else -1
    roof, front, rear = rng.uniform(-0.5, -0.3), rng.uniform(0.1, 0.55), rng.uniform(-0.95, -0.55)
    flip = np.array([way, 1])
    cabin = np.array([(rear, -0.02), (rear + 0.18, roof), (front - 0.15, roof), (front + 0.15, -0.02)])
    glass = np.array([0, -0.05]) + (cabin - [(rear + front) / 2, -0.05]) * [0.84, 0.78] + [(rear + front) / 2, 0]
    sketch.polygon(cabin * flip, paint)
    sketch.polygon(glass * flip, shade((70, 90, 110), rng.uniform(0.6, 1.4)))
    pillar = (rear + front) / 2
    sketch.line(np.array([(pillar, roof), (pillar, 0)]) * flip, 0.05, paint)
    body = [(-0.98, 0.05), (-0.9, -0.06), (front + 0.15, -0.08), (0.88, 0.02), (0.98, 0.14), (0.98, 0.3), (-0.98, 0.3)]
    sketch.polygon(np.array(body) * flip, paint)
    sketch.polygon(np.array([(-0.98, 0.2), (0.98, 0.2), (0.97, 0.32), (-0.97, 0.32)]) * flip, shade(paint, 0.7))
    sketch.line(np.array([(-0.9, 0.04), (0.85, 0.06)]) * flip, 0.015, shade(paint, 1.3))
    sketch.line(np.array([(pillar, 0), (pillar, 0.26)]) * flip, 0.012, shade(paint, 0.6))
    sketch.ellipse((0.9 * way, 0.1), (0.06, 0.045), (250, 240, 190))
    sketch.ellipse((-0.94 * way, 0.1), (0.035, 0.05), (190, 40, 40))
    for x in (-0.58, 0.58):
        for r, colour in ((0.2, (25, 25, 28)), (0.12, one_of(rng, _METALS)), (0.04, (70, 70, 75))):
            sketch.ellipse((x, 0.3), (r, r), colour)


def draw_bicycle(rng: np.random.Generator, sketch: Sketch) -> None:
    """A bicycle from its side."""
    paint, way, tyre = any_colour(rng), 1 if rng.random() < 0.5 else -1, rng.uniform(0.03, 0.06)
    r = rng.uniform(0.38, 0.43)
    flip = np.array([way, 1])
    for x in (-0.55, 0.55):
        for angle in np.arange(0, np.pi, np.pi / 8):
            sketch.line(
                [(x + r * np.cos(angle), 0.3 + r * np.sin(angle)), (x - r * np.cos(angle), 0.3 - r * np.sin(angle))],
                0.006,
                (150, 150, 155),
            )
        sketch.line(oval((x, 0.3), (r, r)), tyre, (30, 30, 32))
    seat, crank, head = (-0.28, -0.3), (-0.08, 0.33), (0.38, -0.28)
    for bar in ([(-0.55, 0.3), seat, crank, (-0.55, 0.3)], [seat, head, crank], [(0.34, -0.42), (0.55, 0.3)]):
        sketch.line(np.array(bar) * flip, 0.05, paint)
    sketch.line(np.array([seat, (-0.32, -0.44)]) * flip, 0.035, (90, 90, 95))
    sketch.ellipse((-0.33 * way, -0.46), (0.15, 0.045), (40, 35, 35))
    sketch.line(np.array([(0.34, -0.42), (0.3, -0.52), (0.5, -0.56), (0.55, -0.46)]) * flip, 0.04, (60, 60, 65))
    sketch.line(oval((crank[0] * way, crank[1]), (0.1, 0.1)), 0.03, (70, 70, 75))


def draw_tools(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to three of hammer, spanner, screwdriver and saw, side by side."""
    _side_by_side(rng, sketch, (_hammer, _spanner, _screwdriver, _saw), int(rng.integers(1, 4)))


def draw_cutlery(rng: np.random.Generator, sketch: Sketch) -> None:
    """Forks, knives and spoons side by side."""
    _side_by_side(rng, sketch, (_fork, _knife, _spoon), int(rng.integers(1, 5)))


def draw_books(rng: np.random.Generator, sketch: Sketch) -> None:
    """A row of spines, a pile, one cover or an open book."""
    rng.choice([_spines, _pile, _cover, _open_book])(rng, sketch)


def draw_devices(rng: np.random.Generator, sketch: Sketch) -> None:
    """A phone, a laptop, a keyboard, a camera or a screen."""
    rng.choice([_phone, _laptop, _keyboard, _camera, _screen])(rng, sketch, one_of(rng, _DARKS))


def draw_boxes(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to four parcels or crates, seen from a corner."""
    count = int(rng.integers(1, 5))
    for k in range(count):
        size = (1.0, 0.56, 0.52, 0.5)[count - 1] * rng.uniform(0.75, 1)
        x, y = (0, 0) if count == 1 else ((k % 2 - 0.5) * 1.0, (k // 2 - 0.4 * (count > 2)) * 0.9)
        card = one_of(rng, ((190, 150, 105), (170, 130, 90), (205, 170, 125))) if rng.random() < 0.6 else any_colour(rng)
        deep, tall = rng.uniform(0.25, 0.5), rng.uniform(0.5, 1.1)
        p = np.array([x, y])
        left, middle, right = p + size * np.array([(-0.9, -0.3), (0, 0), (0.9, -0.3)])
        down, back = np.array([0, size * tall * 0.9]), p + size * np.array([0, -0.3 - deep])
        sketch.polygon([left, middle, middle + down, left + down], shade(card, 0.9))
        sketch.polygon([middle, right, right + down, middle + down], shade(card, 0.68))
        sketch.polygon([left, middle, right, back], shade(card, 1.15))
        if rng.random() < 0.6:  # tape
            a, b = (left + back) / 2, (middle + right) / 2
            sketch.line([a, b, b + down * 0.3], 0.1 * size, shade(card, 1.4))
        if rng.random() < 0.5:  # a label
            q = left * 0.6 + middle * 0.4 + down * 0.3
            skew = (middle - left) * 0.4
            sketch.polygon([q, q + skew, q + skew + down * 0.3, q + down * 0.3], (240, 240, 235))


def draw_bottles(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to four bottles, jars or cups that stand side by side."""
    count = int(rng.integers(1, 5))
    for x in (np.arange(count) - (count - 1) / 2) * 0.5:
        wide, tall = rng.uniform(0.13, 0.23), rng.uniform(1.1, 1.9)
        top, neck, shoulder = 0.95 - tall, rng.uniform(0.25, 0.9) * wide, rng.uniform(0.2, 0.45) * tall
        glass = one_of(rng, ((40, 90, 50), (110, 65, 30), (190, 215, 220), (240, 240, 240), any_colour(rng), any_colour(rng)))
        edge = np.array([(neck, top), (neck, top + 0.5 * shoulder), (wide, top + shoulder), (wide, 0.92), (0.9 * wide, 0.95)])
        for k in range(11):  # strips from the dark sides to a light streak left of the middle
            low, high = -1 + 2 * k / 11, -1 + 2 * (k + 1) / 11
            tone = 1.3 - 0.75 * abs(-0.35 - (low + high) / 2) ** 0.8
            strip = [(x + low * a, b) for a, b in edge] + [(x + high * a, b) for a, b in edge[::-1]]
            sketch.polygon(strip, shade(glass, tone))
        if rng.random() < 0.7:
            label = shade(any_colour(rng), rng.uniform(1, 1.7))
            low = top + shoulder + 0.15 * (0.95 - top - shoulder)
            sketch.box(x - wide, low, x + wide, low + 0.5 * (0.95 - top - shoulder), label)
            sketch.box(x - 0.6 * wide, low + 0.06, x + 0.6 * wide, low + 0.11, shade(label, 0.4))
        sketch.box(x - neck * 1.1, top - 0.09, x + neck * 1.1, top + 0.03, any_colour(rng), 0.02)


def _side_by_side(rng, sketch, kinds, count) -> None:
    """Draw upright things, each about the axis x = 0 from -1 to 1, in a fan."""
    for k in range(count):
        shift, lean = (k - (count - 1) / 2) * 0.42, rng.normal(0, 0.08)
        draw = kinds[int(rng.integers(len(kinds)))]
        draw(rng, sketch, lambda points, s=shift, a=lean: turned(points, a) + np.array([s, 0]))


def _hammer(rng, sketch, place) -> None:
    sketch.polygon(place([(-0.07, -0.6), (0.07, -0.6), (0.09, 1), (-0.09, 1)]), one_of(rng, _WOODS))
    head = [(-0.3, -0.75), (-0.05, -0.95), (0.12, -0.85), (0.3, -0.85), (0.3, -0.55), (0.12, -0.6), (-0.1, -0.6)]
    sketch.polygon(place(head), shade(one_of(rng, _METALS), 0.65))


def _spanner(rng, sketch, place) -> None:
    steel = one_of(rng, _METALS)
    sketch.polygon(place([(-0.07, -0.6), (0.07, -0.6), (0.07, 0.7), (-0.07, 0.7)]), steel)
    sketch.line(place([(0, -0.5), (0, 0.5)]), 0.04, shade(steel, 0.75))
    sketch.line(place(oval((0, -0.72), (0.15, 0.17), -np.pi / 2, 0.6, 2 * np.pi - 0.6)), 0.12, steel)
    sketch.line(place(oval((0, 0.8), (0.12, 0.12))), 0.09, steel)


def _screwdriver(rng, sketch, place) -> None:
    grip = any_colour(rng)
    sketch.polygon(place([(-0.04, -0.98), (0.04, -0.98), (0.035, 0.2), (-0.035, 0.2)]), one_of(rng, _METALS))
    sketch.polygon(
        place([(-0.07, 0.1), (0.07, 0.1), (0.14, 0.3), (0.13, 0.9), (0.08, 1), (-0.08, 1), (-0.13, 0.9), (-0.14, 0.3)]), grip
    )
    for x in (-0.07, 0, 0.07):
        sketch.line(place([(x, 0.3), (x, 0.9)]), 0.02, shade(grip, 0.7))


def _saw(rng, sketch, place) -> None:
    teeth = [(-0.13 - 0.03 * (k % 2), y) for k, y in enumerate(np.linspace(0.35, -1, 44))]
    sketch.polygon(place([*teeth, (0.0, -1), (0.17, 0.35)]), one_of(rng, _METALS))
    sketch.line(place(oval((0.02, 0.65), (0.13, 0.27))), 0.1, one_of(rng, _WOODS))


def _fork(rng, sketch, place) -> None:
    steel = one_of(rng, _METALS)
    sketch.polygon(place([(-0.035, -0.4), (0.035, -0.4), (0.07, 0.95), (-0.07, 0.95)]), steel)
    sketch.polygon(place([(-0.13, -0.6), (0.13, -0.6), (0.09, -0.42), (0, -0.33), (-0.09, -0.42)]), steel)
    for x in (-0.11, -0.037, 0.037, 0.11):
        sketch.line(place([(x, -1), (x, -0.55)]), 0.035, shade(steel, 0.95))


def _knife(rng, sketch, place) -> None:
    steel = one_of(rng, _METALS)
    sketch.polygon(place([(-0.06, 0.15), (-0.07, -0.7), (0.0, -1), (0.07, -0.8), (0.07, 0.15)]), shade(steel, 1.3))
    sketch.polygon(place([(-0.05, 0.1), (0.06, 0.1), (0.08, 0.95), (-0.07, 0.95)]), one_of(rng, (*_WOODS, *_METALS, _DARKS[0])))


def _spoon(rng, sketch, place) -> None:
    steel = one_of(rng, _METALS)
    sketch.polygon(place([(-0.03, -0.5), (0.03, -0.5), (0.07, 0.95), (-0.07, 0.95)]), steel)
    sketch.polygon(place(oval((0, -0.7), (0.16, 0.28))), steel)
    sketch.polygon(place(oval((0.01, -0.68), (0.12, 0.22))), shade(steel, 0.8))


def _chair(rng, sketch, colour) -> None:
    seat = any_colour(rng) if rng.random() < 0.5 else colour
    for x, top, low in ((-0.5, -0.95, 0.75), (0.4, -0.95, 0.75), (-0.3, 0.15, 0.98), (0.62, 0.15, 0.98)):
        sketch.line([(x, top), (x, low)], 0.08, shade(colour, 0.85 if low < 0.9 else 1))
    for y in np.linspace(-0.88, -0.35, int(rng.integers(2, 5))):
        sketch.box(-0.5, y - 0.05, 0.4, y + 0.05, colour)
    sketch.polygon([(-0.56, 0.0), (0.46, 0.0), (0.7, 0.22), (-0.34, 0.22)], seat)
    sketch.polygon([(-0.34, 0.22), (0.7, 0.22), (0.7, 0.3), (-0.34, 0.3)], shade(seat, 0.7))


def _table(rng, sketch, colour) -> None:
    for x, y in ((-0.6, 0.55), (0.6, 0.55), (-0.85, 0.85), (0.85, 0.85)):
        sketch.box(x - 0.045, -0.1, x + 0.045, y, shade(colour, 0.7))
    sketch.polygon([(-0.7, -0.4), (0.7, -0.4), (1, 0), (-1, 0)], colour)
    sketch.box(-1, 0, 1, rng.uniform(0.06, 0.16), shade(colour, 0.75))
    if rng.random() < 0.5:
        sketch.rounded(oval((rng.uniform(-0.4, 0.4), -0.25), (0.15, 0.12)), any_colour(rng))


def _lamp(rng, sketch, colour) -> None:
    half, low = rng.uniform(0.35, 0.6), rng.uniform(-0.5, -0.3)
    sketch.line([(0, low), (0, 0.9)], 0.05, shade(colour, 0.7))
    sketch.rounded(oval((0, 0.9), (0.3, 0.08)), colour)
    dome = shade(any_colour(rng), rng.uniform(1.1, 1.8))
    sketch.ellipse((0, low), (0.12, 0.14), (255, 245, 200))
    sketch.polygon(oval((0, low), (half, low + 0.95), 0, np.pi, 2 * np.pi), dome)
    sketch.ellipse((0, low), (half, 0.06), shade(dome, 1.5))


def _shelf(rng, sketch, colour) -> None:
    sketch.box(-0.75, -0.97, 0.75, 0.97, colour)
    rows = int(rng.integers(3, 6))
    for row in range(rows):
        top, low = -0.9 + row * 1.8 / rows, -0.96 + (row + 1) * 1.8 / rows
        sketch.box(-0.68, top, 0.68, low, shade(colour, 0.5))
        x = -0.64
        while x < rng.uniform(0, 0.55):
            wide = rng.uniform(0.05, 0.14)
            sketch.box(x, low - (low - top) * rng.uniform(0.5, 0.9), x + wide - 0.01, low, any_colour(rng))
            x += wide


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
