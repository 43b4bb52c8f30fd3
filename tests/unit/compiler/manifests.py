"""The manifests that every test of the compiler looks at: the golden constructs in all kinds, and our pipelines."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any

import pipelines
from kai_pipelines.compiler.workflow import Kind
from kai_pipelines.discovery import pipelines_in
from tests.golden.constructs import CONSTRUCTS, nightly, plain_chain

IMAGE = "kai-pipelines:golden"
"""The image of golden manifests: the version must not make them stale."""

GOLDEN: dict[str, tuple[Any, Kind]] = {
    **{one.name: (one, "WorkflowTemplate") for one in CONSTRUCTS},
    "plain-chain.workflow": (plain_chain, "Workflow"),
    "nightly.cron": (nightly, "CronWorkflow"),
}
"""Name of the file → the pipeline and the kind."""


def compiled(name: str) -> dict[str, Any]:
    """A golden manifest, compiled now."""
    from kai_pipelines.compiler import compile_pipeline

    one, kind = GOLDEN[name]
    return compile_pipeline(one, kind, image=IMAGE)


def own_pipelines() -> Iterator[Any]:
    """The pipelines of `pipelines/`."""
    for part in pkgutil.iter_modules(pipelines.__path__, prefix="pipelines."):
        yield from pipelines_in(importlib.import_module(part.name)).values()


def every_manifest() -> dict[str, dict[str, Any]]:
    """All of them, by name."""
    ours = {f"pipelines/{one.name}": one.to_dict() for one in own_pipelines()}
    return {**{name: compiled(name) for name in GOLDEN}, **ours}


def spec_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The workflow's spec, whatever the kind."""
    spec: dict[str, Any] = manifest["spec"]
    inner: dict[str, Any] = spec.get("workflowSpec", spec)
    return inner


def templates_of(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The templates by name."""
    return {template["name"]: template for template in spec_of(manifest)["templates"]}
