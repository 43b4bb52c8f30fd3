"""The names that everybody uses, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys

import kai_pipelines


def test_every_public_name_exists_and_is_documented() -> None:
    for name in kai_pipelines.__all__:
        assert getattr(kai_pipelines, name).__doc__, name


def _modules_after(statement: str) -> set[str]:
    program = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    return {line.partition(".")[0] for line in output.split()}


def test_importing_the_library_loads_no_heavy_package() -> None:
    heavy = {"asyncio", "click", "cv2", "hera", "numpy", "pycolmap", "pydantic", "rich"}

    assert not heavy & _modules_after("import kai_pipelines")


def test_importing_a_pipeline_loads_none_of_what_its_steps_compute_with() -> None:
    heavy = {"PIL", "cv2", "embreex", "hera", "numba", "numpy", "pxr", "pycolmap", "scipy", "trimesh", "xatlas"}

    assert not heavy & _modules_after("import pipelines.reconstruction, pipelines.demo")
