"""Fewer triangles for the same surface, by quadric edge collapses."""

from __future__ import annotations

import numpy as np

from steps.reconstruction.meshing.ply import TriangleMesh
from steps.reconstruction.meshing.topology import border_edges, cleaned
from steps.reconstruction.meshing.trimming import significant

GENTLE, HARSH = 4.0, 9.0
"""fast-simplification's aggressiveness: the first keeps shapes, the second reaches any count."""

MOST_BORDER = 0.25
"""Borders are kept as they are while they have no more edges than this share of the triangles; else all would be border."""


def simplified(mesh: TriangleMesh, max_faces: int) -> TriangleMesh:
    """At most `max_faces` triangles; collapses that fold or split the surface are mended afterwards."""
    result = cleaned(mesh)
    fixed = len(border_edges(result.faces)[0]) <= MOST_BORDER * max_faces
    for aggressiveness, borders in ((GENTLE, fixed), (HARSH, fixed), (HARSH, False)):
        if len(result.faces) <= max_faces:
            break
        result = _collapsed(result, max_faces, aggressiveness, borders)
    return result if result is mesh or len(result.faces) == len(mesh.faces) else significant(result)


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
