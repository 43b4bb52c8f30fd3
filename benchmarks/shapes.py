"""Scenes with exact geometry for the benchmarks of the surface: thin parts, tunnels, corners, plain walls, ground.

Each is made of the renderer's own patches, stands about the origin (z up) and is as large as its stone, so that the
renderer's cameras suit it. A scene's diagonal is that of its object alone; ground beside it counts as surface too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.data.scene.compose import compose
from steps.data.scene.light import build_tracer, gather_light
from steps.data.scene.paint import Noise, agate, terrazzo
from steps.data.scene.patch import Floats, Patch, sample
from steps.data.scene.picture import LitScene

Array = NDArray[np.float64]
TEXELS = 420
"""Of a texture, per unit of length: more than a photograph of 1600 pixels tells apart."""
CELL = 0.012
"""Between points of a flat patch."""


@dataclass(frozen=True)
class Scene:
    """A lit scene, and how many of its patches, the first ones, are the object rather than ground."""

    lit: LitScene
    parts: int

    @property
    def diagonal(self) -> float:
        """Of the box around the object."""
        corners = np.concatenate([patch.points.reshape(-1, 3) for patch in self.lit.patches[: self.parts]])
        return float(np.linalg.norm(np.ptp(corners, axis=0)))


Paint = Callable[[Floats], Floats]
"""Linear RGB [h, w, 3] at points [h, w, 3]."""


def assembled(parts: Sequence[tuple[Patch, Paint]], ground: Sequence[tuple[Patch, Paint]], seed: int) -> Scene:
    """Paint and light the parts of an object and the ground around it."""
    rng = np.random.default_rng([seed, 7])
    patches = [patch for patch, _ in (*parts, *ground)]
    tracer = build_tracer(patches)
    textures = []
    for patch, paint in (*parts, *ground):
        width, height = _texture_size(patch)
        colors = paint(patch.enlarged(patch.points, width, height))
        textures.append(colors * patch.enlarged(gather_light(tracer, patch, rng), width, height))
    return Scene(LitScene(patches, textures, tracer), len(parts))


def _texture_size(patch: Patch) -> tuple[int, int]:
    across = np.linalg.norm(np.diff(patch.points, axis=1), axis=2).sum(axis=1).max()
    along = np.linalg.norm(np.diff(patch.points, axis=0), axis=2).sum(axis=0).max()
    return tuple(int(np.clip(TEXELS * length, 16, 4000)) for length in (across, along))  # type: ignore[return-value]  # two


# Patches.


def tube(path: Array, radius: Array, around: int = 48) -> Patch:
    """A tube along `path` [n, 3], `radius` [n] or [n, around] wide; closed where path and radius are."""
    forward = np.gradient(path, axis=0)
    if np.allclose(path[0], path[-1]):
        forward[0] = forward[-1] = path[1] - path[-2]
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    side = np.empty_like(path)
    side[0] = np.cross(forward[0], [0.31, 0.52, 0.79])
    side[0] /= np.linalg.norm(side[0])
    for i in range(1, len(path)):  # carried along without turning
        side[i] = side[i - 1] - (side[i - 1] @ forward[i]) * forward[i]
        side[i] /= np.linalg.norm(side[i])
    up = np.cross(forward, side)
    twist = 0.0
    if np.allclose(path[0], path[-1]):  # what is left of a turn at the end is spread over the whole
        twist = np.arctan2(side[-1] @ up[0], side[-1] @ side[0])
    angle = np.linspace(0, 2 * np.pi, around + 1)[None, :] - twist * np.linspace(0, 1, len(path))[:, None]
    wide = np.broadcast_to(np.reshape(radius, (len(path), -1)), (len(path), around + 1))
    circle = np.cos(angle)[..., None] * side[:, None] + np.sin(angle)[..., None] * up[:, None]
    return outward(Patch((path[:, None] + wide[..., None] * circle).astype(np.float32)), path.mean(axis=0), path)


def outward(patch: Patch, inside: Array, axis: Array | None = None) -> Patch:
    """`patch` with its normals away from a point, or from an axis [rows, 3]."""
    away = patch.points - (np.asarray(inside)[None, None] if axis is None else axis[:, None])
    if (patch.normals() * away).sum() < 0:
        return Patch(np.ascontiguousarray(patch.points[:, ::-1]))
    return patch


def ball(center: Array, radii: Array, relief: Callable[[Array], Array], columns: int = 241, rows: int = 161) -> Patch:
    """An ellipsoid whose radius is multiplied by 1 + `relief`(unit directions)."""
    turn, tilt = np.meshgrid(np.linspace(0, 2 * np.pi, columns), np.linspace(np.pi, 0, rows))
    unit = np.stack([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt)], -1)
    points = center + unit * radii * (1 + relief(unit))[..., None]
    points[:, -1] = points[:, 0]
    points[0], points[-1] = points[0].mean(axis=0), points[-1].mean(axis=0)
    return outward(Patch(points.astype(np.float32)), center)


def flat(corners: Sequence[Sequence[float]], facing: Sequence[float]) -> Patch:
    """A plane quadrilateral, corners in order, seen from the side `facing`."""
    a, b, c, d = np.array(corners, float)
    columns = int(np.ceil(max(np.linalg.norm(b - a), np.linalg.norm(c - d)) / CELL)) + 2
    rows = int(np.ceil(max(np.linalg.norm(d - a), np.linalg.norm(c - b)) / CELL)) + 2
    s, t = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    s, t = s[..., None], t[..., None]
    patch = Patch(((1 - t) * ((1 - s) * a + s * b) + t * ((1 - s) * d + s * c)).astype(np.float32))
    if (patch.normals() * np.asarray(facing)).sum() < 0:
        return Patch(np.ascontiguousarray(patch.points[:, ::-1]))
    return patch


def waves(rng: np.random.Generator, *octaves: tuple[float, float]) -> Callable[[Array], Array]:
    """Smooth relief: for each (frequency, amplitude) five waves in random directions."""
    found = [
        (rng.normal(size=3) * frequency, amplitude, rng.uniform(0, 2 * np.pi))
        for frequency, amplitude in octaves
        for _ in range(5)
    ]
    return lambda unit: sum((a * np.sin(unit @ k + p) for k, a, p in found), np.zeros(unit.shape[:-1]))


# Paints.


def rough(color: tuple[float, float, float], contrast: float, rng: np.random.Generator) -> Paint:
    """One color with noise of several sizes; a `contrast` of 0.1 is a plain wall, of 1 granite."""
    noise = Noise(rng)

    def paint(points: Floats) -> Floats:
        total = 0.4 * noise(points, 5.0) + 0.5 * noise(points + 2.7, 17.0)
        total = total + 0.6 * noise(points - 4.1, 45.0) + 0.5 * noise(points + 7.3, 100.0)
        return np.asarray(np.clip(np.array(color) * np.exp(contrast * total)[..., None], 0.01, 0.95), np.float32)

    return paint


def stone(rng: np.random.Generator) -> Paint:
    """The renderer's agate."""
    return lambda points: agate(points, rng)


