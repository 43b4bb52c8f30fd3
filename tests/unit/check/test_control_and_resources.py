"""Hooks, recursion, limits, amounts, places, names, images, volumes and what nobody uses."""

from __future__ import annotations

from typing import Any

import pytest

from kai_pipelines.manifest.document import load_all
from tests.unit.check.manifests import FLIP, RESOURCES, dag, names, workflow


def leaf(fields: str = "", container: str = RESOURCES, image: str = "alpine:3.20", spec: str = "") -> list[str]:
    lines = [f"- name: main\n  container: {{image: {image!r}, command: [ls], {container}}}"]
    lines += [f"  {line}" for line in fields.splitlines()]
    return names(workflow("\n".join(lines), spec))


GPU = "resources: {requests: {cpu: 1}, limits: {memory: 1Gi, nvidia.com/gpu: %s}}"
POOL = "nodeSelector: {node-type: gpu}\ntolerations: [{key: node-type, operator: Exists}]"


@pytest.mark.parametrize(
    ("fields", "container", "found"),
    [
        ("", RESOURCES, []),
        ("", "resources: {requests: {cpu: 1, memory: 1GB}, limits: {memory: 1Gi}}", ["bad-quantity"]),
        ("", "resources: {requests: {cpu: -1}, limits: {memory: 1Gi}}", ["bad-quantity"]),
        ("", "resources: {requests: {cpu: 2}, limits: {cpu: 1500m}}", ["request-over-limit"]),
        ("", "resources: {requests: {cpu: 1000m}, limits: {cpu: 1}}", []),
        ("", "resources: {requests: {cpu: 1}}", ["missing-requests"]),
        ("", "env: []", ["missing-requests"]),
        (POOL, GPU % "1", []),
        (POOL, GPU % "'0.5'", ["bad-gpu-count"]),
        ("", GPU % "1", ["gpu-without-pool"]),
        ("nodeSelector: {node-type: gpu}", GPU % "1", ["gpu-without-pool"]),
        ("nodeSelector: {gpu: true}", RESOURCES, ["bad-node-selector"]),
        ("nodeSelector: ssd", RESOURCES, ["bad-node-selector"]),
        ("podSpecPatch: '{}'", "env: []", []),
    ],
)
def test_amounts_and_places(fields: str, container: str, found: list[str]) -> None:
    assert leaf(fields, container) == found


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("alpine:3.20", []),
        ("registry.example.com:5000/team/tool:1.0-rc.1", []),
        ("alpine@sha256:" + "0" * 64, []),
        ("{{workflow.parameters.image}}", []),
        ("alpine", ["floating-tag"]),
        ("registry.example.com:5000/team/tool", ["floating-tag"]),
        ("alpine:latest", ["floating-tag"]),
        ("My Tool:1", ["bad-image"]),
        ("Alpine:3.20", ["bad-image"]),
        ("alpine:", ["bad-image"]),
    ],
)
def test_images(image: str, found: list[str]) -> None:
    assert leaf(image=image, spec="arguments: {parameters: [{name: image, value: a}]}") == found


def test_volumes_are_declared() -> None:
    mount = f"volumeMounts: [{{name: work, mountPath: /work}}], {RESOURCES}"

    assert leaf(container=mount) == ["unknown-volume"]
    assert leaf("volumes: [{name: work, emptyDir: {}}]", mount) == []
    assert leaf(container=mount, spec="volumes: [{name: work, emptyDir: {}}]") == []
    assert leaf(container=mount, spec="volumeClaimTemplates: [{metadata: {name: work}, spec: {}}]") == []


