"""KAI308, KAI401, KAI402: whether what is read is there when it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kai_pipelines.check.codes import found
from kai_pipelines.check.conditions import logic_of, names_in
from kai_pipelines.check.finding import Finding
from kai_pipelines.check.model import Call, Document, Model, Template, mapping, text
from kai_pipelines.check.references import Reference, references
from kai_pipelines.errors import ExpressionError
from kai_pipelines.expression.depends import TaskResults, read_depends
from kai_pipelines.expression.substitution import tags

_CONSTANT = re.compile(r"\s*(?:true|'true' == 'true'|1 == 1)?\s*")


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    for document in model.documents:
        ancestries: dict[int, _Ancestry] = {}
        for reference in references(document):
            template, call = reference.template, reference.call
            if template is None or reference.path[0] not in ("tasks", "steps") or len(reference.path) < 3:
                continue
            producer = template.by_name.get(reference.path[1])
            if producer is None or (reference.path[0] == "tasks") != (template.kind == "dag"):
                continue
            reader = _reader(call)
            if reader is None:
                yield from _outputs_of_skipped(reference, producer, document)
                continue
            if reader is producer:
                continue
            if id(template) not in ancestries:
                ancestries[id(template)] = _Ancestry(template)
            if not ancestries[id(template)].waits(reader, producer):
                yield _missing(reference, reader, producer, document)
            elif call is reader and reference.place[len(reader.place)] in ("arguments", "withParam", "withSequence"):
                yield from _skipped(reference, reader, producer, document)


def _reader(call: Call | None) -> Call | None:
    """The task that reads; a hook reads when the task it belongs to does something."""
    return call.of if call is not None and call.kind == "hook" else call


# What a task waits for


class _Ancestry:
    """Which tasks of a template have finished when another one starts."""

    def __init__(self, template: Template) -> None:
        self.is_dag = template.kind == "dag"
        self.numbers = {name: number for number, name in enumerate(template.by_name)}
        self.before = {
            call.name: [name for name in names_in(logic_of(call)) if name in self.numbers]
            for call in template.by_name.values()
        }
        self.masks: dict[str, int] = {}

    def waits(self, reader: Call, producer: Call) -> bool:
        """Whether `producer` has finished before `reader` starts."""
        if not self.is_dag:
            return producer.group < reader.group
        if producer.name in self.before[reader.name]:
            return True
        return bool(self._mask(reader.name) >> self.numbers[producer.name] & 1)

    def _mask(self, name: str) -> int:
        """All ancestors of a task as bits, found without recursion: chains are long."""
        stack = [name]
        open_ = set[str]()
        while stack:
            current = stack[-1]
            pending = [one for one in self.before[current] if one not in self.masks and one not in open_]
            if current not in self.masks and pending and current not in open_:
                open_.add(current)
                stack.extend(pending)
                continue
            stack.pop()
            if current not in self.masks:
                mask = 0
                for one in self.before[current]:
                    mask |= self.masks.get(one, 0) | 1 << self.numbers[one]
                self.masks[current] = mask
            open_.discard(current)
        return self.masks[name]


def _missing(reference: Reference, reader: Call, producer: Call, document: Document) -> Finding:
    if reader.kind == "step":
        message = f"{reader.name!r} reads {'.'.join(reference.path)}, and {producer.name!r} has not run before it"
        hint = f"put {reader.name} into a later group of steps"
    else:
        message = f"{reader.name!r} reads {'.'.join(reference.path)} without waiting for {producer.name!r}"
        logic = text(reader.body.get("depends"))
        uses_list = reader.body.get("dependencies") is not None
        hint = (
            f"add {producer.name} to its dependencies"
            if uses_list
            else f'write depends: "{f"({logic}) && " if "||" in logic else f"{logic} && " if logic else ""}{producer.name}"'
        )
    return found("missing-dependency", document.index, reference.place, message, hint=hint, offset=reference.offset)


# What may have been skipped


def _may_skip(call: Call) -> bool:
    """Whether a task is skipped under some condition."""
    return bool(call.when) and _CONSTANT.fullmatch(call.when) is None


def _runs_without(reader: Call, producer: Call) -> bool:
    """Whether the reader starts although the producer was skipped."""
    if reader.when and _related(reader.when, producer):
        return False
    if reader.kind == "step":
        return True
    logic = logic_of(reader)
    try:
        depends = read_depends(logic)
        results = {name: TaskResults(Succeeded=True) for name in depends.names}
        if producer.name in results:
            results[producer.name] = TaskResults(Skipped=True)
        return depends.evaluate(results)
    except ExpressionError:
        return False


def _related(when: str, producer: Call) -> bool:
    """Whether a reader's own condition has to do with the producer: with its outcome, or with its condition."""
    if f".{producer.name}." in when or f"'{producer.name}'" in when or f'"{producer.name}"' in when:
        return True
    try:
        subjects = {tag.content for tag in tags(producer.when)}
        return any(tag.content in subjects for tag in tags(when))
    except ExpressionError:
        return True


