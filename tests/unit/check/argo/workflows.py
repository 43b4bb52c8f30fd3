"""Small workflows for the tests of the checker, and its findings as short text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from kai_pipelines.check.argo import Options, lint, validate
from kai_pipelines.check.finding import Finding

Document = dict[str, Any]


def read(text: str) -> Any:
    """A piece of YAML."""
    return yaml.safe_load(text)


def leaf(name: str = "leaf", more: str = "") -> Document:
    """A container template, with more fields as YAML."""
    return {"name": name, "container": {"image": "busybox:1.37"}} | (read(more) or {})


def template(name: str, body: str) -> Document:
    """A template whose fields are YAML."""
    return {"name": name, **read(body)}


def workflow(
    *templates: Document, kind: str = "Workflow", metadata: str = "{generateName: test-}", spec: str = "{}"
) -> Document:
    """A workflow that begins with its first template, unless more fields of its spec say otherwise."""
    whole = {"entrypoint": templates[0]["name"] if templates else "", "templates": list(templates), **read(spec)}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": read(metadata), "spec": whole}


def short(findings: Sequence[Finding]) -> list[str]:
    """Each finding as its code and place: ``KAI151 spec.templates.0.container.args.0``."""
    return sorted(f"{one.code} {'.'.join(map(str, one.place))}" for one in findings)


def found(
    document: Mapping[str, Any],
    *,
    siblings: Sequence[Mapping[str, Any]] = (),
    options: Options | None = None,
    workflow_defaults: Mapping[str, Any] | None = None,
) -> list[str]:
    """What `validate` finds, as short text."""
    return short(validate(document, siblings=siblings, options=options, workflow_defaults=workflow_defaults))


def linted(*documents: Mapping[str, Any]) -> list[str]:
    """What `lint` finds, as short text; more than one document: with its index first."""
    findings = lint(documents)
    if len(documents) == 1:
        return short(findings)
    return sorted(f"{one.document}: {text}" for one in findings for text in short([one]))
