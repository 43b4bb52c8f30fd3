"""Templates that do work themselves: containers, scripts, resources, container sets."""

from __future__ import annotations

import re

from kai_pipelines.check.argo.context import Site
from kai_pipelines.check.argo.decoding import Object
from kai_pipelines.check.argo.graph import cycles
from kai_pipelines.check.argo.names import field_fault
from kai_pipelines.check.argo.problems import similar
from kai_pipelines.check.argo.scalars import atoi
from kai_pipelines.check.argo.tags import PLACEHOLDER

_ACTIONS = ("get", "create", "apply", "delete", "replace", "patch")
_EXPRESSION = re.compile(r"\{\{\s*=\s*(.+?)\s*\}\}")


def check_leaf(site: Site, body: Object) -> None:
    """Argo's validateLeaf but for the tags; `body` has its inputs substituted."""
    if "container" in body:
        _check_mounts(site, body)
    for kind in ("container", "script"):
        if kind in body and not body[kind].get("image"):
            _check_default_image(site, kind)
    if "containerSet" in body:
        _check_container_set(site, body)
    for index, sidecar in enumerate(body.get("sidecars", [])):
        _check_reserved(site, sidecar.get("name", ""), "sidecars", index, "name")
    if "resource" in body:
        _check_resource(site, body)
    _check_deadline(site, body)
    if "parallelism" in body:
        site.add("KAI121", "parallelism is only for steps and dag templates", "parallelism")


def _check_mounts(site: Site, body: Object) -> None:
    taken: dict[str, str] = {}
    for index, mount in enumerate(body["container"].get("volumeMounts", [])):
        path = mount.get("mountPath", "")
        if path in taken:
            message = f"{path!r} is already the place of {taken[path]}"
            site.add("KAI126", message, "container", "volumeMounts", index, "mountPath")
        taken[path] = f"volume {mount.get('name', '')!r}"
    for index, artifact in enumerate(body.get("inputs", {}).get("artifacts", [])):
        path = artifact.get("path", "")
        if path in taken:
            site.add("KAI126", f"{path!r} is already the place of {taken[path]}", "inputs", "artifacts", index, "path")
        taken[path] = f"input artifact {artifact.get('name', '')!r}"


def _check_default_image(site: Site, kind: str) -> None:
    home = site.template.home
    default = home.spec.get("templateDefaults", {}).get(kind, {}).get("image")
    if not default or home.scope == "cluster":
        site.add("KAI122", f"the {kind} needs an image", kind)


def _check_container_set(site: Site, body: Object) -> None:
    whole: Object = body["containerSet"]
    containers = whole.get("containers", [])
    names = [one.get("name", "") for one in containers]
    if not containers:
        site.add("KAI128", "a container set needs at least one container", "containerSet")
    _check_container_names(site, names)
    taken: dict[str, str] = {}
    for index, mount in enumerate(whole.get("volumeMounts", [])):
        path = mount.get("mountPath", "")
        if path in taken:
            message = f"{path!r} is already the place of volume {taken[path]!r}"
            site.add("KAI126", message, "containerSet", "volumeMounts", index, "mountPath")
        taken[path] = mount.get("name", "")
    _check_container_graph(site, containers, names)
    outputs = body.get("outputs", {})
    exchanges = body.get("inputs", {}).get("artifacts") or outputs.get("parameters") or outputs.get("artifacts")
    if exchanges and "main" not in names:
        message = "with input artifacts or outputs, one of the containers must be called 'main'"
        site.add("KAI128", message, "containerSet", *(["containers"] if containers else []))
    for index, name in enumerate(names):
        _check_reserved(site, name, "containerSet", "containers", index, "name")


def _check_container_names(site: Site, names: list[str]) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        at = ("containerSet", "containers", index)
        if not name:
            site.add("KAI110", f"container {index + 1} of the set has no name", *at)
        elif fault := field_fault(name):
            site.add("KAI111", f"{name!r} is no name for a container: {fault}", *at, "name")
        elif name in seen:
            site.add("KAI112", f"another container is called {name!r} too", *at, "name")
        seen.add(name)


def _check_container_graph(site: Site, containers: list[Object], names: list[str]) -> None:
    graph: dict[str, list[str]] = {}
    for index, container in enumerate(containers):
        waits = container.get("dependencies", [])
        graph.setdefault(names[index], []).extend(waits)
        for number, name in enumerate(waits):
            if name not in names:
                message = f"container {names[index]!r} waits for {name!r}, which is no container of the set"
                at = ("containerSet", "containers", index, "dependencies", number)
                site.add("KAI141", message, *at, hint=similar(name, names))
    for cycle in cycles(graph):
        index = names.index(cycle[0])
        message = f"containers wait for each other: {' → '.join([*cycle, cycle[0]])}"
        site.add("KAI140", message, "containerSet", "containers", index, "dependencies")


def _check_reserved(site: Site, name: str, *at: str | int) -> None:
    if name in ("wait", "supervisor") or name.startswith("artifact-plugin-"):
        site.add("KAI127", f"Argo's own container is called {name!r}: choose another name", *at)


def _check_resource(site: Site, body: Object) -> None:
    resource: Object = body["resource"]
    action = resource.get("action", "")
    if not action.startswith(PLACEHOLDER) and action not in _ACTIONS:
        message = f"{action!r} is no action for a resource: one of {', '.join(_ACTIONS)}"
        site.add("KAI125", message, "resource", *(["action"] if action else []), hint=similar(action, _ACTIONS))
    if action in ("delete", "get"):
        return
    manifest, source = resource.get("manifest", ""), resource.get("manifestFrom")
    if not manifest and source is None:
        site.add("KAI125", "a resource needs a manifest or manifestFrom", "resource")
    elif manifest and source is not None:
        site.add("KAI125", "a resource has a manifest or manifestFrom, not both", "resource", "manifestFrom")
    if source is not None and "artifact" in source:
        name = source["artifact"].get("name", "")
        known = [one.get("name", "") for one in body.get("inputs", {}).get("artifacts", [])]
        if name not in known:
            message = f"manifestFrom names {name!r}, which is no input artifact"
            site.add("KAI125", message, "resource", "manifestFrom", "artifact", hint=similar(name, known))
    if manifest and not manifest.startswith(PLACEHOLDER) and not _is_yaml(manifest):
        site.add("KAI125", "the manifest is not valid YAML", "resource", "manifest")


def _is_yaml(manifest: str) -> bool:
    """Whether Go reads it: also not with mappings or lists as keys, which an unquoted ``{{tag}}`` is."""
    import yaml

    try:
        top = next(yaml.compose_all(_EXPRESSION.sub("placeholder", manifest), Loader=yaml.CSafeLoader), None)
    except (yaml.YAMLError, ValueError, RecursionError):
        return False
    seen: set[int] = set()
    rest: list[object] = [top]
    while rest:
        node = rest.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            rest += node.value
        elif isinstance(node, yaml.MappingNode):
            if not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
                return False
            rest += [one for _, one in node.value]
    return True


def _check_deadline(site: Site, body: Object) -> None:
    deadline = body.get("activeDeadlineSeconds")
    if deadline is None:
        return
    message = "activeDeadlineSeconds must be a whole number of seconds, or one tag"
    text = str(deadline)
    number = atoi(text)
    if number is not None:
        fits = number >= 0
    else:
        fits = text.startswith(PLACEHOLDER) or (text.startswith("{{") and text.endswith("}}"))
    if not fits:
        site.add("KAI124", message, "activeDeadlineSeconds")
