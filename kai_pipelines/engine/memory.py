"""How much memory a container may hold here: its own limit, or that of the machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kai_pipelines.errors import ManifestError, UsageError
from kai_pipelines.manifest.quantity import parse_quantity

MACHINE, REQUESTED, OFF = "machine", "requested", "off"
_SHARE = 0.9
"""Of the machine's memory: a step that wants more fails alone, before the machine does."""
_CONTROL_GROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_limit(rule: str, container: Mapping[str, Any]) -> int | None:
    """The bytes that a container may hold under a rule: `machine`, `requested`, `off`, or a quantity for all."""
    if rule == OFF:
        return None
    whole = int(_SHARE * machine_memory())
    if rule == MACHINE:
        return whole
    if rule != REQUESTED:
        return min(_bytes(rule), whole)
    asked = ((container.get("resources") or {}).get("limits") or {}).get("memory")
    return min(int(parse_quantity(str(asked))), whole) if asked else whole


def check_rule(rule: str) -> None:
    """Refuse what is no rule."""
    if rule not in {MACHINE, REQUESTED, OFF}:
        _bytes(rule)


def _bytes(rule: str) -> int:
    try:
        size = int(parse_quantity(rule))
    except ManifestError as error:
        raise UsageError(
            f"KAI_MEMORY is {rule!r}: {error.message}", hint="machine, requested, off, or a quantity such as 4Gi"
        ) from error
    if size < 1:
        raise UsageError(f"KAI_MEMORY is {rule!r}: no step can run in that", hint="give a quantity such as 4Gi")
    return size


def machine_memory() -> int:
    """The bytes of this machine, or of the container that we are in."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in map(Path, _CONTROL_GROUPS):
        try:
            found.append(int(file.read_text(encoding="ascii")))
        except (OSError, ValueError):  # there is none, or it says "max"
            continue
    return min(found)
