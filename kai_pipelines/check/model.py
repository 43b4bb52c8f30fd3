"""Documents as the rules see them: templates, the calls between them, and where each of them stands.

Built once for all rules. Everything is tolerant: what has a wrong type reads as empty, because that it is wrong is
told by others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from kai_pipelines.check.finding import Place
from kai_pipelines.manifest.document import WORKFLOW_KINDS

Object: TypeAlias = Mapping[str, Any]

KINDS = ("container", "script", "containerSet", "resource", "data", "http", "plugin", "suspend", "dag", "steps")
"""What a template can be."""
POD_KINDS = frozenset(("container", "script", "containerSet", "resource", "data"))
RESULT_KINDS = frozenset(("container", "script", "containerSet", "data", "http", "plugin"))
"""Kinds whose nodes may have `outputs.result`."""
_EMPTY: Object = {}


def mapping(value: object) -> Object:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else _EMPTY


def items(value: object) -> Sequence[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list | tuple) else ()


def objects(value: object) -> Iterator[tuple[int, Object]]:
    """The mappings in a list, with their indices."""
    return ((index, one) for index, one in enumerate(items(value)) if isinstance(one, Mapping))


def text(value: object) -> str:
    """The value if it is text, else nothing."""
    return value if isinstance(value, str) else ""


def as_text(value: object) -> str | None:
    """A scalar as the text that a parameter has; None for what is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


@dataclass(frozen=True, slots=True)
class Port:
    """An input, output or argument: a parameter or an artifact."""

    name: str
    place: Place
    body: Object

    @property
    def constant(self) -> str | None:
        """The value that is given, when no tag is in it."""
        value = as_text(self.body.get("value"))
        return value if value is not None and "{{" not in value else None

    @property
    def default(self) -> str | None:
        """An input's own value, if it has one."""
        given = self.body.get("default")
        return as_text(self.body.get("value") if given is None else given)


@dataclass(eq=False, slots=True)
class Template:
    """One template of a document; an inline one has no name of its own."""

    document: Document
    place: Place
    body: Object
    name: str
    kind: str = ""
    calls: list[Call] = field(default_factory=list)
    callers: list[Call] = field(default_factory=list)
    parameters: dict[str, Port] = field(default_factory=dict)
    artifacts: dict[str, Port] = field(default_factory=dict)
    output_parameters: dict[str, Port] = field(default_factory=dict)
    output_artifacts: dict[str, Port] = field(default_factory=dict)
    by_name: dict[str, Call] = field(default_factory=dict)

    def effective(self, name: str) -> Any:
        """A field, or what the document's templateDefaults have for it."""
        value = self.body.get(name)
        default = self.document.defaults.get(name)
        if isinstance(value, Mapping) and isinstance(default, Mapping):
            return {**default, **value}
        return default if value is None else value


@dataclass(eq=False, slots=True)
class Call:
    """A step, a task or a hook: something that runs a template."""

    owner: Template
    place: Place
    body: Object
    name: str
    kind: str
    """``task``, ``step`` or ``hook``."""
    group: int = 0
    """Of a step: the index of its group."""
    target: Template | None = None
    parameters: dict[str, Port] = field(default_factory=dict)
    artifacts: dict[str, Port] = field(default_factory=dict)
    of: Call | None = None
    """Of a hook: the step or task it belongs to."""

    @property
    def when(self) -> str:
        """The condition, if it has one."""
        return text(self.body.get("when"))

    @property
    def loops(self) -> bool:
        """Whether it runs once for each of several items."""
        return any(self.body.get(name) for name in ("withItems", "withParam", "withSequence"))


@dataclass(eq=False, slots=True)
class Document:
    """A workflow, a template of one, or a cron workflow."""

    index: int
    body: Object
    kind: str
    spec: Object
    spec_place: Place
    templates: dict[str, Template] = field(default_factory=dict)
    every: list[Template] = field(default_factory=list)
    """All templates, those of the same name and inline ones too."""
    hooks: list[Call] = field(default_factory=list)
    """Those of the whole workflow."""
    parameters: dict[str, Port] = field(default_factory=dict)
    artifacts: dict[str, Port] = field(default_factory=dict)
    base: Document | None = None
    """What `workflowTemplateRef` names, when it is given too."""
    texts: list[Any] | None = None
    """The texts with tags, once they have been collected."""
    references: list[Any] | None = None
    """The variables in them, once they have been collected."""

    @property
    def name(self) -> str:
        """`metadata.name`, if it has one."""
        return text(mapping(self.body.get("metadata")).get("name"))

    @property
    def defaults(self) -> Object:
        """`spec.templateDefaults`."""
        return mapping(self.spec.get("templateDefaults"))

    @property
    def is_open(self) -> bool:
        """Whether it takes parameters from a workflow that uses it, or templates from one that is not given."""
        if self.kind in ("WorkflowTemplate", "ClusterWorkflowTemplate"):
            return True
        return bool(self.spec.get("workflowTemplateRef")) and self.base is None


@dataclass(eq=False, slots=True)
class Model:
    """All documents that are checked together."""

    documents: list[Document]

    @property
    def templates(self) -> Iterator[Template]:
        """Every template of every document."""
        return (template for document in self.documents for template in document.every)


