"""The 3D rendering of a CSS scene: a vectorised analytic ray caster in NumPy, in the look of CLEVR.

A perspective camera is 38 degrees above a light ground. Rays meet cubes, spheres and upright cylinders in closed form; two
area lights cast soft shadows (a few light samples per sub-pixel, averaged by the 2x2 anti-aliasing). Lengths are in world
units: grid cells are 2.5 apart, a large object is 1.5 high, a small one 0.8.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from lbf_model.tasks.css.scenes import COLOR_RGB, POSITIONS, Scene

WIDTH, HEIGHT = 180, 120
_OVERSAMPLING = 2
_CELL = 2.5
_RADIUS = {"small": 0.4, "large": 0.75}
_JITTER = 0.28
_ELEVATION = np.deg2rad(38.0)
_DISTANCE = 13.5
_TARGET_HEIGHT = 0.1
_TAN_HALF_WIDTH = 0.40
_FEWEST_VISIBLE = 40  # pixels; a scene in which an object shows fewer is drawn again with another jitter
_ATTEMPTS = 50
_GROUND = np.array([0.70, 0.71, 0.73], np.float32)
_SPECULAR = 0.28
_SHININESS = 40.0


@dataclass(frozen=True)
class _Light:
    center: tuple[float, float, float]
    radius: float
    strength: float
    samples: int  # per sub-pixel; the anti-aliasing averages four times as many


_LIGHTS = (_Light((-5.5, -6.5, 9.0), 1.2, 0.74, 3), _Light((7.5, -3.0, 8.0), 2.2, 0.30, 2))
_AMBIENT = 0.30


@dataclass(frozen=True)
class _Solid:
    """One placed object: `kind` is a CSS shape, `base` its centre on the ground, `angle` its rotation (cubes only)."""

    kind: str
    base: tuple[float, float]
    radius: float
    angle: float
    albedo: np.ndarray

    @property
    def center(self) -> np.ndarray:
        return np.array([*self.base, self.half_height], np.float32)

    @property
    def half_height(self) -> float:
        return self.radius * 0.88 if self.kind == "cube" else self.radius

    @property
    def bound(self) -> float:
        """Radius of a sphere around `center` that contains the object."""
        return self.radius * {"cube": 1.53, "sphere": 1.0, "cylinder": 1.42}[self.kind]


def render(scene: Scene, seed: tuple[int, ...]) -> tuple[Image.Image, np.ndarray]:
    """Render a scene. The same scene and seed give the same bytes; another seed moves objects a little and turns cubes.

    Args:
        scene: up to nine objects.
        seed: whole numbers that identify this picture.

    Returns:
        picture: RGB, 180x120.
        boxes: (objects, 4) float32, xyxy in pixels, around the *visible* pixels of each of `scene.objects`.

    Raises:
        RuntimeError: no jitter in 50 left every object visible.
    """
    for attempt in range(_ATTEMPTS):
        rng = np.random.default_rng([*seed, attempt])
        solids = [_place(item, rng) for item in scene.objects]
        lights = [_moved(light, rng) for light in _LIGHTS]
        depth, owner, normal = _cast(solids)
        counts = [np.count_nonzero(owner == i) for i in range(len(solids))]
        if all(c >= _FEWEST_VISIBLE * _OVERSAMPLING**2 for c in counts):
            picture = Image.fromarray(_develop(_shade(solids, lights, depth, owner, normal, rng)))
            return picture, np.array([_box(owner == i) for i in range(len(solids))], np.float32).reshape(-1, 4)
    raise RuntimeError(f"an object stays hidden in every attempt: {scene}")


def _place(item, rng) -> _Solid:
    row, column = divmod(POSITIONS.index(item.position), 3)
    x, y = rng.uniform(-_JITTER, _JITTER, 2)
    base = ((column - 1) * _CELL + x, (1 - row) * _CELL + y)
    albedo = (np.array(COLOR_RGB[item.color], np.float32) / 255) ** 2.2
    return _Solid(item.shape, base, _RADIUS[item.size], rng.uniform(0, np.pi / 2), albedo)


def _moved(light: _Light, rng) -> _Light:
    center = np.array(light.center) + rng.uniform(-0.6, 0.6, 3)
    return _Light(tuple(center), light.radius, light.strength * rng.uniform(0.93, 1.07), light.samples)


def _dot(a, b):
    """Dot product of (3, ...) vectors; the axis leads so that each component is contiguous in memory."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _unit(v):
    return v / np.sqrt(_dot(v, v))


def _column(v, like) -> np.ndarray:
    """A constant vector (3,) shaped to broadcast against (3, ...)."""
    return np.asarray(v, np.float32).reshape(3, *[1] * (like.ndim - 1))


