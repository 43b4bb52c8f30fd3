"""Templates of steps: groups one after the other, the steps of a group at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kai_pipelines.check.argo.arguments import check_arguments
from kai_pipelines.check.argo.calls import Called
from kai_pipelines.check.argo.context import PLACEHOLDERS, Arguments, Site
from kai_pipelines.check.argo.names import step_fault
from kai_pipelines.check.argo.variables import Scope, add_items, add_outputs, check_tags


def check_steps(site: Site, called: Called, scope: Scope) -> None:
    """Argo's validateSteps: what a step may refer to grows from step to step."""
    if "activeDeadlineSeconds" in called.body:
        site.add(
            "KAI121", "activeDeadlineSeconds is only for templates that do work themselves", "activeDeadlineSeconds"
        )
    seen: set[str] = set()
    for number, group in enumerate(called.body["steps"]):
        for index, step in enumerate(group):
            at = ("steps", number, index)
            _check_name(site, step.get("name", ""), seen, *at)
            _check_step(site, called, scope, step, *at)


def _check_name(site: Site, name: str, seen: set[str], *at: str | int) -> None:
    if not name:
        site.add("KAI110", "a step has no name", *at)
    elif name in seen:
        site.add("KAI112", f"another step is called {name!r} too", *at, "name")
    elif fault := step_fault(name):
        site.add("KAI111", f"{name!r} is no name for a step: {fault}", *at, "name")
    seen.add(name)


def _check_step(site: Site, called: Called, scope: Scope, step: Mapping[str, Any], *at: str | int) -> None:
    context, name = site.context, step.get("name", "")
    prefix, place = f"steps.{name}", site.below(*at)
    arguments = step.get("arguments", {})
    scope.names.add(f"{prefix}.status")
    add_items(site, step, scope.names, *at)
    check_arguments(site.add_at, arguments, (*site.template.place, *at, "arguments"), may_lack_values=False)
    home, before = site.template.home, len(context.problems)
    template = context.enter(context, step, place, home, PLACEHOLDERS, anchor=site.anchor)
    if template is None and len(context.problems) > before:
        scope.pass_over(f"{prefix}.")
    if step.get("onExit") or "exit" in step.get("hooks", {}):
        add_outputs(context, scope.names, template, prefix, looped=False)
    check_hooks(site.add_at, step.get("hooks", {}), *site.template.place, *at, "hooks")
    inline = step.get("inline", {}).get("inputs", {}).get("parameters", [])
    own = {f"inputs.parameters.{one.get('name', '')}" for one in inline}
    check_tags(site, scope, called, "WorkflowStep", *at, more=own.__contains__)
    looped = bool(step.get("withItems") or step.get("withParam"))
    add_outputs(context, scope.names, template, prefix, looped=looped)
    if template is not None:
        given = Arguments(arguments, place=_given_at(site, step, *at))
        context.enter(context, step, place, home, given, anchor=site.anchor)


def _given_at(site: Site, holder: Mapping[str, Any], *at: str | int) -> tuple[str | int, ...]:
    return site.below(*at, "arguments") if "arguments" in holder and site.anchor is None else site.below(*at)


def check_hooks(add: Any, hooks: Mapping[str, Any], *place: str | int) -> None:
    """A hook other than `exit` says when it runs."""
    for name, hook in hooks.items():
        if name != "exit" and not hook.get("expression"):
            message = f"the hook {name!r} needs an expression that says when it runs"
            add("KAI155", message, (*place, name), hint="only the hook called 'exit' runs without one")
