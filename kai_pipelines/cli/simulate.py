"""`kai simulate`: a workflow on a virtual clock, with every outcome that one likes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kai_pipelines.cli.arguments import encoded, pairs
from kai_pipelines.cli.target import Target
from kai_pipelines.cli.validity import valid
from kai_pipelines.cli.what_if import what_if_options
from kai_pipelines.errors import KaiError, UsageError
from kai_pipelines.settings import Settings

if TYPE_CHECKING:
    from kai_pipelines.simulation import Rehearsal, Simulation
    from kai_pipelines.simulation.scenarios import Exploration, Scenario
    from kai_pipelines.simulation.script import Script

_COLORS = {"Succeeded": "green", "Failed": "red", "Error": "red"}


@click.command()
@click.argument("target")
@what_if_options
@click.option("--fail", multiple=True, metavar="STEP=CODES", help="How a step ends: 137,0 or error, timeout, oom.")
@click.option("--jobs", type=click.IntRange(min=1), help="Pods side by side (any number).")
@click.option("--all-branches", is_flag=True, help="Every branch, and every way in which a step can fail.")
@click.option("--graph", type=click.Path(path_type=Path), help="Draw how it went: FILE.html, .svg or .mmd.")
@click.option("--json", "as_json", is_flag=True, help="Print the finished Workflow as one JSON document.")
def command(
    target: str,
    parameters: tuple[str, ...],
    artifacts: tuple[str, ...],
    beside: tuple[Path, ...],
    fail: tuple[str, ...],
    results: tuple[str, ...],
    durations: tuple[str, ...],
    history: Path | None,
    jobs: int | None,
    all_branches: bool,
    graph: Path | None,
    as_json: bool,
) -> int:
    """Go through TARGET in virtual time: the engine's own scheduler, and no pod runs.

    What nobody lays down is assumed and told: steps succeed, outputs are what the workflow compares them with.
    """
    pairs("-a", artifacts)
    found = valid(target, Settings.from_environment(), beside)
    rehearsal = rehearsal_of(found, parameters, history=history, jobs=jobs)
    script = script_from(rehearsal, fail, results, durations)
    if all_branches:
        from kai_pipelines.simulation.scenarios import explore

        if graph is not None:
            raise UsageError("--graph draws one simulation", hint="leave out --all-branches, or lay down a branch")
        explored = explore(rehearsal, script)
        click.echo(json.dumps(_document(explored), indent=2, ensure_ascii=False) if as_json else _told(explored))
        return 0
    made = rehearsal.simulate(script)
    for name in made.unmet:
        click.echo(f"warning: --fail {name}: it did not run", err=True)
    if graph is not None:
        _draw(made, graph)
    if as_json:
        click.echo(json.dumps(made.workflow, indent=2, ensure_ascii=False))
    else:
        _show(made)
    return 0 if made.phase == "Succeeded" else 1


def rehearsal_of(
    target: Target, parameters: tuple[str, ...], *, history: Path | None = None, jobs: int | None = None
) -> Rehearsal:
    """What a command line asks to simulate."""
    from kai_pipelines.simulation import Rehearsal
    from kai_pipelines.simulation.history import read_history
    from kai_pipelines.simulation.simulation import ANY_NUMBER

    return Rehearsal(
        target.manifest,
        encoded(target, pairs("-p", parameters)),
        target.siblings,
        read_history(history),
        jobs or ANY_NUMBER,
    )


def script_from(
    rehearsal: Rehearsal, fail: tuple[str, ...], results: tuple[str, ...], durations: tuple[str, ...]
) -> Script:
    """What a command line lays down."""
    from kai_pipelines.simulation.script import read_endings, script_of

    return script_of(
        rehearsal.names,
        fail=[(step, read_endings(text, f"--fail {step}")) for step, text in pairs("--fail", fail).items()],
        results=[_divided("--result", text) for text in results],
        durations=pairs("--duration", durations).items(),
    )


def _divided(flag: str, text: str) -> tuple[str, tuple[str, ...]]:
    step, equals, value = text.partition("=")
    if not equals or not step:
        raise UsageError(f"{flag} {text!r} is not name=value")
    return step, (value,)


def _show(made: Simulation) -> None:
    from kai_pipelines.simulation.timeline import timeline, verdict

    for line in timeline(made):
        click.echo(line)
    click.echo()
    click.secho(verdict(made), fg=_COLORS.get(made.phase), bold=True)
    for line in assumptions(made):
        click.echo(line)


def assumptions(made: Simulation) -> Iterator[str]:
    """What nobody has said and what was taken instead, where it matters."""
    from kai_pipelines.simulation.history import ASSUMED

    for one in made.invented:
        if one.others:
            yield f"assumed: {one.name} = {one.value} (or {', '.join(one.others)}); another with --result"
        elif one.is_list:
            yield f"assumed: {one.name} = {one.value}; another list with --result"
    unknown = {pod.step.template for pod in made.pods if pod.length.assumed}
    if unknown:
        yield f"assumed: {ASSUMED:.0f}s for each of {len(unknown)} steps that no record of a run knows; --duration says more"


def _draw(made: Simulation, path: Path) -> None:
    from kai_pipelines.drawing import to_html, to_mermaid, to_svg

    forms = {".html": to_html, ".svg": to_svg, ".mmd": to_mermaid}
    if path.suffix not in forms:
        raise UsageError(f"--graph {path}: its form is not known", hint=f"one of {', '.join(forms)}")
    try:
        path.write_text(forms[path.suffix](made.workflow), encoding="utf-8")
    except OSError as error:
        raise KaiError(f"cannot write {path}: {error.strerror}") from error
    click.echo(str(path), err=True)


# Every branch


def _told(explored: Exploration) -> str:
    from kai_pipelines.simulation.timeline import spelled, table

    right = frozenset({2, 3})
    branches = [("branch", "phase", "takes", "pods", "")]
    for one in [explored.base, *explored.of("branch")]:
        made = one.simulation
        row = (one.title, made.phase, spelled(made.seconds), str(len(made.pods)), _difference(one, explored.base))
        branches.append(row)
    lines = [*table(branches, right=right), ""]
    failures = [("a step fails", "phase", "takes", "pods", "")]
    for one in explored.of("failure"):
        made = one.simulation
        row = (one.title, made.phase, spelled(made.seconds), str(len(made.pods)), _difference(one, explored.base))
        failures.append(row)
    if len(failures) > 1:
        lines += [*table(failures, right=right), ""]
    return "\n".join([*lines, *_coverage(explored)])


def _difference(one: Scenario, base: Scenario) -> str:
    """What runs in addition, and what does not, compared with the scenario without the failure or choice."""
    from kai_pipelines.simulation.scenarios import difference

    if one is base:
        return ""
    more, less = difference(one.simulation, one.without or base.simulation)
    shown = [f"+ {name}" for name in more] + [f"− {name}" for name in less]
    return "  ".join(shown[:4]) + (f"  and {len(shown) - 4} more" if len(shown) > 4 else "")


def _coverage(explored: Exploration) -> Iterator[str]:
    never = explored.never
    total = len(explored.tasks)
    yield f"{len(explored.scenarios)} scenarios; {total - len(never)} of {total} tasks run in at least one of them"
    for template, name in never:
        when = explored.tasks[(template, name)].get("when")
        yield f"never runs: {name} in {template}" + (f", when {when}" if when else "")
    if not explored.complete:
        yield "there are more scenarios than were tried: lay some down with --result and --fail"


def _document(explored: Exploration) -> dict[str, Any]:
    return {
        "scenarios": [
            {
                "title": one.title,
                "kind": one.kind,
                "phase": one.simulation.phase,
                "message": one.simulation.message,
                "seconds": one.simulation.seconds,
                "pods": len(one.simulation.pods),
                "ran": list(one.simulation.ran),
                "skipped": list(one.simulation.skipped),
                "results": {f"{step.lstrip('/')}{'.' + out if out else ''}": list(texts)
                            for (step, out), texts in one.script.results.items()},
                "fail": {step.lstrip("/"): list(endings) for step, endings in one.script.endings.items()},
            }
            for one in explored.scenarios
        ],
        "tasks": len(explored.tasks),
        "never": [{"template": template, "task": name} for template, name in explored.never],
        "complete": explored.complete,
    }  # fmt: skip
