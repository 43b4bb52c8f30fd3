"""KAI402: outputs by expression that join branches, and whether they join all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kai_pipelines.check.codes import found
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.check.judgment import parsed
from kai_pipelines.check.model import Call, Model, Template, mapping, text

if TYPE_CHECKING:
    from kai_pipelines.expression.nodes import Node

_PLAIN = re.compile(r"""\s*(['"]?)\{\{\s*([^{}=]+?)\s*\}\}\1\s*==\s*(['"]?)([^'"&|=!<>(){}]+?)\3\s*""")
_EXPRESSION = re.compile(r"""\s*\{\{=\s*([^{}=!<>&|?]+?)\s*==\s*(['"])([^'"]*)\2\s*\}\}\s*""")


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    for template in model.templates:
        if template.kind not in ("dag", "steps"):
            continue
        for port in template.output_parameters.values():
            if expression := text(mapping(port.body.get("valueFrom")).get("expression")):
                yield from _merge(template, expression, (*port.place, "valueFrom", "expression"))
        for port in template.output_artifacts.values():
            if expression := text(port.body.get("fromExpression")):
                yield from _merge(template, expression, (*port.place, "fromExpression"))


def _merge(template: Template, expression: str, place: Place) -> Iterator[Finding]:
    from kai_pipelines.expression.nodes import Conditional

    made = parsed(expression)
    if made is None or not isinstance(made[0], Conditional):
        return
    named = _tasks(made[0])
    last = _tasks(_last(made[0]))
    groups = _branches(template)
    for subject, branches in groups.items():
        if not last & set(branches) or len(named & set(branches)) < 2:
            continue
        missing = [name for name in branches if name not in named]
        if missing:
            message = f"the merge leaves out {', '.join(missing)}: when it is the branch that runs, there is no value"
            hint = f"add a case for it; the branches on {subject} are {', '.join(branches)}"
            yield found("incomplete-merge", template.document.index, place, message, hint=hint, offset=0)


def _last(node: Node) -> Node:
    from kai_pipelines.expression.nodes import Conditional

    while isinstance(node, Conditional):
        node = node.no
    return node


def _tasks(node: Node) -> set[str]:
    from kai_pipelines.check.paths import paths

    return {path.parts[1] for path in paths(node) if path.parts[0] in ("tasks", "steps") and len(path.parts) > 1}


def _branches(template: Template) -> dict[str, list[str]]:
    """Tasks whose conditions compare one subject with different values."""
    groups: dict[str, list[str]] = {}
    for call in template.by_name.values():
        subject = _subject(call)
        if subject:
            groups.setdefault(subject, []).append(call.name)
    return groups


def _subject(call: Call) -> str:
    if match := _PLAIN.fullmatch(call.when):
        return match[2].strip()
    match = _EXPRESSION.fullmatch(call.when)
    return match[1].strip() if match is not None else ""
