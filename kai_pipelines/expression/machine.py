"""The state of one run of an expression, and the limits it keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from kai_pipelines.expression.faults import LimitError
from kai_pipelines.expression.values import type_name

MEMORY_BUDGET: Final = 1_000_000
"""Elements that lists and ranges may hold together, as expr-lang's DefaultMemoryBudget."""
STEP_BUDGET: Final = 2_000_000
"""Turns of predicates together; expr-lang has no such limit, and needs minutes for what this refuses."""


class Scope:
    """One predicate at work: its elements, where it is, and its accumulator."""

    __slots__ = ("acc", "index", "items")

    def __init__(self, items: Sequence[object]) -> None:
        self.items = items
        self.index = 0
        self.acc: object = None


class Machine:
    """The state of one run."""

    __slots__ = ("env", "memory", "position", "scopes", "steps", "variables")

    def __init__(self, env: Mapping[str, object]) -> None:
        self.env = env
        self.memory = 0
        self.steps = 0
        self.position = 0
        self.scopes: list[Scope] = []
        self.variables: dict[str, object] = {}

    def grow(self, size: int) -> None:
        """Account for a list of `size` elements."""
        self.memory += max(size, 0)
        if self.memory >= MEMORY_BUDGET:
            raise LimitError("memory budget exceeded")

    def step(self) -> None:
        """Account for one turn of a predicate."""
        self.steps += 1
        if self.steps > STEP_BUDGET:
            raise LimitError(f"the expression takes more than {STEP_BUDGET} steps")


Run: TypeAlias = Callable[[Machine], object]


def truth(value: object) -> bool:
    """Go's `value.(bool)`; raises TypeError for anything else."""
    if value is True or value is False:
        return value
    raise TypeError(f"interface conversion: interface {{}} is {type_name(value)}, not bool")
