"""`depends` of a DAG task: names and results found by a regular expression, then one boolean expression.

As Argo does (workflow/common/ancestry.go, dagContext.evaluateDependsLogic): a bare `A` becomes
`(A.Succeeded || A.Skipped || A.Daemoned)` and what A's continueOn adds, dashes become underscores,
and what is left is an expr-lang expression over the results of the tasks.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from kai_pipelines.expression.faults import CompileError, EvaluationError, ResultTypeError
from kai_pipelines.expression.values import Opaque

_TASK = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+)|([a-zA-Z0-9][-a-zA-Z0-9]*)")
_PREDICATES = frozenset(
    [
        "all",
        "none",
        "any",
        "one",
        "filter",
        "map",
        "find",
        "findIndex",
        "findLast",
        "findLastIndex",
        "count",
        "sum",
        "groupBy",
        "sortBy",
        "reduce",
        "let",
        "if",
        "else",
    ]
)
_WORD = re.compile(r"(?<![.\w])[a-zA-Z_]\w*")
_DEFAULT = ("Succeeded", "Skipped", "Daemoned")


class TaskResults(NamedTuple):
    """What `depends` may ask of a finished task."""

    Succeeded: bool = False
    Failed: bool = False
    Errored: bool = False
    Skipped: bool = False
    Omitted: bool = False
    Daemoned: bool = False
    AnySucceeded: bool = False
    AllFailed: bool = False

    @classmethod
    def of(cls, phase: str, *, daemoned: bool = False, children: Collection[str] | None = None) -> TaskResults:
        """The results of a node by its phase; `children` are the phases below a withItems group."""
        known = dict.fromkeys(("Succeeded", "Failed", "Skipped", "Omitted"), False)
        if phase in known:
            known[phase] = True
        below = children or ()
        return cls(
            **known,
            Errored=phase == "Error",
            Daemoned=daemoned and phase != "Pending",
            AnySucceeded="Succeeded" in below,
            AllFailed=bool(below) and all(child == "Failed" for child in below),
        )


TaskResult: TypeAlias = TaskResults | Mapping[str, bool] | object
"""Anything with the eight results as attributes or keys."""
ContinueOn: TypeAlias = Mapping[str, bool]
"""A task's `continueOn`: `{"error": true, "failed": true}`."""


class _Results(Opaque):
    """The struct that the expression sees."""

    go_type = "controller.TaskResults"

    def __init__(self, result: TaskResult) -> None:
        get = result.get if isinstance(result, Mapping) else lambda name, default: getattr(result, name, default)
        self.fields: Mapping[str, object] = {name: bool(get(name, False)) for name in TaskResults._fields}


class Depends:
    """A `depends` expression: the tasks it names, its expanded logic, and its truth for given results."""

    def __init__(self, text: str, logic: str, names: tuple[str, ...], group_names: tuple[str, ...]) -> None:
        self.text = text
        self.logic = logic
        self.names = names
        self.group_names = group_names
        """The tasks whose AnySucceeded or AllFailed is asked: they must have withItems or withParam."""

    def evaluate(self, results: Mapping[str, TaskResult]) -> bool:
        """Whether the task may run, given the results of the tasks it names; missing ones have none."""
        env: dict[str, object] = {}
        for name in self.names:
            env.setdefault(name.replace("-", "_"), _Results(results.get(name, {})))
        value = _value(self.logic.replace("-", "_"), env)
        if not isinstance(value, bool):
            raise ResultTypeError(f"depends {self.text!r} gives no boolean but {value!r}", text=self.text, position=0)
        return value

    def check(self) -> None:
        """Raise CompileError unless the expression can be evaluated; a wrong result name is one reason."""
        try:
            self.evaluate({})
        except (EvaluationError, ResultTypeError) as error:
            raise CompileError(error.message, text=self.text, position=error.position) from error


