"""Typed files and folders: what steps pass to each other.

An artifact is a nominal type over one path. A new type is one subclass: here, and exported by `kai_pipelines`, when
everybody may want it; beside the steps that know it when only one family does.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

SCRATCH = "KAI_SCRATCH"
"""Environment variable: the folder in which `Artifact.new` makes files; the runtime sets it."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file or folder of a known kind at `path`."""

    path: Path

    suffix: ClassVar[str] = ""
    """The file's suffix with its dot; empty for a folder."""
    inline: ClassVar[bool] = False
    """Stored as it is, not as a tar archive, so that the Argo UI shows it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    @classmethod
    def new(cls, stem: str = "") -> Self:
        """A fresh place to write to: an empty folder, or a file's path that does not exist yet.

        Made in the running step's scratch folder, from where the runtime moves what the step returns;
        outside the runtime in a new temporary folder.
        """
        scratch = Path(tempfile.mkdtemp(prefix="kai-", dir=os.environ.get(SCRATCH)))
        path = scratch / f"{stem or cls.__name__.lower()}{cls.suffix}"
        if not cls.suffix:
            path.mkdir()
        return cls(path)


class File(Artifact):
    """Any one file."""

    __slots__ = ()
    suffix = ".bin"


class Folder(Artifact):
    """Any folder."""

    __slots__ = ()


class ImageSet(Folder):
    """A folder of photographs; subfolders count."""

    __slots__ = ()


class SparseModel(Folder):
    """COLMAP's sparse model: cameras.bin, images.bin, points3D.bin and what newer versions add."""

    __slots__ = ()


class PointCloud(File):
    """A PLY file of points with normals and colors."""

    __slots__ = ()
    suffix = ".ply"


class Mesh(File):
    """A PLY file of triangles."""

    __slots__ = ()
    suffix = ".ply"


class GlbModel(File):
    """A textured model as binary glTF 2.0."""

    __slots__ = ()
    suffix = ".glb"


class UsdzModel(File):
    """A textured model as USDZ."""

    __slots__ = ()
    suffix = ".usdz"


class ObjModel(Folder):
    """A textured model as Wavefront OBJ with its MTL and textures."""

    __slots__ = ()


class TextureSet(Folder):
    """Textures of one or more materials."""

    __slots__ = ()


class Dataset(Folder):
    """Labeled examples for training."""

    __slots__ = ()


class OnnxModel(File):
    """A network as ONNX."""

    __slots__ = ()
    suffix = ".onnx"


class WasmBundle(Folder):
    """A network and its WebAssembly runtime, ready to serve."""

    __slots__ = ()


class Figures(File):
    """Numbers and facts as one JSON document; shown inline."""

    __slots__ = ()
    suffix = ".json"
    inline = True


class Report(File):
    """One self-contained HTML page; shown inline."""

    __slots__ = ()
    suffix = ".html"
    inline = True
