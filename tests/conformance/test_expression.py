"""The expression package against tables that Argo's own code made: expressions, tags, `when`, `depends`.

The tables are read from KAI_ARGO_DATA, or from `../shared/data/argo` beside the checkout; each test prints
agree / total and every disagreement (`pytest -s tests/conformance`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.errors import ExpressionError
from kai_pipelines.expression import gojson, should_execute
from kai_pipelines.expression.depends import TaskResults, from_dependencies, read_depends, wrong_results
from kai_pipelines.expression.environment import expanded
from kai_pipelines.expression.evaluation import run
from kai_pipelines.expression.faults import CompileError, MissingVariable, ResultTypeError
from kai_pipelines.expression.substitution import replace_raw, substitute, substitute_strict
from kai_pipelines.expression.values import type_name

Case = Mapping[str, Any]

_DATA = Path(os.environ.get("KAI_ARGO_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "argo")


def _cases(table: str) -> list[Case]:
    path = _DATA / f"{table}_cases.json"
    if not path.exists():
        pytest.skip(f"no Argo data: {path} is absent (set KAI_ARGO_DATA)")
    return list(json.loads(path.read_text(encoding="utf-8"))["cases"])


def _report(table: str, cases: list[Case], judge: Callable[[Case], str | None]) -> list[str]:
    """Each disagreement in words; prints them and the count."""
    found = [f"{case['id']}: {reason}" for case in cases if (reason := judge(case)) is not None]
    for line in found:
        print(line)
    print(f"{table}: {len(cases) - len(found)} / {len(cases)} agree")
    return found


def _as_go(value: object) -> object:
    """Numbers of the tables' environments are Go's float64."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, list):
        return [_as_go(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_go(item) for key, item in value.items()}
    return value


def _environment(case: Case) -> dict[str, object]:
    return {key: _as_go(value) for key, value in case["env"].items()}


def _stage(error: ExpressionError) -> str:
    return "compile" if isinstance(error, CompileError) else "run"


def _judge_expression(case: Case) -> str | None:
    expression = case["expr"]
    try:
        value = run(expression, expanded(_environment(case), expression))
    except ExpressionError as error:
        if case.get("stage") == _stage(error):
            return None
        return f"{expression}: {_stage(error)} error {error.message!r}, recorded {_recorded(case)}"
    if "stage" in case:
        return f"{expression}: gives {value!r}, recorded {_recorded(case)}"
    if type_name(value) != case["type"]:
        return f"{expression}: is a {type_name(value)}, recorded {_recorded(case)}"
    if "value" not in case:
        return None
    written = json.loads(gojson.marshal(value))
    return None if written == case["value"] else f"{expression}: gives {written!r}, recorded {_recorded(case)}"


def _recorded(case: Case) -> str:
    if "stage" in case:
        return f"{case['stage']} error {case['error']!r}"
    return f"{case['type']} {case.get('value', case.get('repr'))!r}"


def test_all_expressions_compile_as_recorded() -> None:
    def judge(case: Case) -> str | None:
        reason = _judge_expression(case)
        compiles = reason is None or ("compile error" not in reason)
        return None if compiles else reason

    assert not _report("expr, compile stage", _cases("expr"), judge)


def test_expressions_have_the_recorded_values() -> None:
    cases = _cases("expr")
    found = _report("expr", cases, _judge_expression)
    assert len(found) <= len(cases) * 0.005, found


def _judge_template(case: Case) -> str | None:
    text, env, allowed = case["template"], _environment(case), case.get("allowUnresolved", False)
    modes: dict[str, Callable[[], str]] = {
        "replace": lambda: substitute(text, env, allow_unresolved=allowed),
        "strict": lambda: substitute_strict(text, env, case.get("strictPrefixes") or []),
        "raw": lambda: replace_raw(text, env, allow_unresolved=allowed),
    }
    try:
        result = modes[case["mode"]]()
    except ExpressionError as error:
        if "error" not in case:
            return f"{text}: {error.message!r}, recorded {case['result']!r}"
        missing = isinstance(error, MissingVariable)
        if missing == bool(case.get("missingVariable")):
            return None
        return f"{text}: missing variable {missing}, recorded {case['error']!r}"
    return (
        None
        if result == case.get("result")
        else f"{text}: {result!r}, recorded {case.get('result', case.get('error'))!r}"
    )


def test_tags_are_replaced_as_recorded() -> None:
    cases = _cases("template")
    found = _report("template", cases, _judge_template)
    assert len(found) <= len(cases) * 0.005, found


def _judge_when(case: Case) -> str | None:
    result: bool | None = None
    kind: str | None = None
    try:
        result = should_execute(case["when"])
    except CompileError:
        kind = "parse"
    except ResultTypeError:
        kind = "type"
    except ExpressionError:
        kind = "eval"
    agrees = (result, kind) == (case.get("result"), case.get("error_kind"))
    recorded = case.get("result", case.get("error"))
    return None if agrees else f"{case['when']}: {result if kind is None else kind}, recorded {recorded!r}"


def test_every_when_is_judged_as_recorded() -> None:
    assert not _report("when", _cases("when"), _judge_when)


def _fulfilled(node: Case | None) -> bool:
    if node is None:
        return False
    done = node["phase"] in ("Succeeded", "Failed", "Error", "Skipped", "Omitted")
    return done or bool(node.get("daemoned") and node["phase"] != "Pending")


def _results(node: Case) -> TaskResults:
    children = node.get("group") if node.get("isGroup") else None
    return TaskResults.of(node["phase"], daemoned=node.get("daemoned", False), children=children)


def _judge_depends(case: Case) -> str | None:
    tasks = {task["name"]: task for task in case["tasks"]}
    continue_on = {name: task.get("continueOn", {}) for name, task in tasks.items()}
    target = tasks[case["target"]]
    text = target.get("depends") or from_dependencies(target.get("dependencies", []), continue_on=continue_on)
    found: dict[str, object] = {}
    try:
        depends = read_depends(text, continue_on=continue_on, tasks=tasks)
        found = {"logic": depends.logic, "dependencies": sorted(depends.names)}
        nodes = {name: case["nodes"].get(name) for name in depends.names}
        proceed = all(_fulfilled(node) for node in nodes.values())
        execute = proceed and depends.evaluate({name: _results(node) for name, node in nodes.items()})
        found |= {"proceed": proceed, "execute": execute}
    except ExpressionError as error:
        found = {"error": error.message}
    if bool(wrong_results(target.get("depends", ""))) != ("lintTaskResultError" in case):
        return f"{text}: lint disagrees"
    if ("error" in found) != ("error" in case):
        return f"{text}: {found}, recorded {dict(case)}"
    recorded = {key: case[key] for key in ("logic", "dependencies", "proceed", "execute") if key in case}
    agrees = "error" in case or {key: value for key, value in found.items() if value != []} == recorded
    return None if agrees else f"{text}: {found}, recorded {recorded}"


def test_every_depends_is_judged_as_recorded() -> None:
    assert not _report("depends", _cases("depends"), _judge_depends)
