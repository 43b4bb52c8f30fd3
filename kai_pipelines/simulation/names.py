"""How a person names the steps of a workflow: by task or template, with as much of the way to it as is needed.

``dense-high`` means every step of that task or template; ``dense.high.estimate-depth`` the one inside those tasks;
``tiles(3)`` one part of a loop; ``*`` and ``?`` stand for any letters; ``/dense.high`` begins at the entrypoint.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from kai_pipelines.errors import UsageError
from kai_pipelines.manifest.library import tasks_of

_ATTEMPT = re.compile(r"\(\d+\)$")
_LOOP = re.compile(r"\((\d+)(?::.*)?\)$", re.DOTALL)
_EXIT = "onExit"


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it appears in a run, whichever try it is."""

    path: tuple[str, ...]
    """Task names from the entrypoint down, loop parts as ``name(0:item)``; empty for the entrypoint itself."""
    template: str

    @property
    def name(self) -> str:
        """``dense.high.estimate-depth``; the entrypoint's is that of its template."""
        return ".".join(self.path) or self.template


@lru_cache(maxsize=65536)
def path_of(node: str, workflow: str, *, retried: bool = False) -> tuple[str, ...]:
    """The task names in a node's name: without groups of steps, and without the number of the try.

    A part of a loop is called ``name(0:item)``, a try ``name(0)``; so of a bare number in the last place only
    `retried` can tell, and elsewhere it is that of a retried template.
    """
    rest = node.removeprefix(workflow)
    parts = [part for part in _split(rest) if part]
    if parts and retried:
        parts[-1] = _ATTEMPT.sub("", parts[-1])
    inner = [_ATTEMPT.sub("", part) for part in parts[:-1]]
    return tuple(part for part in [*inner, *parts[-1:]] if part)


def _split(text: str) -> list[str]:
    """At the dots and before the ``[0]`` of groups, but not inside the parentheses of an item."""
    parts, part, depth = [], "", 0
    for letter in re.sub(r"\[\d+\](?=\.|$)", "", text) if "(" not in text else _without_groups(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "." and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += letter
    return [*parts, part]


def _without_groups(text: str) -> str:
    """The text without ``[0]`` outside parentheses."""
    found, depth = "", 0
    for piece in re.split(r"(\(|\)|\[\d+\](?=\.|$))", text):
        depth += (piece == "(") - (piece == ")")
        if depth or not re.fullmatch(r"\[\d+\]", piece):
            found += piece
    return found


def matches(pattern: str, step: Step) -> bool:
    """Whether a person's name for steps means this one."""
    *outer, last = _split(pattern.removeprefix("/"))
    own = step.path[-1] if step.path else step.template
    around = step.path[:-1]
    if not (_is_named(last, own) or _is_named(last, step.template)):
        return False
    if pattern.startswith("/"):
        return len(outer) == len(around) and all(map(_is_named, outer, around))
    rest = iter(around)  # outer names may leave out what lies between
    return all(any(_is_named(name, one) for one in rest) for name in outer)


def _is_named(pattern: str, name: str) -> bool:
    stem = _LOOP.sub("", name)
    if pattern == stem or fnmatchcase(stem, pattern) or fnmatchcase(name, pattern):
        return True
    part = _LOOP.search(name)
    if part is None or "(" not in pattern:
        return False
    item = name[part.start() + 1 : -1].partition(":")[2]
    outer, _, inner = pattern.removesuffix(")").partition("(")
    return fnmatchcase(stem, outer) and (inner == part[1] or fnmatchcase(item, inner))


class Names:
    """All names by which the steps of some manifests can be called."""

    def __init__(self, templates: Iterable[Mapping[str, Any]]) -> None:
        self.outputs: dict[str, set[str]] = {}
        """Template → its output parameters."""
        self.templates_of: dict[str, set[str]] = {}
        """Task → the templates that tasks of this name run."""
        inline: list[tuple[str, Mapping[str, Any]]] = []
        for template in templates:
            self._add(str(template.get("name", "")), template, inline)
        for name, template in inline:
            self._add(name, template, [])

    def _add(self, name: str, template: Mapping[str, Any], inline: list[tuple[str, Mapping[str, Any]]]) -> None:
        declared = (template.get("outputs") or {}).get("parameters") or []
        self.outputs.setdefault(name, set()).update(str(one.get("name", "")) for one in declared)
        for task in tasks_of(template):
            task_name = str(task.get("name", ""))
            run = str(task.get("template") or (task.get("templateRef") or {}).get("template") or "")
            self.templates_of.setdefault(task_name, set()).add(run or task_name)
            if isinstance(task.get("inline"), Mapping):
                inline.append((task_name, task["inline"]))

    @property
    def known(self) -> list[str]:
        """Every task and template."""
        return list(dict.fromkeys([*self.templates_of, *self.outputs, _EXIT]))

    def check(self, pattern: str, flag: str) -> None:
        """Refuse a name that no step can have."""
        for part in _split(pattern.removeprefix("/")):
            stem = part.partition("(")[0]
            if not any(fnmatchcase(name, stem) for name in self.known):
                raise UsageError(f"{flag} {pattern}: there is no step {stem}", hint=_meant(stem, self.known))

    def has(self, pattern: str) -> bool:
        """Whether every part of it is the name of a task or template."""
        stems = [part.partition("(")[0] for part in _split(pattern.removeprefix("/"))]
        return all(any(fnmatchcase(name, stem) for name in self.known) for stem in stems)

    def outputs_of(self, pattern: str) -> set[str]:
        """The output parameters of the steps that a name may mean."""
        stem = _split(pattern.removeprefix("/"))[-1].partition("(")[0]
        templates = {one for task, run in self.templates_of.items() if fnmatchcase(task, stem) for one in run}
        templates |= {name for name in self.outputs if fnmatchcase(name, stem)}
        return {output for name in templates for output in self.outputs.get(name, ())}

    def result(self, pattern: str, flag: str) -> tuple[str, str | None]:
        """``assess.quality`` as (step, output parameter); None for what it prints."""
        step, dot, output = pattern.rpartition(".")
        if dot and self.has(step) and output in self.outputs_of(step):
            return step, output
        if self.has(pattern):  # a step that returns one value gives it as the parameter `result`
            return pattern, "result" if "result" in self.outputs_of(pattern) else None
        if not dot or not self.has(step):
            self.check(step if dot and not self.has(step) else pattern, flag)
        outputs = sorted(self.outputs_of(step))
        known = f"it has {', '.join(outputs)}" if outputs else f"give what it prints with {flag} {step}=TEXT"
        raise UsageError(f"{flag} {pattern}: {step} has no output parameter {output}", hint=known)


def _meant(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    shown = sorted(known)
    return f"there are {', '.join(shown[:12])}" + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")
