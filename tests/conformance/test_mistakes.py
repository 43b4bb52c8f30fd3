"""The mistakes people make, each in several ways: how many `kai check` catches, and with which code."""

from __future__ import annotations

from kai_pipelines.check import check
from tests.conformance.mistakes import MISTAKES, good, made

MEASURED_KINDS = 27


def test_a_good_workflow_has_neither_errors_nor_warnings() -> None:
    assert check([good()]) == []


def test_every_way_of_every_mistake_is_caught() -> None:
    missed: list[str] = []
    caught = 0
    for kind, changes in MISTAKES.items():
        codes = [sorted({finding.code for finding in check([made(change)])}) for change in changes]
        missed += [f"{kind}, way {number}" for number, found in enumerate(codes) if not found]
        caught += all(codes)
        print(
            f"{sum(map(bool, codes))} / {len(codes)} {kind}: {', '.join(sorted({one for way in codes for one in way}))}"
        )
    print(f"mistakes: {caught} / {len(MISTAKES)} kinds caught in every way")

    assert not missed
    assert len(MISTAKES) >= MEASURED_KINDS
