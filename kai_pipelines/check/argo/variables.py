"""Which tags may stand where: the names that exist, and those that Argo lets pass because they come later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kai_pipelines.check.argo.calls import Called
from kai_pipelines.check.argo.context import Context, Site
from kai_pipelines.check.argo.decoding import Object
from kai_pipelines.check.argo.names import is_reference
from kai_pipelines.check.argo.tags import TAG, name_of, unclosed
from kai_pipelines.check.argo.templates import Template

_ROOTS = ("item.", "steps.", "inputs.", "outputs.", "pod.", "workflow.", "tasks.")
"""Tags that begin otherwise are none of Argo's business."""
_LATER = (
    "outputs.",
    "workflow.creationTimestamp",
    "workflow.scheduledTime",
    "workflow.duration",
    "tasks.name",
    "steps.name",
    "node.name",
)
"""Beginnings of names that only a run can resolve, which Argo lets pass."""
ANY_ITEM = "item.*"
ANY_OUTPUT_PARAMETER = "workflow.outputs.parameters.*"
ANY_OUTPUT_ARTIFACT = "workflow.outputs.artifacts.*"
"""Marks in a scope: every name with this beginning may come to exist."""


class Scope:
    """The names that exist in one template, besides the global ones."""

    def __init__(self, context: Context, names: Iterable[str] = ()) -> None:
        self._context = context
        self.names = set(names)
        self._unjudged: tuple[str, ...] = ()

    def has(self, name: str, more: Callable[[str], bool] | None = None) -> bool:
        """Whether a name resolves; `more` answers for those of one step or task."""
        if name in self.names or name in self._context.variables or (more is not None and more(name)):
            return True
        if name.startswith("item.") and self._any(ANY_ITEM, more):
            return True
        if name.startswith("workflow.outputs.parameters.") and self._any(ANY_OUTPUT_PARAMETER, more):
            return True
        if name.startswith("workflow.outputs.artifacts.") and self._any(ANY_OUTPUT_ARTIFACT, more):
            return True
        if name.startswith((*_LATER, *self._unjudged)):
            return True
        return name.startswith("workflow.parameters") and self._context.options.template_validation

    def pass_over(self, prefix: str) -> None:
        """Let all names with a beginning pass: what they belong to has a mistake of its own that was told."""
        self._unjudged = (*self._unjudged, prefix)

    def _any(self, mark: str, more: Callable[[str], bool] | None) -> bool:
        return mark in self.names or mark in self._context.variables or (more is not None and more(mark))

    def known(self) -> list[str]:
        """Every name, for hints."""
        return [*self.names, *self._context.variables]


def check_tags(
    site: Site, scope: Scope, called: Called, kind: str, *path: str | int, more: Callable[[str], bool] | None = None
) -> None:
    """A finding for every tag that nothing resolves, in the object of a kind that stands at a path."""
    for leftover in called.tagged(kind, *path):
        end = unclosed(leftover.text)
        if end is not None:
            place, offset = called.written_at(site.template, leftover, leftover.text[end:])
            site.add_at("KAI152", "a tag {{ is not closed by }}", place, offset=offset)
            continue
        for match in TAG.finditer(leftover.text):
            name = name_of(match[1])
            if match[1].startswith("=") or not name.startswith(_ROOTS) or scope.has(name, more):
                continue
            place, offset = called.written_at(site.template, leftover, match[0])
            hint = site.context.problems.similar(name, scope.known()) or _explained(name)
            message = f"{{{{{_short(match[1])}}}}} cannot be resolved here"
            site.add_at("KAI151", message, place, hint=hint, offset=offset)


def _short(tag: str) -> str:
    return tag if len(tag) <= 80 else tag[:77] + "..."


def _explained(name: str) -> str:
    if name.startswith(("tasks.", "steps.")) and name.endswith(".status"):
        return "a status is only known of tasks that this one waits for"
    if name == "workflow.failures":
        return "it only exists in exit handlers"
    return ""


def add_items(site: Site, holder: Mapping[str, Any], names: set[str], *place: str | int) -> None:
    """What `{{item…}}` may name in a step or task that loops."""
    items, parameter, sequence = holder.get("withItems"), holder.get("withParam"), holder.get("withSequence")
    if sum((bool(items), bool(parameter), sequence is not None)) > 1:
        message = "only one of withItems, withParam and withSequence can be given"
        site.add("KAI148", message, *place)
        return
    if items:
        for item in items:
            names.update(_item_names(item))
    elif parameter:
        names.update(("item", ANY_ITEM))
    elif sequence is not None:
        if "count" in sequence and "end" in sequence:
            site.add("KAI148", "a sequence has a count or an end, not both", *place, "withSequence")
        names.add("item")


def _item_names(item: object) -> list[str]:
    if isinstance(item, dict):
        return [f"item.{key}" for key in item]
    if isinstance(item, list):
        return [f"item.[{index}]" for index in range(len(item))]
    return [] if item is None else ["item"]


def add_outputs(context: Context, names: set[str], template: Template | None, prefix: str, *, looped: bool) -> None:
    """What other steps or tasks may ask of one: `prefix` is ``tasks.NAME`` or ``steps.NAME``."""
    names.update((f"{prefix}.id", f"{prefix}.startedAt", f"{prefix}.finishedAt", f"{prefix}.hostNodeName"))
    if template is None:
        return
    if template.body.get("daemon"):
        names.add(f"{prefix}.ip")
    if template.has_result:
        names.update((f"{prefix}.outputs.result", f"{prefix}.exitCode"))
    for kind, mark in (("parameters", ANY_OUTPUT_PARAMETER), ("artifacts", ANY_OUTPUT_ARTIFACT)):
        for output in template.outputs.get(kind, []):
            names.add(f"{prefix}.outputs.{kind}.{output.get('name', '')}")
            _add_global(context, names, output, kind, mark)
    if looped:
        names.add(f"{prefix}.outputs.parameters")
        if template.kind in ("script", "containerSet"):
            names.update((f"{prefix}.outputs.result", f"{prefix}.exitCode"))


def _add_global(context: Context, names: set[str], output: Object, kind: str, mark: str) -> None:
    name = output.get("globalName")
    if not name:
        return
    if is_reference(name):
        names.add(mark)
    elif f"workflow.outputs.{kind}.{name}" not in context.variables:
        context.declare(f"workflow.outputs.{kind}.{name}")
