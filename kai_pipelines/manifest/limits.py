"""How much a manifest may ask of its reader."""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 16 * 2**20
"""Of one file. Kubernetes itself takes objects of about 1.5 MB."""
MAX_VALUES: Final = 1_000_000
"""Values of one file, those that an alias repeats counted each time."""
MAX_DEPTH: Final = 200
"""Levels of nesting."""
MAX_REPEATED: Final = 200_000
"""Values of one file that come from aliases."""
