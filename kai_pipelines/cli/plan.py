"""`kai plan`: where the steps of a workflow would run, how long it would take, and what it would cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kai_pipelines.cli.arguments import pairs
from kai_pipelines.cli.simulate import assumptions, rehearsal_of, script_from
from kai_pipelines.cli.validity import valid
from kai_pipelines.cli.what_if import what_if_options
from kai_pipelines.settings import Settings

if TYPE_CHECKING:
    from kai_pipelines.simulation.plan import Plan, PlannedStep, Span


@click.command()
@click.argument("target")
@what_if_options
@click.option("--prices", type=click.Path(path_type=Path), help="A price table (KAI_PRICES).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(
    target: str,
    parameters: tuple[str, ...],
    artifacts: tuple[str, ...],
    beside: tuple[Path, ...],
    results: tuple[str, ...],
    durations: tuple[str, ...],
    history: Path | None,
    prices: Path | None,
    as_json: bool,
) -> None:
    """Say what TARGET would need: pools, requests, time and price of each step, the critical path, the peaks.

    It is read off simulations of every branch; nothing runs. What nobody knows is assumed and told.
    """
    from kai_pipelines.simulation.plan import plan
    from kai_pipelines.simulation.prices import read_prices

    pairs("-a", artifacts)
    settings = Settings.from_environment()
    rehearsal = rehearsal_of(valid(target, settings, beside), parameters, history=history)
    script = script_from(rehearsal, (), results, durations)
    made = plan(rehearsal, read_prices(prices or settings.prices), script)
    if as_json:
        click.echo(json.dumps(document(made), indent=2, ensure_ascii=False))
        return
    for line in _lines(made):
        click.echo(line)


def _lines(made: Plan) -> Iterator[str]:
    from kai_pipelines.simulation.plan import size
    from kai_pipelines.simulation.timeline import spelled, table

    currency, count = made.prices.currency, len(made.branches)
    yield from table(
        [("step", "pool", "cpu", "memory", "gpu", "priority", "takes", "pods", "costs", ""), *_rows(made)],
        right=frozenset({2, 3, 4, 6, 7, 8}),
    )
    yield ""
    yield from table(
        [
            ("", "least", "as planned", "most"),
            ("time", *(spelled(one) for one in _three(made.seconds))),
            ("cost", *_costs(made)),
        ],
        right=frozenset({1, 2, 3}),
    )
    branches = "1 branch" if count == 1 else f"{count} branches"
    yield f"over {branches}; most: every retry is used up. {currency}: {made.prices.origin or 'a table of your own'}"
    yield ""
    yield f"critical path  {' → '.join(_path(made)) or '–'}"
    for peak in made.peaks:
        nodes = f"; {peak.nodes} node{'' if peak.nodes == 1 else 's'}" if peak.nodes is not None else ""
        gpus = f", {peak.gpus} gpu" if peak.gpus else ""
        pool, pods = peak.pool or "no pool", f"{peak.pods} pod{'' if peak.pods == 1 else 's'}"
        yield f"peak           {pool}: {pods}, {peak.cpu:g} cpu, {size(peak.memory)}{gpus}{nodes}"
    for warning in made.warnings:
        yield f"warning: {warning}"
    yield from assumptions(made.planned)


def _rows(made: Plan) -> Iterator[tuple[str, ...]]:
    from kai_pipelines.simulation.plan import size
    from kai_pipelines.simulation.prices import money
    from kai_pipelines.simulation.timeline import spelled

    for step in made.steps:
        asks = step.asks
        cost = money(step.cost, made.prices.currency)
        cpu, memory, gpus = (
            f"{asks.cpu:g}" if asks.cpu else "",
            size(asks.memory) if asks.memory else "",
            str(asks.gpus or ""),
        )
        yield (
            step.name, asks.pool or "–", cpu, memory, gpus, asks.priority or "–", spelled(step.seconds), str(step.pods),
            cost, ", ".join(_notes(step, len(made.branches))),
        )  # fmt: skip


def _notes(step: PlannedStep, branches: int) -> Iterator[str]:
    if step.branches < branches:
        yield f"in {step.branches} of {branches} branches"
    if step.retries:
        yield f"up to {step.retries} {'retry' if step.retries == 1 else 'retries'}"
    if step.runs:
        yield f"time of {step.runs} run{'' if step.runs == 1 else 's'}"
    elif step.assumed:
        yield "time assumed"


def _three(span: Span) -> tuple[float, float, float]:
    return span.least, span.planned, span.most


def _costs(made: Plan) -> tuple[str, ...]:
    from kai_pipelines.simulation.prices import money

    if made.cost is None:
        return ("?", "?", "?")
    return tuple(money(one, made.prices.currency) for one in _three(made.cost))


def _path(made: Plan) -> list[str]:
    return list(dict.fromkeys(pod.step.name for pod in made.critical))


def document(made: Plan) -> dict[str, Any]:
    """A plan as JSON: seconds, bytes, cores and currency as plain numbers."""
    return {
        "steps": [
            {
                "name": step.name,
                "template": step.template,
                "pool": step.asks.pool,
                "cpu": step.asks.cpu,
                "memory": step.asks.memory,
                "gpus": step.asks.gpus,
                "priorityClass": step.asks.priority,
                "seconds": step.seconds,
                "measuredRuns": step.runs,
                "assumed": step.assumed,
                "pods": step.pods,
                "branches": step.branches,
                "retries": step.retries,
                "cost": step.cost,
            }
            for step in made.steps
        ],
        "branches": [
            {"title": one.title, "phase": one.simulation.phase, "seconds": one.simulation.seconds}
            for one in made.branches
        ],
        "seconds": dict(zip(("least", "planned", "most"), _three(made.seconds), strict=True)),
        "cost": made.cost and dict(zip(("least", "planned", "most"), _three(made.cost), strict=True)),
        "currency": made.prices.currency,
        "prices": made.prices.origin,
        "criticalPath": _path(made),
        "peaks": [
            {
                "pool": peak.pool,
                "pods": peak.pods,
                "cpu": peak.cpu,
                "memory": peak.memory,
                "gpus": peak.gpus,
                "nodes": peak.nodes,
            }
            for peak in made.peaks
        ],
        "warnings": list(made.warnings),
        "assumed": list(assumptions(made.planned)),
    }
