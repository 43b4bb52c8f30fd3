"""Templates and the objects that hold them, as Argo's template resolution finds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kai_pipelines.check.argo.decoding import Object
from kai_pipelines.check.finding import Place

KINDS = ("container", "containerSet", "steps", "dag", "script", "resource", "data", "suspend", "http", "plugin")
"""In the order in which Argo asks."""
POD_KINDS = frozenset(("container", "containerSet", "script", "resource", "data"))
LEAF_KINDS = POD_KINDS | {"http", "plugin"}
IN_WORDS = {"containerSet": "ContainerSet", "dag": "DAG", "http": "HTTP"}
"""Argo's name of a kind, where it is not the field's with a capital."""


def kind_of(body: Mapping[str, Any]) -> str:
    """The field that says what a template is; empty when there is none."""
    return next((kind for kind in KINDS if kind in body), "")


def kind_in_words(kind: str) -> str:
    """As Argo writes it: ``Container``, ``DAG``."""
    return IN_WORDS.get(kind, kind.capitalize())


@dataclass(eq=False)
class Template:
    """A template as it is written, with the place where it stands."""

    body: Object
    place: Place
    home: Home

    @cached_property
    def name(self) -> str:
        """Its name; inline templates mostly have none."""
        return str(self.body.get("name", ""))

    @cached_property
    def kind(self) -> str:
        """What it is."""
        return kind_of(self.body)

    @property
    def is_leaf(self) -> bool:
        """Whether it does work itself; a suspend template counts as neither."""
        return self.kind in LEAF_KINDS

    @cached_property
    def parameters(self) -> list[Object]:
        """Its input parameters."""
        found: list[Object] = self.body.get("inputs", {}).get("parameters", [])
        return found

    @cached_property
    def artifacts(self) -> list[Object]:
        """Its input artifacts."""
        found: list[Object] = self.body.get("inputs", {}).get("artifacts", [])
        return found

    @cached_property
    def outputs(self) -> Object:
        """Its outputs."""
        found: Object = self.body.get("outputs", {})
        return found

    def holders(self) -> Iterator[tuple[Object, tuple[str | int, ...]]]:
        """Its steps or tasks, each with the way to it."""
        for number, group in enumerate(self.body.get("steps", [])):
            for index, step in enumerate(group):
                yield step, ("steps", number, index)
        for index, task in enumerate(self.body.get("dag", {}).get("tasks", [])):
            yield task, ("dag", "tasks", index)

    def written(self, path: tuple[str | int, ...]) -> str:
        """The text at a path as it is written; the key itself, if it is the key of a mapping that has changed."""
        value: Any = self.body
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return str(key)
        return value if isinstance(value, str) else ""

    @cached_property
    def has_result(self) -> bool:
        """Whether `outputs.result` and an exit code exist."""
        if "containerSet" in self.body:
            names = [one.get("name") for one in self.body["containerSet"].get("containers", [])]
            if "main" in names:
                return True
        return any(kind in self.body for kind in ("container", "script", "data", "http", "plugin"))


@dataclass(eq=False)
class Home:
    """A Workflow, WorkflowTemplate or ClusterWorkflowTemplate: what its own names are looked up in."""

    scope: str
    """``local``, ``namespaced`` or ``cluster``."""
    name: str
    spec: Object
    place: Place
    """Where its spec stands in its document."""
    known: tuple[tuple[Iterable[Object], Place], ...] = ()
    """More templates to look in after those of the spec."""
    described: str = ""
    """How to name it in a message of another document."""
    _templates: dict[str, Template] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spec_templates = (self.spec.get("templates", []), (*self.place, "templates"))
        for bodies, place in (spec_templates, *self.known):
            for index, body in enumerate(bodies):
                template = Template(body, (*place, index), self)
                self._templates.setdefault(template.name, template)

    def find(self, name: str) -> Template | None:
        """Its first template of a name."""
        return self._templates.get(name)

    @property
    def names(self) -> list[str]:
        """The names of its templates."""
        return list(self._templates)

    @property
    def key(self) -> str:
        """What Argo calls the scope of its templates."""
        return f"{self.scope}/{self.name}"


class Shelf:
    """The WorkflowTemplates and ClusterWorkflowTemplates that were given."""

    def __init__(self, *, tells_not_found: bool = True) -> None:
        self.tells_not_found = tells_not_found
        """Whether a missing one is "not found" to Argo, or, as for an offline lint, any fault."""
        self._homes: dict[tuple[bool, str], Home] = {}

    def add(self, kind: str, document: Object) -> None:
        """Put an object of one of the two kinds on the shelf."""
        cluster = kind == "ClusterWorkflowTemplate"
        name = str(document.get("metadata", {}).get("name", ""))
        scope = "cluster" if cluster else "namespaced"
        home = Home(scope, name, document.get("spec", {}), ("spec",), described=f"{kind} {name}")
        self._homes.setdefault((cluster, name), home)

    def find(self, name: str, *, cluster: bool) -> Home | None:
        """The object of a name."""
        return self._homes.get((cluster, name))

    def names(self, *, cluster: bool) -> list[str]:
        """The names of one kind."""
        return [name for is_cluster, name in self._homes if is_cluster == cluster]
