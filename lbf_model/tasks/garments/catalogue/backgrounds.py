"""What a garment lies on: low-key grounds, drawn from a random stream."""

import numpy as np

from lbf_model.tasks.garments.catalogue.shading import Folds, lit, smooth_noise

KINDS = ("plain", "wood", "carpet", "linen", "tiles", "concrete", "paper")
_WEIGHTS = (0.55, 0.1, 0.07, 0.1, 0.06, 0.06, 0.06)


def draw_background(rng: np.random.Generator, height: int, width: int, kind: str | None = None) -> np.ndarray:
    """A ground.

    Args:
        rng: the only source of randomness.
        height, width: in pixels.
        kind: one of KINDS, or None to draw one.

    Returns:
        (H, W, 3) float32 in [0, 255].
    """
    kind = kind or str(rng.choice(KINDS, p=_WEIGHTS))
    picture = _DRAWN[kind](rng, height, width)
    return np.clip(picture, 0, 255).astype(np.float32)


def _plain(rng, height, width):
    tone = float(rng.choice([rng.uniform(240, 252), rng.uniform(205, 238)], p=[0.65, 0.35]))
    rgb = tone + rng.uniform(-4, 4, 3) * (250 - tone) / 25
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 14)
    vignette = rng.uniform(0, 18) * ((x - 0.5) ** 2 + (y - 0.5) ** 2)
    return (((x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)) * strength - vignette)[..., None] + rgb


def _wood(rng, height, width):
    """Planks: long grain, gaps between them, each with its own tone."""
    base = np.array(
        [(176, 138, 100), (120, 86, 60), (206, 184, 156), (150, 140, 130), (222, 214, 204)][int(rng.integers(5))], float
    )
    count, across = int(rng.integers(3, 7)), rng.random() < 0.5
    rows, columns = (width, height) if across else (height, width)
    plank = np.minimum((np.arange(rows) + rng.uniform(0, rows)) * count / rows, 2 * count)
    number, within = plank.astype(int), plank % 1
    tone = rng.normal(0, 9, 2 * count + 1)[number][:, None]
    offset = rng.integers(0, columns, 2 * count + 1)[number]
    grain = smooth_noise(rng, (rows // 3, 5), (rows, columns * 2), wrap=True)
    fine = smooth_noise(rng, (rows, 14), (rows, columns * 2), wrap=True)
    index = (np.arange(columns)[None] + offset[:, None]) % (2 * columns)
    field = tone + np.take_along_axis(9 * grain + 4 * fine, index, 1)
    gap = np.minimum(within, 1 - within) * rows / count
    field = field - 55 * np.exp(-((gap / 0.9) ** 2))[:, None]
    return base + (field.T if across else field)[..., None] * [1, 0.95, 0.9]


def _carpet(rng, height, width):
    base = np.array(
        [(186, 178, 166), (150, 150, 152), (120, 112, 104), (206, 198, 186), (142, 150, 158)][int(rng.integers(5))], float
    )
    tufts = smooth_noise(rng, (height // 2, width // 2), (height, width)) * 13 + rng.normal(0, 5, (height, width))
    return base + (tufts + 5 * smooth_noise(rng, (5, 5), (height, width)))[..., None]


def _linen(rng, height, width):
    """A bed sheet: soft folds that run one way."""
    base = np.array([(238, 236, 232), (222, 216, 206), (206, 214, 222), (226, 208, 204)][int(rng.integers(4))], float)
    y, x = np.mgrid[: height / width : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    angle, wide = rng.uniform(0, np.pi), rng.uniform(1.2, 2.2)
    u, v = wide * (np.cos(angle) * x + np.sin(angle) * y), wide * (np.cos(angle) * y - np.sin(angle) * x)
    light = lit(Folds(rng, 0.035).height(u + 9, v + 9), width / wide, (-0.6, -0.8), 0.3)
    return base * np.clip(light, 0.6, 1.1)[..., None] + rng.normal(0, 1.5, (height, width, 1))


def _tiles(rng, height, width):
    base = np.array([(224, 222, 218), (188, 182, 174), (150, 156, 160), (206, 196, 182)][int(rng.integers(4))], float)
    step, shift = rng.uniform(0.28, 0.5) * width, rng.uniform(0, 100, 2)
    row, column = (np.arange(height) + shift[0]) / step, (np.arange(width) + shift[1]) / step
    tone = rng.normal(0, 3.5, (40, 40))[row.astype(int)[:, None] % 40, column.astype(int)[None] % 40]
    near = np.minimum(np.minimum(row % 1, 1 - row % 1)[:, None], np.minimum(column % 1, 1 - column % 1)[None]) * step
    joint = -34 * np.exp(-((near / 1.6) ** 2))
    return base + (tone + joint + 4 * smooth_noise(rng, (9, 9), (height, width)))[..., None]


def _concrete(rng, height, width):
    base = rng.uniform(150, 200) + rng.uniform(-5, 5, 3)
    field = 9 * smooth_noise(rng, (5, 5), (height, width)) + 5 * smooth_noise(rng, (22, 22), (height, width))
    return base + (field + 4 * rng.normal(0, 1, (height, width)))[..., None]


def _paper(rng, height, width):
    """Coloured card, pale enough not to be taken for the garment."""
    base = np.array(
        [(244, 222, 222), (214, 230, 240), (240, 232, 206), (220, 236, 220), (228, 220, 238)][int(rng.integers(5))], float
    )
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return base + ((x * rng.uniform(-6, 6) + y * rng.uniform(-6, 6)) + rng.normal(0, 1.2, (height, width)))[..., None]


_DRAWN = {
    "plain": _plain,
    "wood": _wood,
    "carpet": _carpet,
    "linen": _linen,
    "tiles": _tiles,
    "concrete": _concrete,
    "paper": _paper,
}