def chips(rng: np.random.Generator, size: float) -> Paint:
    """The renderer's terrazzo over a square of side `size`."""
    image = terrazzo(2048, rng)

    def paint(points: Floats) -> Floats:
        at = (points[..., :2] / size + 0.5) * 2047
        return sample(image, np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1]))

    return paint


def grass(rng: np.random.Generator) -> Paint:
    """Ground with patches, blades and stones."""
    green, soil = rough((0.16, 0.24, 0.07), 0.9, rng), rough((0.34, 0.25, 0.16), 0.7, rng)
    noise = Noise(rng)

    def paint(points: Floats) -> Floats:
        share = np.clip(0.5 + 1.2 * noise(points, 2.0), 0, 1)[..., None]
        return np.asarray(share * green(points) + (1 - share) * soil(points), np.float32)

    return paint


def plaster(rng: np.random.Generator) -> Paint:
    """Plain wall: faint noise, a plinth of stones below, dark windows above."""
    wall, plinth, glass = (
        rough((0.70, 0.62, 0.50), 0.10, rng), rough((0.36, 0.33, 0.30), 0.8, rng), rough((0.07, 0.09, 0.12), 0.4, rng)
    )  # fmt: skip

    def paint(points: Floats) -> Floats:
        along = points[..., 0] + points[..., 1]
        window = (np.abs(np.mod(along + 0.21, 0.42) - 0.21) < 0.07) & (np.abs(points[..., 2] - 0.55) < 0.12)
        color = np.where(window[..., None], glass(points), wall(points))
        return np.asarray(np.where(points[..., 2:] < 0.16, plinth(points), color), np.float32)

    return paint


