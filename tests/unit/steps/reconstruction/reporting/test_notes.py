from __future__ import annotations

from typing import Any

from steps.reconstruction.metrics import StepWarning
from steps.reconstruction.reporting.figures import Fallback, PlacedWarning, Summary
from steps.reconstruction.reporting.notes import SHOWN_FILES, notes


def summary(**changes: Any) -> Summary:
    return Summary.model_construct(**({"warnings": [], "fallbacks": []} | changes))


def test_no_warning_and_no_fallback_is_said_in_words() -> None:
    told = notes(summary(), [], {})

    assert "Nothing to worry about" in told
    assert "<li" not in told


def test_warnings_come_first_then_fallbacks_then_remarks() -> None:
    warning = PlacedWarning(step="align_photos", code="few-matches", message="first")
    remark = StepWarning(code="ignored-files", message="third", files=["a.txt"])

    told = notes(
        summary(warnings=[warning], fallbacks=[Fallback(step="estimate_depth", message="second")]), [remark], {}
    )

    assert told.index("first") < told.index("second") < told.index("third")
    assert "1 warning and 1 fallback" in told


def test_an_issue_that_a_step_warned_of_is_not_told_twice() -> None:
    warning = PlacedWarning(step="assess_photos", code="blurred", message="Three are blurred.")
    issue = StepWarning(code="blurred", message="Three are blurred.")

    assert notes(summary(warnings=[warning]), [issue], {}).count("Three are blurred.") == 1


def test_long_lists_of_files_are_folded() -> None:
    files = [f"{number}.jpg" for number in range(SHOWN_FILES + 5)]

    told = notes(summary(warnings=[PlacedWarning(step="s", code="c", message="m", files=files)]), [], {})

    shown, folded = told.split("<summary>")
    assert shown.count(".jpg") == SHOWN_FILES
    assert folded.count(".jpg") == 5
    assert "and 5 more" in folded


def test_a_warning_shows_the_photographs_it_names() -> None:
    warning = PlacedWarning(step="s", code="c", message="m", files=["a.jpg", "lost.jpg"])

    told = notes(summary(warnings=[warning]), [], {"a.jpg": "data:image/webp;base64,AA", "b.jpg": "data:,b"})

    assert told.count("<img") == 1
    assert 'alt="Photograph a.jpg"' in told
