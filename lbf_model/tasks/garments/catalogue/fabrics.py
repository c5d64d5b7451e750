"""Colour, pattern and texture of cloth: tiles that `drawing` samples along the cloth's own directions."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.shading import smooth_noise

# Shades that carry their colour's name; a garment's shade lies between two of them. The first is the name's prototype.
SHADES = {
    "black": ("1c1c1e", "121214", "262528", "1d2023"),
    "white": ("f6f6f4", "fbfbfa", "f0f0f1", "f5f3ee"),
    "gray": ("8b8d90", "5f6266", "b0b2b5", "757578", "9b9ea3"),
    "beige": ("d9c5a3", "e6d8bf", "cdb48c", "dcc7ae", "c9b592"),
    "brown": ("6b4429", "4d3020", "8a5a34", "7a4d30", "5b3a2c"),
    "red": ("c4161f", "9c1220", "d92a26", "b3122b", "84141f"),
    "pink": ("f08cb4", "f7b9cd", "e85c9c", "f3a3b5", "f4c4d3"),
    "orange": ("f07d1a", "f59331", "e4651b", "f28a2e", "e8751a"),
    "yellow": ("f5d327", "f8e066", "f2c60f", "f7dd45", "efd02a"),
    "green": ("2f8a45", "1f5c38", "5aa84e", "6d7f3a", "86bf86", "2f7d62"),
    "blue": ("2a5cb8", "1d2f66", "3f7fd0", "7fb2e3", "27477f", "4f78ad"),
    "purple": ("7a3ea0", "552a78", "9a63c0", "a98ad0", "6a2f86"),
}
# The side of Pillow tiles in pixels; big enough to sample at three pixels per pixel of the picture.
TILE = 384


def _rgb(hexadecimal: str) -> np.ndarray:
    return np.array([int(hexadecimal[i : i + 2], 16) for i in (0, 2, 4)], np.float64)


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of sRGB in [0, 255]; any shape that ends in 3."""
    linear = np.asarray(rgb, float) / 255
    linear = np.where(linear > 0.04045, ((linear + 0.055) / 1.055) ** 2.4, linear / 12.92)
    xyz = linear @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    f = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(f > 0.008856, np.cbrt(f), 7.787 * f + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def shade_of(color: str, rng: np.random.Generator) -> np.ndarray:
    """A shade of a named colour: (3,) float sRGB in [0, 255]."""
    first, second = (_rgb(SHADES[color][i]) for i in rng.choice(len(SHADES[color]), 2, replace=False))
    return np.clip(first + rng.uniform(0, 0.6) * (second - first) + rng.normal(0, 2.5, 3), 8, 253)


def palette(garment: Garment) -> list[np.ndarray]:
    """Ground colours of the cloth: one shade, or four strongly different ones for multicolor."""
    rng = garment.rng("shade " + garment.color)
    if garment.color != "multicolor":
        return [shade_of(garment.color, rng)]
    names = rng.permutation(["red", "yellow", "blue", "green", "orange", "purple", "pink", "white"])[:4]
    return [shade_of(str(name), rng) for name in names]


def inks(garment: Garment) -> list[np.ndarray]:
    """Three colours of the pattern that stand out from the ground: a strong one, and two for details."""
    rng, base = garment.rng("ink"), np.mean(palette(garment), axis=0)
    light = to_lab(base)[0]
    tint = base * 0.5 if light > 50 else 255 - (255 - base) * 0.45
    plain = np.array([248.0, 246, 240]) if light < 72 or garment.color == "multicolor" else np.array([28.0, 30, 48])
    names = [n for n in SHADES if n not in (garment.color, "gray", "brown")]
    names = [n for n in names if abs(to_lab(_rgb(SHADES[n][0]))[0] - light) > 22]
    others = [shade_of(str(n), rng) for n in rng.permutation(names)[:2]]
    first = (plain, plain, tint, others[0])[int(rng.integers(4))]
    if garment.pattern in ("checked", "striped") and first is others[0]:
        first = plain  # a broad band of another hue would share the garment's name with its ground
    return [first, tint, others[1]]


def pattern_tile(garment: Garment) -> tuple[np.ndarray, float]:
    """The garment's cloth as a repeating tile.

    Returns:
        (N, N, 3) uint8 and the side of the tile in garment units.
    """
    grounds, rng = palette(garment), garment.rng("pattern " + garment.pattern)
    tile = Image.new("RGB", (TILE, TILE), _ink(grounds[0]))
    draw = ImageDraw.Draw(tile)
    if garment.color == "multicolor":
        tile = _many_colours(grounds, garment.pattern, garment.rng("blocks"))
        draw = ImageDraw.Draw(tile)
    if garment.pattern == "solid":
        return np.asarray(tile), 1.6
    side = float(rng.uniform(0.55, 1.0)) * (0.8 if garment.category in ("hat", "shoes") else 1.0)
    side *= 1.4 if garment.pattern == "paisley" else 1.0
    if garment.pattern == "striped" and garment.color == "multicolor":
        return np.asarray(tile), side
    drawn = _DRAWN[garment.pattern](tile, draw, [_ink(i) for i in inks(garment)], rng)
    return np.asarray(drawn or tile), side


def _ink(rgb) -> tuple[int, int, int]:
    return tuple(int(c) for c in rgb)


def _many_colours(grounds, pattern, rng):
    """Stripes for "striped", tie-dye or large blocks for "solid", large blocks below any other pattern."""
    if pattern == "striped":
        widths = rng.integers(2, 5, size=8)
        bands = np.repeat(np.arange(8) % 4, widths * TILE // widths.sum() + 1)[:TILE]
        index = np.broadcast_to(bands[:, None], (TILE, TILE))
    elif pattern == "solid" and rng.random() < 0.35:
        fields = np.stack([smooth_noise(rng, (5, 5), (TILE, TILE), wrap=True) for _ in grounds], -1)
        share = np.exp(5 * fields)  # dye runs softly from one colour into the next
        return Image.fromarray((share / share.sum(-1, keepdims=True) @ np.array(grounds)).astype(np.uint8))
    else:
        row, column = np.mgrid[:TILE, :TILE] * 2 // TILE
        index = (row * 2 + column) if rng.random() < 0.5 else np.mgrid[:TILE, :TILE][0] * 4 // TILE
    return Image.fromarray(np.array(grounds).astype(np.uint8)[index])


def _stamp(draw, points, fill):
    """Draw a polygon on the tile and wherever it wraps around."""
    low, high = points.min(0), points.max(0)
    for dx in (-TILE, 0, TILE):
        for dy in (-TILE, 0, TILE):
            if high[0] + dx >= 0 and low[0] + dx <= TILE and high[1] + dy >= 0 and low[1] + dy <= TILE:
                draw.polygon([(x + dx, y + dy) for x, y in points], fill=fill)


def _disc(centre, radius, stretch=1.0, angle=0.0):
    t = np.linspace(0, 2 * np.pi, max(10, int(radius)), endpoint=False)
    x, y = radius * np.cos(t), radius * stretch * np.sin(t)
    return np.stack([centre[0] + x * np.cos(angle) - y * np.sin(angle), centre[1] + x * np.sin(angle) + y * np.cos(angle)], 1)


def _scattered(rng, count):
    """Centres of count x count motifs (staggered rows, jittered), and the distance between them in pixels."""
    step = TILE / count
    for i in range(count):
        for j in range(count):
            yield (np.array([i + 0.5 * (j % 2), j]) + rng.uniform(-0.16, 0.16, 2)) * step, step


def _striped(tile, draw, ink, rng):
    count = int(rng.choice([3, 4, 5, 6, 8, 10]))
    width, step = float(rng.uniform(0.2, 0.41)), TILE / count
    double = rng.random() < 0.25
    for i in range(count):
        at = i * step
        draw.rectangle([0, at, TILE, at + width * step], fill=ink[0])
        if double:
            draw.rectangle([0, at + width * step * 1.35, TILE, at + width * step * 1.35 + step * 0.09], fill=ink[1])
    return tile.transpose(Image.Transpose.ROTATE_90) if rng.random() < 0.3 else None


def _checked(tile, draw, ink, rng):
    """Bands in both directions, mixed where they cross, as in woven yarn."""
    kind = rng.choice(["gingham", "tartan", "plaid", "windowpane"])
    count = int(rng.choice([4, 6, 8] if kind == "gingham" else [2, 3]))
    step = TILE // count
    line = np.zeros((3, step), np.float32)  # how much of each ink a thread carries
    if kind == "gingham":
        line[0, : int(step * 0.39)] = 1  # less than half: a black and a white gingham must differ
    elif kind == "tartan":
        line[1, : int(step * 0.42)] = 0.85
        line[0, int(step * 0.18) : int(step * 0.24)] = 1
        line[2, int(step * 0.66) : int(step * 0.71)] = 1
    elif kind == "plaid":
        for at, width in ((0.0, 0.12), (0.2, 0.05), (0.55, 0.16)):
            line[0, int(step * at) : int(step * (at + width))] = 1
        line[1, int(step * 0.3) : int(step * 0.5)] = 0.7
    else:
        line[0, : max(2, int(step * 0.07))] = 1
    line = np.pad(np.tile(line, count), ((0, 0), (0, TILE - step * count)), mode="edge")
    threads = np.array(tile, np.float32)
    along, across = threads.copy(), threads.copy()
    for amount, colour in zip(line, ink, strict=True):
        colour = np.array(colour, np.float32)
        along += amount[None, :, None] * (colour - along)
        across += amount[:, None, None] * (colour - across)
    mixed = (along + across) / 2
    if kind == "windowpane":  # a thin line keeps its full colour
        mixed = np.where(np.abs(along - threads) > np.abs(across - threads), along, across)
    return Image.fromarray(mixed.astype(np.uint8))


def _dotted(tile, draw, ink, rng):
    count = int(rng.choice([4, 6, 6, 8, 10]))
    radius = float(rng.uniform(0.16, 0.3)) * TILE / count
    mixed = rng.random() < 0.25
    for j in range(count):
        for i in range(count):
            centre = np.array([i + 0.5 * (j % 2) + 0.25, j + 0.5]) * TILE / count
            _stamp(draw, _disc(centre, radius), ink[int(rng.integers(3))] if mixed else ink[0])


def _floral(tile, draw, ink, rng):
    count, petals = int(rng.choice([3, 4, 5])), int(rng.integers(5, 8))
    leaf = tuple(int(c) for c in shade_of("green", rng))
    for centre, step in _scattered(rng, count):
        size, turn = step * rng.uniform(0.16, 0.28), rng.uniform(0, 2 * np.pi)
        for k in range(int(rng.integers(2, 4))):
            angle = turn + 2.3 * k
            _stamp(draw, _disc(centre + 1.55 * size * np.array([np.cos(angle), np.sin(angle)]), size * 0.62, 0.38, angle), leaf)
        colour = ink[int(rng.choice([0, 0, 2]))]
        darker = tuple(int(c * 0.8) for c in colour)
        for k in range(petals):
            angle = turn + 2 * np.pi * k / petals
            at = centre + 0.62 * size * np.array([np.cos(angle), np.sin(angle)])
            _stamp(draw, _disc(at, size * 0.58, 0.62, angle), colour if k % 2 else darker)
        _stamp(draw, _disc(centre, size * 0.3), ink[1] if rng.random() < 0.4 else (236, 190, 60))
        small = centre + np.array([0.5, 0.42]) * step
        _stamp(draw, _disc(small, step * 0.055), colour)


def _paisley(tile, draw, ink, rng):
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    # A teardrop whose tip is bent to the side.
    drop = np.stack([np.sin(t) * np.sin(t / 2) ** 1.5, -np.cos(t)], 1)
    drop[:, 0] = drop[:, 0] * 0.85 + 0.28 * np.clip(-drop[:, 1], 0, 1) ** 2
    for centre, step in _scattered(rng, int(rng.choice([3, 4]))):
        turn, flip = rng.uniform(-0.5, 0.5) + np.pi * rng.integers(2), rng.choice([-1, 1])
        spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        shape = drop * [flip, 1] @ spin * 0.46 * step
        middle = centre + np.array([0, 0.06]) @ spin * step
        ground = _colour_at(tile, centre)
        for scale, colour in ((1.0, ink[0]), (0.8, ground), (0.62, ink[2]), (0.4, ink[0]), (0.18, ground)):
            _stamp(draw, middle + shape * scale, colour)
        for x, y in (middle + shape * 1.22)[::4]:
            _stamp(draw, _disc((x, y), step * 0.022), ink[0])
        _stamp(draw, _disc(centre + 0.5 * step, step * 0.06), ink[1])


def _colour_at(tile: Image.Image, at) -> tuple[int, int, int]:
    """The tile's colour at a point that may lie outside it."""
    return tile.getpixel((int(at[0]) % TILE, int(at[1]) % TILE))


def _geometric(tile, draw, ink, rng):
    kind, count = rng.choice(["triangles", "chevrons", "lattice", "hexagons", "diamonds"]), int(rng.choice([4, 6]))
    step = TILE / count
    line = max(3, int(step * rng.uniform(0.08, 0.14)))
    for j in range(-1, count + 1):
        for i in range(-1, count + 1):
            x, y = (i + 0.5 * (j % 2)) * step, j * step
            corner = np.array([x, y])
            if kind == "triangles":
                shape = np.array([[0.08, 0.85], [0.5, 0.08], [0.92, 0.85]]) * step
                draw.polygon([tuple(p) for p in corner + shape * 0.8], fill=ink[0 if (i + j) % 2 else 2])
            elif kind == "chevrons":
                zigzag = np.array([[0, 0.5], [0.5, 0], [1, 0.5]]) * step + [i * step, y]
                draw.line([tuple(p) for p in zigzag], fill=ink[j % 2], width=line * 2, joint="curve")
            elif kind == "hexagons":
                angle = np.pi / 6 + np.arange(7) * np.pi / 3
                ring = corner + step / np.sqrt(3) * np.stack([np.cos(angle), np.sin(angle) * 2 / np.sqrt(3)], 1)
                draw.line([tuple(p) for p in ring], fill=ink[0], width=line)
                if i % 2 == 0 and j % 2 == 0:
                    draw.polygon([tuple(p) for p in corner + (ring - corner) * 0.45], fill=ink[1])
            else:
                ring = np.array([[0, -0.5], [0.5, 0], [0, 0.5], [-0.5, 0], [0, -0.5]]) * step * [1, 2] + [
                    i * step,
                    y + step * (i % 2),
                ]
                centre = ring[:4].mean(0)
                if kind == "lattice":
                    draw.line([tuple(p) for p in ring], fill=ink[0], width=line)
                    draw.polygon([tuple(p) for p in centre + (ring - centre) * 0.22], fill=ink[1])
                elif j % 2 == 0:
                    draw.polygon([tuple(p) for p in centre + (ring - centre) * 0.62], fill=ink[0])
                    draw.polygon([tuple(p) for p in centre + (ring - centre) * 0.3], fill=ink[2])


_DRAWN = {
    "striped": _striped,
    "checked": _checked,
    "dotted": _dotted,
    "floral": _floral,
    "paisley": _paisley,
    "geometric": _geometric,
}


@cache
def texture_tile(name: str) -> np.ndarray:
    """Brightness of a cloth's surface, (TILE, TILE) float32 around 1, for a tile of 0.6 garment units.

    Args:
        name: "plain", "crepe", "denim", "fine rib", "jersey", "knit", "lace", "leather", "pique", "rib", "smooth", "straw" or
            "wool".
    """
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:TILE, :TILE].astype(np.float32)
    grain = rng.normal(0, 1, (TILE, TILE)).astype(np.float32)
    turn = 2 * np.pi / TILE
    if name == "denim":
        twill = np.sin(turn * 48 * (x + y))
        slub = smooth_noise(rng, (96, 24), (TILE, TILE), wrap=True)
        return 1 + 0.05 * twill + 0.03 * slub + 0.05 * grain
    if name == "knit":
        return (
            1
            + 0.11 * np.sin(turn * 32 * (y + 4.5 * np.abs((x * 32 / TILE) % 1 - 0.5))) * np.sin(turn * 16 * x) ** 2
            + 0.03 * grain
        )
    if name == "rib":
        return 1 + 0.13 * np.sin(turn * 20 * x) + 0.02 * grain
    if name == "fine rib":
        return 1 + 0.07 * np.sin(turn * 40 * x) + 0.02 * grain
    if name == "jersey":
        return 1 + 0.02 * np.sin(turn * 64 * x) + 0.022 * grain
    if name == "pique":
        return 1 + 0.06 * np.sin(turn * 48 * (x + y)) * np.sin(turn * 48 * (x - y)) + 0.02 * grain
    if name == "crepe":
        return 1 + 0.035 * smooth_noise(rng, (128, 64), (TILE, TILE), wrap=True) + 0.015 * grain
    if name == "wool":
        return 1 + 0.035 * np.sin(turn * 32 * (y + np.abs(x % 48 - 24))) + 0.04 * grain
    if name == "lace":
        return 1 - 0.4 * (np.sin(turn * 16 * x) * np.sin(turn * 16 * y) > 0.45) + 0.03 * grain
    if name == "leather":
        return 1 + 0.03 * smooth_noise(rng, (90, 90), (TILE, TILE), wrap=True) + 0.01 * grain
    if name == "straw":
        return 1 + 0.1 * np.sign(np.sin(turn * 24 * (x + y)) * np.sin(turn * 24 * (x - y))) + 0.03 * grain
    return 1 + (0.0 if name == "smooth" else 0.022) * grain
