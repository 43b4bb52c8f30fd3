"""What `argo lint --offline` says of documents that are given together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kai_pipelines.check.argo.context import Options
from kai_pipelines.check.argo.cron import check_cron
from kai_pipelines.check.argo.decoding import LENIENT, STRICT, Decoder, Object, Way
from kai_pipelines.check.argo.names import MAX_OBJECT, length
from kai_pipelines.check.argo.problems import Problems
from kai_pipelines.check.argo.templates import Shelf
from kai_pipelines.check.argo.workflow import Subject, check_workflow
from kai_pipelines.check.finding import Finding

_TEMPLATES = ("WorkflowTemplate", "ClusterWorkflowTemplate")
_KINDS = ("Workflow", "CronWorkflow", *_TEMPLATES)


def validated(
    document: Mapping[str, Any],
    siblings: Sequence[Mapping[str, Any]],
    options: Options,
    defaults: Mapping[str, Any] | None,
) -> list[Finding]:
    """See `kai_pipelines.check.argo.validate`."""
    problems = Problems()
    kind = document.get("kind")
    decoded = _decoded(document, problems, LENIENT)
    shelf = Shelf()
    for one in siblings:
        if one.get("kind") in _TEMPLATES:
            shelf.add(str(one["kind"]), _decoded(one, Problems(), LENIENT))
    under = Decoder(Problems(), LENIENT).decode(defaults, "Workflow") if defaults else {}
    _check(str(kind), decoded, problems, shelf, options, under)
    return problems.findings


def linted(documents: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """See `kai_pipelines.check.argo.lint`."""
    every = [(one, Problems(index)) for index, one in enumerate(documents)]
    decoded = [_decoded(one, problems, STRICT) for one, problems in every]
    shelves = _shelves(documents, decoded, [problems for _, problems in every])
    for (document, problems), one in zip(every, decoded, strict=True):
        kind = document.get("kind")
        if kind in _KINDS:
            shelf = shelves.of(None if kind == "ClusterWorkflowTemplate" else _namespace(one))
            _check(str(kind), one, problems, shelf, Options(lint=True), {})
    if not any(document.get("kind") in _KINDS for document in documents):
        nothing = Problems()
        nothing.add("KAI103", "nothing here is a kind of workflow", (), hint=f"one of {', '.join(_KINDS)}")
        return nothing.findings
    return [finding for _, problems in every for finding in problems.findings]


def _decoded(document: Mapping[str, Any], problems: Problems, way: Way) -> Object:
    kind = document.get("kind")
    if kind not in _KINDS:
        return {}
    return Decoder(problems, way).decode(document, str(kind))


def _namespace(document: Object) -> str:
    return str(document.get("metadata", {}).get("namespace", ""))


class _Shelves:
    """One shelf for each namespace; cluster templates are on all of them, and alone on the one of no namespace."""

    def __init__(self) -> None:
        self._entries: list[tuple[str, str, Object]] = []
        self._made: dict[str | None, Shelf] = {}

    def add(self, kind: str, namespace: str, document: Object) -> None:
        self._entries.append((kind, namespace, document))

    def of(self, namespace: str | None) -> Shelf:
        """What an object of a namespace finds."""
        if namespace not in self._made:
            shelf = Shelf(tells_not_found=False)
            for kind, one, document in self._entries:
                if kind == "ClusterWorkflowTemplate" or one == namespace:
                    shelf.add(kind, document)
            self._made[namespace] = shelf
        return self._made[namespace]


def _shelves(documents: Sequence[Mapping[str, Any]], decoded: list[Object], every: list[Problems]) -> _Shelves:
    shelves = _Shelves()
    seen: set[tuple[str, str, str]] = set()
    for document, one, problems in zip(documents, decoded, every, strict=True):
        kind = document.get("kind")
        if kind not in _TEMPLATES:
            continue
        name = one.get("metadata", {}).get("name", "")
        namespace = _namespace(one) if kind == "WorkflowTemplate" else ""
        if (str(kind), namespace, name) in seen:
            problems.add("KAI104", f"another {kind} is called {name!r} too", ("metadata", "name"))
        seen.add((str(kind), namespace, name))
        shelves.add(str(kind), namespace, one)
    return shelves


def _check(
    kind: str, document: Object, problems: Problems, shelf: Shelf, options: Options, defaults: Mapping[str, Any]
) -> None:
    """Judge a decoded object; what only follows from a field that could not be read is not told."""
    unread = {place[:size] for place in problems.places for size in (len(place) - 1, len(place))}
    found = Problems()
    try:
        _judge(kind, document, found, shelf, options, defaults)
    except RecursionError:
        found.add("KAI102", "the templates are nested too deeply to be judged", ("spec",))
    for one in found.findings:
        if one.place not in unread:
            problems.add(one.code, one.message, one.place, hint=one.hint, offset=one.offset)


def _judge(
    kind: str, document: Object, problems: Problems, shelf: Shelf, options: Options, defaults: Mapping[str, Any]
) -> None:
    metadata, spec = document.get("metadata", {}), document.get("spec", {})
    if kind == "CronWorkflow":
        check_cron(problems, metadata.get("name", ""), spec)
        subject = Subject(spec.get("workflowSpec", {}), ("spec", "workflowSpec"), _scheduled(metadata, spec), {})
        check_workflow(problems, subject, shelf, Options(), defaults)
        return
    if kind in _TEMPLATES:
        name = metadata.get("name", "")
        if length(name) > MAX_OBJECT:
            message = f"the name has {len(name)} characters, {MAX_OBJECT} are allowed"
            problems.add("KAI113", message, ("metadata", "name"))
        nameless = {key: one for key, one in metadata.items() if key != "name"}
        ignores = not spec.get("entrypoint")
        options = Options(options.lint, options.submit, ignore_entrypoint=ignores, template_validation=True)
        check_workflow(problems, Subject(spec, ("spec",), nameless, {}), shelf, options, defaults)
        return
    if kind == "Workflow":
        subject = Subject(spec, ("spec",), metadata, document.get("status", {}))
        check_workflow(problems, subject, shelf, options, defaults)


def _scheduled(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of the workflow that a CronWorkflow makes."""
    more = spec.get("workflowMetadata", {})
    labels = {"workflows.argoproj.io/cron-workflow": "", **more.get("labels", {})}
    if "workflows.argoproj.io/controller-instanceid" in metadata.get("labels", {}):
        labels["workflows.argoproj.io/controller-instanceid"] = ""
    annotations = {"workflows.argoproj.io/scheduled-time": "", **more.get("annotations", {})}
    return {"labels": labels, "annotations": annotations}
