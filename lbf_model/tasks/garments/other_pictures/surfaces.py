"""Pictures of no thing at all: bare grounds and textures that fill the frame, and abstract shapes on a ground."""

import numpy as np
from PIL import Image

from lbf_model.tasks.garments.catalogue.backgrounds import KINDS, draw_background
from lbf_model.tasks.garments.catalogue.shading import smooth_noise
from lbf_model.tasks.garments.other_pictures.canvas import Sketch, any_colour, blob, finished, oval, shade, turned


def draw_bare_ground(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """A floor, a bed sheet, tiles, carpet or a wall with nothing on it, often in another colour."""
    ground = draw_background(rng, size[1], size[0], str(rng.choice(KINDS)))
    if rng.random() < 0.6:
        ground = ground * (np.array(shade(any_colour(rng), rng.uniform(1, 1.8)), np.float32) / 255)
    return finished(rng, ground)


def draw_texture(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """A gradient, clouds of noise, checks, stripes, bricks or dots between two colours over the whole picture."""
    width, height = size
    x, y = np.arange(width, dtype=np.float32) - width / 2, np.arange(height, dtype=np.float32)[:, None] - height / 2
    angle, step = rng.uniform(0, np.pi), rng.uniform(0.04, 0.3) * min(size)
    u, v = (np.cos(angle) * x + np.sin(angle) * y) / step, (np.cos(angle) * y - np.sin(angle) * x) / step
    kind = rng.choice(["gradient", "clouds", "checks", "stripes", "bricks", "dots", "rings", "grain"])
    if kind == "gradient":
        share = 0.5 + u * step / np.hypot(width, height)
    elif kind == "clouds":
        share = 0.5 + sum(smooth_noise(rng, (3 * k, 3 * k), (height, width)) * 0.35 / k for k in (1, 2, 5))
    elif kind == "checks":
        share = (np.floor(u) + np.floor(v)) % 2
    elif kind == "stripes":
        share = np.floor(u) % 2
    elif kind == "bricks":
        row = np.floor(v)
        share = np.minimum((v % 1) > 0.12, ((u / 2.2 + 0.5 * (row % 2)) % 1) > 0.06)
    elif kind == "dots":
        share = np.hypot(u % 1 - 0.5, v % 1 - 0.5) < 0.3
    elif kind == "rings":
        share = 0.5 + 0.5 * np.sin(2 * np.hypot(u, v * rng.uniform(0.6, 1.4)))
    else:
        share = 0.5 + rng.normal(0, 0.25, (height, width))
    share = np.clip(share, 0, 1).astype(np.float32)[..., None]
    one, other = (np.array(any_colour(rng), np.float32) for _ in range(2))
    return finished(rng, one + (other - one) * share, plain=rng.random() < 0.4)


def draw_blobs(rng: np.random.Generator, sketch: Sketch) -> None:
    """One to six abstract shapes within -1 and 1: smooth and random, stars, rings or triangles, plain or patterned."""
    count = int(rng.choice([1, 1, 1, 2, 3, 4, 6]))
    for _ in range(count):
        radius = rng.uniform(0.5, 0.8) if count == 1 else rng.uniform(0.2, 0.45)
        centre = rng.uniform(-1, 1, 2) * (0.1 if count == 1 else 0.95 - radius)
        outline, colour = _shape(rng, centre, radius), any_colour(rng)
        if rng.random() < 0.45:
            sketch.rounded(outline, colour, rng.uniform(0.1, 0.45))
        else:
            sketch.polygon(outline, colour)
        if rng.random() < 0.4:
            _decorate(rng, sketch, centre, radius, outline)


def _shape(rng, centre, radius) -> np.ndarray:
    way = rng.random()
    if way < 0.6:
        return blob(rng, centre, radius, rng.uniform(0.05, 0.45))
    if way < 0.75:
        return oval(centre, radius * rng.uniform(0.5, 1, 2), rng.uniform(0, np.pi))
    corners = int(rng.integers(3, 9))
    angle = np.arange(2 * corners) * np.pi / corners
    r = radius * np.where(np.arange(2 * corners) % 2, rng.uniform(0.35, 0.62), 1.0)
    return turned(np.stack([r * np.cos(angle), r * np.sin(angle)], 1), rng.uniform(0, 6)) + centre


def _decorate(rng, sketch, centre, radius, outline) -> None:
    """A smaller copy within, spots, or a rim."""
    colour, way = any_colour(rng), int(rng.integers(3))
    if way == 0:
        sketch.polygon(centre + (outline - centre) * rng.uniform(0.3, 0.8), colour)
    elif way == 1:
        for _ in range(int(rng.integers(4, 14))):
            spot = centre + rng.uniform(-0.45, 0.45, 2) * radius
            sketch.ellipse(spot, (0.09 * radius, 0.09 * radius), colour)
    else:
        sketch.line([*outline, outline[0]], rng.uniform(0.02, 0.08), colour)
