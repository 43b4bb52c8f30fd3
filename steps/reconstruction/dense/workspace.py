"""COLMAP's dense workspace, put together from artifacts that must not change, and what travels beside depth maps."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ValidationError

from steps.reconstruction.artifacts import DenseScene, DepthMaps

MAPS = ("depth_maps", "normal_maps")
_RECORD = "estimate.json"


class Record(BaseModel):
    """How depth maps were made."""

    device: str
    views: int
    seed: int

    def write(self, depth: DepthMaps) -> None:
        """Keep it beside the maps."""
        (depth.path / _RECORD).write_text(self.model_dump_json(indent=1), encoding="utf-8")

    @classmethod
    def read(cls, depth: DepthMaps) -> Record:
        """What was kept, or a record that says it is not known."""
        try:
            return cls.model_validate_json((depth.path / _RECORD).read_text(encoding="utf-8"))
        except (OSError, ValidationError):
            return cls(device="unknown", views=0, seed=0)


def map_name(image: str) -> str:
    """The file of an image's depth or normal map."""
    return f"{image}.geometric.bin"


def assemble(folder: Path, scene: DenseScene) -> Path:
    """`folder` as a workspace: links to the scene's photographs and cameras, and a stereo/ of its own."""
    for name in ("images", "sparse"):
        (folder / name).symlink_to((scene.path / name).resolve())
    (folder / "stereo").mkdir()
    return folder
