"""The match graph: photographs as nodes, verified pairs as edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steps.reconstruction.colmap import pycolmap

WITHOUT_PARALLAX = frozenset(
    {
        pycolmap.TwoViewGeometryConfiguration.PANORAMIC.value,
        pycolmap.TwoViewGeometryConfiguration.PLANAR_OR_PANORAMIC.value,
    }
)
"""COLMAP's kinds of pairs in which the camera only turned."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A verified pair of photographs, by index."""

    a: int
    b: int
    inliers: int
    kind: int
    """COLMAP's TwoViewGeometryConfiguration."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What matching found."""

    features: list[int]
    """Per photograph."""
    edges: list[Edge]

    def document(self, names: Sequence[str], registered: frozenset[str]) -> dict[str, Any]:
        """As JSON for the report."""
        return {
            "photos": [
                {"name": name, "features": count, "registered": name in registered}
                for name, count in zip(names, self.features, strict=True)
            ],
            "pairs": [{"a": edge.a, "b": edge.b, "inliers": edge.inliers} for edge in self.edges],
        }


def read_graph(database: Path, numbered: Sequence[str]) -> Graph:
    """The graph of the photographs `numbered`, as they are named in the database."""
    index = {name: position for position, name in enumerate(numbered)}
    with pycolmap.Database.open(database) as opened:
        position = {image.image_id: index[image.name] for image in opened.read_all_images()}
        features = [0] * len(numbered)
        for image_id, place in position.items():
            features[place] = opened.num_keypoints_for_image(image_id)
        identifiers, geometries = opened.read_two_view_geometries()
    edges = []
    for identifier, geometry in zip(identifiers, geometries, strict=True):
        inliers = len(geometry.inlier_matches)
        if inliers:
            a, b = sorted(position[image_id] for image_id in pycolmap.pair_id_to_image_pair(identifier))
            edges.append(Edge(a, b, inliers, int(geometry.config)))
    return Graph(features, sorted(edges, key=lambda edge: (edge.a, edge.b)))
