"""Which steps of the reconstruction run, with pods that do not really run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kai_pipelines.engine import Run, RunRequest, run
from kai_pipelines.engine.executor import OUT_OF_MEMORY, Job
from pipelines.reconstruction import reconstruction
from tests.fakes import Answer, FakeClock, FakeExecutor, Notes

BEFORE = ["assess-photos", "align-photos", "choose-quality"]
BUILD = [
    "undistort-photos", "estimate-depth.cpu", "fuse-depth", "mesh-surface", "simplify-mesh", "texture-mesh",
]  # fmt: skip
AFTER = ["export-model", "finalize-reconstruction"]


def reconstructed(
    folder: Path,
    chosen: str,
    failing: Mapping[str, Answer] | None = None,
    parameters: Mapping[str, str] | None = None,
    artifacts: Mapping[str, Path] | None = None,
) -> tuple[Run, list[str], FakeExecutor]:
    """Run with photographs for which a quality is chosen, and steps that end as told; the run and the steps that ran."""
    (folder / "photos").mkdir(exist_ok=True)
    clock = FakeClock()

    def answer(job: Job) -> Answer:
        if told := next((one for name, one in (failing or {}).items() if name in job.name), None):
            return told
        given = {"quality": chosen, "device": "cpu"}
        return Answer(files={name: given.get(name, "made") for name in job.outputs})

    executor = FakeExecutor(answer, clock)
    request = RunRequest(
        manifest=reconstruction.to_dict(),
        parameters=dict(parameters or {}),
        artifacts={"photos": folder / "photos", **(artifacts or {})},
        output=folder / "out",
        jobs=1,
        use_cache=False,
        store=folder / "store",
        python_path=(),
    )
    ended = run(request, Notes(), executor=executor, clock=clock)
    ran = [name.removesuffix("(0)") for name in executor.names]
    return ended, [name for name in ran if not name.startswith("switch-device")], executor


def tier(name: str, steps: int = len(BUILD)) -> list[str]:
    """The first steps of one quality's branch."""
    return [f"build.{name}.{step}" for step in BUILD[:steps]]


def flags(executor: FakeExecutor, flag: str) -> list[str]:
    return [word.partition("=")[2] for job in executor.jobs for word in job.command if word.startswith(f"--{flag}=")]


FATAL = Answer(code=65, stdout="error: no-surface: there is none\n")


def test_the_chosen_quality_is_the_only_branch_that_runs(tmp_path: Path) -> None:
    ended, ran, _ = reconstructed(tmp_path, "low")

    assert ended.phase == "Succeeded"
    assert ran == [*BEFORE, *tier("low"), *AFTER]
    assert ended.degraded == ()


@pytest.mark.parametrize("step", range(len(BUILD)))
def test_running_out_of_memory_anywhere_degrades_at_once_and_the_model_is_made(tmp_path: Path, step: int) -> None:
    name = BUILD[step]
    ended, ran, executor = reconstructed(
        tmp_path, "medium", {f"build.medium.medium.{name}": Answer(code=OUT_OF_MEMORY)}
    )

    assert ended.phase == "Succeeded"
    assert ran == [*BEFORE, *tier("medium.medium", step + 1), *tier("medium.low"), *AFTER]
    assert [str(one) for one in ended.degraded] == [
        f"medium ran out of memory in {name.removesuffix('.cpu')}; built at low"
    ]
    assert flags(executor, "quality") == ["low"]  # what the last step is told, for figures and report


def test_running_out_of_time_degrades_without_another_try(tmp_path: Path) -> None:
    days = Answer(seconds=1e6)
    ended, ran, _ = reconstructed(tmp_path, "medium", {"build.medium.medium.estimate-depth": days})

    assert ended.phase == "Succeeded"
    assert ran == [*BEFORE, *tier("medium.medium", 2), *tier("medium.low"), *AFTER]
    assert [str(one) for one in ended.degraded] == ["medium ran out of time in estimate-depth; built at low"]