def tiles(rng: np.random.Generator) -> Paint:
    """A roof of tiles, each of its own shade, in rows by height."""
    clay = rough((0.45, 0.17, 0.10), 0.5, rng)
    shade = rng.uniform(0.6, 1.3, (64, 64))

    def paint(points: Floats) -> Floats:
        row, column = np.floor(points[..., 2] / 0.035), np.floor((points[..., 0] + points[..., 1]) / 0.05)
        each = shade[np.mod(row, 64).astype(int), np.mod(column, 64).astype(int)]
        edge = np.mod(points[..., 2] / 0.035, 1) < 0.18
        return np.asarray(clay(points) * (each * np.where(edge, 0.45, 1.0))[..., None], np.float32)

    return paint


def ground(side: float, paint: Paint, relief: Callable[[Array], Array] | None = None) -> tuple[Patch, Paint]:
    """A square of ground at height 0, or with relief by place."""
    half = side / 2
    patch = flat([(-half, -half, 0), (half, -half, 0), (half, half, 0), (-half, half, 0)], (0, 0, 1))
    if relief is not None:
        points = patch.points.astype(float)
        points[..., 2] += relief(points)
        patch = Patch(points.astype(np.float32))
    return patch, paint


# Scenes.


def gourd(seed: int) -> Scene:
    """The renderer's own: a fluted stone on a slab."""
    lit = compose(seed)
    return Scene(lit, 1)


def statue(seed: int) -> Scene:
    """A figure with a head, arms that bow out to the hips, and a staff, on terrazzo."""
    rng = np.random.default_rng([seed, 1])
    body = ball(np.array([0, 0, 0.52]), np.array([0.36, 0.30, 0.56]), waves(rng, (3, 0.035), (7, 0.015), (16, 0.004)))
    head = ball(np.array([0.02, 0, 1.25]), np.array([0.21, 0.22, 0.27]), waves(rng, (4, 0.03), (9, 0.012)))
    neck = tube(_bow([0, 0, 0.9], [0.02, 0, 1.15], [0, 0, 0]), np.linspace(0.13, 0.1, 41))
    arms = [
        tube(_bow([0, 0.22 * side, 0.88], [0.18, 0.27 * side, 0.45], [0.02, 0.42 * side, 0.05]), np.full(41, 0.06))
        for side in (-1, 1)
    ]
    staff = tube(_bow([0.5, 0.35, -0.01], [0.42, 0.42, 1.5], [0, 0, 0]), np.full(41, 0.035))
    base = ball(np.array([0, 0, 0.0]), np.array([0.62, 0.62, 0.1]), lambda unit: np.zeros(unit.shape[:-1]))
    paints = (stone(rng), stone(rng), rough((0.5, 0.3, 0.18), 0.9, rng))
    parts = [(body, paints[0]), (head, paints[1]), (neck, paints[1]), (staff, paints[2]), (base, paints[2])]
    return assembled([*parts, *((arm, paints[1]) for arm in arms)], [ground(2.8, chips(rng, 3.0))], seed)


def _bow(start: Sequence[float], end: Sequence[float], bulge: Sequence[float], count: int = 41) -> Array:
    t = np.linspace(0, 1, count)[:, None]
    return np.asarray((1 - t) * np.array(start) + t * np.array(end) + 4 * t * (1 - t) * np.array(bulge))


def house(seed: int) -> Scene:
    """An L of two wings with gables and a chimney; plain walls, tiles above, grass around."""
    rng = np.random.default_rng([seed, 2])
    wall, roof, brick = plaster(rng), tiles(rng), rough((0.42, 0.2, 0.15), 0.8, rng)
    long_wing = _wing((-0.8, -0.62), (0.8, -0.02), 0.82, 1.18, wall, roof)
    turned = _wing((-0.8, -0.78), (0.58, -0.22), 0.72, 1.02, wall, roof)  # turned by a quarter below
    short_wing = [(Patch(np.stack([-p.points[..., 1], p.points[..., 0], p.points[..., 2]], -1)), c) for p, c in turned]
    chimney = [(patch, brick) for patch in _box((-0.5, -0.42, 0.8), (-0.32, -0.24, 1.35))]
    return assembled([*long_wing, *short_wing, *chimney], [ground(3.0, grass(rng))], seed)


