"""KAI60x and KAI651: names, labels, images and volumes that Kubernetes refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kai_pipelines.check.codes import found
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.check.model import POD_KINDS, Document, Model, Object, Template, as_text, mapping, objects, text
from kai_pipelines.check.resources import containers

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_PREFIX = re.compile(r"[a-z0-9][-a-z0-9.]*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_LABEL_KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_IMAGE = re.compile(
    r"(?:[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?(?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
    r"(?P<tag>:[\w][\w.-]{0,127})?(?P<digest>@[A-Za-z][\w.+-]*:[0-9a-fA-F]{32,})?"
)
_MOST = 63


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    for document in model.documents:
        yield from _document_name(document)
        yield from _labels(mapping(document.body.get("metadata")), ("metadata",), document)
        pods = mapping(document.spec.get("podMetadata"))
        yield from _labels(pods, (*document.spec_place, "podMetadata"), document)
        for template in document.every:
            yield from _template(template, document)


def _document_name(document: Document) -> Iterator[Finding]:
    metadata = mapping(document.body.get("metadata"))
    name, prefix = text(metadata.get("name")), text(metadata.get("generateName"))
    hint = "lower-case letters, digits and -, with a letter or digit at both ends"
    if name and not _SUBDOMAIN.fullmatch(name):
        message = f"Kubernetes refuses the name {name!r}"
        yield found("bad-name", document.index, ("metadata", "name"), message, hint=hint)
    place: Place = ("metadata", "generateName")
    if prefix and not name and not _PREFIX.fullmatch(prefix):
        message = f"Kubernetes refuses names that start with {prefix!r}"
        yield found("bad-name", document.index, place, message, hint=hint)
    if not name and not prefix and document.kind in ("Workflow", "CronWorkflow", "WorkflowTemplate"):
        message = "the object has no name"
        yield found("bad-name", document.index, ("metadata",), message, hint="metadata: {generateName: my-workflow-}")


def _labels(metadata: Object, place: Place, document: Document) -> Iterator[Finding]:
    for key, value in mapping(metadata.get("labels")).items():
        where = (*place, "labels", key)
        if "{{" in key:
            continue
        if not _LABEL_KEY.fullmatch(key):
            message = f"Kubernetes refuses the label {key!r}"
            yield found("bad-label", document.index, where, message, hint="at most 63 letters, digits, -, _ and .")
        written = as_text(value)
        if isinstance(value, str) and "{{" not in value and (len(value) > _MOST or not _LABEL_VALUE.fullmatch(value)):
            message = f"Kubernetes refuses {value[:70]!r} as the value of a label"
            yield found("bad-label", document.index, where, message, hint="at most 63 letters, digits, -, _ and .")
        elif not isinstance(value, str) and written is not None:
            message = f"the value of the label {key} is {written}, which is no text"
            yield found("bad-label", document.index, where, message, hint=f"put quotes around it: '{written}'")


def _template(template: Template, document: Document) -> Iterator[Finding]:
    yield from _labels(mapping(template.body.get("metadata")), (*template.place, "metadata"), document)
    called = any(call.kind != "hook" or call.place[-1] == "onExit" for call in template.callers)
    if template.kind in POD_KINDS and called and template.name != template.name.lower() and "{{" not in template.name:
        message = f"the template's name is part of its pods' names, and Kubernetes refuses capitals: {template.name!r}"
        yield found("bad-name", document.index, (*template.place, "name"), message, hint=template.name.lower())
    volumes = _volumes(template, document)
    for place, container in containers(template):
        yield from _container_name(container, place, document)
        yield from _image(container, place, document)
        yield from _mounts(container, place, volumes, document)


def _container_name(container: Object, place: Place, document: Document) -> Iterator[Finding]:
    name = text(container.get("name"))
    if name and "{{" not in name and not (len(name) <= _MOST and _LABEL.fullmatch(name)):
        message = f"Kubernetes refuses {name!r} as the name of a container"
        hint = "at most 63 lower-case letters, digits and -"
        yield found("bad-name", document.index, (*place, "name"), message, hint=hint)


def _image(container: Object, place: Place, document: Document) -> Iterator[Finding]:
    image = text(container.get("image"))
    if not image or "{{" in image:
        return
    where = (*place, "image")
    match = _IMAGE.fullmatch(image)
    if match is None:
        message = f"{image!r} is no reference to an image"
        hint = "registry/name:tag, the name in lower case"
        yield found("bad-image", document.index, where, message, hint=hint)
    elif match["digest"] is None and match["tag"] in (None, ":latest"):
        what = "no tag" if match["tag"] is None else "the tag latest"
        message = f"the image {image} has {what}: tomorrow it may be another one"
        yield found("floating-tag", document.index, where, message, hint="name a version, or a digest")


def _volumes(template: Template, document: Document) -> set[str] | None:
    """The volumes that a pod may mount; None when they cannot be known."""
    if template.body.get("podSpecPatch") or document.spec.get("podSpecPatch"):
        return None
    if document.is_open:  # a workflow that uses one of the templates brings volumes of its own
        return None
    names = set[str]()
    for body, field in (
        (document.spec, "volumes"),
        (document.spec, "volumeClaimTemplates"),
        (template.body, "volumes"),
        (document.defaults, "volumes"),
    ):
        for _, one in objects(body.get(field)):
            name = text(one.get("name")) or text(mapping(one.get("metadata")).get("name"))
            if "{{" in name:
                return None
            names.add(name)
    return names


def _mounts(container: Object, place: Place, volumes: set[str] | None, document: Document) -> Iterator[Finding]:
    for index, mount in objects(container.get("volumeMounts")):
        name = text(mount.get("name"))
        if volumes is not None and name and "{{" not in name and name not in volumes:
            message = f"the volume {name!r} is mounted and declared nowhere"
            where = (*place, "volumeMounts", index, "name")
            hint = f"there is {', '.join(sorted(volumes))}" if volumes else "declare it in spec.volumes"
            yield found("unknown-volume", document.index, where, message, hint=hint)
