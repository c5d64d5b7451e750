"""Put a garment together: panels, cloth, folds and light on a ground; the picture with its mask and boxes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from lbf_model.tasks.garments.catalogue.backgrounds import draw_background
from lbf_model.tasks.garments.catalogue.cuts import fold_depth, texture_of
from lbf_model.tasks.garments.catalogue.fabrics import inks, palette, pattern_tile, texture_tile
from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.outlines import Panel
from lbf_model.tasks.garments.catalogue.panels import build_panels
from lbf_model.tasks.garments.catalogue.shading import Folds, blurred, crease_height, lit

# Everything sewn is drawn at this multiple of the picture's size and averaged down.
FINE = 3
_TEXTURE_UNITS = 0.6
_LIGHT = (-0.55, -0.83)


@dataclass(frozen=True)
class Drawing:
    """A drawn garment.

    Attributes:
        picture: RGB.
        mask: (H, W) bool, True on the garment.
        parts: (name in PARTS, (x0, y0, x1, y1) in pixels) of each part, inside the picture.
        box: (x0, y0, x1, y1) of the mask in pixels.
    """

    picture: Image.Image
    mask: np.ndarray
    parts: tuple[tuple[str, tuple[float, float, float, float]], ...]
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class _Placement:
    """Where the garment lies: fine pixels = points @ turn.T * unit + shift."""

    turn: np.ndarray
    unit: float
    shift: np.ndarray

    def pixels(self, points) -> np.ndarray:
        return points @ self.turn.T * self.unit + self.shift

    def units(self, x, y, angle=0.0) -> tuple[np.ndarray, np.ndarray]:
        """Garment coordinates of fine pixels, x (1, W) and y (H, 1), then turned by a panel's angle."""
        c, s = np.cos(angle), np.sin(angle)
        inverse = np.array([[c, s], [-s, c]]) @ self.turn.T / self.unit
        x, y = (x - self.shift[0]).astype(np.float32), (y - self.shift[1]).astype(np.float32)
        (a, b), (d, e) = inverse.astype(np.float32)
        return a * x + b * y, d * x + e * y


def draw(garment: Garment, size: int = 256) -> Drawing:
    """Draw a garment; the same garment and size give the same picture.

    Args:
        garment: what to draw.
        size: the picture's shorter side in pixels; the garment's pose decides between 1:1 and portrait 3:4.

    Raises:
        ValueError: size below 32.
    """
    if size < 32:
        raise ValueError(f"size is {size}; give at least 32 pixels")
    rng = garment.pose_rng("camera")
    width, height = size, size if rng.random() < 0.5 else round(size * 4 / 3)
    panels = build_panels(garment)
    placement = _draw_placement(panels, rng, height, width)
    cloth, alpha = _Cloth(garment, placement, height, width).sew(panels)

    ground = draw_background(garment.pose_rng("ground"), height, width)
    picture = ground * _contact_shadow(alpha, rng, size)[..., None] * (1 - alpha[..., None]) + cloth
    picture = _photographed(picture, rng)

    mask = alpha > 0.5
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    around = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
    return Drawing(Image.fromarray(picture), mask, tuple(_part_boxes(panels, placement, around)), around)


