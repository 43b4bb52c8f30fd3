"""metrics.json: everything that was measured, in one document for programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from kai_pipelines import Fatal, Quality
from steps.reconstruction.documents import AssessmentDocument, CheckedMeasure, MatchDocument, Prediction
from steps.reconstruction.metrics import FailedTry, StepMetrics, StepWarning, Value
from steps.reconstruction.scene import Scene

LIBRARIES = ("kai-pipelines", "pycolmap", "numba", "numpy", "opencv-python-headless", "Pillow", "xatlas", "embreex")
"""The packages whose versions decide the result."""

UNPLACED = "It shares too little with the photographs that were placed."


class PlacedWarning(StepWarning):
    """A warning and the step that gave it."""

    step: str


class Fallback(BaseModel):
    """What was replaced by something lesser, and in which step."""

    step: str
    message: str


class Summary(BaseModel):
    """The document behind `Figures`; sizes in pixels, times in seconds, memory in bytes."""

    quality: str
    requested_quality: str
    requested: str
    """What was asked for; the same as `requested_quality`."""
    chosen: str
    """What was chosen for these photographs."""
    built: str
    """The chosen quality, or a lower one after a failure; the same as `quality`."""
    reason: str
    device: str
    device_reason: str
    photos: int
    photos_used: int
    registered: int
    unregistered: dict[str, str]
    """By name: why a photograph was not placed."""
    mean_reprojection_px: float
    sparse_points: int
    dense_points: int
    vertices: int
    faces: int
    texture_px: int
    dimensions: tuple[float, float, float]
    """Width, height and depth of the model, in `unit`."""
    unit: str
    """m, or arbitrary where nothing tells the scale."""
    scale_source: str
    """gps, known-distance or none."""
    held_out_psnr_db: float | None
    """Mean over the photographs that the texture did without; None where there were none."""
    held_out_coverage: float | None
    held_out_photos: int
    predictions: dict[str, Prediction]
    """By quality: what it was expected to cost; empty where nothing was predicted."""
    within: float | None
    """Factor within which predicted CPU seconds have been right."""
    checks: list[CheckedMeasure]
    """What was measured to choose the quality, and the finest that each carries."""
    cpu_seconds: dict[str, float]
    wall_seconds: dict[str, float]
    total_cpu_seconds: float
    total_wall_seconds: float
    peak_memory_bytes: int
    peak_memory_bytes_per_step: dict[str, int]
    values: dict[str, dict[str, Value]]
    warnings: list[PlacedWarning]
    fallbacks: list[Fallback]
    versions: dict[str, str]


def collect_warnings(steps: Sequence[StepMetrics]) -> list[PlacedWarning]:
    """Every warning once, in the order of the steps."""
    unique: dict[tuple[str, ...], PlacedWarning] = {}
    for one in steps:
        for told in one.warnings:
            placed = PlacedWarning(step=one.step, code=told.code, message=told.message, files=told.files)
            unique.setdefault((one.step, told.code, told.message, *sorted(told.files)), placed)
    return list(unique.values())


def fallbacks(chosen: str, built: str, degraded: Sequence[FailedTry] = ()) -> list[Fallback]:
    """The qualities that were given up, from the finest on.

    Where nobody tells why (a cluster does not) only that they were is said.
    """
    found: list[Fallback] = []
    known = {one.name: one for one in degraded}
    order = [quality.value for quality in reversed(Quality)]
    given_up = order[order.index(chosen) : order.index(built)] if chosen != built else []
    for quality in given_up:
        one = known.get(quality)
        words = f"{one.why} in {one.step}" if one else "failed; the record of the run says where"
        step = one.step.replace("-", "_") if one else "choose_quality"
        found.append(Fallback(step=step, message=f"{quality} {words}; the model was built at {built}."))
    return found


def costs(steps: Sequence[StepMetrics]) -> dict[str, Any]:
    """Times and memory per step and in all; a step that ran several times counts with all of them."""
    cpu: dict[str, float] = {}
    wall: dict[str, float] = {}
    peak: dict[str, int] = {}
    for one in steps:
        cpu[one.step] = round(cpu.get(one.step, 0.0) + one.cpu_seconds, 3)
        wall[one.step] = round(wall.get(one.step, 0.0) + one.wall_seconds, 3)
        peak[one.step] = max(peak.get(one.step, 0), one.peak_memory_bytes)
    return {
        "cpu_seconds": cpu,
        "wall_seconds": wall,
        "total_cpu_seconds": round(sum(cpu.values()), 3),
        "total_wall_seconds": round(sum(wall.values()), 3),
        "peak_memory_bytes": max(peak.values(), default=0),
        "peak_memory_bytes_per_step": peak,
    }


def step_values(steps: Sequence[StepMetrics]) -> dict[str, dict[str, Value]]:
    """What each step told about itself, by step."""
    values: dict[str, dict[str, Value]] = {}
    for one in steps:
        values.setdefault(one.step, {}).update(one.values)
    return values


def device(steps: Sequence[StepMetrics]) -> str:
    """Where the dense stereo ran, as its step says; cpu when none says."""
    told = [str(one.values["device"]) for one in steps if "device" in one.values]
    return told[-1] if told else "cpu"


def device_reason(steps: Sequence[StepMetrics]) -> str:
    """Why the dense stereo ran where it did, as a step says; empty when none does."""
    values = {name: value for one in steps for name, value in one.values.items()}
    if "why_cpu" in values:
        return str(values["why_cpu"])
    return f"{values['requested_device']} was asked for" if values.get("requested_device", "auto") != "auto" else ""


def unregistered(assessment: AssessmentDocument, matches: MatchDocument, scene: Scene) -> dict[str, str]:
    """Every photograph without a camera, by name, and why."""
    placed = {view.name for view in scene.views}
    used = {photo.name: photo.used for photo in assessment.photos}
    names = sorted({*used, *(photo.name for photo in matches.photos), *matches.unregistered} - placed)
    meanings = {issue.code: issue.message for issue in assessment.issues}
    issues = {photo.name: photo.issues for photo in assessment.photos}
    found = {}
    for name in names:
        told = [meanings.get(code, code) for code in issues.get(name, [])] if not used.get(name, True) else []
        found[name] = matches.unregistered.get(name) or " ".join(["Not used.", *told] if told else [UNPLACED])
    return found


def scale(steps: Sequence[StepMetrics]) -> tuple[str, str]:
    """What told the size of things, and the unit of all outputs."""
    values = step_values(steps).get("align_photos", {})
    source = str(values.get("scale_source", "none"))
    return source, str(values.get("unit", "arbitrary" if source == "none" else "m"))


def held_out(steps: Sequence[StepMetrics]) -> dict[str, Any]:
    """The score of photographs that the texture did without, as its step says; None where none was."""
    values = step_values(steps).get("texture_mesh", {})
    return {
        "held_out_psnr_db": values.get("held_out_psnr_db"),
        "held_out_coverage": values.get("held_out_coverage"),
        "held_out_photos": values.get("held_out_photos", 0),
    }


def versions() -> dict[str, str]:
    """Python and the libraries that decide the result; those that are not installed are left out."""
    found = {"python": ".".join(str(part) for part in sys.version_info[:3])}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def ply_vertices(path: Path) -> int:
    """The number of points that a PLY file's header declares."""
    with path.open("rb") as stream:
        header = stream.read(4096).split(b"end_header")[0].splitlines()
    for line in header:
        words = line.split()
        if words[:2] == [b"element", b"vertex"]:
            return int(words[2])
    raise Fatal(f"{path.name} is not a PLY file of points.", code="unreadable-points", files=[path.name])
