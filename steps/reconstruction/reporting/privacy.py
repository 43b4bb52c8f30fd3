"""What a page that is passed on must not tell: where files lay, on which machine, where on earth."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath

from steps.reconstruction.metrics import StepMetrics, StepWarning

_PART = r"[^\s/\\'\":,;()<>|]+"
_ABSOLUTE = re.compile(rf"(?<![\w./:~\\-])(?:file://)?(?:~|[A-Za-z]:)?(?:[/\\]{_PART}){{2,}}[/\\]?")
_ON_EARTH = re.compile(r"latitude|longitude|altitude|gps_", re.IGNORECASE)
_COMMON_HOSTS = frozenset({"localhost", "docker", "ubuntu", "debian"})


def without_places(message: str) -> str:
    """A sentence in which absolute paths are reduced to their last part, and this machine has no name."""
    short = _ABSOLUTE.sub(lambda found: _last(found[0]), message)
    host = socket.gethostname()
    if len(host) < 4 or host in _COMMON_HOSTS:
        return short
    return re.sub(rf"(?<![\w-]){re.escape(host)}(?![\w-])", "this machine", short)


def private_names(names: Sequence[str]) -> list[str]:
    """Names of files; those that are absolute lose their folders."""
    return [
        _last(name) if PurePosixPath(name).is_absolute() or PureWindowsPath(name).is_absolute() else name
        for name in names
    ]


def private_warning(warning: StepWarning) -> StepWarning:
    """A warning without places."""
    return StepWarning(code=warning.code, message=without_places(warning.message), files=private_names(warning.files))


def private_metrics(metrics: StepMetrics) -> StepMetrics:
    """What a step said, without places."""
    values = {
        name: without_places(value) if isinstance(value, str) else value
        for name, value in metrics.values.items()
        if not _ON_EARTH.search(name)
    }
    return metrics.model_copy(
        update={
            "values": values,
            "warnings": [private_warning(one) for one in metrics.warnings],
        }
    )


def _last(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]
