"""Binary glTF 2.0 (Khronos specification, sections 3.6 buffers and 4.4 GLB layout)."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from steps.reconstruction.exporting.model import Model

_FLOAT, _USHORT, _UINT = 5126, 5123, 5125
_VERTICES, _INDICES = 34962, 34963


def write_glb(model: Model, path: Path) -> None:
    """Write one mesh with one material; indices take 16 bits where they fit."""
    small = len(model.vertices) < 65_535  # 65535 itself is the restart index
    indices = model.faces.astype(np.uint16 if small else np.uint32)
    flipped = model.uvs * np.float32([1, -1]) + np.float32([0, 1])  # glTF's origin is the top left
    parts = [indices.tobytes(), model.vertices.tobytes(), model.normals.tobytes(), flipped.tobytes(), model.jpeg]
    views: list[dict[str, Any]] = []
    binary = b""
    for index, part in enumerate(parts):
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(binary), "byteLength": len(part)}
        if index < 4:
            view["target"] = _INDICES if index == 0 else _VERTICES
        views.append(view)
        binary += part + b"\0" * (-len(part) % 4)
    low, high = model.vertices.min(axis=0).tolist(), model.vertices.max(axis=0).tolist()
    count = len(model.vertices)
    document = {
        "asset": {"version": "2.0", "generator": "KAI Pipelines"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "model"}],
        "meshes": [{"name": "model", "primitives": [_PRIMITIVE]}],
        "materials": [{"name": "photographs", "doubleSided": True, "pbrMetallicRoughness": _MATERIAL}],
        "textures": [{"source": 0, "sampler": 0}],
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
        "images": [{"bufferView": 4, "mimeType": "image/jpeg", "name": "texture"}],
        "accessors": [
            {"bufferView": 0, "componentType": _USHORT if small else _UINT, "count": indices.size, "type": "SCALAR"},
            {"bufferView": 1, "componentType": _FLOAT, "count": count, "type": "VEC3", "min": low, "max": high},
            {"bufferView": 2, "componentType": _FLOAT, "count": count, "type": "VEC3"},
            {"bufferView": 3, "componentType": _FLOAT, "count": count, "type": "VEC2"},
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(binary)
    header = struct.pack("<4sII", b"glTF", 2, total)
    path.write_bytes(
        header + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    )


_PRIMITIVE = {"attributes": {"POSITION": 1, "NORMAL": 2, "TEXCOORD_0": 3}, "indices": 0, "material": 0}
_MATERIAL = {"baseColorTexture": {"index": 0}, "metallicFactor": 0, "roughnessFactor": 1}
