"""Reduce a mesh to a number of triangles."""

from __future__ import annotations

from typing import NamedTuple

from kai_pipelines import Fatal, Mesh, Resources, progress, step
from steps.reconstruction.metrics import StepMetrics, measured
from steps.reconstruction.retrying import COMPUTING


class Simplified(NamedTuple):
    """What `simplify_mesh` returns."""

    mesh: Mesh
    metrics: StepMetrics


@step(resources=Resources(cpu=1, memory="4Gi"), timeout="1h", retry=COMPUTING)
def simplify_mesh(mesh: Mesh, max_faces: int) -> Simplified:
    """The same surface with at most `max_faces` triangles, its borders kept where they are."""
    from steps.reconstruction.meshing.ply import read_mesh, write_mesh
    from steps.reconstruction.meshing.simplification import simplified

    if max_faces < 4:
        raise Fatal(f"{max_faces} triangles are too few for a model.", code="bad-face-count", hint="Ask for thousands.")
    with measured("simplify_mesh") as m:
        given = read_mesh(mesh.path)
        progress(0, 1, f"{len(given.faces)} triangles to at most {max_faces}")
        small = simplified(given, max_faces)
        out = Mesh.new("mesh")
        write_mesh(out.path, small)
        progress(1, 1, f"{len(small.faces)} triangles")
        m.value(faces=len(small.faces), faces_before=len(given.faces))
    return Simplified(out, m.metrics)
