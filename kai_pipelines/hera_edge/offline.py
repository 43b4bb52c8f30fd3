"""While a Hera file is loaded, nothing reaches a server: what it would send is noted, and answered as if kept.

To the file the server is an empty one: what it creates comes back as it was sent, what it looks up is not found.
Where it waits for a workflow to end, it ends itself.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_OBJECTS = ("workflow", "template", "cronWorkflow")
"""Where a request holds the object that the server would keep."""


class ServerNeeded(BaseException):
    """The file asks a server for what only a server knows; no `except Exception` of the file may hide it."""


@dataclass
class Unsent:
    """What a file wanted to send."""

    notes: list[str] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    """Workflows and templates; the latest of those that were sent again."""

    def keep(self, thing: dict[str, Any]) -> None:
        """One object more."""
        same = (thing.get("kind"), thing.get("metadata"))
        self.objects = [one for one in self.objects if (one.get("kind"), one.get("metadata")) != same]
        self.objects.append(thing)


@dataclass(frozen=True)
class _Echo:
    """A server's answer that is the object it was sent, in the shape of requests and of httpx."""

    body: Any
    ok: bool = True
    is_success: bool = True
    status_code: int = 200

    def json(self) -> Any:
        return self.body


@contextmanager
def unsent(path: Path) -> Generator[Unsent]:
    """Hera's clients send nothing, and what the file at `path` wanted to is kept."""
    from hera.workflows import AsyncWorkflowsService, Workflow, WorkflowsService

    held_back = Unsent()

    def request(_service: object, method: str, **given: Any) -> _Echo:
        return _answer(method, given, _place(path), held_back)

    async def async_request(_service: object, method: str, **given: Any) -> _Echo:
        return _answer(method, given, _place(path), held_back)

    def wait(_workflow: object, *_given: object, **_named: object) -> object:
        held_back.notes.append(
            f"{_place(path)}: nothing was sent, so there is nothing to wait for; the rest of the file is left"
        )
        raise ServerNeeded

    async def async_wait(_workflow: object, *_given: object, **_named: object) -> object:
        return wait(_workflow)

    with ExitStack() as stack:
        for holder, name, replacement in (
            (WorkflowsService, "_request", request),
            (AsyncWorkflowsService, "_request", async_request),
            (Workflow, "wait", wait),
            (Workflow, "async_wait", async_wait),
        ):
            stack.enter_context(_replaced(holder, name, replacement))
        yield held_back


@contextmanager
def _replaced(holder: type, name: str, replacement: Callable[..., object]) -> Generator[None]:
    before = getattr(holder, name)
    setattr(holder, name, replacement)
    try:
        yield
    finally:
        setattr(holder, name, before)


def _answer(method: str, given: dict[str, Any], place: str, held_back: Unsent) -> _Echo:
    from hera.exceptions import NotFound

    what = str(given.get("url", "")).partition("/api/v1/")[2]
    body = json.loads(given["data"]) if given.get("data") else {}
    kept = next((body[name] for name in _OBJECTS if name in body), None)
    if kept is not None:
        held_back.notes.append(f"{place}: {method.upper()} {what} was not sent: kai works on the workflow here")
        held_back.keep(kept)
        return _Echo(kept)
    if method.lower() == "get" and "templates/" in what:
        raise NotFound(f"{what}: kai asks no server while it loads a file")
    held_back.notes.append(f"{place}: {method.upper()} {what} needs a server; the rest of the file is left")
    raise ServerNeeded


def _place(path: Path) -> str:
    """The line of the file that is being executed."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_filename == str(path):
            return f"{path.name}:{frame.f_lineno}"
        frame = frame.f_back
    return path.name
