"""Documents as tests see them: their fenced blocks, their links, their headings.

What a block's info string means:

* ``python``: runs as a program, in the document's own temporary folder. With ``title="flow.py"`` it is kept
  under that name, so that later blocks import it or give it to `kai`.
* ``console``: every line after ``$ `` runs in a shell in that folder; lines below it are its output, standard
  error included. In shown output ``…`` stands for any text, and a line of nothing but ``…`` for any lines; blank
  lines do not count. A command without shown output may print what it likes. A ``\\`` at the end continues a command.
* ``no-run``: nothing runs, a title still makes a file. Python must be Python, `kai` commands must parse, `make` targets must exist.
* ``exit=N``: the block's last command ends with this exit code instead of 0.
* ``title="name"`` on a block of any other language: the file is written into the folder.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ANYTHING = "…"
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>.*)$")
_HEADING = re.compile(r"^#{1,6} +(.*?) *#*$")
_LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\((?P<target>[^)\s]+)(?: \"[^\"]*\")?\)")
_CODE = re.compile(r"`+[^`\n]+`+")


@dataclass(frozen=True)
class Block:
    """One fenced block; `line` is that of its fence."""

    path: Path
    line: int
    language: str
    flags: dict[str, str]
    text: str

    @property
    def runs(self) -> bool:
        return "no-run" not in self.flags

    @property
    def place(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Command:
    """One command of a console block and the output that is shown for it."""

    text: str
    shown: str
    exit_code: int = 0


def documents() -> list[Path]:
    """Every document that makes promises about what one can type."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path for path in found if path.is_file()]


def blocks(path: Path) -> Iterator[Block]:
    """The fenced blocks of a document, in order."""
    lines = iter(enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        opening = _FENCE.match(line)
        if opening is None:
            continue
        indent, ticks, body = len(opening["indent"]), opening["ticks"], []
        for _, inner in lines:
            if inner.strip() == ticks:
                break
            body.append(inner[indent:] if inner[:indent].isspace() or not indent else inner)
        language, flags = _info(opening["info"])
        yield Block(path, number, language, flags, "".join(f"{one}\n" for one in body))


def _info(text: str) -> tuple[str, dict[str, str]]:
    language, *rest = shlex.split(text) or [""]
    return language, {key: value for key, _, value in (word.partition("=") for word in rest)}


def commands(block: Block) -> list[Command]:
    """The commands of a console block; of a shell block every line."""
    found: list[tuple[str, list[str]]] = []
    prompt = "" if block.language in SHELLS else "$ "
    continues = False
    for line in block.text.splitlines():
        if continues:
            command, shown = found[-1]
            found[-1] = (f"{command}\n{line}", shown)
        elif line.startswith(prompt) and (line.strip() or prompt):
            found.append((line.removeprefix(prompt), []))
        elif found:
            found[-1][1].append(line)
        elif line.strip():
            raise AssertionError(f"{block.place}: output without a command: {line}")
        continues = line.endswith("\\")
    last = int(block.flags.get("exit", "0"))
    made = [Command(command, "\n".join(shown).strip("\n")) for command, shown in found if command.strip()]
    return [*made[:-1], *(Command(one.text, one.shown, last) for one in made[-1:])]


SHELLS = frozenset({"sh", "bash", "shell"})
"""Blocks without prompts: commands to copy. They never run here."""


def matches(shown: str, printed: str) -> bool:
    """Whether a command printed what the document shows."""
    expected = [line.rstrip() for line in shown.splitlines() if line.strip()]
    actual = "".join(f"{line.rstrip()}\n" for line in printed.splitlines() if line.strip())
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == ANYTHING else _line(line) for line in expected)
    return re.fullmatch(pattern, actual) is not None


def _line(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split(ANYTHING)) + r"\n"


def prose(path: Path) -> str:
    """A document without its fenced blocks."""
    kept: list[str] = []
    ticks = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        fence = _FENCE.match(line)
        if ticks:
            ticks = "" if line.strip() == ticks else ticks
        elif fence is not None:
            ticks = fence["ticks"]
        else:
            kept.append(line)
    return "\n".join(kept)


def links(path: Path) -> list[str]:
    """The targets of a document's links and pictures; code does not link."""
    return [found["target"] for found in _LINK.finditer(_CODE.sub("`code`", prose(path)))]


def code_spans(path: Path) -> list[str]:
    """What stands between single backquotes."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose(path))


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives a document's headings."""
    found: dict[str, int] = {}
    names = set[str]()
    for line in prose(path).splitlines():
        if heading := _HEADING.match(line):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
            slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
            number = found.get(slug, 0)
            found[slug] = number + 1
            names.add(f"{slug}-{number}" if number else slug)
    return names


def table_names(path: Path) -> list[str]:
    """The first code span of every row of a document's tables: what the row is about."""
    rows = re.finditer(r"^\| *`([^`]+)`", prose(path), re.MULTILINE)
    return [row[1] for row in rows]
