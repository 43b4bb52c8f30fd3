"""One use of a template: under which node, by which task, with which arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kai_pipelines.engine.boundary import Boundary
from kai_pipelines.engine.node import Node
from kai_pipelines.manifest.library import Home

DEEPEST = 100
"""Templates inside templates, as a controller allows them by default."""


@dataclass(frozen=True)
class Call:
    """What is to run, and where it hangs."""

    name: str
    """The node's."""
    holder: Mapping[str, Any]
    """The task, step or hook that names the template."""
    home: Home
    """In which the name is looked up."""
    arguments: Mapping[str, Any]
    boundary: Node | None = None
    within: Boundary | None = None
    """Whose places it takes."""
    parents: Sequence[Node] = ()
    own_name: Mapping[str, str] = field(default_factory=lambda: {"steps.name": ""})
    """``tasks.name`` or ``steps.name``; to Argo the entrypoint and hooks are steps without a name."""
    hooked: bool = False
    """It is a life-cycle hook's."""
    retried: bool = False
    """It is one try of a template with a retry strategy."""
    exiting: bool = False
    """Part of an exit handler: a stop lets it go on."""
    depth: int = 0

    @property
    def flag(self) -> dict[str, bool] | None:
        """The node's flag."""
        flags = {"hooked": self.hooked, "retried": self.retried}
        return {name: True for name, holds in flags.items() if holds} or None


class CallError(Exception):
    """A template could not be run as its manifest asks for; the node that stands for it is in Error."""

    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.message = message
        self.node = node
