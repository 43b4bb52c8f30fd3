"""How names change on their way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kai_pipelines.manifest.names import (
    is_object_name,
    is_template_name,
    landing_name,
    task_name,
    template_name,
    unused_name,
)


@pytest.mark.parametrize(
    ("python", "argo"),
    [("assess_photos", "assess-photos"), ("Fuse2", "fuse2"), ("_hidden_", "hidden"), ("a", "a")],
)
def test_a_python_name_becomes_a_template_name(python: str, argo: str) -> None:
    assert template_name(python) == argo
    assert is_template_name(argo)


@pytest.mark.parametrize("name", ["", "-a", "a-", "größe", "a_b", "A", "a" * 64, "a.b", "a\n"])
def test_kubernetes_takes_only_short_names_of_few_characters(name: str) -> None:
    assert not is_template_name(name)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("a.b-c.1", True),
        ("a" * 253, True),
        ("a" * 254, False),
        ("a..b", False),
        ("a?b", False),
        ("", False),
        ("A", False),
    ],
)
def test_an_objects_name_is_a_dns_subdomain(name: str, answer: bool) -> None:
    assert is_object_name(name) is answer


@given(st.text(max_size=30))
def test_any_text_becomes_a_task_name(text: str) -> None:
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", task_name(text))


@pytest.mark.parametrize(
    ("text", "name"), [("Very high!", "very-high"), ("low", "low"), ("", "other"), ("3", "value-3")]
)
def test_a_task_name_keeps_the_words_of_the_text(text: str, name: str) -> None:
    assert task_name(text) == name


@pytest.mark.parametrize(
    ("output", "path", "landed"),
    [
        ("points", "/kai/outputs/points.ply", "points.ply"),
        ("model_glb", "/kai/outputs/model_glb.glb", "model.glb"),
        ("model_obj", "/kai/outputs/model_obj", "model_obj"),
        ("report", "/kai/outputs/report.html", "report.html"),
        ("sparse", "/kai/outputs/sparse", "sparse"),
        ("glb", "/kai/outputs/glb.glb", "glb.glb"),
    ],
)
def test_an_output_lands_under_its_name_with_the_suffix_of_its_file(output: str, path: str, landed: str) -> None:
    assert landing_name(output, path) == landed


def test_a_name_that_is_taken_gets_the_next_number() -> None:
    assert unused_name("scan", set()) == "scan"
    assert unused_name("scan", {"scan", "scan-3"}) == "scan-2"
    assert unused_name("scan", {"scan", "scan_2"}, separator="_") == "scan_3"
