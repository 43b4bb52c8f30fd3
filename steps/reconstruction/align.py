"""Find where the photographs were taken from, and a sparse cloud of points."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kai_pipelines import Fatal, ImageSet, Resources, SparseModel, progress, step
from steps.reconstruction.artifacts import MatchGraph, PhotoAssessment
from steps.reconstruction.known_distance import KnownDistance
from steps.reconstruction.metrics import Measurement, StepMetrics, measured
from steps.reconstruction.photographs import FEWEST_PHOTOS
from steps.reconstruction.retrying import COMPUTING

if TYPE_CHECKING:
    from steps.reconstruction.alignment.placing import Placed
    from steps.reconstruction.alignment.scale import Scale

_SEED = 0
_PARTS = 1000
"""Progress is told in so many parts."""


class Alignment(NamedTuple):
    """What `align_photos` returns."""

    sparse: SparseModel
    match_graph: MatchGraph
    metrics: StepMetrics


@step(resources=Resources(cpu=2, memory="4Gi"), timeout="2h", retry=COMPUTING)
def align_photos(
    photos: ImageSet,
    masks: ImageSet | None = None,
    assessment: PhotoAssessment | None = None,
    max_features: int = 8000,
    largest: bool = False,
    known_distances: list[KnownDistance] = [],  # noqa: B006  # pipelines are compiled with it; nothing changes it
) -> Alignment:
    """Find the photographs' cameras and a sparse cloud, from about `max_features` features per photograph.

    `masks` has NAME.png for the photograph NAME, 0 where nothing counts. Of several scenes `largest` takes the one with
    the most photographs. The model stands upright: +y up, +z toward the photographers, the ground on y = 0, in meters
    where `known_distances` or the positions in `assessment` tell the scale. Everything later is in this frame.
    """
    from steps.reconstruction.alignment import coverage, verdict
    from steps.reconstruction.alignment.mapping import rename_photos
    from steps.reconstruction.alignment.matching import Sources
    from steps.reconstruction.alignment.placing import Placing
    from steps.reconstruction.alignment.refinement import refine
    from steps.reconstruction.alignment.scale import find_scale
    from steps.reconstruction.alignment.standing import stand_upright
    from steps.reconstruction.colmap import pycolmap
    from steps.reconstruction.photographs.listing import list_photos

    with measured("align_photos") as m, tempfile.TemporaryDirectory(prefix="kai-align-") as scratch:
        names = list_photos(photos.path).photos
        _refuse_too_few(names)
        facts = _read(assessment)
        pycolmap.logging.minloglevel = pycolmap.logging.ERROR.value
        pycolmap.set_random_seed(_SEED)
        positions = facts.get("positions_m") or {}
        sources = Sources(photos.path, names, masks.path if masks is not None else None, positions)
        found = Placing(sources, Path(scratch), _SEED, _report, largest=largest).place(max_features)
        repeated = verdict.copies(found.moved, len(names))
        doubts, reasons = _doubts(found, names), _left_out(found, names, facts, repeated)
        model = refine(found.model)
        rename_photos(model, dict(zip(found.matched.numbered, names, strict=True)))
        verdict.refuse_shallow(names, coverage.parallax(model)[1])
        scale = find_scale(model, positions, known_distances)
        up_source = stand_upright(model, scale.up, scale.factor)
        document = coverage.document(
            names, found.matched.graph, model, {name: why for name, (_, why) in reasons.items()}
        )
        sparse, match_graph = SparseModel.new("sparse"), MatchGraph.new("match_graph")
        model.write(sparse.path)
        match_graph.path.write_text(json.dumps(document, indent=1), encoding="utf-8")
        m.value(
            photos=len(names),
            registered=model.num_reg_images(),
            mean_reprojection_px=round(model.compute_mean_reprojection_error(), 4),
            sparse_points=model.num_points3D(),
            pairs=len(found.matched.graph.edges),
            mapper=found.mapper,
            thorough=found.thorough,
            median_parallax_deg=document["median_parallax_deg"],
            up_source=up_source,
        )
        _record_scale(m, scale)
        _warn(m, found, names, reasons, doubts, _untold(repeated, names, facts))
    return Alignment(sparse, match_graph, m.metrics)


def _refuse_too_few(names: tuple[str, ...]) -> None:
    from steps.reconstruction.alignment.verdict import OVERLAP

    if len(names) < FEWEST_PHOTOS:
        raise Fatal(
            f"{len(names)} photographs are too few to align; {FEWEST_PHOTOS} are the least.",
            code="too-few-photos",
            files=names,
            hint=OVERLAP,
        )


def _read(assessment: PhotoAssessment | None) -> dict[str, Any]:
    return {} if assessment is None else dict(json.loads(assessment.path.read_text(encoding="utf-8")))


def _report(share: float, text: str) -> None:
    progress(min(_PARTS, round(_PARTS * share)), _PARTS, text)


def _doubts(found: Placed, names: tuple[str, ...]) -> list[str]:
    """Photographs of which many matches contradict the model."""
    from steps.reconstruction.alignment.consistency import contradicted

    edges = contradicted(found.model, found.matched.graph, found.matched.numbered)
    return sorted({names[index] for edge in edges for index in (edge.a, edge.b)})


def _left_out(
    found: Placed, names: tuple[str, ...], facts: dict[str, Any], repeated: list[list[int]]
) -> dict[str, tuple[str, str]]:
    from steps.reconstruction.alignment import leftovers

    rows = facts.get("photos", [])
    blurred = {row["name"] for row in rows if any(str(code).startswith("blur") for code in row.get("issues", []))}
    copied = {index: group[0] for group in repeated for index in group[1:]}
    return leftovers.explain(names, found.matched.graph, found.left, found.mirrored, blurred, copied)


def _untold(repeated: list[list[int]], names: tuple[str, ...], facts: dict[str, Any]) -> list[list[str]]:
    """The same pictures by name, but for those that `assess_photos` has warned of as the same view."""
    told = {name for issue in facts.get("issues", []) if issue["code"] == "same-view" for name in issue["files"]}
    groups = [[names[index] for index in group if names[index] not in told] for group in repeated]
    return [group for group in groups if len(group) > 1]


def _record_scale(m: Measurement, scale: Scale) -> None:
    m.value(scale_source=scale.source, unit=scale.unit)
    if scale.error_percent is not None:
        m.value(scale_error_percent=scale.error_percent)
    if scale.warning is not None:
        m.metrics.warnings.append(scale.warning)


def _warn(
    m: Measurement,
    found: Placed,
    names: tuple[str, ...],
    reasons: dict[str, tuple[str, str]],
    doubts: list[str],
    repeated: list[list[str]],
) -> None:
    """Name the photographs that were left out, and those that should be looked at."""
    from steps.reconstruction.alignment import leftovers

    m.metrics.warnings.extend(leftovers.warnings(reasons, len(names)))
    if repeated:
        told = "; ".join(" = ".join(group) for group in repeated)
        m.warn(
            "copies",
            f"Photographs that are the same picture add nothing: {told}.",
            [name for group in repeated for name in group],
        )
    if doubts:
        message = f"{len(doubts)} photographs match others where the cameras say they cannot: things that look alike."
        m.warn("look-alikes", f"{message} Check that no part of the subject is missing or doubled.", doubts)
    if found.matched.overlaid:
        m.warn("overlay", "What lies over most photographs, such as a logo, a date or a frame, was ignored there.")
    if found.matched.static:
        m.warn("static-background", "What stood still in most photographs was ignored: the subject turned before it.")