def _wing(
    low: tuple[float, float], high: tuple[float, float], eaves: float, ridge: float, wall: Paint, roof: Paint
) -> list[tuple[Patch, Paint]]:
    """Four walls and a saddle roof that juts out a little, the ridge along x."""
    (x0, y0), (x1, y1) = low, high
    y, out = (y0 + y1) / 2, 0.05
    drop = (ridge - eaves) * out / (y - y0)
    parts: list[tuple[Patch, Paint]] = [
        (flat([(x0, y0, 0), (x1, y0, 0), (x1, y0, eaves), (x0, y0, eaves)], (0, -1, 0)), wall),
        (flat([(x0, y1, 0), (x1, y1, 0), (x1, y1, eaves), (x0, y1, eaves)], (0, 1, 0)), wall),
    ]
    for x, facing in ((x0, -1), (x1, 1)):
        parts.append((flat([(x, y0, 0), (x, y1, 0), (x, y1, eaves), (x, y0, eaves)], (facing, 0, 0)), wall))
        gable = [(x, y0, eaves), (x, y1, eaves), (x, y + 1e-4, ridge), (x, y - 1e-4, ridge)]
        parts.append((flat(gable, (facing, 0, 0)), wall))
    a, b = x0 - out, x1 + out
    for edge, facing in ((y0 - out, -1), (y1 + out, 1)):
        for lower, up in ((0.0, 1), (-0.04, -1)):  # the roof has a thickness
            z, top = eaves - drop + lower, ridge + lower
            parts.append((flat([(a, edge, z), (b, edge, z), (b, y, top), (a, y, top)], (0, facing * up, up)), roof))
        z = eaves - drop
        parts.append(
            (flat([(a, edge, z - 0.04), (b, edge, z - 0.04), (b, edge, z), (a, edge, z)], (0, facing, 0)), roof)
        )
        for x, out_x in ((a, -1), (b, 1)):
            rim = [(x, edge, z - 0.04), (x, y, ridge - 0.04), (x, y, ridge), (x, edge, z)]
            parts.append((flat(rim, (out_x, 0, 0)), roof))
    return parts


def _box(low: Sequence[float], high: Sequence[float]) -> list[Patch]:
    (x0, y0, z0), (x1, y1, z1) = low, high
    return [
        flat([(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)], (0, -1, 0)),
        flat([(x0, y1, z0), (x1, y1, z0), (x1, y1, z1), (x0, y1, z1)], (0, 1, 0)),
        flat([(x0, y0, z0), (x0, y1, z0), (x0, y1, z1), (x0, y0, z1)], (-1, 0, 0)),
        flat([(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)], (1, 0, 0)),
        flat([(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)], (0, 0, 1)),
    ]


def knot(seed: int) -> Scene:
    """A trefoil with a bumpy skin before the plain backdrop, touching nothing: a turntable without its table."""
    rng = np.random.default_rng([seed, 3])
    t = np.linspace(0, 2 * np.pi, 721)
    path = np.column_stack([np.sin(t) + 2 * np.sin(2 * t), np.cos(t) - 2 * np.cos(2 * t), -1.2 * np.sin(3 * t)])
    path = 0.3 * path + [0, 0, 0.55]
    path[-1] = path[0]
    relief = waves(rng, (4, 0.04), (9, 0.02))
    bare = tube(path, np.full(721, 0.17), 96)
    wide = 0.17 * (1 + relief(1.5 * bare.points.astype(float)))
    wide[:, -1] = wide[:, 0]
    wide[-1] = wide[0]
    points = path[:, None] + (bare.points - path[:, None]) / 0.17 * wide[..., None]
    points[-1], points[:, -1] = points[0], points[:, 0]
    return assembled([(Patch(points.astype(np.float32)), stone(rng))], [], seed)


def hill(seed: int) -> Scene:
    """A boulder half sunk into wavy ground, a smaller one beside it and a post."""
    rng = np.random.default_rng([seed, 4])
    land = waves(rng, (2.5, 0.025), (6, 0.008))
    field = ground(3.2, grass(rng), land)
    large = ball(
        np.array([-0.2, 0.1, 0.2]), np.array([0.62, 0.5, 0.55]), waves(rng, (3, 0.05), (7, 0.025), (18, 0.008))
    )
    small = ball(np.array([0.62, -0.45, 0.05]), np.array([0.25, 0.3, 0.28]), waves(rng, (3, 0.06), (8, 0.02)))
    post = tube(_bow([0.55, 0.6, -0.1], [0.6, 0.62, 0.85], [0, 0, 0]), np.full(41, 0.05))
    cap = ball(np.array([0.6, 0.62, 0.85]), np.array([0.09, 0.09, 0.07]), lambda unit: np.zeros(unit.shape[:-1]))
    granite, wood = rough((0.4, 0.38, 0.36), 0.8, rng), rough((0.42, 0.28, 0.15), 0.8, rng)
    return assembled([(large, granite), (small, stone(rng)), (post, wood), (cap, wood)], [field], seed)


SHAPES: dict[str, Callable[[int], Scene]] = {
    "gourd": gourd, "statue": statue, "house": house, "knot": knot, "hill": hill,
}  # fmt: skip
