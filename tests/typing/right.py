"""Right pipelines: mypy and pyright accept every line, and know every type."""

from __future__ import annotations

from typing import Literal, NamedTuple, assert_type

from kai_pipelines import (
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
from tests.typing.vocabulary import Assessment, Finish, assess, cut, dense, finish_of, join, polish, surface, tiles


class Model(NamedTuple):
    mesh: Mesh
    report: Report


@pipeline(title="Right", priority="interactive")
def right(photos: ImageSet, quality: Quality | Literal["auto"] = "auto") -> Model:
    assessed = assess(photos, quality)
    assert_type(assessed, Assessment)
    assert_type(assessed.quality, Quality)
    assert_type(assessed.report, Report)
    points = switch(
        assessed.quality,
        low=lambda: dense(photos, size=480),
        medium=lambda: dense(photos, size=800, views=4),
        high=lambda: dense.with_(gpu=Gpu(4))(photos, size=2400, views=6),
    )
    assert_type(points, PointCloud)
    depth = select(assessed.quality, low=7, medium=9, high=10)
    assert_type(depth, int)
    either = switch(assessed.sharp, true=lambda: surface(points), false=lambda: surface(points, depth=6))
    assert_type(either, Mesh)
    finish = switch(
        finish_of(points),
        {Finish.MATTE: lambda: surface(points, depth), Finish.GLOSSY: lambda: surface(points)},
    )
    assert_type(finish, Mesh)
    robust = fallback(fine=lambda: surface(points, depth=10), coarse=lambda: surface(points, depth=6))
    assert_type(robust, Mesh)
    masks = when(assessed.sharp, lambda: surface(points))
    assert_type(masks, Mesh | None)
    parts = for_each(tiles(points), lambda tile: cut(points, tile))
    meshes = pick(parts, lambda part: part.mesh)
    assert_type(meshes, list[Mesh])
    joined = join(meshes, pick(parts, lambda part: part.faces))
    polished = polish(joined, Finish.MATTE, masks)
    return Model(polished, assessed.report)


@pipeline
def nested(photos: ImageSet) -> Mesh:
    model = right(photos, Quality.LOW)
    assert_type(model, Model)
    return model.mesh


@pipeline(on_exit=finish_of)
def with_exit(photos: ImageSet) -> PointCloud:
    return dense(photos, size=480)


assert_type(surface(dense(ImageSet.new(), size=480)), Mesh)
