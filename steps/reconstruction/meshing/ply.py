"""Points and triangles as binary PLY files: the one place that reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kai_pipelines import Fatal

Points = NDArray[np.float64]
Faces = NDArray[np.int64]

_TYPES = {
    "char": "i1", "uchar": "u1", "short": "<i2", "ushort": "<u2", "int": "<i4", "uint": "<u4", "float": "<f4",
    "double": "<f8", "int8": "i1", "uint8": "u1", "int16": "<i2", "uint16": "<u2", "int32": "<i4", "uint32": "<u4",
    "float32": "<f4", "float64": "<f8",
}  # fmt: skip


_LONGEST_HEADER = 65536


@dataclass(frozen=True)
class Cloud:
    """Points with normals and colors."""

    points: Points  # [n, 3], scene units
    normals: Points  # [n, 3], unit
    colors: NDArray[np.uint8]  # [n, 3], sRGB


@dataclass(frozen=True)
class TriangleMesh:
    """Triangles over shared vertices, counterclockwise seen from outside."""

    vertices: Points  # [v, 3], scene units
    faces: Faces  # [f, 3]


@dataclass(frozen=True)
class _Element:
    name: str
    count: int
    scalars: list[tuple[str, str]]  # name, numpy type
    list_types: tuple[str, str] | None  # of the length, of the items


def read_cloud(path: Path) -> Cloud:
    """Read points with normals, as COLMAP's fusion writes them."""
    vertex = _read(path)["vertex"]
    names = vertex.dtype.names or ()
    missing = [name for name in ("x", "y", "z", "nx", "ny", "nz") if name not in names]
    if missing:
        raise _unreadable(path, f"its points have no {', '.join(missing)}")
    points, normals = _columns(vertex, "xyz"), _columns(vertex, ("nx", "ny", "nz"))
    if "red" in names:
        colors = np.column_stack([vertex[name] for name in ("red", "green", "blue")]).astype(np.uint8)
    else:
        colors = np.full((len(vertex), 3), 128, np.uint8)
    usable = np.isfinite(points).all(axis=1) & (np.abs(normals).max(axis=1, initial=0) > 0)
    return Cloud(points[usable], normals[usable], colors[usable])


def read_mesh(path: Path) -> TriangleMesh:
    """Read a mesh of triangles."""
    elements = _read(path)
    if "face" not in elements:
        raise _unreadable(path, "it has no faces")
    faces = elements["face"]["items"].astype(np.int64).reshape(-1, 3)
    vertices = _columns(elements["vertex"], "xyz")
    if len(faces) and (faces.min() < 0 or faces.max() >= len(vertices)):
        raise _unreadable(path, "a face names a vertex that is not there")
    return TriangleMesh(vertices, faces)


def write_cloud(path: Path, *parts: Cloud) -> None:
    """Write points, part by part, in the order of properties that COLMAP uses."""
    kind = [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz")]
    kind += [(name, "u1") for name in ("red", "green", "blue")]
    count = sum(len(part.points) for part in parts)
    header = [f"element vertex {count}", *(f"property float {name}" for name, _ in kind[:6])]
    header += [f"property uchar {name}" for name, _ in kind[6:]]
    with path.open("wb") as stream:
        stream.write(_header(header))
        for part in parts:
            rows = np.empty(len(part.points), kind)
            for offset, values in ((0, part.points), (3, part.normals), (6, part.colors)):
                for column in range(3):
                    rows[kind[offset + column][0]] = values[:, column]
            stream.write(rows.tobytes())


def write_mesh(path: Path, mesh: TriangleMesh) -> None:
    """Write single-precision vertices and triangles."""
    faces = np.empty(len(mesh.faces), [("length", "u1"), ("items", "<i4", 3)])
    faces["length"], faces["items"] = 3, mesh.faces
    header = [f"element vertex {len(mesh.vertices)}", *(f"property float {axis}" for axis in "xyz")]
    header += [f"element face {len(faces)}", "property list uchar int vertex_indices"]
    path.write_bytes(_header(header) + mesh.vertices.astype("<f4").tobytes() + faces.tobytes())


def _header(lines: list[str]) -> bytes:
    return "\n".join(["ply", "format binary_little_endian 1.0", *lines, "end_header", ""]).encode()


def _columns(rows: NDArray[np.void], names: str | tuple[str, ...]) -> Points:
    return np.column_stack([rows[name] for name in names]).astype(np.float64)


def _read(path: Path) -> dict[str, NDArray[np.void]]:
    """The elements by name; lists must all have three items."""
    if not path.stat().st_size:
        raise _unreadable(path, "it is empty")
    data = np.memmap(path, np.uint8, "r")
    beginning = data[:_LONGEST_HEADER].tobytes()
    start = beginning.find(b"end_header\n") + len(b"end_header\n")
    header = beginning[:start].decode("ascii", errors="replace").splitlines()
    if start < len(b"end_header\n") or header[:1] != ["ply"] or "format binary_little_endian 1.0" not in header:
        raise _unreadable(path, "it is not a binary PLY file")
    found: dict[str, NDArray[np.void]] = {}
    for element in _elements(path, header):
        kind = np.dtype(_row_type(element))
        if start + element.count * kind.itemsize > len(data):
            raise _unreadable(path, f"it ends within its {element.name} list")
        rows = np.frombuffer(data, kind, element.count, start)
        if element.list_types is not None and len(rows) and (rows["length"] != 3).any():
            raise _unreadable(path, "it has faces that are not triangles")
        found[element.name] = rows
        start += element.count * kind.itemsize
    return found


def _row_type(element: _Element) -> list[tuple[str, str] | tuple[str, str, int]]:
    if element.list_types is None:
        return list(element.scalars)
    length, items = element.list_types
    return [("length", length), ("items", items, 3)]


def _elements(path: Path, header: list[str]) -> list[_Element]:
    elements: list[_Element] = []
    for line in header:
        match line.split():
            case ["element", name, count]:
                elements.append(_Element(name, int(count), [], None))
            case ["property", "list", length, items, _]:
                last = elements.pop()
                elements.append(_Element(last.name, last.count, last.scalars, (_TYPES[length], _TYPES[items])))
            case ["property", kind, name] if kind in _TYPES:
                elements[-1].scalars.append((name, _TYPES[kind]))
            case ["property", *_]:
                raise _unreadable(path, f"its line {line!r} is not understood")
            case _:
                pass
    return elements


def _unreadable(path: Path, reason: str) -> Fatal:
    return Fatal(f"{path.name} cannot be read: {reason}.", code="unreadable-ply", files=[path.name])
