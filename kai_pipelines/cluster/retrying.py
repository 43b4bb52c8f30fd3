"""Which faults of a server may be tried again, and how long to wait before."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RETRIED = frozenset({429, 500, 502, 503, 504})
"""Too many requests, and what a server or a proxy before it says when it cannot just now."""
TRIES = 6
FIRST, LONGEST = 0.25, 8.0
"""Seconds: before the first retry at most, and before any."""
PATIENCE = 60.0
"""Seconds that a Retry-After may ask for; one that asks for more is not waited for."""


@dataclass(frozen=True)
class Backoff:
    """Growing waits with jitter, so that many clients do not come back at once."""

    tries: int = TRIES
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def wait(self, attempt: int, retry_after: str | None = None, now: Callable[[], datetime] | None = None) -> bool:
        """Wait before try number `attempt` + 1; false when there is none."""
        if attempt >= self.tries:
            return False
        asked = seconds_of(retry_after, (now or _now)())
        if asked is not None and asked > PATIENCE:
            return False
        grown = min(LONGEST, FIRST * 2 ** (attempt - 1))
        self.sleep(asked if asked is not None else grown * (0.5 + self.chance() / 2))
        return True


def _now() -> datetime:
    return datetime.now(UTC)


def seconds_of(retry_after: str | None, now: datetime) -> float | None:
    """A Retry-After header: seconds, or a date (RFC 9110, 10.2.3); None when it says nothing that can be read."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())
