"""What the engine is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from kai_pipelines.engine.node import Node
from kai_pipelines.errors import ERROR

if TYPE_CHECKING:
    import asyncio

    from kai_pipelines.engine.degradation import Degradation
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
    argo_version: str = "4.1"
    """Whose rules hold where versions of Argo differ."""
    status: Mapping[str, Any] | None = None
    """The status of a run that goes on: its nodes are not run again."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """What the keys of that run's artifacts stand for."""
    shutdown: Literal["Stop", "Terminate"] | None = None
    """A run that is to stop before anything new begins; after Stop exit handlers still run."""
    simulated: bool = False
    """Nothing will run: what this machine could not run is let through, and artifacts need not be there."""
    object_storage: Path | None = None
    """The folder that stands for object storage; without it one in the store."""
    isolate: bool = True
    """Give each pod a file system of its own, where this machine allows it."""
    memory: str = "off"
    """The rule by which a container's memory is limited here: machine, requested, off, or a quantity."""


def error_in(lines: Sequence[str]) -> Sequence[str]:
    """The last error in a log, with its hint and what follows; nothing where there is none."""
    start = next((at for at in reversed(range(len(lines))) if lines[at].startswith(ERROR)), len(lines))
    return lines[start:]


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
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The output parameters of the entrypoint."""
    degraded: tuple[Degradation, ...] = ()
    """What was replaced by something lesser."""

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """What a notebook shows: the graph of how it went."""
        from kai_pipelines.drawing.notebook import bundle

        name = self.workflow["metadata"]["name"]
        words = f"{name} {self.phase}: {self.executed} executed, {self.cached} from the store"
        return bundle(self.workflow, words, include, exclude)

    @property
    def suspended(self) -> bool:
        """Whether it waits for a person: it has not ended, and nothing of it runs."""
        return self.phase == "Running"


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

    async def start_daemon(
        self, node: Node, template: dict[str, Any], on_line: Callable[[str], None], *, seconds: float | None = None
    ) -> Attendant:
        """Start a pod that is to run beside those after it, and wait until it is ready or has ended."""
        ...


class Attendant(Protocol):
    """A daemon that was started."""

    @property
    def ended(self) -> asyncio.Future[Outcome]:
        """Its end."""
        ...

    @property
    def ready(self) -> bool:
        """Whether it serves; false when it has ended before it did."""
        ...

    @property
    def ip(self) -> str:
        """Where it is reached."""
        ...

    async def stop(self) -> Outcome:
        """End it."""
        ...


class Shelf(Protocol):
    """What the scheduler asks of the artifact repository."""

    def bring(self, key: str, path: Path) -> None:
        """Put a file or folder of the user's under a key."""
        ...

    def add(self, key: str, digest: str) -> None:
        """Put what a pod has made under a key."""
        ...

    def keep(self, artifact: Mapping[str, Any], digest: str, folder: str) -> dict[str, Any]:
        """Put an output artifact under its own key, or one in a folder; its location."""
        ...

    def digests(self, artifacts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """What the keys of some artifacts stand for."""
        ...

    def keys_below(self, artifact: Mapping[str, Any]) -> list[str]:
        """The keys that begin with an artifact's."""
        ...


class Person(Protocol):
    """Who lets suspended nodes go on while a run goes on; in a simulation there is one."""

    async def approve(self, node: Node, template: dict[str, Any]) -> Mapping[str, str]:
        """Wait as long as the person thinks; the outputs that they supply, by name."""
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
