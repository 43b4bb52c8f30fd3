"""Wrong pipelines: both mypy and pyright reject each line marked `# rejected`, and no other."""

from __future__ import annotations

from kai_pipelines import ImageSet, Mesh, PointCloud, Quality, Resources, fallback, for_each, pick, pipeline, select, step, switch, when
from tests.typing.vocabulary import Finish, assess, cut, dense, finish_of, join, polish, surface, tiles


@pipeline
def mesh_for_photos(mesh: Mesh) -> PointCloud:
    return dense(mesh, size=480)  # rejected


@pipeline
def photos_for_points(photos: ImageSet) -> Mesh:
    return surface(photos)  # rejected


@pipeline
def misspelt_argument(photos: ImageSet) -> PointCloud:
    return dense(photos, sise=480)  # rejected


@pipeline
def missing_argument(photos: ImageSet) -> PointCloud:
    return dense(photos)  # rejected


@pipeline
def text_for_int(photos: ImageSet) -> PointCloud:
    return dense(photos, size="480")  # rejected


@pipeline
def positional_for_keyword(photos: ImageSet) -> PointCloud:
    return dense(photos, 480)  # rejected


@pipeline
def missing_branch(photos: ImageSet) -> PointCloud:
    quality = assess(photos).quality
    return switch(quality, low=lambda: dense(photos, size=1), medium=lambda: dense(photos, size=2))  # rejected


@pipeline
def unknown_branch(photos: ImageSet) -> PointCloud:
    quality = assess(photos).quality
    return switch(quality, low=lambda: dense(photos, size=1), medium=lambda: dense(photos, size=2), high=lambda: dense(photos, size=3), best=lambda: dense(photos, size=4))  # rejected


@pipeline
def missing_case(photos: ImageSet) -> Mesh:
    points = dense(photos, size=480)
    return surface(points, depth=select(assess(photos).quality, low=7, high=10))  # rejected


@pipeline
def wrong_branch_result(photos: ImageSet) -> Mesh:
    quality = assess(photos).quality
    points = dense(photos, size=480)
    either = switch(quality, low=lambda: points, medium=lambda: points, high=lambda: surface(points))
    return surface(either)  # rejected


@pipeline
def wrong_case_type(photos: ImageSet) -> Mesh:
    points = dense(photos, size=480)
    return surface(points, depth=select(assess(photos).quality, low="7", medium="9", high="10"))  # rejected


@pipeline
def case_of_another_enum(photos: ImageSet) -> Mesh:
    points = dense(photos, size=480)
    finish: Finish = finish_of(points)
    cases = {Quality.LOW: lambda: surface(points)}
    return switch(finish, cases)  # rejected


@pipeline
def int_for_enum(mesh: Mesh) -> Mesh:
    return polish(mesh, 1)  # rejected


@pipeline
def text_for_enum(mesh: Mesh) -> Mesh:
    return polish(mesh, "matte")  # rejected


@pipeline
def optional_for_required(photos: ImageSet) -> Mesh:
    points = when(assess(photos).sharp, lambda: dense(photos, size=480))
    return surface(points)  # rejected


@pipeline
def text_as_condition(photos: ImageSet) -> Mesh:
    points = dense(photos, size=480)
    masks = when("sharp", lambda: surface(points))  # rejected
    return polish(surface(points), Finish.MATTE, masks)


@pipeline
def wrong_field(photos: ImageSet) -> Mesh:
    return assess(photos).mesh  # rejected


@pipeline
def wrong_return(photos: ImageSet) -> Mesh:
    return dense(photos, size=480)  # rejected


@pipeline
def wrong_item(photos: ImageSet) -> Mesh:
    points = dense(photos, size=480)
    parts = for_each(["a", "b"], lambda tile: cut(points, tile))  # rejected
    return join(pick(parts, lambda part: part.mesh), pick(parts, lambda part: part.faces))


@pipeline
def one_for_many(photos: ImageSet) -> Mesh:
    points = dense(photos, size=480)
    return join(surface(points), tiles(points))  # rejected


@pipeline
def fallback_to_another_type(photos: ImageSet) -> Mesh:
    points = dense(photos, size=480)
    return surface(fallback(fine=lambda: points, coarse=lambda: surface(points)))  # rejected


@step(resources=Resources(cpus=2))  # rejected
def misspelt_resource() -> None: ...


@step(timeout=90)  # rejected
def number_for_timeout() -> None: ...
