"""Lay a surface through the points."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kai_pipelines import Fatal, Mesh, PointCloud, Resources, progress, step
from kai_pipelines.authoring.artifact import SCRATCH
from steps.reconstruction.artifacts import DenseScene, DepthMaps
from steps.reconstruction.metrics import StepMetrics, measured
from steps.reconstruction.retrying import COMPUTING

if TYPE_CHECKING:
    from steps.reconstruction.meshing.evidence import Evidence
    from steps.reconstruction.meshing.ply import Cloud, Points, TriangleMesh

LEAST_POINTS = 100
LEAST_FACES = 20
"""Fewer triangles are no surface."""


class Surface(NamedTuple):
    """What `mesh_surface` returns."""

    mesh: Mesh
    metrics: StepMetrics


@step(resources=Resources(cpu=2, memory="8Gi"), timeout="2h", retry=COMPUTING)
def mesh_surface(points: PointCloud, scene: DenseScene, depth: DepthMaps, poisson_depth: int) -> Surface:
    """Poisson's surface through the points that the cameras look at, without what the photographs refute."""
    from steps.reconstruction.dense.views import read_views
    from steps.reconstruction.meshing.borders import even_borders
    from steps.reconstruction.meshing.closing import capped
    from steps.reconstruction.meshing.cropping import crop
    from steps.reconstruction.meshing.evidence import gather_evidence
    from steps.reconstruction.meshing.openings import healed
    from steps.reconstruction.meshing.ply import read_cloud, write_mesh
    from steps.reconstruction.meshing.topology import cleaned, vertex_normals
    from steps.reconstruction.meshing.trimming import trim

    with measured("mesh_surface") as m:
        progress(0, 3, "choosing points")
        given = read_cloud(points.path)
        _require(len(given.points) >= LEAST_POINTS, f"{len(given.points)} points are too few for a surface.")
        views = read_views(scene.path / "sparse")
        subject = crop(given, views, poisson_depth)
        cloud = subject.cloud
        _require(len(cloud.points) >= LEAST_POINTS, "Too few points lie where the cameras look.")
        progress(1, 3, f"surface through {len(cloud.points)} points")
        closed = cleaned(_poisson(cloud, subject.depth))
        progress(2, 3, f"asking {len(views)} photographs about {len(closed.faces)} triangles")

        def ask(places: Points, normals: Points) -> Evidence:
            return gather_evidence(places, normals, subject.cell, views, scene.path, depth.path)

        evidence = ask(closed.vertices, vertex_normals(closed))
        trimmed = even_borders(trim(closed, cloud, subject.cell, evidence, len(views)))
        trimmed = healed(cleaned(capped(cleaned(trimmed), ask)))
        _require(len(trimmed.faces) >= LEAST_FACES, "No part of the surface lies near the points.")
        out = Mesh.new("mesh")
        write_mesh(out.path, trimmed)
        progress(3, 3, f"{len(trimmed.faces)} triangles")
        m.value(surface_faces=len(trimmed.faces), points_used=len(cloud.points), octree_depth=subject.depth)
    return Surface(out, m.metrics)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise Fatal(
            message,
            code="no-surface",
            hint="Take more photographs that overlap by two thirds, in even light; "
            "plain, shiny or transparent surfaces give no points.",
        )


def _poisson(cloud: Cloud, depth: int) -> TriangleMesh:
    """The closed surface; the octree is `depth` levels deep."""
    from steps.reconstruction.colmap import pycolmap
    from steps.reconstruction.meshing.ply import read_mesh, write_cloud

    pycolmap.logging.minloglevel = pycolmap.logging.ERROR.value
    options = pycolmap.PoissonMeshingOptions()
    options.depth = depth
    options.trim = 0  # the trimming here follows the points, not the octree's levels
    options.color = False
    options.num_threads = 1  # with more, the order of additions decides the last digits
    with tempfile.TemporaryDirectory(dir=os.environ.get(SCRATCH)) as scratch:
        source, target = Path(scratch) / "points.ply", Path(scratch) / "surface.ply"
        write_cloud(source, cloud)
        pycolmap.poisson_meshing(source, target, options)
        if not target.is_file():
            raise Fatal("Poisson's method found no surface.", code="no-surface")
        return read_mesh(target)