def _value(logic: str, env: Mapping[str, object]) -> object:
    """The value of the logic. Most tasks wait in the same way, each for others: by place in the text, the names of
    tasks are all the same, and what is read once need not be read again."""
    from kai_pipelines.expression.evaluation import run

    places = {name: f"task{number}_" for number, name in enumerate(env)}
    if '"' in logic or "'" in logic or "`" in logic or not all(map(_is_identifier, env)):
        return run(logic, env)
    shape = _WORD.sub(lambda word: places.get(word[0], word[0]), logic)
    program = _program(shape, len(places))
    return run(logic, env) if program is None else program({places[name]: env[name] for name in env})


@functools.lru_cache(maxsize=4096)
def _program(shape: str, count: int) -> Callable[[Mapping[str, object]], object] | None:
    """The logic as a function of the results; None when it does not compile, which is told of the text itself."""
    from kai_pipelines.expression.evaluation import compiled

    try:
        return compiled(shape, {f"task{number}_": _Results({}) for number in range(count)})
    except CompileError:
        return None


@functools.lru_cache(maxsize=65536)
def _is_identifier(name: str) -> bool:
    """Whether the expression language reads a task's name as a variable, and not as a word of its own."""
    from kai_pipelines.expression.builtins import FUNCTIONS
    from kai_pipelines.expression.nodes import Name
    from kai_pipelines.expression.parser import parse

    try:
        node = parse(name)
    except CompileError:
        return False
    return isinstance(node, Name) and node.name == name and name not in FUNCTIONS and name not in _PREDICATES


def parse_depends(depends: str, *, continue_on: Mapping[str, ContinueOn] | None = None) -> Depends:
    """Read and check a `depends`; `continue_on` are the continueOn of the tasks it may name."""
    found = read_depends(depends, continue_on=continue_on)
    try:
        found.check()
    except CompileError as error:
        raise CompileError(f"depends {depends!r}: {error.message}", text=depends, position=None) from error
    return found


def read_depends(
    depends: str, *, continue_on: Mapping[str, ContinueOn] | None = None, tasks: Collection[str] | None = None
) -> Depends:
    """As `parse_depends`, unchecked as in Argo; with `tasks`, a bare name that is none of them is refused."""
    names: dict[str, bool] = {}
    parts: list[str] = []
    at = 0
    for match in _TASK.finditer(depends):
        with_result, bare = match.groups()
        if with_result is not None:
            name, _, result = with_result.partition(".")
            names[name] = names.get(name, False) or result in ("AnySucceeded", "AllFailed")
            continue
        if tasks is not None and bare not in tasks:
            raise CompileError(f"depends names {bare!r}, which is no task", text=depends, position=match.start())
        names[bare] = False
        parts += (depends[at : match.start()], expand_name(bare, (continue_on or {}).get(bare)))
        at = match.end()
    parts.append(depends[at:])
    groups = tuple(name for name, is_group in names.items() if is_group)
    return Depends(depends, "".join(parts), tuple(names), groups)


def expand_name(name: str, continue_on: ContinueOn | None = None) -> str:
    """What a bare task name stands for."""
    more = [result for key, result in (("error", "Errored"), ("failed", "Failed")) if (continue_on or {}).get(key)]
    return f"({' || '.join(f'{name}.{result}' for result in (*_DEFAULT, *more))})"


def from_dependencies(dependencies: Iterable[str], *, continue_on: Mapping[str, ContinueOn] | None = None) -> str:
    """The `depends` that a list of `dependencies` means."""
    return " && ".join(expand_name(name, (continue_on or {}).get(name)) for name in dependencies)


def wrong_results(depends: str) -> list[tuple[str, str]]:
    """Each (task, result) whose result Argo does not know: what `argo lint` reports."""
    found: list[tuple[str, str]] = []
    for match in _TASK.finditer(depends):
        if match.group(1) is not None:
            name, _, result = match.group(1).partition(".")
            if result not in TaskResults._fields:
                found.append((name, result))
    return found