def _default_of(producer: Call, output: str) -> bool:
    """Whether an output parameter of a skipped task has a value all the same."""
    if producer.target is None:
        return True
    port = producer.target.output_parameters.get(output)
    return port is None or mapping(port.body.get("valueFrom")).get("default") is not None


def _skipped(reference: Reference, reader: Call, producer: Call, document: Document) -> Iterator[Finding]:
    if not _may_skip(producer) or reference.path[2] != "outputs" or len(reference.path) < 4:
        return
    if producer.target is None or producer.loops or not _runs_without(reader, producer):
        return
    problem = _problem(reference, reader, producer)
    if problem:
        message = f"{producer.name!r} may be skipped, and then {reader.name!r} {problem}"
        hint = (
            f"run it only then: depends: {producer.name}.Succeeded; or join the branches in a template of their own, "
            "with an output by valueFrom.expression"
        )
        yield found("reads-skipped", document.index, reference.place, message, hint=hint, offset=reference.offset)


def _problem(reference: Reference, reader: Call, producer: Call) -> str:
    """What happens when the producer was skipped; nothing when Argo copes."""
    path = reference.path
    if path[3] == "result":
        assert producer.target is not None
        if reference.guarded:
            return ""
        return "waits for ever for its result"
    if path[3] == "parameters" and len(path) == 5:
        if reference.is_expression or _default_of(producer, path[4]):
            return ""
        taken = reader.target.parameters.get(_argument(reference, reader)) if reader.target is not None else None
        if reference.whole and (reader.target is None or (taken is not None and taken.default is not None)):
            return ""
        return "ends in Error, because the output has no default"
    if path[3] == "artifacts" and len(path) == 5 and reader.kind == "task" and not reference.is_expression:
        return "" if _is_optional(reference, reader) else "ends in Error, because the artifact is not optional"
    return ""


def _argument(reference: Reference, reader: Call) -> str:
    return next(
        (name for name, port in reader.parameters.items() if reference.place[: len(port.place)] == port.place), ""
    )


def _is_optional(reference: Reference, reader: Call) -> bool:
    for name, port in reader.artifacts.items():
        if reference.place[: len(port.place)] == port.place:
            taken = reader.target.artifacts.get(name) if reader.target is not None else None
            return port.body.get("optional") is True or taken is None or taken.body.get("optional") is True
    return True


def _outputs_of_skipped(reference: Reference, producer: Call, document: Document) -> Iterator[Finding]:
    """A template's own output that is taken from a task which may be skipped."""
    template, path = reference.template, reference.path
    if template is None or reference.is_expression or not _may_skip(producer) or producer.loops:
        return
    where = reference.place[len(template.place) :]
    if where[:2] != ("outputs", "parameters") or where[-1] != "parameter" or len(path) < 4 or path[2] != "outputs":
        return
    index = where[2]
    own = next((port for port in template.output_parameters.values() if port.place[-1] == index), None)
    has_default = own is not None and mapping(own.body.get("valueFrom")).get("default") is not None
    if has_default or (path[3] == "parameters" and len(path) == 5 and _default_of(producer, path[4])):
        return
    message = f"{producer.name!r} may be skipped, and then this output has no value and the template ends in Error"
    hint = "give valueFrom a default, or join the branches with valueFrom.expression"
    yield found("reads-skipped", document.index, reference.place, message, hint=hint, offset=reference.offset)
