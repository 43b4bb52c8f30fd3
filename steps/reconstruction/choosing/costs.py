"""What a reconstruction will cost: CPU seconds and peak memory of each step, from sizes and a preset.

Each step's cost is a sum of terms, each proportional to what the step goes through: photographs, pixels, pairs,
cells of the octree, texels. The constants were fitted to runs of this project; `benchmarks/predictions.py` prints how
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
_BASE = 110e6
"""Bytes of a process that has loaded numpy and COLMAP."""


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
    """What a run costs with the preset `row`; `spent` is what finished steps have cost, and stands for their part."""
    photos, placed, source = evidence.photos, evidence.placed, evidence.megapixels
    scale = min(1.0, row.image_size / max(evidence.longer_side, 1.0))
    dense = source * scale**2
    cells = 4.0**row.poisson_depth / 1e6
    points = placed * dense
    texels = row.texture_size**2 / 1e6
    features = min(evidence.features or row.features, 1.5 * row.features) / 1000
    pairs = evidence.pairs or photos * (photos - 1) / 2
    models = {
        "assess_photos": Cost(0.4 * photos * source, _BASE + 30e6 * source),
        "align_photos": Cost(
            photos * (0.15 * source + 0.25 * features) + 0.0009 * pairs * features**2 + 0.3 * photos,
            _BASE + 100e6 + 25e6 * source + 1e6 * photos * features / 4,
        ),
        "undistort_photos": Cost(0.12 * placed * source, _BASE + 14e6 * source),
        "estimate_depth": Cost(6 + 14.0 * placed * dense * row.views / 4, _BASE + 120e6 + 250e6 * dense),
        "fuse_depth": Cost(1.2 * points, _BASE + 25e6 * points),
        "mesh_surface": Cost(1 + 20 * cells + 1.5 * points, _BASE + 300e6 * cells + 60e6 * points),
        "simplify_mesh": Cost(1 + 12 * cells, _BASE + 300e6 * cells),
        "texture_mesh": Cost(
            3 + 0.5 * placed * source + 2.5 * texels + row.faces / 4000, _BASE + 100e6 * texels + 30e6 * source
        ),
        "export_model": Cost(0.5 + 0.5 * texels, _BASE + 30e6 * texels),
        "finalize_reconstruction": Cost(4 + 0.3 * placed, _BASE + 150e6),
    }
    return Prediction(models | {name: cost for name, cost in spent if name in models})
