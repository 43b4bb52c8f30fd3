"""A DAG or steps template while it runs: how many of its parts go on at once, and whether one has failed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from kai_pipelines.engine.node import BAD, Node

FAILED_FAST = "template has failed or errored children and failFast enabled"
"""Argo's message when a template with `failFast` ends early (operator.go checkParallelism)."""


class FailedFastError(Exception):
    """A part must not start, because another one has failed."""


class Boundary:
    """The places that a template's `parallelism` gives to what runs directly in it."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        limit = template.get("parallelism")
        self._places = asyncio.Semaphore(int(limit)) if limit else None
        self._fails_fast = template.get("failFast") is True
        self._failed = False

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """A place for one part; raises FailedFastError when it must not start."""
        async with self._places or contextlib.nullcontext():
            if self._failed:
                raise FailedFastError
            yield

    def ended(self, node: Node) -> None:
        """Note how a part ended."""
        self._failed = self._failed or (self._fails_fast and node.phase in BAD)
