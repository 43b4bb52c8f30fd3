"""Which steps of the reconstruction run, with pods that do not really run."""

from __future__ import annotations

from pathlib import Path

import pytest

from kai_pipelines.engine import Run, RunRequest, run
from kai_pipelines.engine.executor import Job
from pipelines.reconstruction import reconstruction
from tests.fakes import Answer, FakeClock, FakeExecutor, Notes

BEFORE, AFTER = (
    ["assess-photos", "align-photos"],
    ["mesh-surface", "simplify-mesh", "texture-mesh", "export-model", "finalize-reconstruction"],
)
DENSE = ["undistort-photos", "estimate-depth", "fuse-depth"]


def reconstructed(folder: Path, assessed: str, failing: tuple[str, ...] = (), code: int = 65) -> tuple[Run, list[str]]:
    """Run with photographs that are assessed as a quality, and steps that fail; the run and the steps that ran."""
    (folder / "photos").mkdir()

    def answer(job: Job) -> Answer:
        if any(name in job.name for name in failing):
            return Answer(code=code)
        return Answer(files={name: assessed if name == "quality" else "made" for name in job.outputs})

    executor = FakeExecutor(answer)
    request = RunRequest(
        manifest=reconstruction.to_dict(),
        parameters={},
        artifacts={"photos": folder / "photos"},
        output=folder / "out",
        jobs=2,
        use_cache=False,
        store=folder / "store",
        python_path=(),
    )
    ended = run(request, Notes(), executor=executor, clock=FakeClock())
    return ended, [name.removesuffix("(0)") for name in executor.names]


def test_the_assessed_quality_chooses_the_only_dense_branch_that_runs(tmp_path: Path) -> None:
    ended, ran = reconstructed(tmp_path, "low")

    assert ended.phase == "Succeeded"
    assert ran == [*BEFORE, *(f"dense.low.{step}" for step in DENSE), *AFTER]


def test_a_dense_stereo_that_fails_degrades_step_by_step_and_the_model_is_made(tmp_path: Path) -> None:
    ended, ran = reconstructed(
        tmp_path, "high", failing=("dense.high.high.estimate-depth", "dense.high.medium.fuse-depth")
    )

    dense = [name for name in ran if name.startswith("dense.")]
    assert ended.phase == "Succeeded"
    assert dense == [
        *(f"dense.high.high.{step}" for step in DENSE[:2]),
        *(f"dense.high.medium.{step}" for step in DENSE),
        *(f"dense.high.low.{step}" for step in DENSE),
    ]


def test_a_passing_fault_is_tried_again_before_anything_degrades(tmp_path: Path) -> None:
    ended, ran = reconstructed(tmp_path, "medium", failing=("dense.medium.medium.estimate-depth(0)",), code=75)

    assert ended.phase == "Succeeded"
    assert "dense.medium.medium.estimate-depth(1)" in ran
    assert not any(name.startswith("dense.medium.low") for name in ran)


def test_photographs_that_cannot_be_aligned_end_the_run_before_anything_else(tmp_path: Path) -> None:
    ended, ran = reconstructed(tmp_path, "low", failing=("align-photos",))

    assert ended.phase == "Failed"
    assert ended.failure is not None
    assert "align-photos" in ended.failure.node
    assert ran == BEFORE


@pytest.mark.parametrize(("quality", "size"), [("low", "480"), ("medium", "800"), ("high", "1600")])
def test_a_preset_reaches_the_step_as_its_argument(tmp_path: Path, quality: str, size: str) -> None:
    asked: list[str] = []

    def answer(job: Job) -> Answer:
        asked.extend(argument for argument in job.command if argument.startswith("--max_image_size="))
        return Answer(files={name: quality if name == "quality" else "made" for name in job.outputs})

    (tmp_path / "photos").mkdir()
    request = RunRequest(
        reconstruction.to_dict(), {}, {"photos": tmp_path / "photos"}, tmp_path / "out", 1, False, tmp_path / "store"
    )
    run(request, Notes(), executor=FakeExecutor(answer), clock=FakeClock())

    assert asked == [f"--max_image_size={size}"]
