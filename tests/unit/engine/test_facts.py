from __future__ import annotations

import base64
from typing import Any

import pytest

from kai_pipelines.engine.facts import Facts, data_of, expanded, variables_of
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.library import Library

FACTS = Facts("wf-a-1", "wf-1", "wf.a", "wf", "team", "robot", {"app": "x"}, {"note": "y"})
GIVEN = Library(
    [
        {"kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"color": "red", "size": "3"}},
        {
            "kind": "Secret",
            "metadata": {"name": "login"},
            "data": {"password": base64.b64encode(b"hush").decode()},
            "stringData": {"user": "me"},
        },
        {"kind": "Secret", "metadata": {"name": "broken"}, "data": {"password": "not base64!"}},
    ]
)


def _env(*variables: dict[str, Any], **container: Any) -> dict[str, str]:
    return variables_of({"env": list(variables), **container}, FACTS, GIVEN)


@pytest.mark.parametrize(
    ("word", "wanted"),
    [("$(A)", "1"), ("$$(A)", "$(A)"), ("$(B)", "$(B)"), ("$A", "$A"), ("$$", "$"), ("a$(A)b$(A)", "a1b1")],
)
def test_commands_are_expanded_as_kubernetes_does(word: str, wanted: str) -> None:
    assert expanded(word, {"A": "1"}) == wanted


def test_a_variable_may_name_those_before_it() -> None:
    found = _env({"name": "A", "value": "1"}, {"name": "B", "value": "$(A)2$(C)"}, {"name": "C", "value": "3"})

    assert found == {"A": "1", "B": "12$(C)", "C": "3"}


def test_variables_come_from_configmaps_secrets_and_the_pod_itself() -> None:
    found = _env(
        {"name": "color", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "color"}}},
        {"name": "password", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}},
        {"name": "user", "valueFrom": {"secretKeyRef": {"name": "login", "key": "user"}}},
        {"name": "absent", "valueFrom": {"configMapKeyRef": {"name": "no", "key": "no", "optional": True}}},
        {"name": "pod", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "label", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
        {"name": "ip", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "cpu", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
        {"name": "memory", "valueFrom": {"resourceFieldRef": {"resource": "requests.memory", "divisor": "1Mi"}}},
        resources={"limits": {"cpu": "1500m"}, "requests": {"memory": "2Gi"}},
    )

    assert found == {
        "color": "red",
        "password": "hush",
        "user": "me",
        "pod": "wf-a-1",
        "label": "x",
        "ip": "127.0.0.1",
        "cpu": "2",  # Kubernetes rounds up
        "memory": "2048",
    }


def test_all_of_a_configmap_comes_before_what_is_named() -> None:
    sources = [{"configMapRef": {"name": "settings"}, "prefix": "P_"}, {"secretRef": {"name": "no", "optional": True}}]

    assert _env({"name": "P_size", "value": "4"}, envFrom=sources) == {"P_color": "red", "P_size": "4"}


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"configMapKeyRef": {"name": "other", "key": "x"}}, "the ConfigMap other was not given"),
        ({"configMapKeyRef": {"name": "settings", "key": "x"}}, "the ConfigMap settings has no key x"),
        ({"secretKeyRef": {"name": "broken", "key": "password"}}, "is not base64"),
        ({"fieldRef": {"fieldPath": "spec.hostname"}}, "no field spec.hostname"),
    ],
)
def test_a_value_that_is_not_there_is_told_by_name(source: dict[str, Any], says: str) -> None:
    with pytest.raises(ManifestError, match=says):
        _env({"name": "A", "valueFrom": source})


def test_binary_data_of_a_configmap_is_decoded() -> None:
    document = {"kind": "ConfigMap", "metadata": {"name": "b"}, "binaryData": {"x": base64.b64encode(b"\0").decode()}}

    assert data_of(Library([document]), "ConfigMap", "b", optional=False) == {"x": b"\0"}
