"""A Workflow as a whole, and the kinds that hold one: Argo's validate.Workflow, WorkflowTemplate and CronWorkflow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kai_pipelines.check.argo.arguments import Add, check_arguments, check_named
from kai_pipelines.check.argo.context import PLACEHOLDERS, Arguments, Context, Options
from kai_pipelines.check.argo.decoding import Object
from kai_pipelines.check.argo.inputs import pod_resource_faults
from kai_pipelines.check.argo.names import MAX_OBJECT, is_reference, label_key_fault, label_value_fault, length
from kai_pipelines.check.argo.problems import Problems, similar
from kai_pipelines.check.argo.resolution import UNKNOWN_ENTRYPOINT
from kai_pipelines.check.argo.steps import check_hooks
from kai_pipelines.check.argo.templates import Home, Shelf
from kai_pipelines.check.argo.validation import check_holder
from kai_pipelines.check.argo.variables import ANY_OUTPUT_ARTIFACT
from kai_pipelines.check.finding import Place

_POD_GC = ("OnPodCompletion", "OnPodSuccess", "OnWorkflowCompletion", "OnWorkflowSuccess", "")


class Subject:
    """What is validated as a workflow: its spec, where that stands, and the metadata that tags may name."""

    def __init__(self, spec: Object, place: Place, metadata: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        self.spec = spec
        self.place = place
        self.name: str = metadata.get("name", "")
        self.labels: Iterable[str] = metadata.get("labels", {})
        self.annotations: Iterable[str] = metadata.get("annotations", {})
        self.status = status

    def home(self) -> Home:
        """The object as the home of its templates."""
        kept = self.status.get("storedWorkflowSpec", {}).get("templates", [])
        stored = list(self.status.get("storedTemplates", {}).values())
        known = ((kept, ("status", "storedWorkflowSpec", "templates")), (stored, ("status", "storedTemplates")))
        return Home("local", self.name, self.spec, self.place, known if kept or stored else ())


def check_workflow(
    problems: Problems, subject: Subject, shelf: Shelf, options: Options, defaults: Mapping[str, Any]
) -> None:
    """Everything about one workflow."""
    spec, place = subject.spec, subject.place
    if length(subject.name) > MAX_OBJECT:
        message = f"the name has {len(subject.name)} characters, {MAX_OBJECT} are allowed"
        problems.add("KAI113", message, ("metadata", "name"))
    context = Context(problems, shelf, options, subject.home(), enter=check_holder)
    base = _referenced_home(context, spec, place)
    if "workflowTemplateRef" in spec and base is None:
        return
    check_named(problems.add, spec.get("templates", []), "template", (*place, "templates"))
    _check_plugins(problems, spec, place)
    arguments = _merged_arguments(spec, base)
    add = problems.add if base is None else _by_origin(problems, spec, place)
    check_arguments(add, arguments, (*place, "arguments"), may_lack_values=options.may_lack_values)
    _declare(context, subject, base, arguments, defaults)
    _check_entrypoint(context, spec, place, base, arguments)
    _check_exit_handler(context, spec, place, base)
    check_hooks(problems.add, spec.get("hooks", {}), *place, "hooks")
    _check_pod_gc(problems, spec, place)
    for fault, path in pod_resource_faults(spec.get("podResources", {})):
        problems.add("KAI129", fault, (*place, "podResources", *path))
    _check_all(context, spec, place, base)


def _referenced_home(context: Context, spec: Object, place: Place) -> Home | None:
    reference = spec.get("workflowTemplateRef")
    if reference is None:
        return None
    add = context.problems.add
    if spec.get("templates"):
        message = "a workflow with workflowTemplateRef has no templates of its own"
        add("KAI119", message, (*place, "templates"), hint="keep one of the two")
    name, cluster = reference.get("name", ""), bool(reference.get("clusterScope"))
    home = context.shelf.find(name, cluster=cluster)
    if home is None:
        kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
        hint = similar(name, context.shelf.names(cluster=cluster)) or f"give the file with the {kind} {name} too"
        at = (*place, "workflowTemplateRef", "name") if name else (*place, "workflowTemplateRef")
        add("KAI118", f"there is no {kind} {name!r}", at, hint=hint)
    return home


def _merged_arguments(spec: Object, base: Home | None) -> Object:
    own: Object = spec.get("arguments", {})
    if base is None:
        return own
    under = base.spec.get("arguments", {})
    merged: Object = {}
    for kind in ("parameters", "artifacts"):
        taken: dict[str, Object] = {}
        for one in (*own.get(kind, []), *under.get(kind, [])):
            taken.setdefault(one.get("name", ""), one)
        merged[kind] = list(taken.values())
    return merged


def _by_origin(problems: Problems, spec: Object, place: Place) -> Add:
    """Findings about arguments that only the referenced template has go to the reference."""
    own = spec.get("arguments", {})

    def add(code: str, message: str, at: Place, *, hint: str = "") -> None:
        kind, index = str(at[len(place) + 1]), at[len(place) + 2]
        is_own = isinstance(index, int) and index < len(own.get(kind, []))
        problems.add(code, message, at if is_own else (*place, "workflowTemplateRef"), hint=hint)

    return add


def _declare(
    context: Context, subject: Subject, base: Home | None, arguments: Object, defaults: Mapping[str, Any]
) -> None:
    """The global variables."""
    context.declare("workflow.name", "workflow.namespace", "workflow.mainEntrypoint")
    context.declare("workflow.serviceAccountName", "workflow.uid", "workflow.status")
    for kind, own in (("annotations", subject.annotations), ("labels", subject.labels)):
        context.declare(f"workflow.{kind}", f"workflow.{kind}.json")
        context.declare(*(f"workflow.{kind}.{key}" for key in own))
        specs = (subject.spec, defaults.get("spec", {}), base.spec if base else {})
        for metadata in (one.get("workflowMetadata", {}) for one in specs):
            keys = [*metadata.get(kind, {}), *(metadata.get("labelsFrom", {}) if kind == "labels" else ())]
            context.declare(*(f"workflow.{kind}.{key}" for key in keys))
    parameters = arguments.get("parameters", [])
    if parameters:
        context.declare("workflow.parameters", "workflow.parameters.json")
    for parameter in parameters:
        if name := parameter.get("name"):
            context.variables[f"workflow.parameters.{name}"] = parameter.get("value", context.placeholder())
    if "priority" in subject.spec:
        context.variables["workflow.priority"] = str(subject.spec["priority"])


def _holder(spec: Object, base: Home | None, name: str) -> Object:
    if base is None:
        return {"template": name}
    return {"templateRef": {**spec["workflowTemplateRef"], "template": name}}


def _check_entrypoint(context: Context, spec: Object, place: Place, base: Home | None, arguments: Object) -> None:
    if context.options.ignore_entrypoint:
        return
    name = spec.get("entrypoint") or (base.spec.get("entrypoint", "") if base else "")
    if not name:
        names = (base or context.home).names
        hint = f"write `entrypoint: {names[0]}`" if len(names) == 1 else "name the template to begin with"
        context.problems.add("KAI115", "the workflow has no entrypoint", place, hint=hint)
        return
    at = (*place, "entrypoint") if spec.get("entrypoint") else (*place, "workflowTemplateRef")
    given = PLACEHOLDERS if context.options.template_validation else Arguments(arguments, _given_at(spec, place, at))
    check_holder(context, _holder(spec, base, name), at, context.home, given, unknown=UNKNOWN_ENTRYPOINT)


def _given_at(spec: Object, place: Place, otherwise: Place) -> Place:
    return (*place, "arguments") if "arguments" in spec else otherwise


def _check_exit_handler(context: Context, spec: Object, place: Place, base: Home | None) -> None:
    name = spec.get("onExit") or (base.spec.get("onExit", "") if base else "")
    if not name:
        return
    context.declare("workflow.failures")
    templates = [*spec.get("templates", []), *(base.spec.get("templates", []) if base else [])]
    for template in templates:
        for artifact in template.get("outputs", {}).get("artifacts", []):
            if is_reference(artifact.get("globalName", "")):
                context.variables[ANY_OUTPUT_ARTIFACT] = "true"
    at = (*place, "onExit") if spec.get("onExit") else (*place, "workflowTemplateRef")
    given = Arguments(spec.get("arguments", {}), _given_at(spec, place, at))
    check_holder(context, _holder(spec, base, name), at, context.home, given, unknown=UNKNOWN_ENTRYPOINT)


def _check_all(context: Context, spec: Object, place: Place, base: Home | None) -> None:
    """Also the templates that nothing calls."""
    if base is None:
        for index, template in enumerate(spec.get("templates", [])):
            holder = {"template": template.get("name", "")}
            if holder["template"]:
                check_holder(context, holder, (*place, "templates", index), context.home, PLACEHOLDERS)
        return
    for template in base.spec.get("templates", []):
        at = (*place, "workflowTemplateRef")
        check_holder(context, _holder(spec, base, template.get("name", "")), at, context.home, PLACEHOLDERS)


def _check_plugins(problems: Problems, spec: Object, place: Place) -> None:
    for index, plugin in enumerate(spec.get("executorPlugins", [])):
        at = (*place, "executorPlugins", index)
        if not plugin.get("metadata", {}).get("name"):
            problems.add("KAI158", "an executor plugin needs a name in its metadata", at)
        container = plugin.get("spec", {}).get("sidecar", {}).get("container", {})
        resources = container.get("resources", {})
        lacks = [
            words
            for words, given in (
                ("a port", container.get("ports")),
                ("resources.requests", "requests" in resources),
                ("resources.limits", "limits" in resources),
                ("a securityContext", "securityContext" in container),
            )
            if not given
        ]
        if lacks:
            problems.add("KAI158", f"the container of an executor plugin needs {', '.join(lacks)}", at)


def _check_pod_gc(problems: Problems, spec: Object, place: Place) -> None:
    pod_gc, at = spec.get("podGC", {}), (*place, "podGC")
    strategy = pod_gc.get("strategy", "")
    if strategy not in _POD_GC:
        hint = similar(strategy, _POD_GC) or f"one of {', '.join(_POD_GC[:-1])}"
        problems.add("KAI157", f"there is no podGC strategy {strategy!r}", (*at, "strategy"), hint=hint)
    for fault in _selector_faults(pod_gc.get("labelSelector", {})):
        problems.add("KAI157", f"the label selector of podGC is invalid: {fault}", (*at, "labelSelector"))


def _selector_faults(selector: Object) -> list[str]:
    """What Kubernetes refuses in a label selector."""
    faults = []
    for key, value in selector.get("matchLabels", {}).items():
        faults += [label_key_fault(key), label_value_fault(value)]
    for one in selector.get("matchExpressions", []):
        operator, values = one.get("operator", ""), one.get("values", [])
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            faults.append(f"{operator!r} is no operator")
        elif bool(values) != (operator in ("In", "NotIn")):
            faults.append(f"{operator} takes {'no' if values else 'some'} values")
        faults += [label_key_fault(one.get("key", "")), *(label_value_fault(value) for value in values)]
    return [fault for fault in faults if fault]