def test_high_degrades_step_by_step_and_every_reason_is_told(tmp_path: Path) -> None:
    ended, ran, _ = reconstructed(
        tmp_path,
        "high",
        {"build.high.high.fuse-depth": Answer(code=137), "build.high.medium.mesh-surface": FATAL},
    )

    assert ended.phase == "Succeeded"
    assert ran == [*BEFORE, *tier("high.high", 3), *tier("high.medium", 4), *tier("high.low"), *AFTER]
    assert [str(one) for one in ended.degraded] == [
        "high ran out of memory in fuse-depth, medium failed in mesh-surface: no-surface: there is none; built at low"
    ]
    annotations = ended.workflow["metadata"]["annotations"]
    assert annotations["kai-pipelines/degraded"] == str(ended.degraded[0])


def test_a_run_in_which_every_quality_fails_ends_with_all_reasons(tmp_path: Path) -> None:
    ended, ran, _ = reconstructed(tmp_path, "medium", {"fuse-depth": Answer(code=137)})

    assert ended.phase == "Failed"
    assert not set(AFTER) & set(ran)
    assert [str(attempt) for one in ended.degraded for attempt in one.attempts] == [
        "medium ran out of memory in fuse-depth",
        "low ran out of memory in fuse-depth",
    ]


def test_a_passing_fault_is_tried_again_before_anything_degrades(tmp_path: Path) -> None:
    ended, ran, _ = reconstructed(tmp_path, "medium", {"medium.medium.estimate-depth.cpu(0)": Answer(code=75)})

    assert ended.phase == "Succeeded"
    assert "build.medium.medium.estimate-depth.cpu(1)" in ran
    assert not any(name.startswith("build.medium.low") for name in ran)
    assert ended.degraded == ()


def test_a_gpu_that_is_asked_for_and_absent_ends_the_run_and_no_lesser_quality_is_tried(tmp_path: Path) -> None:
    no_gpu = Answer(code=65, stdout="error: no-cuda: there is no GPU\n")
    ended, ran, _ = reconstructed(tmp_path, "medium", {"switch-device": no_gpu}, {"device": "cuda"})

    assert ended.phase == "Failed"
    assert ended.failure is not None
    assert ended.failure.log_lines == ("error: no-cuda: there is no GPU",)
    assert not any(name.startswith("build") for name in ran)


def test_only_a_run_that_asks_for_a_gpu_requests_one_of_the_cluster() -> None:
    asked = [
        (template["name"], task["name"])
        for template in reconstruction.to_dict()["spec"]["templates"]  # type: ignore[index]  # a manifest
        for task in template.get("dag", {}).get("tasks", [])
        if "nvidia.com/gpu" in str(task.get("arguments"))
    ]

    assert asked == [("reconstruction-switch-device", "cuda"), ("build-model-estimate-depth", "cuda")]


def test_photographs_that_cannot_be_aligned_end_the_run_before_anything_else(tmp_path: Path) -> None:
    ended, ran, _ = reconstructed(tmp_path, "low", {"align-photos": FATAL})

    assert ended.phase == "Failed"
    assert ended.failure is not None
    assert "align-photos" in ended.failure.node
    assert ran == BEFORE[:2]


@pytest.mark.parametrize(
    ("quality", "size", "views", "depth", "faces", "texture"),
    [
        ("low", "480", "3", "7", "10000", "1024"),
        ("medium", "800", "4", "9", "60000", "2048"),
        ("high", "1600", "6", "10", "300000", "4096"),
    ],
)
def test_a_preset_reaches_the_steps_as_their_arguments(
    tmp_path: Path, quality: str, size: str, views: str, depth: str, faces: str, texture: str
) -> None:
    _, _, executor = reconstructed(tmp_path, quality)

    wanted = {
        "max_image_size": size,
        "views": views,
        "poisson_depth": depth,
        "max_faces": faces,
        "texture_size": texture,
    }
    assert {flag: flags(executor, flag) for flag in wanted} == {flag: [value] for flag, value in wanted.items()}


def test_what_a_person_asks_for_reaches_the_alignment(tmp_path: Path) -> None:
    distances = '[{"meters": 1.5, "between": ["a.jpg", "b.jpg"]}]'
    _, _, executor = reconstructed(tmp_path, "low", parameters={"largest": "true", "known_distances": distances})

    assert flags(executor, "largest") == ["true"]
    assert flags(executor, "known_distances") == [distances]
