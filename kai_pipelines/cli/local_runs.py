"""What `kai stop`, `retry`, `resume` and `suspend` do to a run on this machine."""

from __future__ import annotations

from typing import NoReturn

from kai_pipelines.cli.place import Record
from kai_pipelines.errors import UsageError


def stop(record: Record, *, terminate: bool, message: str) -> int:
    """Stop a run that goes on in another terminal."""
    _not_here("stopped", "press Ctrl-C where it runs")


def retry(record: Record, *, successful: bool, nodes: str, parameters: dict[str, str]) -> int:
    """Run what failed again."""
    _not_here("tried again", "the same `kai run` again runs only what is not finished")


def resume(record: Record, *, nodes: str) -> int:
    """Let a suspended run go on."""
    _not_here("resumed", "the same `kai run` again runs only what is not finished")


def _not_here(what: str, hint: str) -> NoReturn:
    raise UsageError(f"a run on this machine cannot be {what} from outside", hint=hint)
