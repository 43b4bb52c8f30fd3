"""Which template a step, task, hook or entrypoint means: Argo's templateresolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kai_pipelines.check.argo.context import Context
from kai_pipelines.check.argo.tags import PLACEHOLDER, TAG
from kai_pipelines.check.argo.templates import Home, Template
from kai_pipelines.check.finding import Place

UNKNOWN_TEMPLATE = "KAI117"
UNKNOWN_ENTRYPOINT = "KAI116"


@dataclass(frozen=True)
class Holder:
    """What names a template."""

    body: Mapping[str, Any]
    place: Place
    home: Home
    """What its names are looked up in."""
    anchor: Place | None = None
    """Where findings go when it stands in another object."""
    unknown: str = UNKNOWN_TEMPLATE
    """The code for a name that means nothing."""

    @property
    def here(self) -> Place:
        """The place for findings about it as a whole."""
        return self.anchor if self.anchor is not None else self.place

    def field(self, *path: str) -> Place:
        """The place for findings about one of its fields; an entrypoint has none."""
        is_written = self.anchor is None and self.unknown == UNKNOWN_TEMPLATE
        return (*self.place, *path) if is_written else self.here


def resolve(context: Context, holder: Holder) -> Template | None:
    """The template; None, mostly with a finding, when there is none or Argo does not look."""
    if "templateRef" not in holder.body:
        return _of_this_object(context, holder)
    return _of_another(context, holder) if _is_complete(context, holder) else None


def _is_complete(context: Context, holder: Holder) -> bool:
    add, reference = context.problems.add, holder.body["templateRef"]
    if holder.body.get("template"):
        add("KAI119", "`template` and `templateRef` are both given", holder.here, hint="keep one of them")
        return False
    for field, what in (("name", "its WorkflowTemplate"), ("template", "a template")):
        if not reference.get(field):
            add("KAI119", f"templateRef does not name {what}", holder.field("templateRef"))
            return False
    texts = (reference["name"], reference["template"])
    return not any(not tag[1].startswith("=") for text in texts for tag in TAG.finditer(text))


def _of_another(context: Context, holder: Holder) -> Template | None:
    reference, problems = holder.body["templateRef"], context.problems
    name, wanted, cluster = reference["name"], reference["template"], bool(reference.get("clusterScope"))
    kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
    key = f"{'cluster' if cluster else 'namespaced'}/{name}/{wanted}"
    if key in context.stored:
        return context.stored[key]
    home = context.shelf.find(name, cluster=cluster)
    template = home.find(wanted) if home is not None else None
    if template is not None:
        return _kept(context, key, template)
    if home is None:
        if not (context.shelf.tells_not_found and PLACEHOLDER in wanted):
            near = problems.similar(name, context.shelf.names(cluster=cluster))
            hint = near or f"give the file with the {kind} {name} too"
            problems.add("KAI118", f"there is no {kind} {name!r}", holder.field("templateRef", "name"), hint=hint)
    elif PLACEHOLDER not in wanted:
        message, hint = f"{kind} {name!r} has no template {wanted!r}", problems.similar(wanted, home.names)
        problems.add("KAI118", message, holder.field("templateRef", "template"), hint=hint)
    return None


def _kept(context: Context, key: str, template: Template) -> Template:
    """Argo keeps a template of another object as it first meets it, and with it the inline ones of its tasks."""
    if key not in context.stored:
        context.stored[key] = template
        for holder, path in template.holders():
            if "inline" in holder:
                inline = Template(holder["inline"], (*template.place, *path, "inline"), template.home)
                context.stored.setdefault(f"{template.home.key}/inline/{holder.get('name', '')}", inline)
    return context.stored[key]


def _of_this_object(context: Context, holder: Holder) -> Template | None:
    name, inline, home = holder.body.get("template", ""), holder.body.get("inline"), holder.home
    if name:
        found = home.find(name)
        if found is None:
            _unknown(context, holder, name)
            return None
        if inline is None:
            return found if home.scope == "local" else _kept(context, f"{home.key}/{name}", found)
    if inline is None:
        hint = "give it `template`, `templateRef` or `inline`"
        context.problems.add("KAI119", "it names no template", holder.here, hint=hint)
        return None
    template = Template(inline, (*holder.place, "inline"), home)
    if home.scope == "local":
        return template
    return context.stored.setdefault(f"{home.key}/inline/{holder.body.get('name', '')}", template)


def _unknown(context: Context, holder: Holder, name: str) -> None:
    if PLACEHOLDER in name:
        message = "the name of the template is only known later"
        hint = "only the names in a templateRef may come from an input"
    else:
        message, hint = f"there is no template {name!r}", context.problems.similar(name, holder.home.names)
    context.problems.add(holder.unknown, message, holder.field("template"), hint=hint)
