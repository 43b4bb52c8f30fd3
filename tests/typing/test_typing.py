"""What the type checkers say of right and wrong pipelines."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FILES = [str(HERE / "right.py"), str(HERE / "wrong.py")]


def _marked_lines() -> set[int]:
    lines = (HERE / "wrong.py").read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# rejected")}


def _mypy(cache: Path) -> dict[str, set[int]]:
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), "--disallow-any-expr", *FILES]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    found: dict[str, set[int]] = {"right.py": set(), "wrong.py": set()}
    for name, line in re.findall(r"tests/typing/(\w+\.py):(\d+): error", output):
        found.setdefault(name, set()).add(int(line))
    return found


def _pyright() -> dict[str, set[int]]:
    command = [str(Path(sys.executable).parent / "basedpyright"), "--outputjson", *FILES]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    found: dict[str, set[int]] = {"right.py": set(), "wrong.py": set()}
    for one in json.loads(output)["generalDiagnostics"]:
        found.setdefault(Path(one["file"]).name, set()).add(one["range"]["start"]["line"] + 1)
    return found


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_right_pipelines_are_accepted_and_exactly_the_wrong_lines_rejected(checker: str, tmp_path: Path) -> None:
    found = _mypy(tmp_path) if checker == "mypy" else _pyright()

    assert found["right.py"] == set()
    assert len(_marked_lines()) >= 20
    if checker == "mypy":  # mypy also points at what follows from a rejected line; it must reject every marked one
        assert _marked_lines() <= found["wrong.py"]
    else:
        assert found["wrong.py"] == _marked_lines()
