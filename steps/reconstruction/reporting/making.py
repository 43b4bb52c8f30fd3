"""How the model was made: what each step said, lenses, versions."""

from __future__ import annotations

from steps.reconstruction.metrics import Value
from steps.reconstruction.reporting.content import Content
from steps.reconstruction.reporting.markup import Markup, element, section
from steps.reconstruction.reporting.wording import TIMES, step_title
from steps.reconstruction.scene import CameraView


def making(content: Content) -> Markup:
    """Facts to reproduce and to compare."""
    summary = content.summary
    said = [
        element("div", element("dt", step_title(step)), element("dd", _values(values)))
        for step, values in summary.values.items()
        if values
    ]
    versions = [
        element("div", element("dt", name), element("dd", version)) for name, version in summary.versions.items()
    ]
    return section(
        "making",
        "How it was made",
        "What each step said about itself, the lenses that were found, and the versions that decide the result.",
        element("h3", "Steps"),
        element("dl", *said, class_="pairs") if said else element("p", "No step told any figures."),
        element("h3", "Lenses"),
        _lenses(content.scene.views),
        element("h3", "Versions"),
        element("dl", *versions, class_="pairs short"),
    )


def _values(values: dict[str, Value]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_value(value)}" for name, value in values.items())


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else value


def _lenses(views: tuple[CameraView, ...]) -> Markup:
    """Each distinct lens once; photographs often share one."""
    kinds: dict[tuple[str, ...], int] = {}
    for view in views:
        focal = view.calibration[0, 0], view.calibration[1, 1]
        key = (
            view.model,
            f"{view.width} {TIMES} {view.height}",
            f"{focal[0]:,.1f} px" if abs(focal[0] - focal[1]) < 0.05 else f"{focal[0]:,.1f}, {focal[1]:,.1f} px",
            f"{view.calibration[0, 2]:,.1f}, {view.calibration[1, 2]:,.1f}",
            ", ".join(f"{value:.4f}" for value in view.distortion) or "none",
        )
        kinds[key] = kinds.get(key, 0) + 1
    names = ("Model", "Size", "Focal length", "Principal point", "Distortion", "Photographs")
    header = element(
        "tr", *[element("th", name, scope="col", class_="n" if name == names[-1] else None) for name in names]
    )
    rows = [
        element("tr", *[element("td", part) for part in key], element("td", many, class_="n"))
        for key, many in kinds.items()
    ]
    return element("div", element("table", element("thead", header), element("tbody", *rows)), class_="scroll")