def _part_boxes(panels: list[Panel], placement: _Placement, around) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Each named part's box in the picture, within the garment's own box."""
    for part in panels:
        if part.part:
            outlines = [panel.outline for panel in panels if panel is part or panel.joins is part]
            points = placement.pixels(np.concatenate(outlines)) / FINE
            (x0, y0), (x1, y1) = np.maximum(points.min(0), around[:2]), np.minimum(points.max(0), around[2:])
            if min(x1 - x0, y1 - y0) > 1:
                yield part.part, (float(x0), float(y0), float(x1), float(y1))


def _draw_placement(panels: list[Panel], rng, height: int, width: int) -> _Placement:
    """Tilt, size and position in the frame."""
    tilt = np.radians(
        rng.uniform(-15, 15) * (0.5 if rng.random() < 0.5 else 1.0) if rng.random() < 0.9 else rng.uniform(-50, 50)
    )
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    points = np.concatenate([panel.outline for panel in panels]) @ turn.T
    low, high = points.min(0), points.max(0)
    frame = np.array([width, height]) * FINE
    # Most shops fill the frame; the share is of the tightest side.
    unit = float(rng.uniform(0.62, 0.93) if rng.random() < 0.85 else rng.uniform(0.45, 0.62)) * float(
        (frame / (high - low)).min()
    )
    slack = frame - (high - low) * unit
    return _Placement(turn, unit, slack * (0.5 + rng.uniform(-0.22, 0.22, 2)) - low * unit)


class _Cloth:
    """The picture of the garment alone, panel by panel."""

    def __init__(self, garment: Garment, placement: _Placement, height: int, width: int):
        self.placement, self.height, self.width = placement, height, width
        self.rgb = np.zeros((height * FINE, width * FINE, 3), np.float32)
        self.alpha = np.zeros((height * FINE, width * FINE), np.float32)
        self.folds = Folds(garment.rng("folds"), fold_depth(garment))
        self.tile, self.side = pattern_tile(garment)
        self.texture = texture_of(garment)
        ground = palette(garment)
        self.colours = {"base": ground[0], "trim": inks(garment)[0], "lining": np.mean(ground, 0) * 0.72 + 8}
        self.sheen = 60 * np.exp(-np.mean(ground) / 60) + 8

    def sew(self, panels: list[Panel]) -> tuple[np.ndarray, np.ndarray]:
        """Draw all panels: (H, W, 3) float32 already multiplied by coverage, and coverage (H, W) in [0, 1]."""
        for panel in panels:
            self._add(panel)
        premultiplied = self.rgb * self.alpha[..., None]
        return _averaged(premultiplied), _averaged(self.alpha)

    def _add(self, panel: Panel) -> None:
        outline = self.placement.pixels(panel.outline)
        margin = 3 * FINE
        x0, y0 = np.maximum((outline.min(0) // FINE).astype(int) * FINE - margin, 0)
        x1 = min(int(outline[:, 0].max() // FINE + 1) * FINE + margin, self.width * FINE)
        y1 = min(int(outline[:, 1].max() // FINE + 1) * FINE + margin, self.height * FINE)
        if x1 <= x0 or y1 <= y0:
            return
        stencil = Image.new("L", (x1 - x0, y1 - y0))
        ImageDraw.Draw(stencil).polygon([tuple(p) for p in outline - [x0, y0]], fill=255)
        covered = np.asarray(stencil, bool)
        coarse = np.asarray(stencil.reduce(FINE), np.float32) / 255
        window = (slice(y0, y1), slice(x0, x1))

        if panel.shadow:
            dark = Image.fromarray(blurred(coarse, 1.6)).resize(stencil.size, Image.Resampling.BILINEAR)
            self.rgb[window] *= 1 - panel.shadow * np.asarray(dark)[..., None]
        x, y = np.arange(x0, x1)[None], np.arange(y0, y1)[:, None]
        light, slip = self._light(panel, coarse, x[:, FINE // 2 :: FINE], y[FINE // 2 :: FINE])
        brightness, slip = (
            np.asarray(Image.fromarray(f).resize(stencil.size, Image.Resampling.BILINEAR)) for f in (light, slip)
        )
        u, v = self.placement.units(x, y, panel.angle)
        texture = texture_tile(panel.texture or ("plain" if panel.fabric == "lining" else self.texture))
        brightness = brightness * panel.tone * _sample(texture, u, v, _TEXTURE_UNITS)
        if panel.fabric == "main":
            rgb = _sample(self.tile, u + slip, v + slip, self.side).astype(np.float32)
        else:
            colour = panel.fabric if isinstance(panel.fabric, tuple) else self.colours[panel.fabric]
            rgb = np.broadcast_to(np.asarray(colour, np.float32), (*covered.shape, 3))
        rgb, brightness = self._with_lines(panel, rgb, brightness, stencil.size, (x0, y0))
        # Cloth that is nearly black still shows its folds, by what it reflects.
        rgb = rgb * brightness[..., None] + self.sheen * (brightness[..., None] - 1)
        self.rgb[window][covered] = np.clip(rgb, 0, 255)[covered]
        self.alpha[window][covered] = 1

    def _light(self, panel, coarse, x, y) -> tuple[np.ndarray, np.ndarray]:
        """Brightness of a panel at the picture's own resolution, and how far its pattern slips over the folds (units)."""
        u, v = self.placement.units(x, y, panel.angle)
        across, down = self.placement.units(x, y)
        height = self.folds.height(u, v)
        for crease in panel.creases:
            height = height + crease_height(across, down, crease)
        unit = self.placement.unit / FINE
        edge = blurred(coarse, max(1.0, 0.035 * unit))
        bulge = np.clip(2 * edge - 1, 0, 1)
        if panel.puff > 0.04:  # a body of some depth is round all over, not only at its rim
            bulge = 0.5 * bulge + np.clip(2 * blurred(coarse, 0.16 * unit) - 1, -0.5, 1)
        light = lit(height + panel.puff * bulge, unit, _LIGHT, 0.5)
        return (light * (0.86 + 0.14 * np.clip(2 * edge - 1, 0, 1))).astype(np.float32), (0.6 * height).astype(np.float32)

    def _with_lines(self, panel, rgb, brightness, size, corner):
        """Seams darken the cloth, cords and stitches cover it."""
        tones = Image.new("L", size, 128)
        pen = ImageDraw.Draw(tones)
        covering = [line for line in panel.lines if line.rgb]
        for line in panel.lines:
            if not line.rgb:
                _stroke(pen, self.placement.pixels(line.points) - corner, line, self.placement.unit, int(128 * line.tone))
        if len(covering) < len(panel.lines):
            brightness = brightness * (np.asarray(tones, np.float32) / 128)
        if covering:
            picture = Image.fromarray(rgb.astype(np.uint8))
            pen = ImageDraw.Draw(picture)
            for line in covering:
                _stroke(pen, self.placement.pixels(line.points) - corner, line, self.placement.unit, line.rgb)
            rgb = np.asarray(picture, np.float32)
        return rgb, brightness


