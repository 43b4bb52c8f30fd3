"""A texture for a mesh, from the photographs."""

from __future__ import annotations

from typing import NamedTuple

from kai_pipelines import Fatal, ImageSet, Mesh, Resources, Retry, SparseModel, progress, step
from steps.reconstruction.artifacts import TexturedModel
from steps.reconstruction.metrics import StepMetrics, measured

POORLY_SEEN = 0.6


class Textured(NamedTuple):
    """What `texture_mesh` returns."""

    model: TexturedModel
    metrics: StepMetrics


@step(resources=Resources(cpu=2, memory="8Gi"), timeout="2h", retry=Retry(limit=2, backoff="10s", factor=2))
def texture_mesh(mesh: Mesh, photos: ImageSet, sparse: SparseModel, texture_size: int) -> Textured:
    """Unwrap the mesh and bake a texture of `texture_size` texels a side from the full-size photographs."""
    import numpy as np
    from PIL import Image

    from steps.reconstruction.surfacing.ply import read_triangles
    from steps.reconstruction.texturing.bake import bake
    from steps.reconstruction.texturing.cameras import read_views, upright
    from steps.reconstruction.texturing.unwrap import unwrap
    from steps.reconstruction.texturing.visibility import vertex_normals

    with measured("texture_mesh") as m:
        surface, views = read_triangles(mesh.path), read_views(sparse.path)
        if missing := [view.name for view in views if not (photos.path / view.name).is_file()]:
            raise Fatal(
                "Photographs that the sparse model names could not be read.",
                code="missing-photos",
                files=missing,
                hint="Pass the photographs that the sparse model was made from.",
            )
        atlas = unwrap(surface, texture_size)
        texture, seen = bake(surface, atlas, views, photos.path, texture_size, progress)
        model = TexturedModel.new("model")
        np.savez_compressed(
            model.path / "model.npz",
            vertices=atlas.vertices,
            faces=atlas.faces,
            uvs=atlas.uvs,
            normals=vertex_normals(surface)[atlas.source],
            upright=upright(views, surface.vertices),
        )
        Image.fromarray(texture).save(model.path / "texture.png", compress_level=3)
        if seen < POORLY_SEEN:
            m.warn("poorly-seen", f"Only {seen:.0%} of the texture is seen by a photograph; the rest is filled from its surroundings.")
        m.value(texture_px=texture_size, texture_seen=round(seen, 4))
    return Textured(model, m.metrics)