def document(metadata: str) -> list[dict[str, Any]]:
    body = "\n".join(f"    {line}" for line in FLIP.strip().replace("flip", "main").splitlines())
    return load_all(
        f"apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {metadata}\nspec:\n  entrypoint: main\n  templates:\n{body}"
    )


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ("{name: a-1.b}", []),
        ("{generateName: a-}", []),
        ("{name: A}", ["bad-name"]),
        ("{name: a_b}", ["bad-name"]),
        ("{name: a-}", ["bad-name"]),
        ("{labels: {}}", ["bad-name"]),
        ("{name: a, labels: {a: 'b c'}}", ["bad-label"]),
        ("{name: a, labels: {a: 'x%s'}}" % ("x" * 63), ["bad-label"]),
        ("{name: a, labels: {'-a': b}}", ["bad-label"]),
        ("{name: a, labels: {example.com/a: B_c.d}}", []),
    ],
)
def test_names_and_labels(metadata: str, found: list[str]) -> None:
    assert names(document(metadata)) == found


def test_capitals_in_the_name_of_a_template_that_makes_pods() -> None:
    assert names(dag("- {name: a, template: Flip}", FLIP.replace("flip", "Flip"))) == ["bad-name"]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("timeout: 5 minutes", ["bad-duration"]),
        ("timeout: 5m", []),
        ("timeout: '{{workflow.parameters.t}}'", []),
        ("retryStrategy: {limit: -1}", ["bad-number"]),
    ],
)
def test_limits_and_durations(fields: str, found: list[str]) -> None:
    assert leaf(fields, spec="arguments: {parameters: [{name: t, value: 5m}]}") == found


def test_parallelism_of_nothing() -> None:
    assert leaf(spec="parallelism: 0") == ["bad-number"]
    assert leaf(spec="parallelism: 2") == []


def test_hooks_run_templates_that_are_there_when_something_says_so() -> None:
    task = "- name: a\n  template: flip\n  hooks: %s"

    assert names(dag(task % "{exit: {template: flip}}", FLIP)) == []
    assert names(dag(task % "{exit: {template: flop}}", FLIP)) == ["bad-hook"]
    assert names(dag(task % "{started: {template: flip}}", FLIP)) == ["bad-hook"]


def test_recursion_needs_a_condition() -> None:
    def recursive(when: str) -> list[str]:
        return names(
            workflow(
                "- name: main\n  steps:\n  - - {name: flip, template: flip}\n"
                f"  - - {{name: again, template: main{when}}}" + FLIP
            )
        )

    assert recursive("") == ["endless-recursion"]
    assert recursive(", when: '{{steps.flip.outputs.result}} == tails'") == []


def test_what_nobody_uses_is_told() -> None:
    assert names(dag("- {name: a, template: flip}", FLIP + FLIP.replace("flip", "flop"))) == ["unused-template"]
    assert leaf("inputs: {parameters: [{name: size, value: '3'}]}") == ["unused-parameter"]


def test_one_task_names_one_template() -> None:
    inline = f'inline: {{container: {{image: "alpine:3.20", command: [ls], {RESOURCES}}}}}'

    assert "template-shadowing" in names(dag(f"- name: a\n  template: flip\n  {inline}", FLIP))


def script(source: str, command: str = "python") -> list[str]:
    body = "\n".join(f"      {line}" for line in source.splitlines())
    return names(
        workflow(
            f"- name: main\n  script:\n    image: python:3.12\n    command: [{command}]\n    {RESOURCES}\n    source: |\n{body}"
        )
    )


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import os\nprint(os.getcwd())", []),
        ("def f(x):\n    y = x\n    return [y for z in range(3)]\nprint(f(1))", []),
        ("for i in range(3):\n    pass\nprint(i)", []),
        ("try:\n    import json\nexcept ImportError as error:\n    print(error)", []),
        ("class A:\n    b = 1\n    def c(self):\n        return self.b\nA()", []),
        ("from math import *\nprint(sqrt(2))", []),
        ("print({{workflow.name}}, '{{workflow.uid}}')", []),
        ("with open('f') as f:\n    g = lambda a: a + f.read()\nprint(g, __name__)", []),
        ("print(THRESHOLD)", ["unbound-name"]),
        ("def f():\n    return helper()\nf()", ["unbound-name"]),
        ("print(np.zeros(3))", ["unbound-name"]),
        ("print(1", ["bad-script"]),
    ],
)
def test_python_scripts_bind_their_names(source: str, found: list[str]) -> None:
    assert script(source) == found
    assert script(source, "bash") == []
