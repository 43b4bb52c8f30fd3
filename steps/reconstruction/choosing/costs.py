"""What a reconstruction will cost: CPU seconds and peak memory of each step, from sizes and a preset.

Each step's cost is a sum of terms, each proportional to what the step goes through: photographs, pixels, cells of the
octree, texels. What is measured when a quality is chosen has been paid for and is no prediction. The constants were
fitted to runs of this project by `benchmarks/predictions.py`, which prints how far off they are, also for sets left out
of the fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from steps.reconstruction.choosing.evidence import Evidence
from steps.reconstruction.presets import Preset

WITHIN = 1.5
"""Factor within which the CPU seconds of sets that the model was not fitted to have been right."""
PARALLEL = {"estimate_depth": 0.95, "align_photos": 0.8, "undistort_photos": 0.8}
"""Share of a step's CPU seconds that all cores share; of the others none."""
SECONDS: Mapping[str, Mapping[str, float]] = {
    "undistort_photos": {"megapixels": 0.1, "photographs": 0.03},
    "estimate_depth": {"run": 10, "matches": 5.4},
    "fuse_depth": {"run": 1.5, "depths": 0.35},
    "mesh_surface": {"run": 5, "cells": 130},
    "simplify_mesh": {"run": 0.25, "cells": 6},
    "texture_mesh": {"run": 6, "megapixels": 0.15, "texels": 7},
    "export_model": {"run": 0.2, "texels": 0.15},
}
"""CPU seconds of each step for one of each kind of `amounts`."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one step."""

    cpu_seconds: float
    peak_memory_bytes: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """Of a whole run at one quality."""

    steps: Mapping[str, Cost]

    @property
    def cpu_seconds(self) -> float:
        """Of all steps."""
        return sum(cost.cpu_seconds for cost in self.steps.values())

    @property
    def peak_memory_bytes(self) -> float:
        """Of the step that needs most; one runs at a time."""
        return max((cost.peak_memory_bytes for cost in self.steps.values()), default=0.0)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "cpu_seconds": round(self.cpu_seconds, 1),
            "peak_memory_bytes": round(self.peak_memory_bytes),
            "steps": {
                name: {"cpu_seconds": round(cost.cpu_seconds, 1), "peak_memory_bytes": round(cost.peak_memory_bytes)}
                for name, cost in self.steps.items()
            },
        }


def amounts(evidence: Evidence, row: Preset) -> dict[str, float]:
    """How much there is of what the steps go through; pixels, cells and texels in millions."""
    scale = min(1.0, row.image_size / max(evidence.longer_side, 1.0))
    depths = evidence.placed * evidence.megapixels * scale**2
    return {
        "run": 1.0,
        "photographs": float(evidence.placed),
        "megapixels": evidence.placed * evidence.megapixels,
        "depths": depths,
        "matches": depths * row.views,
        "cells": 4.0**row.poisson_depth / 1e6,
        "texels": row.texture_size**2 / 1e6,
    }


def predict(evidence: Evidence, row: Preset, spent: Iterable[tuple[str, Cost]] = ()) -> Prediction:
    """What a run costs with the preset `row`: what finished steps have cost, and what the others will.

    The last step is not in it: it cannot tell its own cost in the figures that it writes.
    """
    much = amounts(evidence, row)
    photo, points, cells, texels = evidence.megapixels, much["depths"], much["cells"], much["texels"]
    peaks = {
        "undistort_photos": 120e6 + 13e6 * photo,
        "estimate_depth": 300e6 + 300e6 * points / max(evidence.placed, 1),
        "fuse_depth": 310e6 + 8e6 * points,
        "mesh_surface": 330e6 + 520e6 * cells,
        "simplify_mesh": 85e6 + 850e6 * cells,
        "texture_mesh": 430e6 + 110e6 * texels + 4e6 * photo,
        "export_model": 130e6 + 19e6 * texels,
    }
    models = {
        step: Cost(sum(each * much[kind] for kind, each in seconds.items()), peaks[step])
        for step, seconds in SECONDS.items()
    }
    return Prediction({**dict(spent), **models})


def reporting(evidence: Evidence) -> Cost:
    """What the last step will cost."""
    return Cost(10 + 0.3 * evidence.photos, 300e6)