def _camera() -> tuple[np.ndarray, np.ndarray]:
    """The eye (3,) and unit ray directions (3, H, W) at sub-pixel resolution; x is right, y into the picture, z up."""
    eye = np.array([0, -_DISTANCE * np.cos(_ELEVATION), _TARGET_HEIGHT + _DISTANCE * np.sin(_ELEVATION)], np.float32)
    rows, columns = HEIGHT * _OVERSAMPLING, WIDTH * _OVERSAMPLING
    x = ((np.arange(columns) + 0.5) / columns * 2 - 1) * _TAN_HALF_WIDTH
    y = ((1 - (np.arange(rows) + 0.5) / rows * 2) * _TAN_HALF_WIDTH * HEIGHT / WIDTH)[:, None]
    cos, sin = np.cos(_ELEVATION), np.sin(_ELEVATION)
    rays = np.stack(np.broadcast_arrays(x, cos + y * sin, -sin + y * cos))
    return eye, _unit(rays).astype(np.float32)


_EYE, _RAYS = _camera()


def _window(solid: _Solid) -> tuple[slice, slice]:
    """The sub-pixels that can see the object: rows and columns around its bounding sphere."""
    offset = solid.center - _EYE
    cos, sin = np.cos(_ELEVATION), np.sin(_ELEVATION)
    away, rise = offset[1] * cos - offset[2] * sin, offset[1] * sin + offset[2] * cos
    scale = WIDTH * _OVERSAMPLING / 2 / _TAN_HALF_WIDTH
    column = WIDTH * _OVERSAMPLING / 2 + offset[0] / away * scale
    row = HEIGHT * _OVERSAMPLING / 2 - rise / away * scale
    reach = solid.bound / (away - solid.bound) * scale + 1
    return (
        slice(max(0, int(row - reach)), max(0, int(row + reach) + 1)),
        slice(max(0, int(column - reach)), max(0, int(column + reach) + 1)),
    )


