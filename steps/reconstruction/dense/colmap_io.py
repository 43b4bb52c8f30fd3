"""COLMAP's dense map format: ``width&height&channels&`` in ASCII, then float32 channel by channel.

Source: COLMAP documentation, "Output format", dense reconstruction; little endian, x runs fastest.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kai_pipelines.errors import Fatal

_HEADER_BYTES = 64


def write_map(path: Path, values: NDArray[np.float32]) -> None:
    """Write a depth map [h, w] or a normal map [h, w, 3]."""
    height, width = values.shape[:2]
    planar = np.atleast_3d(values).transpose(2, 0, 1).astype("<f4", order="C")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as stream:
        stream.write(f"{width}&{height}&{len(planar)}&".encode("ascii"))
        stream.write(planar.tobytes())
    unfinished.replace(path)


def read_map(path: Path) -> NDArray[np.float32]:
    """Read a depth map as [h, w] or a normal map as [h, w, 3]."""
    content = path.read_bytes()
    fields = content[:_HEADER_BYTES].split(b"&", 3)
    try:
        width, height, channels = (int(field) for field in fields[:3])
        if min(width, height, channels) < 1:
            raise ValueError(f"a size of {width} by {height} by {channels}")
        start = sum(len(field) + 1 for field in fields[:3])
        planar = np.frombuffer(content, "<f4", offset=start).reshape(channels, height, width)
    except ValueError as fault:
        raise Fatal(
            f"{path.name} is not a COLMAP dense map: {fault}", code="bad-depth-map", files=[path.name]
        ) from fault
    values = planar.transpose(1, 2, 0).astype(np.float32)
    return values[:, :, 0] if channels == 1 else values
