"""Binary glTF 2.0 (Khronos, glTF 2.0 specification, sections 3.6 and 4)."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

from steps.reconstruction.model_io import Model

FLOAT, UNSIGNED_INT = 5126, 5125
ARRAY, ELEMENT_ARRAY = 34962, 34963
LINEAR, LINEAR_MIPMAP_LINEAR, CLAMP_TO_EDGE = 9729, 9987, 33071


class _Buffer:
    """The binary chunk as it grows, and the views into it."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, int]] = []
        self.accessors: list[dict[str, Any]] = []

    def view(self, content: bytes, target: int | None = None) -> int:
        self.data += b"\0" * (-len(self.data) % 4)
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(content)}
        self.views.append(view if target is None else {**view, "target": target})
        self.data += content
        return len(self.views) - 1

    def floats(self, values: np.typing.NDArray[np.float32], *, bounds: bool = False) -> int:
        content = np.ascontiguousarray(values, "<f4")
        kind = {2: "VEC2", 3: "VEC3"}[content.shape[1]]
        accessor: dict[str, Any] = {
            "bufferView": self.view(content.tobytes(), ARRAY),
            "componentType": FLOAT,
            "count": len(content),
            "type": kind,
        }
        if bounds:
            accessor |= {"min": content.min(axis=0).tolist(), "max": content.max(axis=0).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def indices(self, values: np.typing.NDArray[np.int32]) -> int:
        content = np.ascontiguousarray(values, "<u4").tobytes()
        accessor = {
            "bufferView": self.view(content, ELEMENT_ARRAY),
            "componentType": UNSIGNED_INT,
            "count": values.size,
            "type": "SCALAR",
        }
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def glb(model: Model, jpeg: bytes) -> bytes:
    """One mesh with one rough, non-metallic material whose color is the texture."""
    buffer = _Buffer()
    uvs = np.column_stack([model.uvs[:, 0], 1 - model.uvs[:, 1]])  # glTF's origin is the top left
    attributes = {
        "POSITION": buffer.floats(model.vertices, bounds=True),
        "NORMAL": buffer.floats(model.normals),
        "TEXCOORD_0": buffer.floats(uvs),
    }
    primitive = {"attributes": attributes, "indices": buffer.indices(model.faces), "material": 0, "mode": 4}
    picture = buffer.view(jpeg)
    document = {
        "asset": {"version": "2.0", "generator": "KAI Pipelines"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": "model", "mesh": 0}],
        "meshes": [{"name": "model", "primitives": [primitive]}],
        "materials": [
            {
                "name": "photographs",
                "pbrMetallicRoughness": {
                    "baseColorTexture": {"index": 0},
                    "metallicFactor": 0.0,
                    "roughnessFactor": 1.0,
                },
                "doubleSided": True,
            }
        ],
        "textures": [{"sampler": 0, "source": 0}],
        "samplers": [
            {"magFilter": LINEAR, "minFilter": LINEAR_MIPMAP_LINEAR, "wrapS": CLAMP_TO_EDGE, "wrapT": CLAMP_TO_EDGE}
        ],
        "images": [{"name": "texture", "mimeType": "image/jpeg", "bufferView": picture}],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(buffer.data) + -len(buffer.data) % 4}],
    }
    return _container(json.dumps(document, separators=(",", ":")).encode(), bytes(buffer.data))


def _container(document: bytes, binary: bytes) -> bytes:
    """Header and two chunks, each padded to four bytes."""
    document += b" " * (-len(document) % 4)
    binary += b"\0" * (-len(binary) % 4)
    total = 12 + 8 + len(document) + 8 + len(binary)
    return b"".join(
        [
            struct.pack("<4sII", b"glTF", 2, total),
            struct.pack("<I4s", len(document), b"JSON"),
            document,
            struct.pack("<I4s", len(binary), b"BIN\0"),
            binary,
        ]
    )
