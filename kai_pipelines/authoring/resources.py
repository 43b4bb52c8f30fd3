"""What a step needs from the machine it runs on, and how often it may try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Gpu:
    """Graphics processors of one pod."""

    count: int = 1
    memory: str = "16Gi"
    """Memory each must have at least; decides between the GPU pools."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Requests of one pod; the limits are the same, so that a node is never overbooked."""

    cpu: int | float | str = 1
    """Cores."""
    memory: str = "1Gi"
    disk: str = "10Gi"
    """Scratch space on the node."""
    gpu: Gpu | None = None
    spot: bool = False
    """May run on a node that can be taken away; give such a step a retry."""
    pool: str | None = None
    """The name of a node pool, for the rare step that knows better than the table."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often, and how patiently, a step is tried again after a fault that may pass."""

    limit: int = 2
    """Tries after the first one."""
    backoff: str = "10s"
    """Wait before the first retry."""
    factor: int = 2
    """Each wait is so many times the one before."""
    max_duration: str | None = None
    """No retry starts later than this after the first try."""
    on: Literal["any", "failure", "error"] = "any"
    """failure: the step's process ended badly; error: the node or Kubernetes did."""
    after_timeout: bool = True
    """Whether a try that ran past the step's timeout is followed by another; one that only computes needs as long again."""


DEFAULT_RESOURCES = Resources()
