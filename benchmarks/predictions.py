"""How right the predictions of `choose_quality` were: of finished runs, what was expected and what it cost.

    python benchmarks/predictions.py OUTPUT… [--json FILE]

Each OUTPUT is the folder of a finished `kai run reconstruction -o OUTPUT`. Only steps that were still to come when the
quality was chosen are compared; the model is the present one, not the one of the run, so that a changed constant shows at once.
Prints a table of factors, expected by actual, and one JSON document.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scaling import steps_of

from kai_pipelines import Quality
from steps.reconstruction.choosing.costs import predict
from steps.reconstruction.choosing.evidence import gather
from steps.reconstruction.documents import AssessmentDocument, MatchDocument
from steps.reconstruction.presets import PRESETS


def documents(output: Path, store: Path) -> tuple[AssessmentDocument, MatchDocument]:
    """What the run measured."""
    from repeated import kept

    made = kept(output, store)
    return (
        AssessmentDocument.model_validate_json(made["assess-photos.assessment"].read_bytes()),
        MatchDocument.model_validate_json(made["align-photos.match_graph"].read_bytes()),
    )


def compare(output: Path, store: Path) -> dict[str, Any]:
    """Expected and actual CPU seconds and peaks of each step of one run."""
    record = json.loads((output / "workflow.json").read_text(encoding="utf-8"))
    built = json.loads((output / "metrics.json").read_text(encoding="utf-8"))["quality"]
    actual = steps_of(record)
    expected = predict(gather(*documents(output, store)), PRESETS[Quality(built)]).steps
    steps = {
        name: {
            "expected_cpu_seconds": cost.cpu_seconds,
            "cpu_seconds": actual[name]["cpu_seconds"],
            "expected_peak_memory_bytes": cost.peak_memory_bytes,
            "peak_memory_bytes": actual[name]["peak_memory_bytes"],
        }
        for name, cost in expected.items()
        if name in actual
    }
    kinds = ("cpu_seconds", "peak_memory_bytes")
    total = {
        "cpu_seconds": [sum(one[f"{each}cpu_seconds"] for one in steps.values()) for each in ("expected_", "")],
        "peak_memory_bytes": [
            max(one[f"{each}peak_memory_bytes"] for one in steps.values()) for each in ("expected_", "")
        ],
    }
    return {
        "run": output.name,
        "quality": built,
        "steps": steps,
        "factor": {k: total[k][0] / total[k][1] for k in kinds},
    }


def show(runs: Sequence[dict[str, Any]]) -> None:
    """Expected by actual, for each step and in all."""
    names = list(dict.fromkeys(name for one in runs for name in one["steps"]))
    print(f"{'CPU, expected / actual':26}" + "".join(f"{one['run'][:20]:>22}" for one in runs))
    for name in names:
        cells = [one["steps"].get(name) for one in runs]
        texts = [f"{c['expected_cpu_seconds']:.1f} / {c['cpu_seconds']:.1f} s" if c else "–" for c in cells]
        print(f"{name:26}" + "".join(f"{text:>22}" for text in texts))
    for kind in ("cpu_seconds", "peak_memory_bytes"):
        print(f"{kind + ', factor':26}" + "".join(f"{one['factor'][kind]:22.2f}" for one in runs))
    worst = max(math.exp(abs(math.log(one["factor"]["cpu_seconds"]))) for one in runs)
    print(f"within a factor of {worst:.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outputs", nargs="+", type=Path)
    parser.add_argument("--store", type=Path, required=True, help="the store of the runs (KAI_STORE)")
    parser.add_argument("--json", type=Path, help="write the JSON document to this file")
    options = parser.parse_args()
    runs = [compare(output, options.store) for output in options.outputs]
    show(runs)
    document = json.dumps(runs, indent=1)
    print(document)
    if options.json:
        options.json.write_text(document + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
