"""Find where the photographs were taken from, and a sparse cloud of points."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kai_pipelines import Fatal, ImageSet, Resources, Retry, SparseModel, progress, step
from steps.reconstruction.artifacts import MatchGraph
from steps.reconstruction.metrics import Measurement, StepMetrics, measured
from steps.reconstruction.photographs import FEWEST_PHOTOS

if TYPE_CHECKING:
    import pycolmap

    from steps.reconstruction.alignment.graph import Graph

_SEED = 0
_POINTS_PER_PHOTO = 10
"""Fewer do not hold a camera: a camera that only turned gives a model of cameras without points."""
_OVERLAP = "Take photographs that overlap their neighbors by two thirds, walking around the subject in small steps."


class Alignment(NamedTuple):
    """What `align_photos` returns."""

    sparse: SparseModel
    match_graph: MatchGraph
    metrics: StepMetrics


@step(resources=Resources(cpu=2, memory="4Gi"), timeout="2h", retry=Retry(limit=2, backoff="10s", factor=2))
def align_photos(photos: ImageSet, max_features: int = 8000) -> Alignment:
    """Find the photographs' cameras and a sparse cloud, from about `max_features` features per photograph.

    The model stands upright: +y up, +z toward the photographers, on y = 0. Everything later is in this frame.
    """
    from steps.reconstruction.alignment.mapping import rename_photos
    from steps.reconstruction.alignment.refinement import refine
    from steps.reconstruction.alignment.standing import stand_upright
    from steps.reconstruction.photographs.listing import list_photos

    with measured("align_photos") as m, tempfile.TemporaryDirectory(prefix="kai-align-") as scratch:
        names = list(list_photos(photos.path).photos)
        if len(names) < FEWEST_PHOTOS:
            raise Fatal(
                f"{len(names)} photographs are too few to align; {FEWEST_PHOTOS} are the least.",
                code="too-few-photos",
                files=names,
                hint=_OVERLAP,
            )
        graph, models, numbered = _reconstruct(photos.path, names, max_features, Path(scratch))
        model = refine(_chosen(models, graph, names))
        stand_upright(model)
        rename_photos(model, dict(zip(numbered, names, strict=True)))
        registered = frozenset(image.name for image in model.images.values() if image.has_pose)
        sparse = SparseModel.new("sparse")
        model.write(sparse.path)
        match_graph = MatchGraph.new("match_graph")
        match_graph.path.write_text(json.dumps(graph.document(names, registered), indent=1), encoding="utf-8")
        _record(m, model, graph, names, registered)
    return Alignment(sparse, match_graph, m.metrics)


def _reconstruct(
    folder: Path, names: list[str], max_features: int, scratch: Path
) -> tuple[Graph, list[pycolmap.Reconstruction], list[str]]:
    """Features, matches and models of the photographs, and the names they have in the models."""
    from steps.reconstruction.alignment import features, mapping, pairs
    from steps.reconstruction.alignment.graph import read_graph
    from steps.reconstruction.colmap import pycolmap

    pycolmap.logging.minloglevel = pycolmap.logging.ERROR.value
    pycolmap.set_random_seed(_SEED)
    database, linked, count = scratch / "matches.db", scratch / "photos", len(names)
    numbered = features.link_photos(folder, names, linked)
    features.register_photos(database, linked, numbered)
    total = 3 * count
    for done in features.extract(database, linked, numbered, max_features):
        progress(done, total, f"features of {done} of {count} photographs")
    chosen = pairs.choose_pairs(database, numbered, _SEED)
    for done in pairs.match(database, numbered, chosen, scratch, _SEED):
        progress(count + done * count // len(chosen), total, f"{done} of {len(chosen)} pairs compared")
    graph = read_graph(database, numbered)
    placed = 0

    def advanced() -> None:
        nonlocal placed
        placed = min(placed + 1, count)
        progress(2 * count + placed, total, f"{placed} photographs placed")

    models = mapping.map_photos(database, linked, scratch / "models", _SEED, advanced) if graph.edges else []
    return graph, models, numbered


def _chosen(models: list[pycolmap.Reconstruction], graph: Graph, names: list[str]) -> pycolmap.Reconstruction:
    """The largest model, or the reason why there is none."""
    from steps.reconstruction.alignment.graph import WITHOUT_PARALLAX

    usable = [model for model in models if model.num_points3D() >= _POINTS_PER_PHOTO * model.num_reg_images()]
    if usable and usable[0].num_reg_images() >= FEWEST_PHOTOS:
        return usable[0]
    if not graph.edges:
        raise Fatal(
            f"No two of the {len(names)} photographs show the same thing.",
            code="unrelated-photos",
            files=names,
            hint=_OVERLAP,
        )
    if all(edge.kind in WITHOUT_PARALLAX for edge in graph.edges):
        raise Fatal(
            "The camera turned on the spot: without a step to the side there is no depth in the photographs.",
            code="no-parallax",
            files=names,
            hint="Walk around the subject; do not stand in one place and turn.",
        )
    matched = {names[index] for edge in graph.edges for index in (edge.a, edge.b)}
    raise Fatal(
        f"Fewer than {FEWEST_PHOTOS} of {len(names)} photographs could be placed; {len(matched)} match another one.",
        code="too-few-registered",
        files=[name for name in names if name not in matched],
        hint=_OVERLAP,
    )


def _record(
    m: Measurement, model: pycolmap.Reconstruction, graph: Graph, names: list[str], registered: frozenset[str]
) -> None:
    """Keep the counts, and name the photographs that were left out."""
    m.value(
        photos=len(names),
        registered=len(registered),
        mean_reprojection_px=round(model.compute_mean_reprojection_error(), 4),
        sparse_points=model.num_points3D(),
        pairs=len(graph.edges),
    )
    left_out = [name for name in names if name not in registered]
    if left_out:
        m.warn("not-registered", f"{len(left_out)} of {len(names)} photographs could not be placed.", left_out)
