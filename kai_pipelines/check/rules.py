"""The one table of rules: each is a function from the model to findings, in a module for its family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from kai_pipelines.check import (
    arguments,
    conditions,
    control,
    dataflow,
    expressions,
    merging,
    naming,
    resources,
    retries,
    scripts,
    unused,
    uses,
)
from kai_pipelines.check.finding import Finding
from kai_pipelines.check.model import Model

Rule: TypeAlias = Callable[[Model], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    expressions.check,
    conditions.check,
    retries.check,
    arguments.check,
    uses.check,
    dataflow.check,
    merging.check,
    control.check,
    unused.check,
    resources.check,
    naming.check,
    scripts.check,
)
