"""Which variables there are at a place of a manifest: what an expression may name there.

The names are Argo's (util/variables/keys). What can only be known at run time, such as the outputs of a template
that is not given, counts as known.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kai_pipelines.check.model import POD_KINDS, RESULT_KINDS, Call, Document, Template, items, mapping

_WORKFLOW = frozenset(
    (
        "name", "namespace", "uid", "mainEntrypoint", "serviceAccountName", "priority", "status", "failures",
        "duration", "creationTimestamp", "scheduledTime", "parameters", "labels", "annotations", "outputs",
    )
)  # fmt: skip
_NODE = ("id", "status", "startedAt", "finishedAt", "ip", "hostNodeName", "exitCode", "outputs")
_RETRY = ("exitCode", "status", "duration", "message")
_CRON = ("name", "namespace", "labels", "annotations", "failed", "succeeded", "lastScheduledTime")
_TEXTS = frozenset((*_NODE[:-1], *_RETRY))
_OUTSIDE = {"cron": ("cronworkflow",), "http": ("request", "response"), "data": ("data",)}
"""Roots that only the expressions of one kind of field have."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that is not there: which part of the path, and what may have been meant."""

    part: int
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """A place: in a template, perhaps in one of its calls."""

    document: Document
    template: Template | None = None
    call: Call | None = None
    special: str = ""
    """``cron``, ``http``, ``data`` or ``retry``: an expression with variables of its own."""

    @property
    def roots(self) -> tuple[str, ...]:
        """The first names that there are."""
        if self.special == "retry":
            return ("lastRetry", "retries")
        found = ["workflow", *_OUTSIDE.get(self.special, ())]
        template = self.template
        if template is None:
            return tuple(found)
        found += ["inputs", "outputs", "node", "item", "retries", "lastRetry", "pod"]
        return (*found, "tasks", "steps")

    def unknown(self, path: Sequence[str]) -> Unknown | None:
        """What is wrong with a dotted path; None when it names something."""
        root = path[0]
        if root not in self.roots:
            return _missing(0, root, self.roots, "there is no variable")
        if root == "workflow":
            return self._workflow(path)
        if root == "lastRetry":
            return _member(path, 1, _RETRY) or self._retrying(path)
        if root == "cronworkflow":
            return _member(path, 1, _CRON)
        if root in ("tasks", "steps"):
            return self._node(path)
        if root == "inputs":
            return self._inputs(path)
        if root == "item" and self.template is not None:
            return self._item(path)
        return None

    def is_text(self, path: Sequence[str]) -> bool:
        """Whether a known path is text for certain."""
        match list(path):
            case ["inputs", "parameters", _] | ["retries"] | ["lastRetry", _]:
                return True
            case ["workflow", "parameters", name]:
                return name != "json"
            case ["workflow", "name" | "namespace" | "uid" | "status" | "mainEntrypoint" | "duration" | "priority"]:
                return True
            case ["tasks" | "steps", _, name]:
                return name in _TEXTS
            case ["tasks" | "steps", _, "outputs", "result"] | ["tasks" | "steps", _, "outputs", "parameters", _]:
                return True
            case _:
                return False

    def _workflow(self, path: Sequence[str]) -> Unknown | None:
        if len(path) < 2:
            return None
        if path[1] not in _WORKFLOW:
            return _missing(1, path[1], _WORKFLOW, "workflow has no")
        if path[1] != "parameters" or len(path) < 3 or path[2] == "json" or self.document.is_open:
            return None
        known = dict(self.document.parameters)
        if self.document.base is not None:
            known |= self.document.base.parameters
        return None if path[2] in known else _missing(2, path[2], known, "the workflow has no parameter")

    def _inputs(self, path: Sequence[str]) -> Unknown | None:
        template = self.template
        if len(path) < 2 or template is None:
            return None
        if path[1] not in ("parameters", "artifacts"):
            return _missing(1, path[1], ("parameters", "artifacts"), "inputs has no")
        if len(path) < 3:
            return None
        known = template.parameters if path[1] == "parameters" else template.artifacts
        if path[2] in known:
            return None
        inline = self.call.target if self.call is not None else None
        if inline is not None and inline.place[-1:] == ("inline",) and path[2] in inline.parameters:
            return None
        kind = path[1].removesuffix("s")
        return _missing(2, path[2], known, f"{_named(template)} has no input {kind}")

    def _item(self, path: Sequence[str]) -> Unknown | None:
        call = self.call
        if call is None or not call.loops:
            return None if call is None else Unknown(0, "there is no item: nothing is repeated here", "add withItems")
        values = items(call.body.get("withItems"))
        if len(path) < 2 or not values or any(isinstance(one, str) for one in values):
            return None
        keys = {str(key) for one in values for key in mapping(one)}
        if not keys or path[1] in keys:
            return None
        return _missing(1, path[1], keys, "the items have no key")

    def _retrying(self, path: Sequence[str]) -> Unknown | None:
        template = self.template
        if self.special == "retry" or template is None or template.effective("retryStrategy") is not None:
            return None
        return Unknown(0, f"{_named(template)} has no retryStrategy, so there is no {path[0]}")

    def _node(self, path: Sequence[str]) -> Unknown | None:
        template = self.template
        root = path[0]
        word = root.removesuffix("s")
        if template is None or template.kind != ("dag" if root == "tasks" else "steps"):
            what = "outside" if template is None else f"in {_named(template)}, which is {_article(template.kind)}"
            hint = "steps are named steps.NAME, tasks of a dag tasks.NAME; others pass values as inputs"
            return Unknown(0, f"there are no {root} {what}", hint)
        if len(path) < 2 or (path[1] == "name" and len(path) == 2):
            return None
        call = template.by_name.get(path[1])
        if call is None:
            return _missing(1, path[1], template.by_name, f"{_named(template)} has no {word}")
        if len(path) < 3:
            return None
        if path[2] not in _NODE:
            return _missing(2, path[2], _NODE, f"a {word} has no")
        return self._outputs(path, call) if path[2] == "outputs" else None

    def _outputs(self, path: Sequence[str], call: Call) -> Unknown | None:
        if len(path) < 4:
            return None
        if path[3] not in ("result", "parameters", "artifacts", "exitCode"):
            return _missing(3, path[3], ("result", "parameters", "artifacts"), "outputs has no")
        target = call.target
        if target is None:
            return None
        if path[3] == "result":
            if target.kind in RESULT_KINDS or call.loops or not target.kind:
                return None
            hint = "give the template an output parameter, and read that"
            return Unknown(3, f"{call.name} runs {_article(target.kind)}, which has no result", hint)
        if len(path) < 5 or path[3] == "exitCode":
            return None
        known = target.output_parameters if path[3] == "parameters" else target.output_artifacts
        if path[4] in known:
            return None
        kind = path[3].removesuffix("s")
        return _missing(4, path[4], known, f"{_named(target)} has no output {kind}")


def _named(template: Template) -> str:
    return f"template {template.name!r}" if template.name else "the inline template"


def _article(kind: str) -> str:
    return f"a {kind} template" if kind else "no template of a known kind"


def _member(path: Sequence[str], at: int, known: Sequence[str]) -> Unknown | None:
    if len(path) <= at or path[at] in known:
        return None
    return _missing(at, path[at], known, f"{path[at - 1]} has no")


def _missing(part: int, name: str, known: Iterable[str], what: str) -> Unknown:
    return Unknown(part, f"{what} {name!r}", suggestion(name, known))


def suggestion(name: str, known: Iterable[str] | Mapping[str, object]) -> str:
    """What may have been meant, and what there is."""
    names = sorted(str(one) for one in known)
    near = difflib.get_close_matches(name, names, n=1)
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    if near:
        return f"did you mean {near[0]}?"
    return f"there is {listed}" if names else ""


def makes_pods(template: Template) -> bool:
    """Whether its nodes are pods."""
    return template.kind in POD_KINDS
