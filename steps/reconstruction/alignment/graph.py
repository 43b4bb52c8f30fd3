"""The match graph: photographs as nodes, verified pairs as edges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.colmap import pycolmap

Array = NDArray[np.float64]

STRONG = 30
"""Inliers from which a pair is more than chance; COLMAP's mapper wants as many to place a photograph."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A verified pair of photographs, by index."""

    a: int
    b: int
    matches: NDArray[np.uint32]
    """The inliers [n, 2]: features of a and of b."""

    @property
    def inliers(self) -> int:
        """How many matches agree."""
        return len(self.matches)


@dataclass(frozen=True, slots=True)
class Graph:
    """What matching found; photographs by index, with the center of the top-left pixel at (0.5, 0.5)."""

    sizes: list[tuple[int, int]]
    """Width and height of each photograph."""
    keypoints: list[Array]
    """Places [n, 2] of each photograph's features, pixels."""
    edges: list[Edge]

    @property
    def strong(self) -> list[Edge]:
        """The edges that are more than chance."""
        return [edge for edge in self.edges if edge.inliers >= STRONG]

    def places(self, edge: Edge) -> tuple[Array, Array]:
        """Where the matches of a pair are in its two photographs, [n, 2] each, pixels."""
        return self.keypoints[edge.a][edge.matches[:, 0]], self.keypoints[edge.b][edge.matches[:, 1]]

    def confirmed(self) -> list[int]:
        """Per photograph: its features that some verified pair confirms."""
        seen = [np.zeros(len(places), bool) for places in self.keypoints]
        for edge in self.edges:
            seen[edge.a][edge.matches[:, 0]] = True
            seen[edge.b][edge.matches[:, 1]] = True
        return [int(of.sum()) for of in seen]


def read_graph(database: Path, numbered: Sequence[str]) -> Graph:
    """The graph of the photographs `numbered`, as they are named in the database."""
    index = {name: position for position, name in enumerate(numbered)}
    sizes = [(0, 0)] * len(numbered)
    keypoints: list[Array] = [np.zeros((0, 2))] * len(numbered)
    with pycolmap.Database.open(database) as opened:
        cameras = {camera.camera_id: camera for camera in opened.read_all_cameras()}
        images = opened.read_all_images()
        position = {image.image_id: index[image.name] for image in images}
        for image in images:
            camera, place = cameras[image.camera_id], position[image.image_id]
            sizes[place] = (int(camera.width), int(camera.height))
            if opened.exists_keypoints(image.image_id):
                keypoints[place] = np.asarray(opened.read_keypoints(image.image_id)[:, :2], np.float64)
        identifiers, geometries = opened.read_two_view_geometries()
    edges = []
    for identifier, geometry in zip(identifiers, geometries, strict=True):
        matches = np.asarray(geometry.inlier_matches, np.uint32).reshape(-1, 2)
        if len(matches):
            a, b = (position[image_id] for image_id in pycolmap.pair_id_to_image_pair(identifier))
            edges.append(Edge(a, b, matches) if a < b else Edge(b, a, matches[:, ::-1]))
    return Graph(sizes, keypoints, sorted(edges, key=lambda edge: (edge.a, edge.b)))


def groups(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The connected components of `count` nodes, each sorted, the largest first."""
    parent = list(range(count))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in pairs:
        parent[root(b)] = root(a)
    members: dict[int, list[int]] = {}
    for node in range(count):
        members.setdefault(root(node), []).append(node)
    return sorted(members.values(), key=lambda group: (-len(group), group))
