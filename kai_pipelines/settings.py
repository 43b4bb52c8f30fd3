"""Where things are: a few names, each from an environment variable `KAI_…` or a default."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def _version() -> str:
    try:
        return version("kai-pipelines")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0.0.0"


VERSION = _version()
ARGO_VERSIONS = ("3.7", "4.0", "4.1")
"""The versions of Argo whose rules the engine knows apart."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The places and names that a command needs."""

    store: Path
    """KAI_STORE: the folder of kept results."""
    image: str
    """KAI_IMAGE: the container image that holds this library, the pipelines and the steps."""
    pipelines: tuple[str, ...]
    """KAI_PIPELINES: comma-separated packages that are searched for pipelines."""
    manifests: Path
    """KAI_MANIFESTS: where `kai compile --all` writes."""
    artifacts: Path | None
    """KAI_ARTIFACTS: the folder that stands for object storage; without it one in the store."""
    isolate: bool
    """KAI_ISOLATION: whether pods get file systems of their own where the machine allows it."""
    prices: Path | None
    """KAI_PRICES: the price table of `kai plan`."""
    memory: str
    """KAI_MEMORY: what a step may hold here: `machine` (nine tenths of it), `requested`, `off`, or a quantity."""

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the environment once."""
        environment = os.environ
        cache = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cls(
            store=Path(environment.get("KAI_STORE") or cache / "kai-pipelines").absolute(),
            image=environment.get("KAI_IMAGE") or f"kai-pipelines:{VERSION}",
            pipelines=tuple(environment.get("KAI_PIPELINES", "pipelines").split(",")),
            manifests=Path(environment.get("KAI_MANIFESTS") or "manifests"),
            artifacts=Path(environment["KAI_ARTIFACTS"]).absolute() if environment.get("KAI_ARTIFACTS") else None,
            isolate=environment.get("KAI_ISOLATION", "auto") != "off",
            prices=Path(environment["KAI_PRICES"]) if environment.get("KAI_PRICES") else None,
            memory=environment.get("KAI_MEMORY") or "machine",
        )
