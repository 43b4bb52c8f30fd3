"""How right the predictions of `choose_quality` were: of finished runs, what was expected and what it cost.

    python benchmarks/predictions.py OUTPUT… [--json FILE]

Each OUTPUT is the folder of a finished `kai run reconstruction -o OUTPUT`. Only steps that were still to come when the
quality was chosen are compared; the model is the present one, not the one of the run, so that a changed constant shows at once.
The constants are then fitted to all runs anew (least squares of the factors' logarithms), and for each set of
photographs without the runs of that set: that tells how far off the model is on photographs that it has never seen.
Prints a table of expected and actual, the factors, and one JSON document with the fitted constants.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from scaling import steps_of
from scipy.optimize import least_squares

from kai_pipelines import Quality
from steps.reconstruction.choosing.costs import SECONDS, amounts, predict
from steps.reconstruction.choosing.evidence import Evidence
from steps.reconstruction.presets import PRESETS

Constants = Mapping[str, Mapping[str, float]]
LEAST = 1e-6
"""No constant is below: nothing that is gone through saves time."""


@dataclass(frozen=True)
class Run:
    """A finished run."""

    name: str
    quality: Quality
    evidence: Evidence
    actual: dict[str, dict[str, float]]
    """CPU seconds and peak memory of each step."""

    @property
    def photographs(self) -> tuple[int, float]:
        """Runs of the same photographs have the same."""
        return self.evidence.placed, round(self.evidence.megapixels, 2)

    @property
    def amounts(self) -> dict[str, float]:
        """Of what its steps went through."""
        return amounts(self.evidence, PRESETS[self.quality])


def read(output: Path) -> Run:
    """What a run left in its folder."""
    record = json.loads((output / "workflow.json").read_text(encoding="utf-8"))
    figures = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    cameras = json.loads((output / "cameras.json").read_text(encoding="utf-8")).values()
    sizes = [sorted((camera["width"], camera["height"])) for camera in cameras]
    evidence = Evidence(
        carried=Quality.LOW, why="", photos=figures["photos"], placed=len(sizes),
        longer_side=fmean(longer for _, longer in sizes), shorter_side=fmean(shorter for shorter, _ in sizes),
        pairs=0, features=0, inliers=None, parallax=None, thickness=None, weak_links=0,
    )  # fmt: skip
    actual = {step: cost for step, cost in steps_of(record).items() if step in SECONDS}
    return Run(output.name, Quality(figures["quality"]), evidence, actual)


def fit(runs: Sequence[Run]) -> Constants:
    """Constants with which the logarithm of expected by actual is least, in squares over the runs."""
    fitted = {}
    for step, seconds in SECONDS.items():
        costs = [(run.amounts, run.actual[step]["cpu_seconds"]) for run in runs if step in run.actual]
        relative = np.array([[much[kind] / cost for kind in seconds] for much, cost in costs])
        found = least_squares(
            lambda each, of=relative: np.log(of @ each), list(seconds.values()), bounds=(LEAST, np.inf)
        )
        fitted[step] = dict(zip(seconds, found.x.tolist(), strict=True))
    return fitted


def factor(run: Run, constants: Constants) -> float:
    """Expected by actual CPU seconds of all steps."""
    expected = sum(each * run.amounts[kind] for step in run.actual for kind, each in constants[step].items())
    return expected / sum(cost["cpu_seconds"] for cost in run.actual.values())


def compare(run: Run, others: Sequence[Run]) -> dict[str, Any]:
    """Expected and actual CPU seconds and peaks of each step; `others` are runs of other photographs."""
    expected = predict(run.evidence, PRESETS[run.quality]).steps
    peaks = [
        max(cost["peak_memory_bytes"] for cost in run.actual.values()),
        max(expected[step].peak_memory_bytes for step in run.actual),
    ]
    return {
        "run": run.name,
        "quality": run.quality,
        "steps": {
            step: {"expected_cpu_seconds": expected[step].cpu_seconds, **cost} for step, cost in run.actual.items()
        },
        "factor": factor(run, SECONDS),
        "factor_left_out": factor(run, fit(others)) if others else None,
        "factor_memory": peaks[1] / peaks[0],
    }


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Expected and actual of each step, and the factors."""
    print(f"{'CPU, expected / actual':26}" + "".join(f"{one['run'][-20:]:>22}" for one in rows))
    for step in SECONDS:
        cells = [one["steps"].get(step) for one in rows]
        texts = [f"{c['expected_cpu_seconds']:.1f} / {c['cpu_seconds']:.1f} s" if c else "–" for c in cells]
        print(f"{step:26}" + "".join(f"{text:>22}" for text in texts))
    names = {"factor": "in all", "factor_left_out": "with the set left out", "factor_memory": "peak memory"}
    for key, words in names.items():
        print(f"{words:26}" + "".join(f"{one[key]:22.2f}" if one[key] else f"{'–':>22}" for one in rows))
    for key in ("factor", "factor_left_out"):
        factors = [one[key] for one in rows if one[key]]
        if factors:
            print(f"{names[key]}: within a factor of {math.exp(max(abs(math.log(each)) for each in factors)):.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outputs", nargs="+", type=Path)
    parser.add_argument("--json", type=Path, help="write the JSON document to this file")
    options = parser.parse_args()
    runs = [read(output) for output in options.outputs]
    rows = [compare(run, [each for each in runs if each.photographs != run.photographs]) for run in runs]
    show(rows)
    document = json.dumps({"runs": rows, "fitted": fit(runs)}, indent=1)
    print(document)
    if options.json:
        options.json.write_text(document + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
