"""KAI50x, KAI551, KAI552: what containers ask for, and where their pods may run."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kai_pipelines.check.codes import found
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.check.model import Document, Model, Object, Template, as_text, items, mapping, objects
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.quantity import parse_quantity


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    for document in model.documents:
        yield from _selector(document.spec, document.spec_place, document)
        defaults = mapping(document.defaults.get("container"))
        place: Place = (*document.spec_place, "templateDefaults", "container", "resources")
        yield from _amounts(mapping(defaults.get("resources")), place, document)
        for template in document.every:
            yield from _selector(template.body, template.place, document)
            for place, container in containers(template):
                yield from _amounts(mapping(container.get("resources")), (*place, "resources"), document)
            yield from _requests(template, document)
            yield from _gpu(template, document)


def containers(template: Template) -> Iterator[tuple[Place, Object]]:
    """Every container of a template, sidecars and the ones that run before too."""
    for kind in ("container", "script"):
        body = template.body.get(kind)
        if isinstance(body, dict):
            yield (*template.place, kind), body
    for index, one in objects(mapping(template.body.get("containerSet")).get("containers")):
        yield (*template.place, "containerSet", "containers", index), one
    for kind in ("sidecars", "initContainers"):
        for index, one in objects(template.body.get(kind)):
            yield (*template.place, kind, index), one


def main_containers(template: Template) -> Iterator[tuple[Place, Object]]:
    """The containers that do a template's work, with what templateDefaults have for them."""
    if template.kind in ("container", "script"):
        yield (*template.place, template.kind), mapping(template.effective(template.kind))
    elif template.kind == "containerSet":
        for index, one in objects(mapping(template.body.get("containerSet")).get("containers")):
            yield (*template.place, "containerSet", "containers", index), one


def _is_patched(template: Template) -> bool:
    """Whether the pod is changed by a patch, which may say anything."""
    return bool(template.body.get("podSpecPatch") or template.document.spec.get("podSpecPatch"))


# Amounts


def _amounts(resources: Object, place: Place, document: Document) -> Iterator[Finding]:
    parsed: dict[tuple[str, str], Decimal] = {}
    for kind in ("requests", "limits"):
        for name, value in mapping(resources.get(kind)).items():
            where = (*place, kind, name)
            written = as_text(value)
            if written is None or "{{" in written:
                continue
            try:
                parsed[kind, name] = parse_quantity(written)
            except ManifestError as error:
                yield found("bad-quantity", document.index, where, error.message, hint=error.hint or "")
                continue
            if parsed[kind, name] < 0:
                yield found("bad-quantity", document.index, where, f"{written} is negative")
            elif "/" in name and parsed[kind, name] % 1:
                message = f"{name} is {written}: devices are whole"
                yield found("bad-gpu-count", document.index, where, message)
    yield from _compared(parsed, place, document)


def _compared(parsed: dict[tuple[str, str], Decimal], place: Place, document: Document) -> Iterator[Finding]:
    for (kind, name), amount in parsed.items():
        limit = parsed.get(("limits", name))
        if kind != "requests":
            continue
        if "/" in name and limit != amount:
            message = f"{name} must have the same request and limit"
            hint = "give the limit only; the request follows"
            yield found("bad-gpu-count", document.index, (*place, kind, name), message, hint=hint)
        elif limit is not None and amount > limit:
            message = f"the request for {name} is larger than its limit"
            yield found("request-over-limit", document.index, (*place, kind, name), message)


def _requests(template: Template, document: Document) -> Iterator[Finding]:
    if _is_patched(template) or template.effective("podResources"):
        return
    for place, container in main_containers(template):
        resources = mapping(container.get("resources"))
        missing = [kind for kind in ("requests", "limits") if not mapping(resources.get(kind))]
        if missing:
            message = f"the container has no {' and no '.join(missing)}"
            hint = "resources: {requests: {cpu: …, memory: …}, limits: {memory: …}}"
            yield found("missing-requests", document.index, place, message, hint=hint)


# Places


def _selector(body: Object, place: Place, document: Document) -> Iterator[Finding]:
    selector = body.get("nodeSelector")
    if selector is None:
        return
    if not isinstance(selector, dict):
        message = "nodeSelector is a mapping of labels to their values"
        yield found(
            "bad-node-selector", document.index, (*place, "nodeSelector"), message, hint="nodeSelector: {disk: ssd}"
        )
        return
    for name, value in selector.items():
        if not isinstance(value, str):
            shown = as_text(value) or type(value).__name__
            message = f"the value of {name} is {shown}, which is no text"
            hint = f"put quotes around it: '{shown}'"
            yield found("bad-node-selector", document.index, (*place, "nodeSelector", name), message, hint=hint)


def _gpu(template: Template, document: Document) -> Iterator[Finding]:
    if _is_patched(template):
        return
    for place, container in main_containers(template):
        resources = mapping(container.get("resources"))
        for kind in ("limits", "requests"):
            name = next((one for one in mapping(resources.get(kind)) if "gpu" in one.lower()), None)
            if name is None:
                continue
            missing = _placing(template, document)
            if missing:
                message = f"{name} is asked for without {' and '.join(missing)}"
                hint = "nodeSelector: {node-type: gpu-optimized} and tolerations for its taint"
                yield found("gpu-without-pool", document.index, (*place, "resources", kind, name), message, hint=hint)
            break


def _placing(template: Template, document: Document) -> list[str]:
    """What is missing for a pod to reach nodes with GPUs."""

    def has(name: str) -> bool:
        return bool(template.effective(name) or document.spec.get(name))

    missing = [] if has("nodeSelector") or has("affinity") else ["a nodeSelector"]
    if not (items(template.effective("tolerations")) or items(document.spec.get("tolerations"))):
        missing.append("a toleration")
    return missing
