"""The table of codes, and that nothing else is reported."""

from __future__ import annotations

import re
from pathlib import Path

import kai_pipelines.check.argo as package
from kai_pipelines.check.argo import CODES

_SOURCES = {path.name: path.read_text(encoding="utf-8") for path in Path(package.__file__).parent.glob("*.py")}


def test_codes_are_argos_hundred_with_names_of_their_own() -> None:
    names = [name for name, _ in CODES.values()]

    assert all(re.fullmatch("KAI1[0-9]{2}", code) for code in CODES)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", name) for name in names)
    assert len(set(names)) == len(names)
    assert all(meaning.endswith(".") for _, meaning in CODES.values())


def test_every_code_in_the_table_is_used_and_no_other() -> None:
    used = {
        code for name, source in _SOURCES.items() if name != "codes.py" for code in re.findall(r'"(KAI\d+)"', source)
    }

    assert used == set(CODES)
