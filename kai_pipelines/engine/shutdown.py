"""Whether a run was told to stop, and how (Argo, ShutdownStrategy and activeDeadlineSeconds)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Literal

Strategy = Literal["Terminate", "Stop", "Deadline", "Broken"]
"""Terminate ends everything at once; Stop lets exit handlers run; Deadline is the workflow's own; Broken is a fault
of the engine itself."""


class Shutdown:
    """How a run was told to stop; nothing at first."""

    def __init__(self) -> None:
        self.strategy: Strategy | None = None
        self.reason = ""
        self.told = asyncio.Event()

    def tell(self, strategy: Strategy, reason: str = "") -> None:
        """Stop; a stronger word replaces a weaker one."""
        if self.strategy in {None, "Deadline", "Stop"}:
            self.strategy, self.reason = strategy, reason
        self.told.set()

    def halts(self, *, exiting: bool = False) -> bool:
        """Whether nothing new may start; `exiting` says that an exit handler asks."""
        return self.strategy is not None and not (exiting and self.strategy in {"Stop", "Deadline"})

    @property
    def broken(self) -> bool:
        """Whether the engine itself cannot go on."""
        return self.strategy == "Broken"

    @property
    def by_person(self) -> bool:
        """Whether a person wanted it; a deadline does not count."""
        return self.strategy in {"Terminate", "Stop"}

    def pod_message(self, *, begun: bool = True) -> str:
        """What a pod says that was running, or that was not even begun."""
        if self.strategy == "Deadline":
            return "Step exceeded its deadline"
        if self.strategy == "Broken":
            return self.reason
        return f"workflow shutdown with strategy: {' ' if begun else ''}{self.strategy}"

    def retry_message(self, started_at: float, limit: float) -> str:
        """What a retried node says that gets no further try."""
        if self.strategy == "Deadline":
            deadline = datetime.fromtimestamp(int(started_at) + limit, UTC)
            return f"retry exceeded workflow deadline {deadline:%Y-%m-%d %H:%M:%S} +0000 UTC"
        return self.message

    @property
    def message(self) -> str:
        """What the workflow says, and a node that has no pod."""
        if self.strategy == "Deadline":
            return "Step exceeded its deadline"
        return self.reason if self.strategy == "Broken" else f"Stopped with strategy '{self.strategy}'"
