"""The text of values inside a manifest: tags, expressions, literals.

Text becomes part of an expression in one place, `literal`; everything else is built from names.
"""

from __future__ import annotations

import re

from kai_pipelines.authoring import values
from kai_pipelines.authoring.graph import Condition, Constant, Listed, Merge, Operand
from kai_pipelines.authoring.reference import Global, Input, Item, Output, Reference, Selected
from kai_pipelines.authoring.signature import Port

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Words of expr-lang that cannot follow a dot as a member's name without care.
_RESERVED = {
    "in",
    "not",
    "and",
    "or",
    "let",
    "if",
    "else",
    "matches",
    "contains",
    "startsWith",
    "endsWith",
    "true",
    "false",
    "nil",
}


def literal(text: str) -> str:
    """A string literal of expr-lang; braces are escaped so that no tag ends or begins inside it."""
    body = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return '"' + body.replace("{", "\\u007b").replace("}", "\\u007d") + '"'


def member(base: str, name: str) -> str:
    """Access to a member, with a dot when its name allows that."""
    return f"{base}.{name}" if _WORD.fullmatch(name) and name not in _RESERVED else f"{base}[{literal(name)}]"


def output_path(task: str, output: str, *, is_artifact: bool) -> str:
    """An output of a task as an expression."""
    return member(f"tasks[{literal(task)}].outputs.{'artifacts' if is_artifact else 'parameters'}", output)


def expression(value: Reference) -> str:
    """A value as an expression of expr-lang; parameters are strings there."""
    if isinstance(value, Selected):
        return choose(value)
    if isinstance(value, Output):
        return output_path(value.task.name, value.port.name, is_artifact=value.port.is_artifact)
    if isinstance(value, Input):
        return member(f"inputs.{'artifacts' if value.port.is_artifact else 'parameters'}", value.port.name)
    return _plain(value)


def tag(value: Reference) -> str:
    """A value as ``{{…}}``: a plain name where that suffices."""
    if isinstance(value, Selected):
        return f"{{{{= {choose(value)} }}}}"
    kind = "artifacts" if value.port.is_artifact else "parameters"
    if isinstance(value, Output):
        return f"{{{{tasks.{value.task.name}.outputs.{kind}.{value.port.name}}}}}"
    if isinstance(value, Input):
        return f"{{{{inputs.{kind}.{value.port.name}}}}}"
    return f"{{{{{_plain(value)}}}}}"


def _plain(value: Reference) -> str:
    if isinstance(value, Global):
        return value.name
    assert isinstance(value, Item)
    return f"item.{value.key}" if value.key else "item"


def choose(value: Selected) -> str:
    """A select as a chain of conditions."""
    *others, (_, last) = value.cases.items()
    subject = expression(value.of)
    chain = literal(_constant(last, value.port))
    for case, constant in reversed(others):
        chain = f"{subject} == {literal(case)} ? {literal(_constant(constant, value.port))} : {chain}"
    return chain


def _constant(constant: object, port: Port) -> str:
    return values.encode(constant, port.type)


def condition(condition: Condition) -> str:
    """A task's ``when``."""
    subject = expression(condition.value)
    if isinstance(condition.value, Selected):
        subject = f"({subject})"
    return f"{{{{= {subject} == {literal(condition.equals)} }}}}"


def argument(operand: Operand, port: Port) -> str:
    """The value of a parameter argument for an input of the port's type."""
    if isinstance(operand, Constant):
        return operand.text
    if isinstance(operand, Listed):
        return "[" + ", ".join(_element(item, operand.item_type) for item in operand.items) + "]"
    if isinstance(operand, Selected):
        return tag(Selected(operand.graph, port, operand.of, operand.cases))
    return f"{{{{= toJson({expression(operand)}) }}}}" if _needs_quotes(operand, port.type) else tag(operand)


def _element(item: Constant | Reference, kind: object) -> str:
    """An element of a JSON list; a value that is known at run time stands there as a string of its text."""
    if isinstance(item, Constant):
        return values.element(item.text, kind)
    if isinstance(item, Selected):
        return f"{{{{= toJson({choose(Selected(item.graph, Port('item', kind), item.of, item.cases))}) }}}}"
    text = f"toJson({expression(item)})"
    return f"{{{{= toJson({text}) }}}}" if _needs_quotes(item, kind) else f"{{{{= {text} }}}}"


def _needs_quotes(value: Reference, kind: object) -> bool:
    """Whether plain text arrives where JSON is read, as in ``str`` for ``str | None``."""
    return values.is_text(value.port.type) and not values.is_text(kind)


def merged(merge: Merge) -> str:
    """The output of the first alternative that succeeded."""
    *others, (last, output) = merge.alternatives

    def made(name: str, output: str) -> str:
        path = output_path(name, output, is_artifact=merge.port.is_artifact)
        optional = merge.otherwise is not None and values.is_text(merge.alternatives[0][0].outputs[output].type)
        return f"toJson({path})" if optional else path

    if merge.otherwise is not None:
        others, chain = list(merge.alternatives), literal(merge.otherwise)
    else:
        chain = made(last.name, output)
    for task, name in reversed(others):
        chain = f'tasks[{literal(task.name)}].status == "Succeeded" ? {made(task.name, name)} : {chain}'
    return chain
