"""Small workflows for tests of rules."""

from __future__ import annotations

from typing import Any

from kai_pipelines.check import check
from kai_pipelines.check.codes import table
from kai_pipelines.manifest.document import load_all

RESOURCES = "resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}"
FLIP = f"""
- name: flip
  script: {{image: "alpine:3.20", command: [sh], source: "echo heads", {RESOURCES}}}
"""
SAY = f"""
- name: say
  inputs: {{parameters: [{{name: text}}]}}
  container: {{image: "alpine:3.20", command: [echo], args: ["{{{{inputs.parameters.text}}}}"], {RESOURCES}}}
"""


def workflow(templates: str, spec: str = "") -> list[dict[str, Any]]:
    """A workflow of templates as YAML, `main` first; `spec` are more lines of the spec."""
    lines = ["apiVersion: argoproj.io/v1alpha1", "kind: Workflow", "metadata: {generateName: test-}", "spec:"]
    lines += ["  entrypoint: main", *(f"  {line}" for line in spec.splitlines()), "  templates:"]
    lines += [f"  {line}" for line in templates.strip("\n").splitlines()]
    return load_all("\n".join(lines))


def dag(tasks: str, templates: str = FLIP + SAY, more: str = "") -> list[dict[str, Any]]:
    """A workflow whose `main` is a DAG of these tasks; `more` are more lines of the template."""
    lines = ["- name: main", *(f"  {line}" for line in more.splitlines()), "  dag:", "    tasks:"]
    lines += [f"    {line}" for line in tasks.strip("\n").splitlines()]
    return workflow("\n".join(lines) + "\n" + templates)


def names(documents: list[dict[str, Any]]) -> list[str]:
    """The names of what is found, sorted, each once."""
    return sorted({table()[finding.code].name for finding in check(documents)})
