"""How far a step has come, told the way Argo's executor reads it.

Argo gives a container the file named in ``ARGO_PROGRESS_FILE``; a line ``N/M`` in it becomes the
node's progress (Argo, docs/progress.md). The local engine does the same.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def progress(done: int, total: int, text: str = "") -> None:
    """Report `done` of `total` units of the running step, with a few words on the current one."""
    if file := os.environ.get("ARGO_PROGRESS_FILE"):
        Path(file).write_text(f"{done}/{total}\n", encoding="utf-8")
    print(f"[{done}/{total}] {text}".rstrip(), file=sys.stderr, flush=True)
