"""The reconstruction pipeline on photographs that it renders itself: nothing to download, nothing to bring."""

from __future__ import annotations

from typing import Annotated

from kai_pipelines import Quality, pipeline
from pipelines.reconstruction import Reconstruction, reconstruction
from steps.data.render_scene import render_scene


@pipeline(title="Demo: a rendered scene, reconstructed", priority="interactive")
def demo(
    quality: Quality = Quality.LOW,
    views: Annotated[int, "photographs to render"] = 24,
) -> Reconstruction:
    """Render photographs of a synthetic scene and reconstruct them."""
    scene = render_scene(views=views)
    return reconstruction(scene.photos, quality)
