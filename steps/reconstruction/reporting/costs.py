"""Where time and memory went."""

from __future__ import annotations

from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.reporting.markup import Markup, element, section
from steps.reconstruction.reporting.wording import duration, memory, step_title


def costs(summary: Summary) -> Markup:
    """A bar for CPU time and one for wall time per step, and the peak of memory."""
    if not summary.cpu_seconds:
        return section("costs", "Time and memory", "No step told what it cost.")
    longest = max(*summary.cpu_seconds.values(), *summary.wall_seconds.values(), 1e-9)
    rows = [_row(step, summary, longest) for step in summary.cpu_seconds]
    total = element(
        "tr",
        element("th", "All steps", scope="row"),
        element("td"),
        element("td", duration(summary.total_cpu_seconds), class_="n"),
        element("td", duration(summary.total_wall_seconds), class_="n"),
        element("td", memory(summary.peak_memory_bytes), class_="n"),
    )
    names = [("Step", ""), ("", "wide"), ("CPU", "n"), ("Wall", "n"), ("Peak memory", "n")]
    header = element("tr", *[element("th", name, scope="col", class_=kind or None) for name, kind in names])
    table = element("table", element("thead", header), element("tbody", *rows), element("tfoot", total), class_="costs")
    legend = element(
        "p", element("span", "CPU", class_="key cpu"), element("span", "Wall", class_="key wall"), class_="legend"
    )
    time, space = duration(summary.total_cpu_seconds), memory(summary.peak_memory_bytes)
    lead = f"{time} of processor time; at most {space} of memory. Making this page is not counted."
    return section("costs", "Time and memory", lead, legend, element("div", table, class_="scroll"))


def _row(step: str, summary: Summary, longest: float) -> Markup:
    cpu, wall = summary.cpu_seconds[step], summary.wall_seconds[step]
    bars = [
        element("span", style=f"--share:{seconds / longest * 100:.2f}%", class_=f"bar {kind}")
        for kind, seconds in (("cpu", cpu), ("wall", wall))
    ]
    return element(
        "tr",
        element("th", step_title(step), scope="row"),
        element("td", *bars, class_="wide", aria_hidden="true"),
        element("td", duration(cpu), class_="n"),
        element("td", duration(wall), class_="n"),
        element("td", memory(summary.peak_memory_bytes_per_step[step]), class_="n"),
    )
