"""The three qualities that a pipeline branches on."""

from __future__ import annotations

from enum import StrEnum


class Quality(StrEnum):
    """How much work a result is worth."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
