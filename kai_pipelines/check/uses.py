"""KAI303: constants that a template cannot use as it uses its parameter, followed through nested templates."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kai_pipelines.check.arguments import list_problem
from kai_pipelines.check.codes import found
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.check.judgment import parsed
from kai_pipelines.check.model import Call, Document, Model, Port, Template, as_text, items, mapping
from kai_pipelines.check.scripts import is_python
from kai_pipelines.check.signatures import step_annotations
from kai_pipelines.check.walking import Text, texts

if TYPE_CHECKING:
    from kai_pipelines.expression.nodes import Node

_INPUT = re.compile(r"\{\{\s*inputs\.parameters\.([-\w]+)\s*\}\}")
_WORKFLOW = re.compile(r"\{\{\s*workflow\.parameters\.([-\w]+)\s*\}\}")
_COMPARED = re.compile(r"(?<!['\"])\{\{\s*inputs\.parameters\.([-\w]+)\s*\}\}\s*(?:<=?|>=?)\s*[0-9]")
_ITEM = re.compile(r"\{\{\s*item\s*\}\}")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Use:
    """How a template uses a parameter: what it must look like, and why."""

    kind: str
    why: str
    choices: tuple[str, ...] = ()

    def refuses(self, value: str) -> str:
        """What is wrong with a value; nothing when it can be used."""
        if self.kind == "choice":
            return "" if value in self.choices else f"is none of {', '.join(self.choices)}"
        if self.kind == "list":
            return list_problem(value)
        return "" if _FITS[self.kind](value) else f"is {_NAMES[self.kind]}"


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def _is_python(value: str) -> bool:
    import ast

    try:
        tree = ast.parse(value.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return not isinstance(tree, ast.Name)


_FITS: dict[str, Callable[[str], bool]] = {
    "int": lambda value: _INTEGER.fullmatch(value.strip()) is not None,
    "number": lambda value: _FLOAT.fullmatch(value.strip()) is not None,
    "bool": lambda value: value.strip().lower() in ("true", "false", "1", "0", "yes", "no", "on", "off"),
    "truth": lambda value: value.strip() in ("true", "false"),
    "json": _is_json,
    "python": _is_python,
}
_NAMES = {
    "int": "no whole number", "number": "no number", "bool": "neither true nor false", "truth": "neither true nor false",
    "json": "not JSON", "python": "not a value of Python",
}  # fmt: skip


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    knowledge = _Knowledge(model)
    for document in model.documents:
        for template in document.every:
            for call in template.calls:
                if call.target is not None:
                    for name, port in call.parameters.items():
                        yield from _given(port, call, knowledge.uses(call.target, name), document)
            for port in template.parameters.values():
                yield from _default(port, knowledge.uses(template, port.name), document)
        yield from _workflow(document, knowledge)


def _given(port: Port, call: Call, uses: tuple[Use, ...], document: Document) -> Iterator[Finding]:
    place: Place = (*port.place, "value")
    if port.constant is not None:
        yield from _refused(port.name, port.constant, uses, place, document)
    elif _ITEM.fullmatch(str(port.body.get("value", ""))):
        for index, item in enumerate(items(call.body.get("withItems"))):
            value = as_text(item)
            if value is not None and "{{" not in value:
                yield from _refused(port.name, value, uses, (*call.place, "withItems", index), document)


def _default(port: Port, uses: tuple[Use, ...], document: Document) -> Iterator[Finding]:
    default = port.default
    if default and "{{" not in default:
        key = "default" if port.body.get("default") is not None else "value"
        yield from _refused(port.name, default, uses, (*port.place, key), document)


def _refused(name: str, value: str, uses: tuple[Use, ...], place: Place, document: Document) -> Iterator[Finding]:
    for use in uses:
        if problem := use.refuses(value):
            message = f"{name} is {value[:60]!r}, which {problem}"
            yield found("mistyped-argument", document.index, place, message, hint=use.why)
            return


def _workflow(document: Document, knowledge: _Knowledge) -> Iterator[Finding]:
    """The workflow's own parameters: as the entrypoint's inputs, and where a tag reads them."""
    entry = document.templates.get(str(document.spec.get("entrypoint", "")))
    for name, port in document.parameters.items():
        if port.constant:
            uses = knowledge.uses(entry, name) if entry is not None else ()
            uses += knowledge.of_workflow(document, name)
            yield from _refused(name, port.constant, uses, (*port.place, "value"), document)


class _Knowledge:
    """The uses of every parameter, found when they are asked for."""

    def __init__(self, model: Model) -> None:
        self.direct: dict[tuple[int, str], list[Use]] = {}
        self.workflow: dict[tuple[int, str], list[Use]] = {}
        self.passed: dict[tuple[int, str], list[tuple[Template, str]]] = {}
        self.known: dict[tuple[int, str], tuple[Use, ...]] = {}
        for document in model.documents:
            for template in document.every:
                self._learn(template)
            for one in texts(document):
                self._learn_text(one)

    def uses(self, template: Template, name: str) -> tuple[Use, ...]:
        """How a template, and those it passes the parameter on to, use it."""
        key = (id(template), name)
        if key in self.known:
            return self.known[key]
        self.known[key] = ()  # a template that calls itself
        found_uses = list(self.direct.get(key, ()))
        for target, its_name in self.passed.get(key, ()):
            found_uses += self.uses(target, its_name)
        self.known[key] = tuple(dict.fromkeys(found_uses))
        return self.known[key]

    def of_workflow(self, document: Document, name: str) -> tuple[Use, ...]:
        """How tags use a parameter of the workflow."""
        return tuple(self.workflow.get((id(document), name), ()))

    def _add(self, template: Template, name: str, use: Use) -> None:
        self.direct.setdefault((id(template), name), []).append(use)

    def _learn(self, template: Template) -> None:
        for name, use in step_annotations(template):
            self._add(template, name, Use(*use))
        for call in template.calls:
            self._learn_call(template, call)
        limit = mapping(template.body.get("retryStrategy")).get("limit")
        deadline = template.body.get("activeDeadlineSeconds")
        for field, value in (("retryStrategy.limit", limit), ("activeDeadlineSeconds", deadline)):
            self._whole(template, value, "int", f"it is the {field} of template {template.name!r}")

    def _learn_call(self, template: Template, call: Call) -> None:
        self._whole(template, call.body.get("withParam"), "list", f"{call.name!r} repeats over it: withParam")
        for field, value in mapping(call.body.get("withSequence")).items():
            if field in ("start", "end", "count"):
                self._whole(template, value, "int", f"it is the {field} of the withSequence of {call.name!r}")
        for name, port in call.parameters.items():
            match = _INPUT.fullmatch(str(port.body.get("value", "")))
            if match is not None and call.target is not None:
                self.passed.setdefault((id(template), match[1]), []).append((call.target, name))

    def _whole(self, template: Template, value: object, kind: str, why: str) -> None:
        """A field that is a parameter and nothing else."""
        if not isinstance(value, str):
            return
        if match := _INPUT.fullmatch(value):
            self._add(template, match[1], Use(kind, why))
        elif match := _WORKFLOW.fullmatch(value):
            self.workflow.setdefault((id(template.document), match[1]), []).append(Use(kind, why))

    def _learn_text(self, one: Text) -> None:
        template = one.scope.template
        if template is None:
            return
        for tag in one.tags:
            if tag.is_expression:
                for path, use in _in_expression(tag.content):
                    if path[0] == "inputs":
                        self._add(template, path[2], use)
                    elif path[0] == "workflow":
                        self.workflow.setdefault((id(template.document), path[2]), []).append(use)
        if one.place[-1] == "when":
            for match in _COMPARED.finditer(one.value):
                self._add(template, match[1], Use("number", f"it is compared in {one.value[:60]}"))
        if one.place[-2:] == ("script", "source") and is_python(template):
            for name in _bare_in_python(one.value):
                self._add(template, name, Use("python", "the script has it as code, not as text: put quotes around it"))


def _in_expression(expression: str) -> Iterator[tuple[tuple[str, ...], Use]]:
    """`asInt(inputs.parameters.n)` needs a whole number, and so on."""
    from kai_pipelines.expression.nodes import Member, walk

    made = parsed(expression)
    if made is None:
        return
    tree, known = made
    for node in walk(tree):
        kind = _converter(node)
        if kind is None:
            continue
        argument = node.arguments[0]  # type: ignore[union-attr]  # a converter is a call with an argument
        for path in known:
            is_argument = isinstance(argument, Member) and path.positions[-1] == argument.position
            if is_argument and len(path.parts) == 3 and path.parts[1] == "parameters":
                yield path.parts, Use(kind, f"it goes through {expression.strip()[:60]}")


_CONVERTERS = {"asInt": "int", "asFloat": "number", "int": "int", "float": "number", "fromJSON": "json"}


def _converter(node: Node) -> str | None:
    from kai_pipelines.expression.nodes import Builtin, Name
    from kai_pipelines.expression.nodes import Call as CallNode

    if isinstance(node, Builtin) and len(node.arguments) == 1:
        return _CONVERTERS.get(node.name)
    if isinstance(node, CallNode) and isinstance(node.callee, Name) and len(node.arguments) == 1:
        return _CONVERTERS.get(node.callee.name)
    return None


def _bare_in_python(source: str) -> Iterator[str]:
    """Parameters that stand in a Python source outside of any string, as a value of their own."""
    for match in _INPUT.finditer(source):
        line = source[source.rfind("\n", 0, match.start()) + 1 : match.start()]
        if re.fullmatch(r"\s*\w+\s*=\s*", line) and re.match(r"\s*(#.*)?(\n|$)", source[match.end() :]):
            yield match[1]
