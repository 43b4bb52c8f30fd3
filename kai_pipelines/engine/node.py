"""The nodes of a run, in Argo's vocabulary: what `status.nodes` will say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

COMPLETED = frozenset({"Succeeded", "Failed", "Error"})
FULFILLED = COMPLETED | {"Skipped", "Omitted"}
BAD = frozenset({"Failed", "Error"})
_SEPARATOR = re.compile(r"^(\[\d+\])?\.")
_EXECUTES = frozenset({"Pod", "HTTP", "Container", "Suspend"})


@dataclass(eq=False)
class Node:
    """One node: a pod, a template around pods, or something that did not run."""

    id: str
    name: str
    display_name: str
    type: str
    """Pod, Container, DAG, Steps, StepGroup, TaskGroup, Retry, Suspend, HTTP or Skipped."""
    template_name: str = ""
    boundary_id: str = ""
    phase: str = "Pending"
    message: str = ""
    progress: str = ""
    started_at: float = 0.0
    """Seconds since the epoch."""
    finished_at: float = 0.0
    children: list[str] = field(default_factory=list)
    outbound: list[str] = field(default_factory=list)
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    flag: dict[str, bool] | None = None
    template_ref: dict[str, Any] | None = None
    template_scope: str = ""
    """The home in which its template's name was looked up."""
    memoization: dict[str, Any] | None = None
    synchronization: dict[str, Any] | None = None
    """Which lock it waits for."""
    daemoned: bool = False
    address: str = ""
    """Where a daemon is reached."""
    host: str = ""
    cached: bool = False
    """Taken from the store; a run on a cluster has no such thing, so the record does not say it."""
    declared: Mapping[str, Any] = field(default_factory=dict)
    """The template as the manifest has it, of a node that runs one."""

    @property
    def fulfilled(self) -> bool:
        """Whether what follows may begin: it has ended, or is a daemon that serves."""
        return self.phase in FULFILLED or (self.daemoned and self.phase != "Pending")

    @property
    def finished_text(self) -> str | None:
        """When it ended, as Kubernetes writes a time; None while it goes on."""
        return time_text(self.finished_at) if self.fulfilled and self.finished_at else None

    @property
    def hooked(self) -> bool:
        """Whether it is a life-cycle hook's."""
        return bool(self.flag and self.flag.get("hooked"))

    @property
    def remembered(self) -> bool:
        """Whether its outputs were memoized by an earlier run."""
        return bool(self.memoization and self.memoization.get("hit"))


