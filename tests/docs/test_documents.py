"""Every block of code, every command and every link in the documentation, tried. `documents` says by which rules."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kai_pipelines.cli.main import VERBS, kai
from tests.docs.documents import (
    ROOT,
    SHELLS,
    Block,
    Command,
    anchors,
    blocks,
    code_spans,
    commands,
    documents,
    links,
    matches,
)

DOCUMENTS = documents()
TIMEOUT = 60
"""Seconds for one command; one that takes so long belongs into a block that does not run."""


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_block_of_a_document_does_what_it_says(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "HOME": str(tmp_path),
        "KAI_STORE": str(tmp_path / "store"),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "COLUMNS": "120",
    }
    for block in blocks(path):
        name = write(block, folder)
        if not block.runs:
            check_unrun(block)
        elif block.language == "console":
            for command in commands(block):
                try_command(block, command, folder, environment)
        elif block.language in SHELLS:
            pytest.fail(f"{block.place}: write ```console with `$ ` before commands, or add no-run")
        elif block.language == "python":
            program = Command(f"{shlex.quote(sys.executable)} {name}", "", int(block.flags.get("exit", "0")))
            paths = os.pathsep.join([str(folder), str(ROOT)])
            try_command(block, program, folder, {**environment, "PYTHONPATH": paths})


def write(block: Block, folder: Path) -> str:
    """Write a block with a title, and all Python, into the folder; the name of the file."""
    name = block.flags.get("title") or (f"block_{block.line}.py" if block.language == "python" else "")
    if name:
        target = (folder / name).resolve()
        assert folder.resolve() in target.parents, f"{block.place}: {name} is outside of the folder"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text, encoding="utf-8")
    return name


def try_command(block: Block, command: Command, folder: Path, environment: dict[str, str]) -> None:
    """Run a command as a reader would; what it prints and its exit code must be those of the document."""
    assert not re.match(r"(make|kubectl|argo|docker|git|pip)\b", command.text), (
        f"{block.place}: mark the block of `{command.text}` with no-run"
    )
    done = subprocess.run(
        ["bash", "-c", command.text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
    )
    printed = done.stdout.decode(errors="replace")
    where = f"{block.place}: $ {command.text}"
    assert done.returncode == command.exit_code, f"{where}\nended with {done.returncode} and said\n{printed}"
    if command.shown:
        assert matches(command.shown, printed), (
            f"{where}\nprinted\n{printed}\nwhere the document shows\n{command.shown}"
        )


def check_unrun(block: Block) -> None:
    """What can be said of a block that does not run."""
    if block.language == "python":
        ast.parse(block.text, block.place)
    elif block.language == "console" or block.language in SHELLS:
        for command in commands(block):
            for part in re.split(r"&&|\|\||[;|]", command.text.replace("\\\n", " ")):
                words = re.sub(r"\s[12&]?>.*", "", part)  # where its output goes
                check_words(block.place, shlex.split(words, comments=True))


def check_words(place: str, words: list[str]) -> None:
    """That `kai` understands a command, and that `make` knows a target."""
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    match words:
        case ["kai", *arguments]:
            check_kai(place, arguments)
        case ["make", *arguments]:
            wanted = {word for word in arguments if "=" not in word}
            assert wanted <= make_targets(), f"{place}: the Makefile has no {', '.join(wanted - make_targets())}"


def check_kai(place: str, arguments: list[str]) -> None:
    """Parse a command line as `kai` does, without running it."""
    context = click.Context(kai, info_name="kai")
    verb = next((word for word in arguments if not word.startswith("-")), None)
    if verb is None:
        return
    assert verb in VERBS, f"{place}: `kai {verb}` does not exist"
    command = kai.get_command(context, verb)
    assert command is not None
    if {"-h", "--help"} & set(arguments):
        return
    try:
        command.make_context(verb, arguments[arguments.index(verb) + 1 :], parent=context)
    except click.ClickException as error:
        pytest.fail(f"{place}: kai {shlex.join(arguments)}: {error.format_message()}")


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links(path):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), f"{named(path)} links to {link}, which is not there"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), (
                f"{named(path)} links to {link}; it has {', '.join(sorted(anchors(there)))}"
            )


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_commands_in_the_text_exist(path: Path) -> None:
    for span in code_spans(path):
        if re.match(r"kai [a-z]", span):
            assert span.split()[1] in VERBS, f"{named(path)}: there is no `{span}`"
        elif re.match(r"make [a-z-]+$", span):
            assert span.split()[1] in make_targets(), f"{named(path)}: there is no `{span}`"


def _linked(page: Path) -> set[Path]:
    return {(page.parent / link.partition("#")[0]).resolve() for link in links(page)}


def test_every_document_can_be_reached_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = _linked(index)
    linked |= {page for inner in list(linked) if inner.name == "index.md" for page in _linked(inner)}
    under = {path for path in DOCUMENTS if (ROOT / "docs") in path.parents and path != index}
    decisions = {path for path in under if path.parent.name == "adr"}

    assert under - decisions <= linked
    assert not decisions or (ROOT / "docs" / "adr") in linked or decisions <= linked


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("one\ntwo", "one\n\ntwo  \n", True),
        ("one", "one\ntwo\n", False),
        ("one\n…", "one\ntwo\nthree\n", True),
        ("…\nthree", "one\ntwo\nthree\n", True),
        ("✓ shrink  … s", "✓ shrink  0.3 s\n", True),
        ("a.b", "axb\n", False),
        ("one\n…\nthree", "one\nthree\n", True),
    ],
)
def test_shown_output_is_compared_with_wildcards(shown: str, printed: str, same: bool) -> None:
    assert matches(shown, printed) is same


def test_a_block_is_read_with_its_language_flags_and_commands(tmp_path: Path) -> None:
    text = 'text\n\n```console exit=2 title="a b.txt"\n$ kai run \\\n    x\nerror\n$ false\n```\nmore\n'
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")

    (block,) = blocks(path)

    assert (block.line, block.language, block.flags) == (3, "console", {"exit": "2", "title": "a b.txt"})
    assert commands(block) == [Command("kai run \\\n    x", "error"), Command("false", "", 2)]
