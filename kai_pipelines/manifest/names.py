"""How names change on their way: the one place that swaps `_` for `-`, and that names landed files."""

from __future__ import annotations

from pathlib import PurePosixPath


def template_name(name: str) -> str:
    """A Python name as a template or task name: ``assess_photos`` → ``assess-photos``."""
    return name.strip("_").replace("_", "-").lower()


def landing_name(output: str, path: str) -> str:
    """The file name an output gets in the run's folder, from its name and its path in the template.

    The suffix is the path's; an output named after its suffix does not repeat it:
    ``points`` at ``/kai/outputs/points.ply`` → ``points.ply``, ``model_glb`` at ``….glb`` → ``model.glb``.
    """
    suffix = PurePosixPath(path).suffix
    stem = output.removesuffix("_" + suffix[1:]) if suffix else output
    return stem + suffix
