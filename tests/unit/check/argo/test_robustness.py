"""Whatever is given as a manifest, the checker answers with findings or none, never with an exception."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from kai_pipelines.check.argo import Options, lint, validate
from kai_pipelines.check.finding import Finding
from tests.unit.check.argo.workflows import read

_WHOLE = read(
    """
    apiVersion: argoproj.io/v1alpha1
    kind: Workflow
    metadata: {generateName: a-, labels: {b: c}}
    spec:
      entrypoint: main
      onExit: ends
      arguments: {parameters: [{name: x, value: '1', enum: ['1', '2']}], artifacts: [{name: f, s3: {key: k}}]}
      podGC: {strategy: OnPodSuccess, labelSelector: {matchLabels: {a: b}}}
      hooks: {exit: {template: ends}}
      templates:
      - name: main
        inputs: {parameters: [{name: x}], artifacts: [{name: f}]}
        dag:
          target: b
          tasks:
          - {name: a, template: leaf, withItems: [1, {k: v}, [2]], arguments: {parameters: [{name: m, value: '{{item}}'}]}}
          - name: b
            template: group
            depends: a.AnySucceeded || (a && !a.Failed)
            when: '{{=tasks.a.status == "Succeeded"}}'
            hooks: {exit: {template: ends}}
          - {name: c, depends: a, inline: {script: {image: a, source: 'echo {{workflow.name}}'}}}
          - {name: d, templateRef: {name: other, template: t}}
        outputs: {parameters: [{name: o, valueFrom: {parameter: '{{tasks.b.outputs.parameters.o}}'}}]}
      - name: group
        steps: [[{name: s, template: leaf, arguments: {parameters: [{name: m, value: '{{workflow.parameters.x}}'}]}}]]
        outputs: {parameters: [{name: o, valueFrom: {expression: steps.s.outputs.result}}]}
      - name: leaf
        inputs: {parameters: [{name: m, default: d}]}
        retryStrategy: {limit: 2, retryPolicy: Always}
        timeout: 10m
        container: {image: a, args: ['{{inputs.parameters.m}}'], volumeMounts: [{name: v, mountPath: /v}]}
        outputs: {artifacts: [{name: f, path: /f, globalName: g}]}
        metrics: {prometheus: [{name: n, help: h, labels: [{key: k, value: v}], counter: {value: '1'}}]}
      - {name: ends, containerSet: {containers: [{name: main, image: a}, {name: b, dependencies: [main], image: a}]}}
    """
)
_JUNK: list[Any] = [
    None, True, 0, -1, 2**70, 1.5, float("nan"), float("inf"), "", "a", "{{", "}}", "{{=", "{{= 1 / 0 }}", "{{item.a}}",
    "{{inputs.parameters.{{item}}}}", "{{tasks.a.outputs.result}}", "\x00", "\ud800", "a" * 300, [], [None], [[]], [{}],
    {}, {"a": None}, {1: 2}, {None: 1}, {"name": {"name": "name"}}, b"bytes",
]  # fmt: skip


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield (*place, key)
        yield from _places(one, (*place, key))


def _with(place: tuple[Any, ...], value: Any, *, drop: bool = False) -> dict[str, Any]:
    document = copy.deepcopy(_WHOLE)
    above = document
    for key in place[:-1]:
        above = above[key]
    if drop:
        del above[place[-1]]
    else:
        above[place[-1]] = value
    return dict(document)


def _judge(document: dict[str, Any]) -> None:
    kinds = ("Workflow", "WorkflowTemplate")
    for found in (
        lint([document]),
        validate(document, siblings=[document], options=Options(lint=True)),
        *(validate({**document, "kind": kind}) for kind in kinds),
        validate({"kind": "CronWorkflow", "spec": {**document, "workflowSpec": document.get("spec")}}),
    ):
        assert all(isinstance(one, Finding) and one.message for one in found)


@pytest.mark.parametrize("place", list(_places(_WHOLE)), ids=lambda place: ".".join(map(str, place)))
def test_any_value_in_any_place(place: tuple[Any, ...]) -> None:
    _judge(_with(place, None, drop=True))
    for value in random.Random(str(place)).sample(_JUNK, 3):
        _judge(_with(place, value))


@pytest.mark.parametrize("seed", range(20))
def test_several_at_once(seed: int) -> None:
    chance = random.Random(seed)
    document = _with(*chance.choice([(place, chance.choice(_JUNK)) for place in _places(_WHOLE)]))
    for _ in range(5):
        places = list(_places(document))
        place = chance.choice(places)
        above = document
        for key in place[:-1]:
            above = above[key]
        above[place[-1]] = copy.deepcopy(chance.choice(_JUNK))
        _judge(document)


@pytest.mark.parametrize("junk", _JUNK)
def test_junk_alone(junk: Any) -> None:
    for kind in ("Workflow", "CronWorkflow", "ClusterWorkflowTemplate"):
        _judge({"kind": kind, "metadata": junk, "spec": junk, "status": junk})
    _judge({"kind": junk})
