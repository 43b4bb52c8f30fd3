"""What the tasks of a DAG wait for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from kai_pipelines.check.argo.context import Site
from kai_pipelines.check.argo.problems import similar
from kai_pipelines.check.argo.tags import PLACEHOLDER
from kai_pipelines.expression.depends import TaskResults, from_dependencies, read_depends, wrong_results

_PLAIN = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")


class Dependencies(NamedTuple):
    """The tasks that one waits for, and those of them that must be loops."""

    names: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()


def read_dependencies(task: Mapping[str, Any], tasks: Mapping[str, Any]) -> Dependencies:
    """From `depends`, else from `dependencies`."""
    text = task.get("depends", "")
    if not text:
        plain = task.get("dependencies", [])
        if all(_PLAIN.fullmatch(name) for name in plain):
            return Dependencies(tuple(dict.fromkeys(plain)))
        continue_on = {name: tasks[name].get("continueOn", {}) for name in plain if name in tasks}
        text = from_dependencies(plain, continue_on=continue_on)
    read = read_depends(text)
    return Dependencies(read.names, read.group_names)


def check_dependencies(
    site: Site, task: Mapping[str, Any], waits: Dependencies, tasks: Mapping[str, Any], *at: str | int
) -> None:
    """Every task waited for exists, has the results asked of it, and is a loop where only loops have them."""
    text, name = task.get("depends", ""), task.get("name", "")
    way = "depends" if text else "dependencies"
    place = (*at, way)
    for other, result in wrong_results(text) if text else ():
        hint = similar(result, TaskResults._fields) or f"one of {', '.join(TaskResults._fields)}"
        offset = _offset(site, text, f"{other}.{result}", *at)
        site.add("KAI144", f"tasks have no result {result!r}", *place, hint=hint, offset=offset)
    for other in waits.names:
        if other not in tasks:
            hint, offset = site.context.problems.similar(other, tasks), _offset(site, text, other, *at)
            what = "a task whose name is only known later" if PLACEHOLDER in text else f"{other!r}, which is no task"
            site.add("KAI141", f"task {name!r} waits for {what}", *place, hint=hint, offset=offset)
        elif other in waits.loops and not _is_loop(tasks[other]):
            message = f"AnySucceeded and AllFailed are for loops, and task {other!r} is none"
            offset = _offset(site, text, other, *at)
            site.add("KAI145", message, *place, hint="write .Succeeded or .Failed", offset=offset)


def _is_loop(task: Mapping[str, Any]) -> bool:
    return bool(task.get("withItems") or task.get("withParam")) or "withSequence" in task


def _offset(site: Site, text: str, name: str, *at: str | int) -> int | None:
    """Where a name stands in `depends`, if that is written as it is after substitution."""
    written = site.template.written((*at, "depends"))
    found = re.search(rf"(?<![-a-zA-Z0-9]){re.escape(name)}(?![-a-zA-Z0-9])", text)
    return found.start() if found and written == text else None
