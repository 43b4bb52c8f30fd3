"""What to send: a workflow that stands for itself, under a name that says what it is.

The name ends in a digest of the manifest, its arguments and the run's id. So the same submission has the same name,
and sending it twice, after a lost answer or by hand, makes one workflow.
"""

from __future__ import annotations

import copy
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kai_pipelines.cluster.server import Server
from kai_pipelines.errors import RefusedError, UsageError
from kai_pipelines.manifest.document import canonical
from kai_pipelines.manifest.names import is_template_name

Object = dict[str, Any]

DIGEST = "kai-pipelines/digest"
"""Annotation with the digest of what was sent: whether a workflow of the same name is the same."""
INSTANCE = "workflows.argoproj.io/controller-instanceid"
LONGEST = 63
"""A workflow's name is the value of a label on its pods."""
_DIGITS = 10
_TEMPLATES = ("WorkflowTemplate", "ClusterWorkflowTemplate")


@dataclass(frozen=True)
class Submission:
    """A workflow to create, and templates that it refers to."""

    workflow: Object
    templates: tuple[Object, ...] = ()

    @property
    def name(self) -> str:
        """The workflow's name."""
        return str(self.workflow["metadata"]["name"])


@dataclass(frozen=True)
class Wish:
    """What a person asks of a submission besides the manifest."""

    parameters: Mapping[str, str]
    artifacts: Mapping[str, str]
    """Name → key in the artifact repository, or ``s3://bucket/key``."""
    s3_endpoint: str = ""
    name: str = ""
    run_id: str = ""
    """Enters the digest: another id is another run."""
    again: bool = False
    """A new run, whatever was sent before."""


def submission(
    manifest: Mapping[str, Any], siblings: Sequence[Mapping[str, Any]], wish: Wish, instance_id: str = ""
) -> Submission:
    """The workflow to send; any kind of manifest becomes a Workflow of its own."""
    base, spec = _base_name(manifest), _spec(manifest)
    _fill_parameters(spec, wish.parameters, base)
    _fill_artifacts(spec, wish, base)
    if manifest.get("kind") in _TEMPLATES or not spec.get("workflowTemplateRef"):
        _refuse_missing(spec, base)
    given = manifest.get("metadata") or {}
    metadata: Object = {key: copy.deepcopy(given[key]) for key in ("labels", "annotations") if given.get(key)}
    digest = _digest({"spec": spec, "metadata": metadata, "run": wish.run_id})
    metadata["name"] = _name(manifest, base, digest, wish)
    metadata["annotations"] = {**metadata.get("annotations", {}), DIGEST: digest}
    if instance_id:
        metadata["labels"] = {**metadata.get("labels", {}), INSTANCE: instance_id}
    api = manifest.get("apiVersion") or "argoproj.io/v1alpha1"
    workflow = {"apiVersion": api, "kind": "Workflow", "metadata": metadata, "spec": spec}
    return Submission(workflow, tuple(_referred(spec, siblings)))


def _base_name(manifest: Mapping[str, Any]) -> str:
    metadata = manifest.get("metadata") or {}
    return str(metadata.get("name") or metadata.get("generateName") or "workflow").rstrip("-.")


def _spec(manifest: Mapping[str, Any]) -> Object:
    spec = manifest.get("spec") or {}
    found: Object = copy.deepcopy(
        spec.get("workflowSpec") or {} if manifest.get("kind") == "CronWorkflow" else dict(spec)
    )
    return found


def _name(manifest: Mapping[str, Any], base: str, digest: str, wish: Wish) -> str:
    if wish.name:
        if not is_template_name(wish.name):
            raise UsageError(f"--name {wish.name!r} is no name on a cluster", hint="at most 63 of a-z, 0-9 and inner -")
        return wish.name
    if wish.again:
        return _suffixed(base, f"{secrets.randbits(32):08x}")
    named = (manifest.get("metadata") or {}).get("name")
    if manifest.get("kind") == "Workflow" and named and not wish.run_id:
        return str(named)
    return _suffixed(base, digest[:_DIGITS])


def _suffixed(base: str, suffix: str) -> str:
    return f"{base[: LONGEST - len(suffix) - 1].rstrip('-.')}-{suffix}"


def _digest(value: object) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _fill_parameters(spec: Object, given: Mapping[str, str], workflow: str) -> None:
    declared = (spec.get("arguments") or {}).get("parameters") or []
    names = [one["name"] for one in declared]
    if spec.get("workflowTemplateRef"):  # what the template declares is known on the cluster only
        names = [*names, *given]
    if unknown := [name for name in given if name not in names]:
        raise UsageError(
            f"{workflow} has no parameter {', '.join(unknown)}", hint=f"it has {', '.join(names) or 'none'}"
        )
    for one in declared:
        if one["name"] in given:
            one["value"] = given[one["name"]]
            one.pop("valueFrom", None)
            if (allowed := [str(choice) for choice in one.get("enum") or []]) and one["value"] not in allowed:
                raise UsageError(f"parameter {one['name']}: {one['value']!r} is not one of {', '.join(allowed)}")
    if added := [
        {"name": name, "value": given[name]} for name in given if name not in {one["name"] for one in declared}
    ]:
        spec.setdefault("arguments", {})["parameters"] = [*declared, *added]


