"""How names change on their way: the one place that swaps `_` for `-`, numbers a taken name, and names landed files."""

from __future__ import annotations

import re
from collections.abc import Container
from pathlib import PurePosixPath

NO_CACHE = "kai-pipelines/cache"
"""Annotation on a template's metadata: with ``disabled`` what the template gives is not kept; it runs each time."""
_OBJECT_PART = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_TEMPLATE_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def template_name(name: str) -> str:
    """A Python name as a template or task name: ``assess_photos`` → ``assess-photos``."""
    return name.strip("_").replace("_", "-").lower()


def is_template_name(name: str) -> bool:
    """Whether Argo and Kubernetes take it as a name and as a label's value: at most 63 of a-z, 0-9 and inner ``-``."""
    return _TEMPLATE_NAME.fullmatch(name) is not None


def is_object_name(name: str) -> bool:
    """Whether Kubernetes takes it as the name of a workflow: at most 253 of a-z, 0-9 and inner ``-`` and ``.``."""
    return len(name) <= 253 and all(_OBJECT_PART.fullmatch(part) for part in name.split("."))


def task_name(text: str) -> str:
    """Any text, such as the value of a branch, as a task name: ``Very high!`` → ``very-high``, ``3`` → ``value-3``."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "other"
    return f"value-{words}" if words[0].isdigit() else words  # Argo: no digit first where tasks wait for others


def unused_name(name: str, taken: Container[str], *, separator: str = "-") -> str:
    """The name itself, or with the first number from 2 that makes it another: ``scan``, ``scan-2``, ``scan-3``."""
    unused, number = name, 1
    while unused in taken:
        number += 1
        unused = f"{name}{separator}{number}"
    return unused


def landing_name(output: str, path: str) -> str:
    """The file name an output gets in the run's folder, from its name and its path in the template.

    The suffix is the path's; an output named after its suffix does not repeat it:
    ``points`` at ``/kai/outputs/points.ply`` → ``points.ply``, ``model_glb`` at ``….glb`` → ``model.glb``.
    """
    suffix = PurePosixPath(path).suffix
    stem = output.removesuffix("_" + suffix[1:]) if suffix else output
    return stem + suffix