def _stroke(pen, points, line, unit, fill) -> None:
    width = max(FINE - 1, round(line.width * unit))
    if not line.dashed:
        pen.line([tuple(p) for p in points], fill=fill, width=width, joint="curve")
        return
    steps = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    dash = 0.035 * unit
    for start in np.arange(0, steps[-1], 1.7 * dash):
        ends = np.stack([np.interp([start, start + dash], steps, points[:, k]) for k in (0, 1)], 1)
        pen.line([tuple(p) for p in ends], fill=fill, width=width)


def _sample(tile, u, v, side) -> np.ndarray:
    """The tile's values at cloth coordinates in units; `side` units make one tile."""
    scale = len(tile) / side
    # An offset keeps the cast, which rounds towards zero, on one side of it.
    return tile[((v + 64 * side) * scale).astype(np.int32) % len(tile), ((u + 64 * side) * scale).astype(np.int32) % len(tile)]


def _averaged(fine: np.ndarray) -> np.ndarray:
    rows, columns = fine.shape[0] // FINE, fine.shape[1] // FINE
    return sum(fine[i::FINE, j::FINE] for i in range(FINE) for j in range(FINE))[:rows, :columns] / FINE**2


def _contact_shadow(alpha, rng, size) -> np.ndarray:
    """How bright the ground around the garment is, in (0, 1]: a tight dark rim and a wide faint shadow, away from the light."""
    wide, strength = rng.uniform(0.012, 0.03) * size, rng.uniform(0.25, 0.5)
    near = np.roll(blurred(alpha, 0.007 * size), (round(0.006 * size), round(0.004 * size)), (0, 1))
    far = np.roll(blurred(alpha, wide), (round(0.8 * wide), round(0.5 * wide)), (0, 1))
    return 1 - strength * (0.5 * near + 0.5 * far)


def _photographed(picture, rng) -> np.ndarray:
    """Uneven light, a slight cast, a little noise: (H, W, 3) uint8."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    slope = rng.uniform(-0.05, 0.05, 2)
    cast = 1 + rng.normal(0, 0.012, 3)
    exposure = rng.uniform(0.94, 1.03)
    picture = picture * (exposure * (1 + slope[0] * x + slope[1] * y))[..., None] * cast
    grain = rng.standard_normal((height, width), np.float32)[..., None] * rng.uniform(0.5, 2.5)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)