def build(documents: Sequence[Object]) -> Model:
    """The model of what was given; other kinds of documents are left out."""
    made = [_document(index, body) for index, body in enumerate(documents) if body.get("kind") in WORKFLOW_KINDS]
    named: dict[tuple[bool, str], Document] = {}
    for document in made:
        if document.kind in ("WorkflowTemplate", "ClusterWorkflowTemplate"):
            named.setdefault((document.kind == "ClusterWorkflowTemplate", document.name), document)
    for document in made:
        ref = mapping(document.spec.get("workflowTemplateRef"))
        if ref:
            document.base = named.get((ref.get("clusterScope") is True, text(ref.get("name"))))
    for document in made:
        for template in document.every:
            for call in template.calls:
                _link(call, document, named)
        for hook in document.hooks:
            _link(hook, document, named)
    return Model(made)


def _document(index: int, body: Object) -> Document:
    kind = str(body["kind"])
    spec_place: Place = ("spec", "workflowSpec") if kind == "CronWorkflow" else ("spec",)
    spec = mapping(body.get("spec"))
    if kind == "CronWorkflow":
        spec = mapping(spec.get("workflowSpec"))
    document = Document(index, body, kind, spec, spec_place)
    document.parameters, document.artifacts = _ports(spec.get("arguments"), (*spec_place, "arguments"))
    for number, one in objects(spec.get("templates")):
        template = _template(document, (*spec_place, "templates", number), one, text(one.get("name")))
        document.templates.setdefault(template.name, template)
    root = Template(document, spec_place, _EMPTY, "")
    document.hooks = _hooks(root, spec, spec_place, None)
    if handler := text(spec.get("onExit")):
        body_of = {"template": handler, "arguments": spec.get("arguments")}
        document.hooks.append(Call(root, (*spec_place, "onExit"), body_of, "onExit", "hook"))
    return document


def _template(document: Document, place: Place, body: Object, name: str) -> Template:
    template = Template(document, place, body, name)
    document.every.append(template)
    template.kind = next((kind for kind in KINDS if body.get(kind) is not None), "")
    template.parameters, template.artifacts = _ports(body.get("inputs"), (*place, "inputs"))
    outputs = (*place, "outputs")
    template.output_parameters, template.output_artifacts = _ports(body.get("outputs"), outputs)
    if template.kind == "dag":
        for index, one in objects(mapping(body["dag"]).get("tasks")):
            _add_call(template, (*place, "dag", "tasks", index), one, "task", 0)
    elif template.kind == "steps":
        for group, parallel in enumerate(items(body["steps"])):
            steps = [parallel] if isinstance(parallel, Mapping) else items(parallel)
            for index, one in objects(steps):
                where = (*place, "steps", group) if isinstance(parallel, Mapping) else (*place, "steps", group, index)
                _add_call(template, where, one, "step", group)
    return template


def _add_call(template: Template, place: Place, body: Object, kind: str, group: int) -> None:
    call = Call(template, place, body, text(body.get("name")), kind, group)
    call.parameters, call.artifacts = _ports(body.get("arguments"), (*place, "arguments"))
    template.calls.append(call)
    template.by_name.setdefault(call.name, call)
    if isinstance(body.get("inline"), Mapping):
        call.target = _template(template.document, (*place, "inline"), body["inline"], "")
        call.target.callers.append(call)
    template.calls.extend(_hooks(template, body, place, call))
    if handler := text(body.get("onExit")):
        template.calls.append(Call(template, (*place, "onExit"), {"template": handler}, "onExit", "hook", of=call))


def _hooks(owner: Template, body: Object, place: Place, of: Call | None) -> list[Call]:
    found: list[Call] = []
    for name, hook in mapping(body.get("hooks")).items():
        if isinstance(hook, Mapping):
            where = (*place, "hooks", name)
            call = Call(owner, where, hook, str(name), "hook", of=of)
            call.parameters, call.artifacts = _ports(hook.get("arguments"), (*where, "arguments"))
            found.append(call)
    return found


def _ports(body: object, place: Place) -> tuple[dict[str, Port], dict[str, Port]]:
    both: list[dict[str, Port]] = []
    for kind in ("parameters", "artifacts"):
        found: dict[str, Port] = {}
        for index, one in objects(mapping(body).get(kind)):
            name = text(one.get("name"))
            found.setdefault(name, Port(name, (*place, kind, index), one))
        both.append(found)
    return both[0], both[1]


def _link(call: Call, document: Document, named: Mapping[tuple[bool, str], Document]) -> None:
    """Find the template that a call runs; it stays None when that is not among what was given."""
    if call.target is not None:
        return
    ref = mapping(call.body.get("templateRef"))
    if ref:
        home = named.get((ref.get("clusterScope") is True, text(ref.get("name"))))
        call.target = None if home is None else home.templates.get(text(ref.get("template")))
    else:
        name = text(call.body.get("template"))
        call.target = document.templates.get(name)
        if call.target is None and document.base is not None:
            call.target = document.base.templates.get(name)
    if call.target is not None:
        call.target.callers.append(call)
