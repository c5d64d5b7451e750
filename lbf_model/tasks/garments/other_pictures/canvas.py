"""Shapes drawn large and averaged down, then fitted into a frame or laid on a ground as a phone would see them."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from lbf_model.tasks.garments.catalogue.backgrounds import draw_background
from lbf_model.tasks.garments.catalogue.shading import blurred, smooth_noise

Colour = tuple[int, int, int]
# Shapes are drawn at this multiple of the picture's size.
FINE = 2
WOODS = ((150, 105, 65), (110, 75, 50), (190, 150, 105), (70, 55, 45), (225, 220, 212))
METALS = ((185, 188, 192), (150, 153, 158), (215, 216, 218))


class Sketch:
    """Coloured shapes on a transparent sheet; x runs right and y runs down.

    Args:
        size: (width, height) of the picture in pixels.
        origin: where (0, 0) is, in pixels of the picture.
        unit: how many pixels 1 is.

    Attributes:
        image: RGBA, FINE times the size.
        right, bottom: the picture's far corner in units.
    """

    def __init__(self, size: tuple[int, int], origin: tuple[float, float], unit: float):
        self.image = Image.new("RGBA", (size[0] * FINE, size[1] * FINE))
        self.pen = ImageDraw.Draw(self.image)
        self.origin, self.unit = np.array(origin) * FINE, unit * FINE
        self.right, self.bottom = (size[0] - origin[0]) / unit, (size[1] - origin[1]) / unit

    def _pixels(self, points) -> list[tuple[float, float]]:
        return [tuple(p) for p in (np.asarray(points, float) * self.unit + self.origin).tolist()]

    def polygon(self, points, colour: Colour) -> None:
        """Fill an outline: (N, 2) points in units."""
        self.pen.polygon(self._pixels(points), fill=(*colour, 255))

    def rounded(self, points, colour: Colour, depth: float = 0.35, steps: int = 9) -> None:
        """Fill an outline that bulges: it grows lighter towards a spot up and left of its middle."""
        points = np.asarray(points, float)
        middle, reach = points.mean(0), np.ptp(points, axis=0)
        for step in range(steps):
            share = step / steps
            inner = middle + (points - middle) * (1 - share) - reach * 0.12 * share
            self.polygon(inner, shade(colour, 1 - depth + 1.6 * depth * share))

    def ellipse(self, centre, radii, colour: Colour, turn: float = 0.0) -> None:
        """Fill an ellipse of those half axes, turned by an angle in radians."""
        self.polygon(oval(centre, radii, turn), colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, corner: float = 0.0) -> None:
        """Fill a rectangle with corners of that radius."""
        (a, b), (c, d) = self._pixels([(min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))])
        self.pen.rounded_rectangle((a, b, c, d), corner * self.unit, (*colour, 255))

    def line(self, points, width: float, colour: Colour) -> None:
        """Stroke through (N, 2) points, `width` units wide."""
        pixels = max(1, round(width * self.unit))
        # Round joints take long, and cannot be seen in a thin line.
        self.pen.line(self._pixels(points), (*colour, 255), pixels, "curve" if pixels > 4 else None)

    def text(self, corner, words: str, height: float, colour: Colour) -> None:
        """Write from the upper left corner."""
        self.pen.text(self._pixels([corner])[0], words, (*colour, 255), _font(max(4, round(height * self.unit))))


@dataclass(frozen=True)
class Manner:
    """How the shapes of one picture are filled.

    Attributes:
        depth: how much they bulge; 0 is flat.
        edge: width of the outlines; 0 is none.
        ink: colour of the outlines; None takes the fill's, darkened.
    """

    depth: float
    edge: float
    ink: Colour | None


def any_manner(rng: np.random.Generator) -> Manner:
    """Flat like a cartoon or shaded, with outlines or none."""
    depth = 0.0 if rng.random() < 0.4 else rng.uniform(0.12, 0.45)
    edge = 0.0 if rng.random() < 0.5 else rng.uniform(0.012, 0.045)
    return Manner(depth, edge, (28, 24, 28) if rng.random() < 0.5 else None)


class Thing:
    """One thing of a sketch: it is drawn between -1 and 1, all its shapes in one manner, then sized, turned and moved.

    Args:
        sketch: where it is drawn.
        manner: how its shapes are filled.
        at: where its middle is in the sketch.
        size: how long its 1 is in the sketch.
        turn: by how much it is turned, in radians.
        wide: how much wider than tall it becomes; negative swaps left and right.
    """

    def __init__(self, sketch: Sketch, manner: Manner, at=(0.0, 0.0), size: float = 1.0, turn: float = 0.0, wide: float = 1.0):
        self.sketch, self.manner = sketch, manner
        self.at, self.size, self.turn, self.wide = np.asarray(at, float), size, turn, wide

    def placed(self, points) -> np.ndarray:
        """(N, 2) points of the sketch."""
        return turned(np.asarray(points, float) * [self.wide * self.size, self.size], self.turn) + self.at

    def part(self, at, size: float, turn: float = 0.0) -> "Thing":
        """A smaller thing that belongs to this one."""
        way = 1 if self.wide > 0 else -1
        return Thing(self.sketch, self.manner, self.placed([at])[0], size * self.size, self.turn + way * turn, self.wide)

    def fill(self, points, colour: Colour, bulge: float = 1.0) -> None:
        """Fill an outline in this thing's manner; `bulge` 0 keeps hollow outlines flat."""
        points = self.placed(points)
        if self.manner.depth * bulge:
            self.sketch.rounded(points, colour, self.manner.depth * bulge, 7 if self.size > 0.6 else 5)
        else:
            self.sketch.polygon(points, colour)
        if self.manner.edge:
            width = self.manner.edge * max(0.4, self.size)
            self.sketch.line([*points, points[0], points[1]], width, self.manner.ink or shade(colour, 0.5))

    def both(self, points, colour: Colour, bulge: float = 1.0) -> None:
        """Fill an outline and its mirror image."""
        for side in (-1, 1):
            self.fill(np.asarray(points, float) * [side, 1], colour, bulge)

    def oval(self, centre, radii, colour: Colour, turn: float = 0.0) -> None:
        """Fill an ellipse in this thing's manner."""
        self.fill(oval(centre, radii, turn, count=32), colour)

    def ovals(self, centre, radii, colour: Colour, turn: float = 0.0) -> None:
        """Fill an ellipse and its mirror image."""
        self.both(oval(centre, radii, turn, count=32), colour)

    def dot(self, centre, radii, colour: Colour, turn: float = 0.0) -> None:
        """Fill an ellipse flat and without an outline."""
        self.sketch.polygon(self.placed(oval(centre, radii, turn, count=20)), colour)

    def patch(self, points, colour: Colour) -> None:
        """Fill an outline flat and without an outline of its own."""
        self.sketch.polygon(self.placed(points), colour)

    def line(self, points, width: float, colour: Colour) -> None:
        """Stroke through points."""
        self.sketch.line(self.placed(points), width * self.size, colour)


