"""What a template says about itself before it is called: its kind, its inputs, its containers' names."""

from __future__ import annotations

from kai_pipelines.check.argo.arguments import check_named
from kai_pipelines.check.argo.artifacts import location_faults, path_fault
from kai_pipelines.check.argo.context import Site
from kai_pipelines.check.argo.decoding import Object
from kai_pipelines.check.argo.templates import KINDS, kind_in_words

_POLICIES = ("Always", "OnError", "OnFailure", "OnTransientError", "")


def check_declaration(site: Site) -> None:
    """The parts of a template that no argument changes."""
    _check_kind(site)
    _check_pod_resources(site)
    _check_inputs(site)
    for index, container in enumerate(site.template.body.get("initContainers", [])):
        if not container.get("name"):
            site.add("KAI110", f"init container {index + 1} has no name", "initContainers", index)


def check_retry_policy(site: Site) -> None:
    """The policy is one that Argo knows; it is case-sensitive."""
    policy = site.template.body.get("retryStrategy", {}).get("retryPolicy", "")
    if policy not in _POLICIES:
        near = [one for one in _POLICIES if one.lower() == policy.lower()]
        hint = f"write {near[0]}" if near else f"one of {', '.join(_POLICIES[:-1])}"
        site.add("KAI123", f"there is no retry policy {policy!r}", "retryStrategy", "retryPolicy", hint=hint)


def _check_kind(site: Site) -> None:
    kinds = [kind for kind in KINDS if kind in site.template.body]
    if not kinds:
        site.add("KAI120", f"it is of no kind: give it one of {', '.join(KINDS)}")
    elif len(kinds) > 1:
        site.add("KAI120", f"it is of several kinds: {' and '.join(kinds)}", kinds[1], hint="keep one of them")


def _check_pod_resources(site: Site) -> None:
    body = site.template.body
    if "podResources" not in body:
        return
    if site.template.kind in ("http", "plugin"):
        message = f"podResources is not for {kind_in_words(site.template.kind)} templates, which share one pod"
        site.add("KAI121", message, "podResources")
        return
    for fault, path in pod_resource_faults(body["podResources"]):
        site.add("KAI129", fault, "podResources", *path)


def pod_resource_faults(resources: Object) -> list[tuple[str, tuple[str, ...]]]:
    """What Kubernetes refuses in the resources of a whole pod, each with the way to it."""
    if resources.get("claims"):
        return [("the resources of a pod as a whole take no claims", ("claims",))]
    return [
        (f"a pod as a whole takes cpu, memory and hugepages-*, not {name!r}", (kind, name))
        for kind in ("limits", "requests")
        for name in resources.get(kind, {})
        if name not in ("cpu", "memory") and not name.startswith("hugepages-")
    ]


def _check_inputs(site: Site) -> None:
    template = site.template
    check_named(site.add_at, template.parameters, "input parameter", (*template.place, "inputs", "parameters"))
    check_named(site.add_at, template.artifacts, "input artifact", (*template.place, "inputs", "artifacts"))
    for index, artifact in enumerate(template.artifacts):
        name, path = artifact.get("name", ""), artifact.get("path", "")
        at = ("inputs", "artifacts", index)
        if template.is_leaf:
            if fault := path_fault(path):
                site.add("KAI136", f"input artifact {name!r}: {fault}", *at, *(["path"] if path else []))
        elif path:
            _path_not_here(site, "input", name, *at)
        if artifact.get("from"):
            site.add("KAI135", f"input artifact {name!r} has `from`, which only arguments may have", *at, "from")
        check_location(site, artifact, f"input artifact {name!r}", *at)


def _path_not_here(site: Site, direction: str, name: str, *at: str | int) -> None:
    message = f"{direction} artifact {name!r} has a path, which only container and script templates may have"
    site.add("KAI121", message, *at, "path")


def check_location(site: Site, location: Object, what: str, *at: str | int) -> None:
    """The location of an artifact is complete, as far as Argo looks."""
    for field, fault in location_faults(location):
        site.add("KAI135", f"{what}: {fault}", *at, field)
