"""What a person should know about how a set of photographs covers its subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.alignment.graph import Graph, groups
from steps.reconstruction.alignment.mapping import placed
from steps.reconstruction.colmap import pycolmap

Array = NDArray[np.float64]

_WEAK = 0.15
"""A pair that alone joins two groups is weak below this share of a pair's median inliers."""
_HANGING = 3
"""Photographs that hang on a single one and are worth a word."""
_TOLD = 5
_EACH_TAKEN_OUT = 300
"""Photographs up to which each is taken out in turn."""
_AROUND = 200.0
"""Degrees around the subject from which a walk is meant to close."""
_GAP = 60.0
"""Degrees between neighbors on such a walk that are too many."""
_POINTS = 20_000
"""So many points are looked at."""


class Gap(TypedDict):
    """A weak place."""

    code: str
    message: str
    files: list[str]


def document(
    names: Sequence[str], graph: Graph, model: pycolmap.Reconstruction | None, unregistered: dict[str, str]
) -> dict[str, Any]:
    """The match graph as JSON; `MatchGraph` describes the fields. The model's images have the photographs' names."""
    edges = [(edge.a, edge.b) for edge in graph.edges]
    angles, median = parallax(model) if model else ({}, None)
    there: frozenset[str] = placed(model) if model else frozenset()
    counts = [len(places) for places in graph.keypoints]
    return {
        "photos": [
            {"name": name, "features": count, "registered": name in there}
            for name, count in zip(names, counts, strict=True)
        ],
        "pairs": [{"a": edge.a, "b": edge.b, "inliers": edge.inliers} for edge in graph.edges],
        "components": [[names[index] for index in group] for group in groups(len(names), edges)],
        "inliers": dict(zip(names, graph.confirmed(), strict=True)),
        "parallax_deg": {name: round(angle, 3) for name, angle in sorted(angles.items())},
        "median_parallax_deg": median and round(median, 3),
        "thickness": model and round(thickness(np.array([point.xyz for point in model.points3D.values()])), 5),
        "gaps": [*bridges(names, graph, there), *(azimuth_gaps(model) if model else [])],
        "unregistered": unregistered,
    }


def parallax(model: pycolmap.Reconstruction) -> tuple[dict[str, float], float]:
    """Degrees between the directions from which points were seen: per photograph and over all, as medians.

    A point's angle in a photograph is the largest to another one that saw it.
    """
    centers = {number: model.image(number).projection_center() for number in model.reg_image_ids()}
    step = max(1, model.num_points3D() // _POINTS)
    seen: dict[int, list[float]] = {number: [] for number in centers}
    largest = []
    for _, point in sorted(model.points3D.items())[::step]:
        numbers = sorted({element.image_id for element in point.track.elements} & centers.keys())
        if len(numbers) < 2:
            continue
        rays = np.array([centers[number] - point.xyz for number in numbers])
        rays /= np.maximum(np.linalg.norm(rays, axis=1, keepdims=True), 1e-12)
        widest = np.degrees(np.arccos(np.clip(rays @ rays.T, -1, 1).min(axis=1)))
        largest.append(float(widest.max()))
        for number, angle in zip(numbers, widest, strict=True):
            seen[number].append(float(angle))
    medians = {model.image(number).name: float(np.median(angles)) for number, angles in seen.items() if angles}
    return medians, float(np.median(largest)) if largest else 0.0


def thickness(points: Array) -> float:
    """Smallest by largest spread of points [n, 3], without the 5 % farthest from their middle."""
    if len(points) < 4:
        return 0.0
    away = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    near = points[away <= np.percentile(away, 95)]
    values = np.linalg.eigvalsh(np.cov(near.T))
    return float(np.sqrt(max(values[0], 0.0) / max(values[2], 1e-30)))


def bridges(names: Sequence[str], graph: Graph, placed: frozenset[str]) -> list[Gap]:
    """Single pairs and single photographs on which the connection of two groups hangs."""
    kept = {index for index, name in enumerate(names) if name in placed} or set(range(len(names)))
    edges = [edge for edge in graph.edges if edge.a in kept and edge.b in kept]
    if not edges:
        return []
    usual = float(np.median([edge.inliers for edge in edges]))
    strong = [edge for edge in edges if edge.inliers >= _WEAK * usual]
    pairs = [(edge.a, edge.b) for edge in strong]
    found: list[Gap] = []
    whole = len(_groups_of(kept, pairs))
    for index in sorted(kept) if len(kept) <= _EACH_TAKEN_OUT else []:
        parts = _groups_of(kept - {index}, [pair for pair in pairs if index not in pair])
        if len(parts) > whole and len(parts) > 1 and len(parts[1]) >= _HANGING:
            other = [names[member] for member in parts[1]]
            message = f"Only {names[index]} joins {len(other)} photographs with the others."
            found.append(Gap(code="bridge-photo", message=message, files=[names[index], *other]))
    found = sorted(found, key=lambda gap: -len(gap["files"]))[:_TOLD]
    for part in _groups_of(kept, pairs)[1:]:
        files = [names[member] for member in part]
        verb = "photograph is" if len(files) == 1 else "photographs are"
        message = f"{len(files)} {verb} joined with the others by few matches only."
        found.append(Gap(code="weak-link", message=message, files=files))
    return found


def _groups_of(kept: set[int], pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    order = sorted(kept)
    place = {index: position for position, index in enumerate(order)}
    found = groups(len(order), [(place[a], place[b]) for a, b in pairs])
    return [[order[position] for position in group] for group in found]


def azimuth_gaps(model: pycolmap.Reconstruction) -> list[Gap]:
    """Where a walk around the subject leaves a side out; the model stands upright."""
    images = [model.image(number) for number in model.reg_image_ids()]
    middle = np.median([point.xyz for point in model.points3D.values()], axis=0)
    spots = np.array([image.projection_center() for image in images]) - middle
    around = np.degrees(np.arctan2(spots[:, 0], spots[:, 2])) % 360
    order = np.argsort(around)
    steps = np.diff(np.append(around[order], around[order[0]] + 360))
    widest = int(np.argmax(steps))
    if 360 - steps[widest] < _AROUND:  # not meant to go around
        return []
    found = []
    for place in np.flatnonzero(steps > _GAP):
        ends = [images[order[place]].name, images[order[(place + 1) % len(order)]].name]
        message = f"Nobody looked from {steps[place]:.0f} degrees of the circle around the subject."
        found.append(Gap(code="azimuth-gap", message=message, files=ends))
    return found
