"""Fewer triangles for the same surface, by quadric edge collapses."""

from __future__ import annotations

import numpy as np

from steps.reconstruction.meshing.openings import healed
from steps.reconstruction.meshing.ply import TriangleMesh
from steps.reconstruction.meshing.topology import border_edges, cleaned
from steps.reconstruction.meshing.trimming import significant

GENTLE, HARSH = 4.0, 9.0
"""fast-simplification's aggressiveness: the first keeps shapes, the second reaches any count."""

MOST_BORDER = 0.25
"""Borders are kept as they are while they have no more edges than this share of the triangles; else all would be border."""


def simplified(mesh: TriangleMesh, max_faces: int) -> TriangleMesh:
    """At most `max_faces` triangles; collapses that fold, split or pierce the surface are mended afterwards."""
    given = cleaned(mesh)
    if len(given.faces) <= max_faces:
        return given if len(given.faces) == len(mesh.faces) else significant(given)
    border = given.vertices[np.unique(border_edges(given.faces)[0])]
    target = max_faces
    while True:
        result = healed(significant(_reduced(given, target)), border)
        if len(result.faces) <= max_faces:
            return result
        target -= len(result.faces) - max_faces


def _reduced(mesh: TriangleMesh, max_faces: int) -> TriangleMesh:
    fixed = len(border_edges(mesh.faces)[0]) <= MOST_BORDER * max_faces
    for aggressiveness, borders in ((GENTLE, fixed), (HARSH, fixed), (HARSH, False)):
        if len(mesh.faces) <= max_faces:
            break
        mesh = _collapsed(mesh, max_faces, aggressiveness, borders)
    return mesh


def _collapsed(mesh: TriangleMesh, faces: int, aggressiveness: float, borders: bool) -> TriangleMesh:
    import fast_simplification

    found = fast_simplification.simplify(
        mesh.vertices,
        mesh.faces.astype(np.int32),
        target_count=faces,
        agg=aggressiveness,
        preserve_border=borders,
    )
    return cleaned(TriangleMesh(np.asarray(found[0], np.float64), np.asarray(found[1], np.int64)))
