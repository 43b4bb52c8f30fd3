"""One small pipeline for each construct; what each compiles to is beside this file, as NAME.yaml."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from kai_pipelines import (
    Figures,
    Gpu,
    ImageSet,
    Mesh,
    PointCloud,
    Quality,
    Report,
    fallback,
    for_each,
    pick,
    pipeline,
    select,
    switch,
    when,
)
from tests.vocabulary import (
    Finish,
    Part,
    choose_finish,
    cut,
    join,
    measure,
    notify,
    polish,
    reconstruct,
    scan,
    summarize,
    surface,
)


class Model(NamedTuple):
    """A mesh, its quality and a page about it."""

    mesh: Mesh
    quality: Quality
    report: Report


@pipeline
def plain_chain(photos: ImageSet) -> Mesh:
    """Two steps, one after the other; the first has a retry, a timeout and a GPU."""
    return surface(reconstruct(photos))


@pipeline(title="Several outputs", priority="interactive", timeout="6h")
def several_outputs(
    photos: ImageSet,
    quality: Annotated[Quality | Literal["auto"], "auto chooses"] = "auto",
    size: int = 480,
) -> Model:
    """Several inputs and outputs.

    A parameter with choices, a number, and a text of several lines: this one.
    """
    seen = scan(photos, quality)
    return Model(surface(reconstruct(photos, size)), seen.quality, seen.report)


@pipeline
def switching(photos: ImageSet) -> Mesh:
    """A branch for each quality: of one step, of two, and a nested choice."""
    seen = scan(photos)
    points = reconstruct(photos)
    return switch(
        seen.quality,
        low=lambda: surface(points, depth=5),
        medium=lambda: polish(surface(points)),
        high=lambda: switch(seen.sharp, true=lambda: surface(points, depth=10), false=lambda: surface(points, depth=8)),
    )


@pipeline
def selecting(photos: ImageSet) -> Mesh:
    """Constants by a value, as arguments."""
    quality = scan(photos).quality
    points = reconstruct(photos, select(quality, low=480, medium=800, high=2400))
    title = select(quality, low='a "quick" look', medium="{{workflow.name}}", high="the\nbest")
    return polish(surface(points), title=title)


@pipeline
def optional_work(photos: ImageSet) -> Mesh:
    """A mask only for sharp photographs, and a step that takes it or nothing."""
    points = reconstruct(photos)
    mask = when(scan(photos).sharp, lambda: surface(points, depth=4), name="mask")
    return polish(surface(points), mask=mask)


@pipeline
def optional_parameter(photos: ImageSet) -> Figures:
    """A parameter that may be absent."""
    mesh = surface(reconstruct(photos))
    note = when(scan(photos).sharp, lambda: choose_finish(mesh))
    return summarize([measure(mesh), 2.5], note)


@pipeline
def degrading(photos: ImageSet) -> PointCloud:
    """The best that works."""
    return fallback(
        high=lambda: reconstruct.with_(gpu=Gpu(4, memory="40Gi"), memory="64Gi")(photos, 2400),
        medium=lambda: reconstruct(photos, 800),
        low=lambda: reconstruct(photos),
    )


@pipeline
def looping(photos: ImageSet) -> Figures:
    """Constants fan out, parameters fan in."""
    points = reconstruct(photos)
    return summarize(for_each([5, 7, 9], lambda depth: measure(surface(points, depth))))


@pipeline
def looping_over_files(photos: ImageSet) -> Mesh:
    """A list of a step fans out, artifacts and parameters fan in."""
    points = reconstruct(photos)
    parts = for_each(scan(photos).tiles, lambda tile: cut(points, tile), name="tile")
    return join(pick(parts, lambda part: part.mesh), pick(parts, lambda part: part.faces))


@pipeline
def looping_over_bodies(photos: ImageSet) -> Mesh:
    """A body of two steps whose second makes the artifact that fans in."""
    points = reconstruct(photos)

    def smooth(tile: int) -> Part:
        part = cut(points, tile)
        return Part(polish(part.mesh), part.faces)

    parts = for_each(scan(photos).tiles, smooth)
    return join(pick(parts, lambda part: part.mesh), pick(parts, lambda part: part.faces))


@pipeline
def varying(photos: ImageSet) -> Mesh:
    """One step with two needs: one template, a patch of the pod."""
    coarse = surface(reconstruct(photos))
    return polish(surface.with_(cpu=8, memory="64Gi")(reconstruct(photos, 2400), 10), mask=coarse)


@pipeline
def waiting(photos: ImageSet) -> Mesh:
    """An edge without data."""
    seen = scan(photos)
    return surface(reconstruct.with_(after=[seen])(photos))


@pipeline(on_exit=notify)
def with_exit(photos: ImageSet) -> PointCloud:
    """Someone is told how it ended."""
    return reconstruct(photos)


@pipeline
def nested(photos: ImageSet, finish: Finish = Finish.MATTE) -> Mesh:
    """A pipeline in a pipeline, and an enum on its way through."""
    model = several_outputs(photos, Quality.LOW)
    return polish(model.mesh, finish)


@pipeline(schedule="0 3 * * *", priority="batch")
def nightly(photos: ImageSet) -> PointCloud:
    """Every night."""
    return reconstruct(photos)


CONSTRUCTS = (
    plain_chain, several_outputs, switching, selecting, optional_work, optional_parameter, degrading, looping,
    looping_over_files, looping_over_bodies, varying, waiting, with_exit, nested, nightly,
)  # fmt: skip
"""Every pipeline of this file."""
