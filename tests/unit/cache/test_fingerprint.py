from __future__ import annotations

from pathlib import Path

import pytest

from kai_pipelines.cache.fingerprint import Fingerprints

BASE = {
    "project/__init__.py": "",
    "project/steps.py": '''
"""Steps."""
from project.kernel import solve
from project import tables
import json

FACTOR = 2
OTHER = 3

def helper(x):
    return solve(x) * FACTOR

def first(x):
    """Says something."""
    return helper(x)

def second(x):
    import project.late
    return tables.size(x) + project.late.more(x) + OTHER
''',
    "project/kernel.py": "def solve(x):\n    return _inner(x)\n\ndef _inner(x):\n    return x + 1\n\ndef unused(x):\n    return x\n",
    "project/tables.py": "def size(x):\n    return 1\n",
    "project/late.py": "def more(x):\n    return 4\n",
}


def _fingerprints(folder: Path, files: dict[str, str]) -> tuple[str | None, str | None]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    found = Fingerprints([str(folder)])
    return found.of("project.steps:first"), found.of("project.steps:second")


@pytest.mark.parametrize(
    ("file", "old", "new", "first", "second"),
    [
        ("project/steps.py", "return helper(x)", "return helper(x) + 1", True, False),
        ("project/steps.py", "FACTOR = 2", "FACTOR = 5", True, False),
        ("project/steps.py", "OTHER = 3", "OTHER = 4", False, True),
        ("project/kernel.py", "x + 1", "x + 2", True, False),
        ("project/tables.py", "return 1", "return 2", False, True),
        ("project/late.py", "return 4", "return 5", False, True),
        ("project/kernel.py", "def unused(x):\n    return x", "def unused(x):\n    return 0", False, False),
        ("project/steps.py", '"""Says something."""', '"""Says something else."""', False, False),
        ("project/steps.py", "def helper(x):", "# a comment\n\n\ndef helper(x):", False, False),
        ("project/steps.py", '"""Steps."""', '"""All steps."""', False, False),
    ],
)
def test_only_what_a_step_uses_counts(tmp_path: Path, file: str, old: str, new: str, first: bool, second: bool) -> None:
    before = _fingerprints(tmp_path, BASE)
    assert old in BASE[file]

    after = _fingerprints(tmp_path, {file: BASE[file].replace(old, new)})

    assert None not in before
    assert (before[0] != after[0], before[1] != after[1]) == (first, second)


def test_a_step_without_source_has_no_fingerprint(tmp_path: Path) -> None:
    assert Fingerprints([str(tmp_path)]).of("nowhere:step") is None


def test_nothing_is_imported(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text("raise SystemExit('imported')\ndef step():\n    return 1\n", encoding="utf-8")

    assert Fingerprints([str(tmp_path)]).of("loud:step") is not None


def test_modules_that_import_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import b\ndef step():\n    return b.f()\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("import a\ndef f():\n    return a.step\n", encoding="utf-8")

    assert Fingerprints([str(tmp_path)]).of("a:step") is not None


def test_a_file_that_is_not_python_has_no_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def step(:\n", encoding="utf-8")

    assert Fingerprints([str(tmp_path)]).of("a:step") is None


def test_an_installed_step_has_a_fingerprint_and_foreign_packages_do_not_count(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    for name, text in {
        "mine/__init__.py": "",
        "mine/a.py": "from foreign import help_out\n\n\ndef step():\n    return help_out()\n",
        "foreign.py": "def help_out():\n    return 1\n",
    }.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")
    before = Fingerprints([str(site)]).of("mine.a:step")

    (site / "foreign.py").write_text("def help_out():\n    return 2\n", encoding="utf-8")
    same = Fingerprints([str(site)]).of("mine.a:step")
    (site / "mine" / "a.py").write_text("def step():\n    return 3\n", encoding="utf-8")
    edited = Fingerprints([str(site)]).of("mine.a:step")

    assert before is not None
    assert before == same != edited


def test_what_is_remembered_holds_until_a_file_changes(tmp_path: Path) -> None:
    source, memory = tmp_path / "a.py", tmp_path / "fingerprints.json"
    source.write_text("def step():\n    return 1\n", encoding="utf-8")
    first = Fingerprints([str(tmp_path)], memory)
    before = first.of("a:step")
    first.remember()

    remembered = Fingerprints([str(tmp_path)], memory)
    assert remembered.of("a:step") == before
    source.write_text("def step():\n    return 22\n", encoding="utf-8")
    assert Fingerprints([str(tmp_path)], memory).of("a:step") not in (None, before)


def test_a_fingerprint_does_not_depend_on_which_other_steps_were_asked_for(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    site.mkdir()
    (site / "one.py").write_text("from other import use\n\n\ndef step():\n    return use()\n", encoding="utf-8")
    (site / "other.py").write_text("def use():\n    return 1\n\n\ndef step():\n    return use()\n", encoding="utf-8")
    alone = Fingerprints([str(site)]).of("one:step")

    both = Fingerprints([str(site)])
    both.of("other:step")

    assert both.of("one:step") == alone
