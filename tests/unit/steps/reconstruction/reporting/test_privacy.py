from __future__ import annotations

import socket

import pytest

from steps.reconstruction.metrics import StepMetrics, StepWarning
from steps.reconstruction.reporting.privacy import private_metrics, private_names, without_places


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("cannot open /home/ada/My/photos/a.jpg: no space", "cannot open a.jpg: no space"),
        ("'/tmp/kai-x1/work/depth.bin' is gone", "'depth.bin' is gone"),
        (r"C:\Users\ada\photos\a.jpg is broken", "a.jpg is broken"),
        ("see ~/photos/holiday/a.jpg", "see a.jpg"),
        ("file:///home/ada/a.jpg", "a.jpg"),
        ("(/var/lib/kai/store/)", "(store)"),
    ],
)
def test_absolute_paths_lose_their_folders(told: str, kept: str) -> None:
    assert without_places(told) == kept


@pytest.mark.parametrize(
    "told",
    [
        "front/left/a.jpg is blurred",
        "photographs and/or masks",
        "8/9 of 1/2",
        "s3://bucket/key/a.jpg",
        "a / b / c",
        "3 px",
    ],
)
def test_everything_else_stays_as_it_is(told: str) -> None:
    assert without_places(told) == told


def test_this_machine_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "ada-laptop")

    assert without_places("failed on ada-laptop, not on ada-laptop-2") == "failed on this machine, not on ada-laptop-2"


def test_a_short_or_common_name_of_a_machine_is_a_word_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "vm")

    assert without_places("the vm ran out of memory") == "the vm ran out of memory"


def test_names_below_the_folder_are_kept_and_absolute_ones_cut() -> None:
    assert private_names(["set a/b /c.jpg", "/home/ada/x.jpg", r"D:\x\y.jpg"]) == ["set a/b /c.jpg", "x.jpg", "y.jpg"]


def test_what_a_step_said_loses_places_on_disk_and_on_earth() -> None:
    said = StepMetrics(
        step="s",
        values={"latitude": 52.5, "mean_longitude_deg": 13.4, "scale_source": "gps", "cache": "/home/ada/.cache/kai"},
        warnings=[StepWarning(code="c", message="/a/b/c.jpg is dark", files=["/a/b/c.jpg"])],
    )

    kept = private_metrics(said)

    assert kept.values == {"scale_source": "gps", "cache": "kai"}
    assert (kept.warnings[0].message, kept.warnings[0].files) == ("c.jpg is dark", ["c.jpg"])
