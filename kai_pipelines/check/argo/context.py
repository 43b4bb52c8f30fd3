"""What one validation knows while it goes through the templates of a workflow: Argo's templateValidationCtx."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from kai_pipelines.check.argo.decoding import Object
from kai_pipelines.check.argo.problems import Problems
from kai_pipelines.check.argo.tags import PLACEHOLDER
from kai_pipelines.check.argo.templates import Home, Shelf, Template
from kai_pipelines.check.finding import Place


@dataclass(frozen=True)
class Options:
    """What is validated for: Argo's ValidateOpts."""

    lint: bool = False
    """Values that are given at submission may be missing."""
    submit: bool = False
    """Every argument needs a value."""
    ignore_entrypoint: bool = False
    """The object need not be able to start."""
    template_validation: bool = False
    """The object is a WorkflowTemplate or ClusterWorkflowTemplate: its arguments come later."""

    @property
    def may_lack_values(self) -> bool:
        """Whether arguments of the workflow itself may have no value yet."""
        return self.lint or (self.template_validation and not self.submit)


class Enter(Protocol):
    """Goes through the template that something names; see `validation.check_holder`."""

    def __call__(
        self,
        context: Context,
        body: Mapping[str, Any],
        place: Place,
        home: Home,
        arguments: Arguments,
        *,
        anchor: Place | None = None,
    ) -> Template | None:
        """The template, or None when there is none to go through."""
        ...


@dataclass
class Context:
    """The state of one validation."""

    problems: Problems
    shelf: Shelf
    options: Options
    home: Home
    enter: Enter
    """The way from a step or task into its template."""
    variables: dict[str, str] = field(default_factory=dict)
    """The global variables that exist so far, with their values or placeholders."""
    validated: set[str] = field(default_factory=set)
    """Scope and name of the templates that were gone through, as Argo keeps them."""
    stored: dict[str, Template] = field(default_factory=dict)
    """Templates of other objects as they were first met."""
    visited: set[Template] = field(default_factory=set)
    """Templates whose own fields were looked at."""
    _numbers: count[int] = field(default_factory=count)

    def placeholder(self) -> str:
        """A value that stands for one that comes later."""
        return f"{PLACEHOLDER}{next(self._numbers)}"

    def declare(self, *names: str) -> None:
        """Make global variables known whose values come later."""
        for name in names:
            self.variables[name] = self.placeholder()


@dataclass(frozen=True)
class Site:
    """Where findings about a template go: to its own place, or to the reference in the document that is judged."""

    context: Context
    template: Template
    anchor: Place | None = None
    """The place of the reference, for a template of another object."""

    def add(self, code: str, message: str, *path: str | int, hint: str = "", offset: int | None = None) -> None:
        """A finding at a path below the template."""
        where = f"template {self.template.name!r}: " if self.template.name else ""
        self.add_at(code, where + message, (*self.template.place, *path), hint=hint, offset=offset)

    def add_at(self, code: str, message: str, place: Place, *, hint: str = "", offset: int | None = None) -> None:
        """A finding at a place of the template's document."""
        if self.anchor is not None:
            message = f"in {self.template.home.described}: {message}"
            self.context.problems.add(code, message, self.anchor, hint=hint)
        else:
            self.context.problems.add(code, message, place, hint=hint, offset=offset)

    def below(self, *path: str | int) -> Place:
        """A place in the judged document for what stands below the template."""
        return self.anchor if self.anchor is not None else (*self.template.place, *path)


@dataclass(frozen=True)
class Arguments:
    """What a template is called with; without any (`given` is None) Argo makes up placeholders."""

    given: Mapping[str, Any] | None
    place: Place = ()

    def parameter(self, name: str) -> Object | None:
        """The first argument parameter of a name."""
        return self._first("parameters", name)

    def artifact(self, name: str) -> tuple[Object, Place] | None:
        """The first argument artifact of a name, and its place."""
        for index, one in enumerate((self.given or {}).get("artifacts", [])):
            if one.get("name", "") == name:
                return one, (*self.place, "artifacts", index)
        return None

    def _first(self, kind: str, name: str) -> Object | None:
        for one in (self.given or {}).get(kind, []):
            if one.get("name", "") == name:
                found: Object = one
                return found
        return None


PLACEHOLDERS = Arguments(None)
