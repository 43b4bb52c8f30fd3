from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kai_pipelines import Fatal
from steps.reconstruction.documents import AssessedPhoto, AssessmentDocument, MatchDocument, MatchedPhoto
from steps.reconstruction.metrics import FailedTry, StepMetrics, StepWarning
from steps.reconstruction.reporting.figures import (
    collect_warnings,
    costs,
    device,
    device_reason,
    fallbacks,
    ply_vertices,
    scale,
    unregistered,
)
from steps.reconstruction.scene import CameraView, Scene


def test_a_warning_is_told_once_with_its_step() -> None:
    first = StepWarning(code="blurred", message="Blurred.", files=["b.jpg", "a.jpg"])
    again = StepWarning(code="blurred", message="Blurred.", files=["a.jpg", "b.jpg"])
    other = StepWarning(code="blurred", message="Blurred.", files=["c.jpg"])

    told = collect_warnings(
        [StepMetrics(step="assess", warnings=[first, again]), StepMetrics(step="x", warnings=[other])]
    )

    assert [(one.step, one.files) for one in told] == [("assess", ["b.jpg", "a.jpg"]), ("x", ["c.jpg"])]


def test_warnings_without_files_differ_by_their_message() -> None:
    first, second = StepWarning(code="x", message="one"), StepWarning(code="x", message="two")

    assert [one.message for one in collect_warnings([StepMetrics(step="s", warnings=[first, second, first])])] == [
        "one",
        "two",
    ]


def test_a_step_that_ran_twice_costs_twice_and_peaks_once() -> None:
    once = StepMetrics(step="s", cpu_seconds=1.25, wall_seconds=2.0, peak_memory_bytes=5)
    more = StepMetrics(step="s", cpu_seconds=0.75, wall_seconds=1.0, peak_memory_bytes=9)

    assert costs([once, more]) == {
        "cpu_seconds": {"s": 2.0},
        "wall_seconds": {"s": 3.0},
        "total_cpu_seconds": 2.0,
        "total_wall_seconds": 3.0,
        "peak_memory_bytes": 9,
        "peak_memory_bytes_per_step": {"s": 9},
    }


def test_the_device_is_what_the_last_step_with_one_says() -> None:
    steps = [StepMetrics(step="a", values={"device": "cuda"}), StepMetrics(step="b")]

    assert device(steps) == "cuda"
    assert device(steps[1:]) == "cpu"


def test_the_device_is_explained_by_its_absence_or_by_what_was_asked_for() -> None:
    absent = StepMetrics(
        step="find_device", values={"device": "cpu", "requested_device": "auto", "why_cpu": "none here"}
    )
    asked = StepMetrics(step="find_device", values={"device": "cpu", "requested_device": "cpu"})

    assert device_reason([absent, StepMetrics(step="b")]) == "none here"
    assert device_reason([asked]) == "cpu was asked for"
    assert device_reason([StepMetrics(step="b")]) == ""


def test_the_scale_is_what_the_alignment_says_and_arbitrary_when_it_says_nothing() -> None:
    told = StepMetrics(step="align_photos", values={"scale_source": "gps", "unit": "m"})

    assert scale([told]) == ("gps", "m")
    assert scale([StepMetrics(step="align_photos")]) == ("none", "arbitrary")


def test_every_photograph_without_a_camera_has_a_reason() -> None:
    issue = StepWarning(code="duplicates", message="Copies.", files=["copy.jpg"])
    photos = [AssessedPhoto(name="copy.jpg", used=False, issues=["duplicates"]), AssessedPhoto(name="in.jpg")]
    matches = MatchDocument(
        photos=[MatchedPhoto(name=name) for name in ("in.jpg", "far.jpg", "odd.jpg")],
        unregistered={"far.jpg": "Too far."},
    )
    placed = CameraView("in.jpg", np.eye(3), np.eye(3), np.zeros(3), 4, 3, "PINHOLE", ())
    scene = Scene((placed,), np.zeros((0, 3)), np.zeros((0, 3), np.uint8), 0.0)

    found = unregistered(AssessmentDocument(photos=photos, issues=[issue]), matches, scene)

    assert found == {
        "copy.jpg": "Not used. Copies.",
        "far.jpg": "Too far.",
        "odd.jpg": "It shares too little with the photographs that were placed.",
    }


def test_points_are_counted_in_the_header(tmp_path: Path) -> None:
    path = tmp_path / "points.ply"
    path.write_bytes(b"ply\nformat ascii 1.0\nelement face 3\nelement vertex 42\nend_header\nelement vertex 7\n")

    assert ply_vertices(path) == 42


def test_a_file_that_is_no_ply_is_named(tmp_path: Path) -> None:
    path = tmp_path / "points.ply"
    path.write_bytes(b"hello")

    with pytest.raises(Fatal, match=r"points\.ply is not a PLY file"):
        ply_vertices(path)


def test_a_quality_that_was_given_up_is_a_fallback_with_its_reason() -> None:
    tries = [
        FailedTry(name="high", step="fuse-depth", why="ran out of memory", instead="low"),
        FailedTry(name="medium", step="estimate-depth", why="ran out of time", instead="low"),
    ]

    assert [(one.step, one.message) for one in fallbacks("high", "low", tries)] == [
        ("fuse_depth", "high ran out of memory in fuse-depth; the model was built at low."),
        ("estimate_depth", "medium ran out of time in estimate-depth; the model was built at low."),
    ]


def test_a_quality_that_was_given_up_is_told_also_where_nobody_knows_why() -> None:
    (told,) = fallbacks("medium", "low")

    assert "medium failed" in told.message
    assert "built at low" in told.message


def test_the_quality_that_was_chosen_is_no_fallback() -> None:
    assert fallbacks("medium", "medium") == []