def _cast(solids) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First hit of every sub-pixel: distance (H, W), owner (H, W) int8 (-1 is the ground), unit normal (3, H, W)."""
    depth = -_EYE[2] / np.minimum(_RAYS[2], np.float32(-1e-3))
    owner = np.full(depth.shape, -1, np.int8)
    normal = np.zeros_like(_RAYS)
    normal[2] = 1
    for index, solid in enumerate(solids):
        window = _window(solid)
        rays = _RAYS[:, *window]
        distance, facing = _hit(solid, _column(_EYE, rays), rays, want_normal=True)
        nearer = distance < depth[window]
        depth[window][nearer] = distance[nearer]
        owner[window][nearer] = index
        normal[:, *window][:, nearer] = facing[:, nearer]
    return depth, owner, normal


def _hit(solid: _Solid, origin, direction, want_normal=False):
    """Distance (...) along unit `direction` (3, ...) from `origin` to the solid, inf if it misses; with normals if wanted."""
    meet = {"sphere": _hit_sphere, "cube": _hit_cube, "cylinder": _hit_cylinder}[solid.kind]
    return meet(solid, origin - _column(solid.center, direction), direction, want_normal)


def _hit_sphere(solid, start, direction, want_normal):
    b = _dot(start, direction)
    square = b * b - _dot(start, start) + np.float32(solid.radius**2)
    enter = -b - np.sqrt(np.maximum(square, 0))
    distance = np.where((square > 0) & (enter > 1e-4), enter, np.inf)
    if not want_normal:
        return distance
    return distance, (start + _finite(distance) * direction) / np.float32(solid.radius)


def _hit_cube(solid, start, direction, want_normal):
    cos, sin = np.float32(np.cos(solid.angle)), np.float32(np.sin(solid.angle))
    half = np.float32(solid.half_height)

    def turned(v):
        return cos * v[0] + sin * v[1], cos * v[1] - sin * v[0], v[2]

    enter, leave = np.float32(-np.inf), np.float32(np.inf)
    faces = []
    for o, d in zip(turned(start), turned(direction), strict=True):
        d = _nonzero(d)
        one, two = (-half - o) / d, (half - o) / d
        near = np.minimum(one, two)
        faces.append((near, d))
        enter, leave = np.maximum(enter, near), np.minimum(leave, np.maximum(one, two))
    distance = np.where((enter < leave) & (enter > 1e-4), enter, np.inf)
    if not want_normal:
        return distance
    normal = np.zeros_like(direction)
    for (near, d), axis in zip(faces, ((cos, sin, 0), (-sin, cos, 0), (0, 0, 1)), strict=True):
        hit = near == enter
        normal[:, hit] = -np.sign(d[hit]) * np.array(axis, np.float32)[:, None]
    return distance, normal


def _hit_cylinder(solid, start, direction, want_normal):
    radius, half = np.float32(solid.radius), np.float32(solid.half_height)
    dz = _nonzero(direction[2])
    a = np.maximum(direction[0] ** 2 + direction[1] ** 2, np.float32(1e-9))
    b = start[0] * direction[0] + start[1] * direction[1]
    square = b * b - a * (start[0] ** 2 + start[1] ** 2 - radius**2)
    root = np.sqrt(np.maximum(square, 0))
    side_in, side_out = (-b - root) / a, (-b + root) / a
    one, two = (-half - start[2]) / dz, (half - start[2]) / dz
    cap_in, cap_out = np.minimum(one, two), np.maximum(one, two)
    enter = np.maximum(side_in, cap_in)
    distance = np.where((square > 0) & (enter < np.minimum(side_out, cap_out)) & (enter > 1e-4), enter, np.inf)
    if not want_normal:
        return distance
    normal = (start + _finite(distance) * direction) / radius
    on_cap = cap_in > side_in
    normal[2] = np.where(on_cap, -np.sign(dz), 0)
    normal[:2] *= ~on_cap
    return distance, normal


def _nonzero(d):
    return np.where(np.abs(d) < 1e-7, np.float32(1e-7), d)


def _finite(distance):
    return np.where(np.isfinite(distance), distance, np.float32(0))


def _shade(solids, lights, depth, owner, normal, rng) -> np.ndarray:
    """Linear colour (3, H, W) of every sub-pixel: ambient with contact darkening, diffuse and specular of two lights."""
    point = _column(_EYE, _RAYS) + depth * _RAYS
    albedo = np.stack([*(s.albedo for s in solids), _GROUND], 1).astype(np.float32)[:, owner]  # owner -1: the ground
    openness = _openness(solids, point, normal, owner) * (0.75 + 0.25 * normal[2])
    light_sum = _column((0.97, 1.0, 1.05), point) * (_AMBIENT * openness)
    on_solid = owner >= 0
    gloss = np.zeros(depth.shape, np.float32)
    for light in lights:
        toward = _unit(_column(light.center, point) - point)
        visible = _visibility(solids, light, point, normal, rng) * np.float32(light.strength)
        light_sum += np.maximum(_dot(normal, toward), 0) * visible
        half = _unit(toward[:, on_solid] - _RAYS[:, on_solid])
        gloss[on_solid] += visible[on_solid] * np.maximum(_dot(normal[:, on_solid], half), 0) ** np.float32(_SHININESS)
    shaded = albedo * light_sum + np.float32(_SPECULAR) * gloss
    # The ground falls off towards a soft blue-gray with distance, as in the pictures published with TIRG.
    far = 0.35 * np.clip((depth - _DISTANCE + 3) / 16, 0, 1) * ~on_solid
    return shaded * (1 - far) + far * _column((0.42, 0.45, 0.50), point)


def _openness(solids, point, normal, owner) -> np.ndarray:
    """How much of the sky a point sees (H, W), with every other object taken as a sphere: cheap ambient occlusion."""
    open_sky = np.ones(owner.shape, np.float32)
    for index, solid in enumerate(solids):
        offset = _column(solid.center, point) - point
        square = _dot(offset, offset)
        near = (square < (5 * solid.radius) ** 2) & (owner != index)
        square, facing = square[near], np.maximum(_dot(normal[:, near], offset[:, near]), 0)
        hidden = np.minimum(facing * solid.radius**2 / (square * np.sqrt(square) + 1e-6), 1)
        # Ends at zero where the neighbourhood ends, so that no rim shows.
        open_sky[near] *= 1 - 0.8 * hidden * (1 - square / (5 * solid.radius) ** 2)
    return open_sky


def _visibility(solids, light, point, normal, rng) -> np.ndarray:
    """Share of an area light that reaches every sub-pixel (H, W), by a few rays each to random points on the light."""
    center = _column(light.center, point)
    start = point + np.float32(1e-3) * normal
    axis = center - start
    square = _dot(axis, axis)
    blocked = np.zeros((light.samples, *square.shape), bool)
    spread = [np.float32(light.radius) * _in_ball(rng, square.shape) for _ in range(light.samples)]
    for solid in solids:
        # Only points near the solid's shadow cone need rays.
        offset = _column(solid.center, point) - start
        miss = offset - np.clip(_dot(offset, axis) / square, 0, 1) * axis
        near = _dot(miss, miss) < (solid.bound + light.radius * 0.35) ** 2
        origin = start[:, near]
        for sample in range(light.samples):
            ray = _unit(axis[:, near] + spread[sample][:, near])
            blocked[sample][near] |= np.isfinite(_hit(solid, origin, ray))
    return 1 - blocked.mean(0, dtype=np.float32)


def _in_ball(rng, shape) -> np.ndarray:
    """Points (3, *shape) in a unit ball; a tile of them repeats, which costs less than fresh numbers for every sub-pixel."""
    tile = _unit(rng.standard_normal((3, 4099), np.float32))
    tile *= np.sqrt(rng.random(4099, np.float32))
    count = int(np.prod(shape))
    return np.tile(tile, -(-count // 4099))[:, :count].reshape(3, *shape)


def _develop(linear: np.ndarray) -> np.ndarray:
    """Average sub-pixels and go from linear light to 8-bit sRGB: (3, 2H, 2W) float -> (H, W, 3) uint8."""
    s = _OVERSAMPLING
    mean = linear.reshape(3, HEIGHT, s, WIDTH, s).mean((2, 4)).transpose(1, 2, 0)
    return np.round(np.clip(mean, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def _box(mask: np.ndarray) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    s = _OVERSAMPLING
    return columns[0] / s, rows[0] / s, (columns[-1] + 1) / s, (rows[-1] + 1) / s
