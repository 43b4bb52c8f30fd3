"""Going through templates from the entrypoint: each once with everything in it, every call for its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kai_pipelines.check.argo.calls import Called, call, check_again, check_limits
from kai_pipelines.check.argo.context import Arguments, Context, Site
from kai_pipelines.check.argo.dag import check_dag
from kai_pipelines.check.argo.inputs import check_declaration, check_location, check_retry_policy
from kai_pipelines.check.argo.leaf import check_leaf
from kai_pipelines.check.argo.outputs import check_metrics, check_outputs
from kai_pipelines.check.argo.resolution import UNKNOWN_TEMPLATE, Holder, resolve
from kai_pipelines.check.argo.steps import check_steps
from kai_pipelines.check.argo.templates import POD_KINDS, Home, Template, kind_of
from kai_pipelines.check.argo.variables import Scope, check_tags
from kai_pipelines.check.finding import Place


def check_holder(
    context: Context,
    body: Mapping[str, Any],
    place: Place,
    home: Home,
    arguments: Arguments,
    *,
    anchor: Place | None = None,
    unknown: str = UNKNOWN_TEMPLATE,
) -> Template | None:
    """The template that a step, task or entrypoint means, gone through; None when there is none to go through."""
    holder = Holder(body, place, home, anchor, unknown)
    template = resolve(context, holder)
    if template is None:
        return None
    if template.home.spec is context.home.spec:
        anchor = None
    elif template.home is not home:
        anchor = holder.here
    check_template(Site(context, template, anchor), arguments)
    return template


def check_template(site: Site, arguments: Arguments) -> None:
    """Argo's validateTemplate."""
    context, template = site.context, site.template
    if template not in context.visited:
        context.visited.add(template)
        check_retry_policy(site)
        check_declaration(site)
    key = template.home.key + template.name
    if key in context.validated:
        if arguments.given is not None:
            check_again(site, arguments)
        return
    called = call(site, arguments)
    if called is None:
        return
    check_limits(site, called.body)
    context.validated.add(key)
    scope = Scope(context, _own_names(site))
    kind = kind_of(called.body) if called.body.get("steps", True) else ""
    if kind == "steps":
        check_steps(site, called, scope)
    elif kind == "dag":
        check_dag(site, called, scope)
    else:
        check_tags(site, scope, called, "Template")
        check_leaf(site, called.body)
    _check_rest(site, called, scope, kind)


def _check_rest(site: Site, called: Called, scope: Scope, kind: str) -> None:
    body = called.body
    check_tags(site, scope, called, "Outputs", "outputs")
    check_outputs(site, body.get("outputs", {}), kind)
    if "archiveLocation" in body:
        check_location(site, body["archiveLocation"], "archiveLocation", "archiveLocation")
    if "metrics" in body:
        check_metrics(site, body["metrics"])


def _own_names(site: Site) -> set[str]:
    template = site.template
    names: set[str] = set()
    if template.parameters:
        names.add("inputs.parameters")
    names.update(f"inputs.parameters.{one.get('name', '')}" for one in template.parameters)
    for artifact in template.artifacts:
        name = f"inputs.artifacts.{artifact.get('name', '')}"
        names.add(name)
        if template.is_leaf:
            names.add(f"{name}.path")
    if template.kind in POD_KINDS:
        names.add("pod.name")
    if "retryStrategy" in template.body:
        names.update(("retries", "lastRetry.exitCode", "lastRetry.status", "lastRetry.duration", "lastRetry.message"))
    return names
