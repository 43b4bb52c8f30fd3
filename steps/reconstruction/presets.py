"""What each quality means in numbers: the one table."""

from __future__ import annotations

from dataclasses import dataclass

from kai_pipelines import Quality


@dataclass(frozen=True, slots=True)
class Preset:
    """The figures of one quality."""

    image_size: int
    """Longer side of the photographs in dense stereo, pixels."""
    features: int
    """About so many features per photograph: COLMAP keeps whole levels of scale."""
    views: int
    """Source views per depth map."""
    poisson_depth: int
    """Octree depth of the surface."""
    faces: int
    """Triangles of the finished model, at most."""
    texture_size: int
    """Side of the square texture, pixels."""


PRESETS = {
    Quality.LOW: Preset(480, 3_000, 3, 7, 10_000, 1024),
    Quality.MEDIUM: Preset(800, 8_000, 4, 9, 60_000, 2048),
    Quality.HIGH: Preset(1600, 8_000, 6, 10, 300_000, 4096),
}
