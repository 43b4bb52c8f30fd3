"""How steps that only compute are tried again."""

from __future__ import annotations

from kai_pipelines import Retry

COMPUTING = Retry(limit=2, backoff="10s", factor=2, after_timeout=False)
"""Not after a timeout: it would need as long again."""