def _fill_artifacts(spec: Object, wish: Wish, workflow: str) -> None:
    declared = {one["name"]: one for one in (spec.get("arguments") or {}).get("artifacts") or []}
    for name, place in wish.artifacts.items():
        if name not in declared:
            raise UsageError(f"{workflow} has no artifact {name}", hint=f"it has {', '.join(declared) or 'none'}")
        location = _location(name, place, wish.s3_endpoint)
        kept = {
            key: declared[name][key]
            for key in ("name", "archive", "optional", "mode", "globalName")
            if key in declared[name]
        }
        declared[name].clear()
        declared[name].update({**kept, "s3": location})


def _location(name: str, place: str, endpoint: str) -> Object:
    """Where an artifact lies; a bucket alone is ignored by Argo, it wants the endpoint, too."""
    if not place.startswith("s3://"):
        if "://" in place or place.startswith(("/", "./", "../")) or not place:
            raise UsageError(
                f"artifact {name}: {place!r} is not a place in a cluster's artifact repository",
                hint=f"upload it there, and give its key or URL: -a {name}=inputs/photos or -a {name}=s3://bucket/key",
            )
        return {"key": place}
    bucket, _, key = place.removeprefix("s3://").partition("/")
    if not bucket or not key:
        raise UsageError(f"artifact {name}: {place} names no bucket and key", hint="write s3://bucket/key")
    if not endpoint:
        raise UsageError(
            f"artifact {name}: {place} needs the address of the storage: Argo ignores a bucket without it",
            hint="give --s3-endpoint HOST[:PORT], or the key alone if it lies in the cluster's artifact repository",
        )
    return {"endpoint": endpoint, "bucket": bucket, "key": key}


def _refuse_missing(spec: Object, workflow: str) -> None:
    """A workflow whose parameters have no value would be refused, or wait for nothing."""
    for one in (spec.get("arguments") or {}).get("parameters") or []:
        if one.get("value") is None and one.get("default") is None and not one.get("valueFrom"):
            raise UsageError(f"{workflow} needs the parameter {one['name']}", hint=f"give it with -p {one['name']}=…")


def _referred(spec: object, siblings: Iterable[Mapping[str, Any]]) -> list[Object]:
    """The templates among the siblings that a spec refers to, those they refer to first."""
    known = {
        (one["kind"] == "ClusterWorkflowTemplate", str((one.get("metadata") or {}).get("name"))): one
        for one in siblings
        if one.get("kind") in _TEMPLATES
    }
    found: list[Object] = []
    seen: set[tuple[bool, str]] = set()

    def visit(value: object) -> None:
        for reference in _references(value):
            if reference in known and reference not in seen:
                seen.add(reference)
                visit(known[reference].get("spec"))
                found.append(copy.deepcopy(dict(known[reference])))

    visit(spec)
    return found


def _references(value: object) -> Iterable[tuple[bool, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key in {"templateRef", "workflowTemplateRef"} and isinstance(part, dict):
                yield bool(part.get("clusterScope")), str(part.get("name"))
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def send(server: Server, made: Submission, *, update: bool = False) -> tuple[Object, bool]:
    """Create the workflow, or find the one that was created before; and whether it is new."""
    for template in made.templates:
        _send_template(server, template, update=update)
    try:
        return server.create(made.workflow), True
    except RefusedError as error:
        if error.status != 409:
            raise
    found = server.get(made.name)
    theirs = ((found.get("metadata") or {}).get("annotations") or {}).get(DIGEST)
    if theirs != made.workflow["metadata"]["annotations"][DIGEST]:
        raise RefusedError(
            f"another workflow is called {made.name}",
            hint="give another --name, or --again for a name that is new",
            status=409,
        )
    return found, False


def _send_template(server: Server, template: Object, *, update: bool) -> None:
    kind, name = str(template["kind"]), str(template["metadata"]["name"])
    template["metadata"] = {
        **template["metadata"],
        "annotations": {**(template["metadata"].get("annotations") or {}), DIGEST: _digest(template["spec"])},
    }
    there = server.template(kind, name)
    if there is None:
        server.create_template(template)
        return
    metadata = there.get("metadata") or {}
    if (metadata.get("annotations") or {}).get(DIGEST) == _digest(template["spec"]) or there.get("spec") == template[
        "spec"
    ]:
        return
    if not update:
        raise RefusedError(
            f"the {kind} {name} on the cluster is another one than that beside the workflow",
            hint="give --update-templates to put this one in its place, or take it out of the file to use that one",
            status=409,
        )
    server.update_template(template, str(metadata.get("resourceVersion", "")))
