"""Going through templates from the entrypoint: each once with everything in it, every call for its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kai_pipelines.check.argo.calls import Called, call, check_again, check_limits
from kai_pipelines.check.argo.context import PLACEHOLDERS, Arguments, Context, Site
from kai_pipelines.check.argo.inputs import check_declaration, check_location, check_retry_policy
from kai_pipelines.check.argo.leaf import check_leaf
from kai_pipelines.check.argo.outputs import check_metrics, check_outputs
from kai_pipelines.check.argo.tags import PLACEHOLDER, TAG
from kai_pipelines.check.argo.templates import POD_KINDS, Home, Template, kind_of
from kai_pipelines.check.argo.variables import Scope, check_tags
from kai_pipelines.check.finding import Place


def check_holder(
    context: Context,
    holder: Mapping[str, Any],
    place: Place,
    home: Home,
    arguments: Arguments,
    *,
    anchor: Place | None = None,
    unknown: str = "KAI117",
) -> Template | None:
    """The template that a step, task or entrypoint means, gone through; None when there is none to go through."""
    reference, name = holder.get("templateRef"), holder.get("template", "")
    here = anchor if anchor is not None else place
    if reference is not None:
        if not _is_complete(context, reference, name, here):
            return None
        template = _referenced(context, reference, here)
        if template is None:
            return None
        if template.home is not home:
            anchor = here
    else:
        template = _named(context, holder, name, place, home, here, unknown)
        if template is None:
            return None
    check_template(Site(context, template, anchor), arguments)
    return template


def _is_complete(context: Context, reference: Mapping[str, Any], name: str, here: Place) -> bool:
    add = context.problems.add
    if name:
        add("KAI119", "`template` and `templateRef` are both given", here, hint="keep one of them")
        return False
    if not reference.get("name"):
        add("KAI119", "templateRef does not name its WorkflowTemplate", (*here, "templateRef"))
        return False
    if not reference.get("template"):
        add("KAI119", "templateRef does not name a template", (*here, "templateRef"))
        return False
    texts = (str(reference["name"]), str(reference["template"]))
    return not any(not tag[1].startswith("=") for text in texts for tag in TAG.finditer(text))


def _referenced(context: Context, reference: Mapping[str, Any], here: Place) -> Template | None:
    name, wanted, cluster = reference["name"], reference["template"], bool(reference.get("clusterScope"))
    kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
    key = f"{'cluster' if cluster else 'namespaced'}/{name}/{wanted}"
    if key in context.stored:
        return context.stored[key]
    home = context.shelf.find(name, cluster=cluster)
    if home is None:
        if not (context.shelf.tells_not_found and PLACEHOLDER in wanted):
            near = context.problems.similar(name, context.shelf.names(cluster=cluster))
            hint = near or f"give the file with the {kind} {name} too"
            context.problems.add("KAI118", f"there is no {kind} {name!r}", (*here, "templateRef", "name"), hint=hint)
        return None
    template = home.find(wanted)
    if template is None:
        if PLACEHOLDER not in wanted:
            message = f"{kind} {name!r} has no template {wanted!r}"
            place = (*here, "templateRef", "template")
            context.problems.add("KAI118", message, place, hint=context.problems.similar(wanted, home.names))
        return None
    return _keep(context, key, template)


def _keep(context: Context, key: str, template: Template) -> Template:
    """Argo keeps a template of another object as it first meets it, and with it the inline ones of its tasks."""
    if key not in context.stored:
        context.stored[key] = template
        for holder, path in template.holders():
            if "inline" in holder:
                inline = Template(holder["inline"], (*template.place, *path, "inline"), template.home)
                context.stored.setdefault(f"{template.home.key}/inline/{holder.get('name', '')}", inline)
    return context.stored[key]


def _named(
    context: Context, holder: Mapping[str, Any], name: str, place: Place, home: Home, here: Place, unknown: str
) -> Template | None:
    inline = holder.get("inline")
    if name:
        found = home.find(name)
        if found is None:
            at = (*here, "template") if unknown == "KAI117" else here
            hint = context.problems.similar(name, home.names)
            if not hint and name.startswith(PLACEHOLDER):
                hint = "the name of a template cannot come from an input: only templateRef may have tags"
            message = (
                "the name of the template is only known later"
                if PLACEHOLDER in name
                else f"there is no template {name!r}"
            )
            context.problems.add(unknown, message, at, hint=hint)
            return None
        if inline is None:
            return found if home.scope == "local" else _keep(context, f"{home.key}/{name}", found)
    if inline is None:
        context.problems.add(
            "KAI119", "it names no template", here, hint="give it `template`, `templateRef` or `inline`"
        )
        return None
    template = Template(inline, (*place, "inline"), home)
    if home.scope != "local":
        template = context.stored.setdefault(f"{home.key}/inline/{holder.get('name', '')}", template)
    return template


def check_template(site: Site, arguments: Arguments) -> None:
    """Argo's validateTemplate."""
    context, template = site.context, site.template
    if id(template) not in context.visited:
        context.visited.add(id(template))
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
        from kai_pipelines.check.argo.steps import check_steps

        check_steps(site, called, scope)
    elif kind == "dag":
        from kai_pipelines.check.argo.dag import check_dag

        check_dag(site, called, scope)
    else:
        check_tags(site, scope, called.tagged("Template"), locator(site, called))
        check_leaf(site, called.body)
    _check_rest(site, called, scope, kind)


def _check_rest(site: Site, called: Called, scope: Scope, kind: str) -> None:
    body = called.body
    check_tags(site, scope, called.tagged("Outputs", "outputs"), locator(site, called))
    check_outputs(site, body.get("outputs", {}), kind)
    if "archiveLocation" in body:
        check_location(site, body["archiveLocation"], "archiveLocation", "archiveLocation")
    if "metrics" in body:
        check_metrics(site, body["metrics"])


def locator(site: Site, called: Called) -> Any:
    """Says where a tag of the substituted template is written: its place, and its offset when it stands there as it is."""
    from kai_pipelines.check.argo.places import written_at

    return lambda leftover, tag: written_at(site.template, called, leftover, tag)


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


__all__ = ["PLACEHOLDERS", "check_holder", "check_template", "locator"]
