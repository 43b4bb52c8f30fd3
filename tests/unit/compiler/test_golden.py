"""What each construct compiles to, compared with tests/golden/*.yaml, byte for byte.

After a change that is meant: ``KAI_UPDATE_GOLDEN=1 pytest tests/unit/compiler/test_golden.py`` writes them anew;
read the difference before you commit it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kai_pipelines.manifest.document import dump
from tests.unit.compiler.manifests import GOLDEN, compiled

FOLDER = Path(__file__).parents[2] / "golden"
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", GOLDEN)
def test_a_construct_compiles_to_its_golden_manifest(name: str) -> None:
    path = FOLDER / f"{name}.yaml"
    text = dump(compiled(name))
    if os.environ.get("KAI_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")

    assert text == path.read_text(encoding="utf-8")


def test_no_golden_manifest_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.yaml")} == {f"{name}.yaml" for name in GOLDEN}


def test_compiling_again_gives_the_same_bytes() -> None:
    assert [dump(compiled(name)) for name in GOLDEN] == [dump(compiled(name)) for name in GOLDEN]


def test_another_process_with_another_hash_seed_gives_the_same_bytes() -> None:
    program = (
        "import sys\n"
        "from kai_pipelines.manifest.document import dump\n"
        "from tests.unit.compiler.manifests import GOLDEN, compiled\n"
        "sys.stdout.buffer.write(''.join(dump(compiled(name)) for name in GOLDEN).encode())\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4242", "PYTHONPATH": str(ROOT)}

    made = subprocess.run([sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, check=True)

    assert made.stdout.decode() == "".join(dump(compiled(name)) for name in GOLDEN)
