"""Steps and types that right.py and wrong.py share."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple

from kai_pipelines import Gpu, ImageSet, Mesh, PointCloud, Quality, Report, Resources, Retry, step


class Assessment(NamedTuple):
    quality: Quality
    sharp: bool
    report: Report


class Finish(StrEnum):
    MATTE = "matte"
    GLOSSY = "glossy"


class Part(NamedTuple):
    mesh: Mesh
    faces: int


@step(resources=Resources(cpu=2, memory="4Gi"), retry=Retry(limit=3, backoff="5s", factor=2))
def assess(photos: ImageSet, requested: Quality | Literal["auto"] = "auto") -> Assessment:
    raise NotImplementedError


@step(resources=Resources(gpu=Gpu(1)), timeout="2h")
def dense(photos: ImageSet, *, size: int, views: int = 3) -> PointCloud:
    raise NotImplementedError


@step
def surface(points: PointCloud, depth: int = 7) -> Mesh:
    raise NotImplementedError


@step
def finish_of(points: PointCloud) -> Finish:
    raise NotImplementedError


@step
def tiles(points: PointCloud) -> list[int]:
    raise NotImplementedError


@step
def cut(points: PointCloud, tile: int) -> Part:
    raise NotImplementedError


@step
def join(parts: list[Mesh], faces: list[int]) -> Mesh:
    raise NotImplementedError


@step
def polish(mesh: Mesh, finish: Finish, masks: Mesh | None = None) -> Mesh:
    raise NotImplementedError
