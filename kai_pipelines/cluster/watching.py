"""Waiting for a workflow on a cluster to end, and telling what changes meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from kai_pipelines.cluster.server import FINISHED, Server, phase_of
from kai_pipelines.manifest.document import canonical

FIRST, LONGEST = 0.5, 5.0
"""Seconds between two looks: at first, and when nothing changes for a while."""


def changes(server: Server, name: str, sleep: Callable[[float], None] = time.sleep) -> Iterator[dict[str, Any]]:
    """The workflow each time that its status has changed; the last one has ended."""
    said, pause = "", FIRST
    while True:
        workflow = server.get(name)
        now = canonical(workflow.get("status"))
        if now != said:
            said, pause = now, FIRST
            yield workflow
        if phase_of(workflow) in FINISHED:
            return
        sleep(pause)
        pause = min(LONGEST, pause * 1.5)