class NodeTree:
    """All nodes of a run, by name and by id."""

    def __init__(self, workflow: str) -> None:
        self.workflow = workflow
        self.by_name: dict[str, Node] = {}
        self.by_id: dict[str, Node] = {}

    def add(self, name: str, kind: str, boundary: Node | None, flag: dict[str, bool] | None = None) -> Node:
        """A new node; it is shown by its name inside the boundary."""
        shown = _SEPARATOR.sub("", name.removeprefix(boundary.name)) if boundary is not None else name
        node = Node(
            node_id(self.workflow, name), name, shown, kind, boundary_id=boundary.id if boundary else "", flag=flag
        )
        self.by_name[name] = self.by_id[node.id] = node
        return node

    def connect(self, parents: Iterable[Node], child: Node) -> None:
        """Make `child` a child of each parent."""
        for parent in parents:
            if child.id not in parent.children and parent is not child:
                parent.children.append(child.id)

    def outbound_of(self, node: Node) -> list[Node]:
        """The nodes from which whatever follows `node` hangs (Argo, operator.go getOutboundNodes)."""
        if node.type == "Retry" and node.children:
            return [self.by_id[node.children[-1]]]
        if node.type in {"Skipped", "Suspend", "HTTP"} or (node.type in {"DAG", "Steps"} and node.remembered):
            return [node]
        if node.type == "Pod" and "containerSet" not in node.declared:
            return [node]
        if node.type in {"Pod", "Container", "TaskGroup"}:
            return self._ends_below(node)
        return [found for one in node.outbound for found in self.outbound_of(self.by_id[one])]

    def _ends_below(self, node: Node) -> list[Node]:
        found: list[Node] = []
        for child in (self.by_id[one] for one in node.children):
            # What follows a container set hangs from its last containers.
            last = node.type == "Container" and child.boundary_id != node.boundary_id
            found += [node] if last else self.outbound_of(child)
        return found or [node]

    def shown(self, node: Node) -> Node:
        """The node whose values stand for `node`: of several tries the last (Argo, possiblyGetRetryChildNode)."""
        tries = self.tries(node) if node.type == "Retry" and not node.remembered else []
        return tries[-1] if tries else node

    def tries(self, node: Node) -> list[Node]:
        """The tries of a retried node; its hooks hang from it as well, and the tries of a hook are hooked, too."""
        return [child for one in node.children if _is_try(child := self.by_id[one], node)]

    def hooks_of(self, node: Node) -> list[Node]:
        """The nodes of its life-cycle hooks."""
        return [child for one in node.children if (child := self.by_id[one]).hooked and not _is_try(child, node)]

    def set_progress(self) -> None:
        """Give every node its progress: what executes its own, others the sum below (Argo, progress/updater.go)."""
        nodes = self.by_id.values()
        for node in nodes:
            if node.type in _EXECUTES:
                done, _, total = (node.progress or "0/1").partition("/")
                complete = node.phase in {"Succeeded", "Skipped", "Omitted"}
                node.progress = f"{total if complete else done}/{total}"
        for node in nodes:
            if node.type not in _EXECUTES:
                node.progress = _sum(one for one in self.below(node) if one.type in _EXECUTES)

    def progress(self) -> str:
        """That of the whole workflow."""
        return _sum(node for node in self.by_id.values() if node.type in _EXECUTES)

    def below(self, node: Node) -> list[Node]:
        """All nodes that can be reached from one, each once."""
        found: dict[str, Node] = {}
        ahead = list(node.children)
        while ahead:
            one = ahead.pop()
            if one not in found:
                found[one] = self.by_id[one]
                ahead += found[one].children
        return list(found.values())


def _is_try(child: Node, node: Node) -> bool:
    return child.name.startswith(f"{node.name}(")


def _sum(nodes: Iterable[Node]) -> str:
    parts = [node.progress.split("/") for node in nodes]
    total = sum(int(total) for _, total in parts)
    return f"{sum(int(done) for done, _ in parts)}/{total}" if total else ""


def to_blame(tree: NodeTree) -> Node | None:
    """The first node that failed and that nothing around it made good: no fallback, no later try."""
    retries = {child: node for node in tree.by_name.values() if node.type == "Retry" for child in node.children}
    # A template around others has a message only for a fault of its own.
    failed = [node for node in tree.by_name.values() if node.phase in BAD and node.message and node.type != "Retry"]
    # Of those that ended together the innermost: what is around only passes the failure on.
    for node in sorted(failed, key=lambda node: (node.finished_at, -len(node.name))):
        retry = retries.get(node.id)
        if retry is not None and not node.hooked and tree.tries(retry)[-1] is not node:
            continue
        if node.hooked and node.boundary_id:  # a task's hook decides nothing
            continue
        around: Node | None = retry or node
        while around is not None and around.phase in BAD:
            around = tree.by_id.get(around.boundary_id)
        if around is None:
            return node
    return None


def node_id(workflow: str, name: str) -> str:
    """Argo's id of a node: the workflow's name and the FNV-1a hash of the node's (wfv1 NodeID)."""
    if name == workflow:
        return name
    digest = 2166136261
    for byte in name.encode():
        digest = ((digest ^ byte) * 16777619) & 0xFFFFFFFF
    return f"{workflow}-{digest}"


def time_text(seconds: float) -> str:
    """A time as Kubernetes writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
