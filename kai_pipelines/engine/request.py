"""What the engine is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kai_pipelines.engine.node import Node

if TYPE_CHECKING:
    from kai_pipelines.engine.pod import Outcome


@dataclass(frozen=True)
class RunRequest:
    """One manifest to run, with its arguments."""

    manifest: Mapping[str, Any]
    parameters: Mapping[str, str]
    artifacts: Mapping[str, Path]
    output: Path
    """The folder for outputs, logs and workflow.json."""
    jobs: int
    """Pods side by side."""
    use_cache: bool
    store: Path
    siblings: Sequence[Mapping[str, Any]] = ()
    """Other manifests given with it."""
    rerun_command: str = ""
    python_path: Sequence[str] = ()
    """Folders in which the steps' modules are found."""
    simulated: bool = False
    """Nothing will run: what this machine could not run is let through, and artifacts need not be there."""


@dataclass(frozen=True)
class Failure:
    """Why a run ended badly."""

    node: str
    template: str
    message: str
    exit_code: int | None
    log: Path | None
    log_lines: tuple[str, ...]
    rerun_command: str


@dataclass(frozen=True)
class Run:
    """A run that has ended."""

    workflow: dict[str, Any]
    """The Argo Workflow with its status."""
    phase: str
    executed: int
    """Pods that ran."""
    cached: int
    """Pods whose results were kept from before."""
    failure: Failure | None = None


class PodRunner(Protocol):
    """What the scheduler asks of whoever runs pods: really, or in a simulation."""

    def key(self, template: dict[str, Any], *, wants_result: bool = False) -> str | None:
        """Under which key the pod's result is kept; None when it must run each time."""
        ...

    def kept(self, key: str | None) -> Outcome | None:
        """The outcome that is there already."""
        ...

    async def run(
        self,
        node: Node,
        template: dict[str, Any],
        key: str | None,
        on_line: Callable[[str], None],
        on_progress: Callable[[str], None],
        *,
        wants_result: bool = False,
        seconds: float | None = None,
    ) -> Outcome:
        """Run the pod, `seconds` at most; how it ended."""
        ...


class Shelf(Protocol):
    """What the scheduler asks of the artifact repository: that a key stands for something from now on."""

    def bring(self, key: str, path: Path) -> None:
        """A file or folder of the user's."""
        ...

    def add(self, key: str, digest: str) -> None:
        """What a pod has made."""
        ...


class Observer(Protocol):
    """Watches a run."""

    def node_changed(self, node: Node) -> None:
        """A node has a new phase or progress."""
        ...

    def log_line(self, node: Node, line: str) -> None:
        """A pod has said something."""
        ...


class Silent(Observer):
    """Watches a run and says nothing."""

    def node_changed(self, node: Node) -> None:
        """Say nothing."""

    def log_line(self, node: Node, line: str) -> None:
        """Say nothing."""
