"""Daemons of a run: each serves what comes after it, until the template around it has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from kai_pipelines.engine.call import Call
from kai_pipelines.engine.node import Node
from kai_pipelines.engine.request import Attendant
from kai_pipelines.manifest.library import Template

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution


class Attendance:
    """The daemons that run now, by the node of the template around them."""

    def __init__(self) -> None:
        self._there: dict[str, list[tuple[Node, Attendant, asyncio.Task[None]]]] = {}

    async def start(
        self, execution: Execution, call: Call, node: Node, template: Template, seconds: float | None
    ) -> None:
        """Start a daemon; its node is Running and daemoned from then on, or has failed."""
        shutdown = execution.shutdown
        if shutdown.halts(exiting=call.exiting):
            execution.end(node, "Failed", shutdown.pod_message(begun=False))
            return
        node.phase, node.host = "Running", execution.host
        execution.changed(node)
        with execution.rest.busy():
            daemon = await execution.pods.start_daemon(
                node, template, lambda line: execution.observer.log_line(node, line), seconds=seconds
            )
            if not daemon.ready:
                await self._fail(execution, node, daemon)
                return
        execution.executed += 1
        node.daemoned, node.address = True, daemon.ip
        execution.changed(node)
        watch = asyncio.create_task(self._watch(execution, node, daemon))
        self._there.setdefault(node.boundary_id, []).append((node, daemon, watch))

    async def _watch(self, execution: Execution, node: Node, daemon: Attendant) -> None:
        """A daemon that ends by itself has failed (Argo, assessNodeStatus)."""
        await asyncio.wait([daemon.ended])
        await self._fail(execution, node, daemon)

    async def _fail(self, execution: Execution, node: Node, daemon: Attendant) -> None:
        outcome = await daemon.ended
        node.daemoned = False
        execution.count(node, outcome)
        execution.end(node, "Failed" if outcome.phase == "Succeeded" else outcome.phase, outcome.message)

    async def stop(self, execution: Execution, boundary: str) -> None:
        """End the daemons that were started directly in a template (Argo, killDaemonedChildren)."""
        for node, daemon, watch in self._there.pop(boundary, []):
            watch.cancel()
            if node.daemoned and daemon.ended.done():
                await self._fail(execution, node, daemon)
                continue
            await daemon.stop()
            if node.daemoned:
                node.daemoned = False
                execution.end(node, "Succeeded")

    async def stop_all(self, execution: Execution) -> None:
        """End every daemon that is left."""
        for boundary in list(self._there):
            await self.stop(execution, boundary)
