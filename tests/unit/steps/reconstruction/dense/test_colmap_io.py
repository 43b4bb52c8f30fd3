"""Depth and normal maps in COLMAP's format."""

from __future__ import annotations

import numpy as np
import pytest

from kai_pipelines import Fatal
from steps.reconstruction.dense.colmap_io import read_map, write_map


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3), (1, 1)])
def test_a_map_comes_back_as_it_was(tmp_path, shape):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)

    write_map(tmp_path / "sub" / "a b.bin", values)

    assert np.array_equal(read_map(tmp_path / "sub" / "a b.bin"), values)
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["a b.bin"]


def test_the_bytes_are_those_that_colmap_reads(tmp_path):
    normals = np.arange(6, dtype=np.float32).reshape(1, 2, 3)

    write_map(tmp_path / "n.bin", normals)

    header, values = b"2&1&3&", np.array([0, 3, 1, 4, 2, 5], "<f4")
    assert (tmp_path / "n.bin").read_bytes() == header + values.tobytes()


@pytest.mark.parametrize("content", [b"", b"3&2&1&abc", b"no map", b"-1&2&1&"])
def test_a_damaged_map_is_named(tmp_path, content):
    (tmp_path / "x.bin").write_bytes(content)

    with pytest.raises(Fatal) as fault:
        read_map(tmp_path / "x.bin")

    assert fault.value.code == "bad-depth-map"
    assert fault.value.files == ("x.bin",)
