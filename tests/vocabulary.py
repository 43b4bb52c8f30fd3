"""Small steps that really work on small files: what the tests of authoring, compiler and engine compose."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

from kai_pipelines import Figures, Gpu, ImageSet, Mesh, PointCloud, Quality, Report, Resources, Retry, step


class Finish(StrEnum):
    MATTE = "matte"
    GLOSSY = "glossy"


class Scan(NamedTuple):
    """What looking at photographs tells."""

    quality: Quality
    sharp: bool
    tiles: list[int]
    report: Report


class Part(NamedTuple):
    """One part of a model."""

    mesh: Mesh
    faces: int


@step
def scan(photos: ImageSet, requested: Quality | Literal["auto"] = "auto") -> Scan:
    """Look at photographs."""
    names = sorted(path.name for path in photos.path.iterdir())
    report = Report.new("report")
    report.path.write_text("<p>" + ", ".join(names) + "</p>", encoding="utf-8")
    quality = Quality.LOW if requested == "auto" else Quality(requested)
    return Scan(quality, len(names) > 1, list(range(len(names))), report)


@step(
    resources=Resources(cpu=4, memory="16Gi", gpu=Gpu(1)),
    timeout="2h",
    retry=Retry(limit=3, backoff="5s", factor=2, max_duration="10m"),
)
def reconstruct(photos: ImageSet, size: int = 480) -> PointCloud:
    """Points from photographs."""
    points = PointCloud.new("points")
    points.path.write_text(f"{size} points of {len(list(photos.path.iterdir()))} photographs\n", encoding="utf-8")
    return points


@step
def surface(points: PointCloud, depth: int = 7) -> Mesh:
    """A mesh from points."""
    mesh = Mesh.new("mesh")
    mesh.path.write_text(points.path.read_text(encoding="utf-8") + f"depth {depth}\n", encoding="utf-8")
    return mesh


@step
def cut(points: PointCloud, tile: int) -> Part:
    """One tile of the points as a mesh."""
    mesh = Mesh.new("part")
    mesh.path.write_text(f"tile {tile}\n", encoding="utf-8")
    return Part(mesh, 10 * tile)


@step
def join(parts: list[Mesh], faces: list[int]) -> Mesh:
    """Many meshes as one."""
    mesh = Mesh.new("joined")
    lines = [part.path.read_text(encoding="utf-8") for part in parts]
    mesh.path.write_text("".join(lines) + f"{sum(faces)} faces\n", encoding="utf-8")
    return mesh


@step
def polish(
    mesh: Mesh, finish: Finish = Finish.MATTE, mask: Mesh | None = None, title: Annotated[str, "a name"] = ""
) -> Mesh:
    """A finer mesh."""
    polished = Mesh.new("polished")
    text = mesh.path.read_text(encoding="utf-8") + f"{finish} {'masked' if mask else 'whole'} {title}\n"
    polished.path.write_text(text, encoding="utf-8")
    return polished


@step
def choose_finish(mesh: Mesh) -> Finish:
    """How a mesh should look."""
    return Finish.GLOSSY if "tile" in mesh.path.read_text(encoding="utf-8") else Finish.MATTE


@step
def measure(mesh: Mesh) -> float:
    """The size of a mesh."""
    return float(mesh.path.stat().st_size)


@step
def summarize(sizes: list[float], note: str | None = None) -> Figures:
    """Figures of several meshes."""
    figures = Figures.new("figures")
    figures.path.write_text(f'{{"total": {sum(sizes)}, "note": "{note}"}}', encoding="utf-8")
    return figures


@step
def notify(status: str, failures: str = "[]") -> None:
    """Tell someone how it ended."""
    print(status, failures)
