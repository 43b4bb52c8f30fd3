"""What a reconstruction will cost: CPU seconds and peak memory of each step, from sizes and a preset.

Each step's cost is a sum of terms, each proportional to what the step goes through: photographs, pixels, cells of the
octree, texels. What is measured when a quality is chosen has been paid for and is no prediction. The constants were fitted to runs of this project; `benchmarks/predictions.py` prints how
far off they are.
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


def predict(evidence: Evidence, row: Preset, spent: Iterable[tuple[str, Cost]] = ()) -> Prediction:
    """What a run costs with the preset `row`: what finished steps have cost, and what the others will.

    The last step is not in it: it cannot tell its own cost in the figures that it writes.
    """
    placed, source = evidence.placed, evidence.placed * evidence.megapixels
    scale = min(1.0, row.image_size / max(evidence.longer_side, 1.0))
    pixels = evidence.megapixels * scale**2
    points = placed * pixels
    cells, texels = 4.0**row.poisson_depth / 1e6, row.texture_size**2 / 1e6
    models = {
        "undistort_photos": Cost(0.115 * source + 0.04 * placed, 120e6 + 13e6 * evidence.megapixels),
        "estimate_depth": Cost(6 + 24 * points * row.views / 4, 300e6 + 300e6 * pixels),
        "fuse_depth": Cost(0.8 + 0.3 * points, 310e6 + 8e6 * points),
        "mesh_surface": Cost(2 + 70 * cells, 330e6 + 520e6 * cells),
        "simplify_mesh": Cost(0.2 + 7 * cells, 85e6 + 850e6 * cells),
        "texture_mesh": Cost(3 + 0.4 * source + 8 * texels, 185e6 + 190e6 * texels + 4e6 * evidence.megapixels),
        "export_model": Cost(0.15 + 0.15 * texels, 130e6 + 19e6 * texels),
    }
    return Prediction({**dict(spent), **models})


def reporting(evidence: Evidence) -> Cost:
    """What the last step will cost."""
    return Cost(10 + 0.3 * evidence.photos, 300e6)