def spread(rng: np.random.Generator, most: int) -> list[tuple[np.ndarray, float]]:
    """Where one thing goes, or up to `most` next to each other: each one's middle and size."""
    count = 1 if rng.random() < 0.5 else int(rng.integers(2, most + 1))
    if count == 1:
        return [(rng.normal(0, 0.03, 2), rng.uniform(0.72, 0.98))]
    columns = int(np.ceil(np.sqrt(count)))
    rows, cell = -(-count // columns), 2 / columns
    middles = [((k % columns - (columns - 1) / 2) * cell, (k // columns - (rows - 1) / 2) * cell) for k in range(count)]
    return [(np.array(at) + rng.normal(0, 0.03, 2), cell / 2 * rng.uniform(0.75, 1.02)) for at in middles]


def draw_several(rng: np.random.Generator, sketch: Sketch, ways, most: int, lean: float = 0.15) -> None:
    """One or up to `most` things in one manner.

    Args:
        rng: the only source of randomness.
        sketch: where they are drawn.
        ways: functions of (rng, thing), one of which draws each.
        most: how many things at most.
        lean: how far they are turned, in radians (one standard deviation).
    """
    manner, first, alike = any_manner(rng), int(rng.integers(len(ways))), rng.random() < 0.6
    for at, size in spread(rng, most):
        way = first if alike else int(rng.integers(len(ways)))
        wide = rng.uniform(0.82, 1.1) * rng.choice([-1, 1])
        ways[way](rng, Thing(sketch, manner, at, size, rng.normal(0, lean), wide))


def mirrored(right) -> np.ndarray:
    """A closed outline from its right half, top to bottom."""
    right = np.asarray(right, float)
    return np.concatenate([right, (right * [-1, 1])[::-1]])


def lathed(thing, right, colour) -> None:
    """A turned body from its right half: strips from dark sides to a light streak where the manner bulges, else plain."""
    right = np.asarray(right, float)
    if thing.manner.depth:
        for low in np.linspace(-1, 1, 13)[:-1]:
            high = low + 1 / 6
            strip = np.concatenate([right * [low, 1], (right * [high, 1])[::-1]])
            thing.patch(strip, shade(colour, 1.2 - 1.6 * thing.manner.depth * abs(low + 0.4) ** 0.9))
    else:
        thing.patch(mirrored(right), colour)
    if thing.manner.edge:
        outline = mirrored(right)
        thing.line([*outline, outline[0]], thing.manner.edge, thing.manner.ink or shade(colour, 0.5))


def box(x0: float, y0: float, x1: float, y1: float, corner: float = 0.0) -> np.ndarray:
    """(N, 2) points of a rectangle with round corners."""
    if not corner:
        return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    turns = zip(((x1, y0), (x1, y1), (x0, y1), (x0, y0)), ((-1, 1), (-1, -1), (1, -1), (1, 1)), range(-1, 3), strict=True)
    return np.concatenate(
        [
            oval(np.array(at) + corner * np.array(way), (corner, corner), 0, k * np.pi / 2, (k + 1) * np.pi / 2, 6)
            for at, way, k in turns
        ]
    )


@cache
def _font(pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(float(pixels))


def shade(colour: Colour, factor: float) -> Colour:
    """A colour made darker (factor below 1) or lighter (above 1, towards white)."""
    if factor <= 1:
        return tuple(int(c * factor) for c in colour)
    return tuple(int(c + (255 - c) * min(1, factor - 1)) for c in colour)


def any_colour(rng: np.random.Generator) -> Colour:
    """Any colour: vivid, dull, dark or pale."""
    hue = np.abs((rng.random() * 6 + np.array([0, 4, 2])) % 6 - 3) - 1
    vivid, value = rng.beta(2, 1.5), rng.uniform(0.25, 1)
    return tuple(int(c) for c in 255 * value * (1 - vivid * (1 - np.clip(hue, 0, 1))))


def one_of(rng: np.random.Generator, colours) -> Colour:
    """One of the colours, a little changed."""
    colour = np.array(colours[int(rng.integers(len(colours)))]) + rng.normal(0, 9, 3)
    return tuple(int(c) for c in np.clip(colour, 0, 255))


def oval(centre, radii, turn: float = 0.0, start: float = 0.0, end: float = 2 * np.pi, count: int = 40) -> np.ndarray:
    """(count, 2) points of an ellipse, or of the arc between two angles."""
    angle = np.linspace(start, end, count)
    x, y = np.cos(angle) * radii[0], np.sin(angle) * radii[1]
    c, s = np.cos(turn), np.sin(turn)
    return np.stack([centre[0] + c * x - s * y, centre[1] + s * x + c * y], 1)


def blob(rng: np.random.Generator, centre, radius: float, roughness: float = 0.3) -> np.ndarray:
    """(90, 2) points of a smooth random closed outline."""
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    waves = np.arange(2, 7)
    size, phase = rng.normal(0, roughness, 5) / waves**0.8, rng.uniform(0, 2 * np.pi, 5)
    r = radius * np.maximum(0.15, 1 + (size[:, None] * np.cos(waves[:, None] * angle + phase[:, None])).sum(0))
    return np.asarray(centre) + np.stack([r * np.cos(angle), r * np.sin(angle)], 1)


def ridge(rng: np.random.Generator, right: float, level: float, height: float, roughness: float = 1.0) -> np.ndarray:
    """(80, 2) points of a random skyline from x = 0 to `right`, about `level`."""
    x = np.linspace(0, right, 80)
    waves = np.array([1, 2, 4, 7, 13, 25])
    size, phase = rng.normal(0, 1, 6) / waves ** (2 - roughness), rng.uniform(0, 2 * np.pi, 6)
    return np.stack([x, level + height * (size[:, None] * np.sin(waves[:, None] * x * 2 + phase[:, None])).sum(0)], 1)


def turned(points, angle: float, centre=(0.0, 0.0)) -> np.ndarray:
    """(N, 2) points turned about a centre."""
    c, s = np.cos(angle), np.sin(angle)
    return (np.asarray(points, float) - centre) @ np.array([[c, s], [-s, c]]) + centre


def lay_on_ground(rng: np.random.Generator, draw_thing, size: tuple[int, int]) -> Image.Image:
    """Photograph a thing on a ground.

    Args:
        rng: the only source of randomness.
        draw_thing: called with (rng, sketch); draws between -1 and 1 both ways.
        size: (width, height) in pixels.
    """
    width, height = size
    reach = min(size) / 2 * rng.uniform(0.6, 1.08)
    middle = np.array(size) / 2
    sketch = Sketch(size, middle + np.maximum(middle - reach, 4) * rng.uniform(-0.6, 0.6, 2), reach)
    draw_thing(rng, sketch)
    tilt = rng.normal(0, 8) if rng.random() < 0.8 else rng.uniform(-60, 60)
    sheet = sketch.image.convert("RGBa").reduce(FINE).rotate(tilt, Image.Resampling.BILINEAR)
    pixels = np.asarray(sheet, np.float32)
    thing, cover = pixels[..., :3], pixels[..., 3] / 255
    flat = rng.random() < 0.25
    if flat:
        ground = np.full((height, width, 3), shade(any_colour(rng), rng.uniform(1, 2)), np.float32)
    else:
        ground = draw_background(rng, height, width) * soft_shadow(rng, cover)[..., None]
    if rng.random() < 0.7:
        thing = thing * body_light(rng, cover)[..., None]
    picture = ground * (1 - cover[..., None]) + thing
    return finished(rng, picture, plain=flat and rng.random() < 0.6)


def fill_frame(rng: np.random.Generator, draw_scene, size: tuple[int, int]) -> Image.Image:
    """Draw a scene over the whole picture; `draw_scene` gets (rng, sketch), whose shorter side is 1 unit, from the corner."""
    sketch = Sketch(size, (0, 0), min(size))
    draw_scene(rng, sketch)
    picture = np.asarray(sketch.image.convert("RGB").reduce(FINE), np.float32)
    return finished(rng, picture, plain=rng.random() < 0.25)


def soft_shadow(rng: np.random.Generator, cover: np.ndarray) -> np.ndarray:
    """How bright the ground around a thing is: (H, W) in (0, 1]."""
    reach = rng.uniform(0.008, 0.04) * min(cover.shape)
    across, down = (round(reach * rng.uniform(*span)) for span in ((-1.2, 1.2), (0.2, 1.3)))
    return 1 - rng.uniform(0.15, 0.55) * np.roll(blurred(cover, reach), (down, across), (0, 1))


def body_light(rng: np.random.Generator, cover: np.ndarray) -> np.ndarray:
    """Uneven light on a thing, darker at its rim: (H, W) float32 about 1."""
    rim = blurred(cover, rng.uniform(0.01, 0.03) * min(cover.shape))
    patches = smooth_noise(rng, (int(rng.integers(3, 8)), int(rng.integers(3, 8))), cover.shape)
    return 1 - rng.uniform(0, 0.35) * (1 - np.clip(2 * rim - 1, 0, 1)) + rng.uniform(0, 0.09) * patches


def finished(rng: np.random.Generator, picture: np.ndarray, plain: bool = False) -> Image.Image:
    """The picture as RGB: as drawn if `plain`, otherwise with a photograph's light, cast, blur and grain."""
    if not plain:
        height, width = picture.shape[:2]
        x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        across, down = rng.uniform(-0.09, 0.09, 2).astype(np.float32)
        light = (1 + across * x + down * y) * np.float32(rng.uniform(0.85, 1.08))
        picture = picture * light[..., None] * (1 + rng.normal(0, 0.02, 3)).astype(np.float32)
        picture = picture + rng.standard_normal((height, width, 1), np.float32) * np.float32(rng.uniform(0.5, 4))
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.1))) if not plain and rng.random() < 0.4 else image
