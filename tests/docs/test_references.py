"""The reference pages name everything there is, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import kai_pipelines
from kai_pipelines import errors
from kai_pipelines.authoring.pools import POOLS, PRIORITIES
from kai_pipelines.cli.main import VERBS, kai
from steps.reconstruction.alignment.leftovers import MESSAGES
from steps.reconstruction.photographs.judging import FAULTS
from steps.reconstruction.presets import PRESETS
from tests.docs.documents import ROOT, prose, table_names

REFERENCE = ROOT / "docs" / "reference"
GUIDES = ROOT / "docs" / "guides"


def section(path: Path, heading: str) -> str:
    """The text below a heading of the second level."""
    parts = re.split(r"^## +", prose(path), flags=re.MULTILINE)
    return next(part for part in parts if part.splitlines()[0] == heading)


def rows(text: str) -> list[list[str]]:
    """The cells of every table row, without backquotes; header and rule rows left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]
    heads = {number - 1 for number, row in enumerate(cells) if set("".join(row)) <= set("- ")}
    return [row for number, row in enumerate(cells) if number not in heads and number - 1 not in heads]


def options_of(verb: str) -> set[str]:
    command = kai.get_command(click.Context(kai), verb)
    assert command is not None
    named = [name for param in command.params if isinstance(param, click.Option) for name in param.opts]
    return {*named} - {"-h", "--help"}


def test_every_verb_has_a_section() -> None:
    headings = re.findall(r"^## kai (\S+)$", prose(REFERENCE / "cli.md"), re.MULTILINE)

    assert sorted(headings) == sorted(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_documented_with_all_its_options(verb: str) -> None:
    first_cells = [row[0] for row in rows(section(REFERENCE / "cli.md", f"kai {verb}"))]
    named = {name.strip() for cell in first_cells for name in cell.split(",")}
    if "[the server's" in prose(REFERENCE / "cli.md").partition(f"## kai {verb}\n")[2].partition("\n## ")[0]:
        shared = rows(section(REFERENCE / "cli.md", "The server's options"))
        named |= {name.strip() for row in shared for name in row[0].split(",")}

    assert named == options_of(verb)


def test_every_public_name_is_documented() -> None:
    assert sorted(table_names(REFERENCE / "python.md")) == sorted(kai_pipelines.__all__)


def test_every_error_class_is_documented() -> None:
    classes = {
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.KaiError)
    }

    assert set(table_names(REFERENCE / "errors.md")) >= classes


def test_exit_codes_of_a_step_are_documented() -> None:
    told = {row[1]: int(row[0]) for row in rows(section(REFERENCE / "errors.md", "Exit codes of a step")) if row[1]}

    assert told == {name: value for name, value in vars(errors).items() if re.fullmatch(r"EXIT_[A-Z]+", name)}


def codes(path: Path) -> Iterator[str]:
    """Codes of errors and warnings that a module names: ``code="…"`` and ``.warn("…"``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "warn":
            given += node.args[:1]
        yield from (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))


def test_every_code_of_an_error_or_warning_is_documented() -> None:
    modules = [ROOT / "kai_pipelines" / "runtime.py", *(ROOT / "steps").rglob("*.py")]
    used = {code for module in modules for code in codes(module)} | set(FAULTS) | set(MESSAGES) | {"step-failed"}
    told = {name for name in table_names(REFERENCE / "errors.md") if re.fullmatch(r"[a-z]+(-[a-z]+)*", name)}

    assert used - told == set(), "codes that errors.md does not list"
    assert told - used == set(), "codes in errors.md that no step uses"


def test_every_variable_is_documented() -> None:
    folders = ("kai_pipelines", "steps", "pipelines", "tests", "benchmarks")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if path != Path(__file__)]
    files.append(ROOT / "Makefile")
    used = {name for path in files for name in re.findall(r"\bKAI_[A-Z_]+", path.read_text(encoding="utf-8"))}
    told = {name.rstrip("…") for name in table_names(REFERENCE / "settings.md") if name.startswith("KAI_")}

    assert used - {"KAI_"} == told


def test_the_table_of_presets_is_the_one_in_use() -> None:
    told = {
        row[0]: [int(cell) for cell in row[1:]]
        for row in rows(section(GUIDES / "reconstruction.md", "Quality"))
        if row[0] in PRESETS
    }
    used = {
        quality.value: [p.image_size, p.features, p.views, p.poisson_depth, p.faces, p.texture_size]
        for quality, p in PRESETS.items()
    }

    assert told == used


def test_the_table_of_node_pools_is_the_one_in_use() -> None:
    told = {row[0]: row[1:] for row in rows(section(GUIDES / "argo.md", "Node pools"))}
    used = {
        pool.name: [str(pool.cpu), pool.memory, f"{pool.gpu_count} × {pool.gpu}" if pool.gpu else "", pool.purpose]
        for pool in POOLS.values()
    }

    assert told == used


def test_the_table_of_priority_classes_is_the_one_in_use() -> None:
    told = {row[0]: int(row[1]) for row in rows(section(GUIDES / "argo.md", "Priority classes"))}

    assert told == PRIORITIES
