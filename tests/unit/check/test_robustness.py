"""Manifests of any shape: rules tell, they never fail."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from kai_pipelines.check import check
from kai_pipelines.check.codes import table
from tests.conformance.mistakes import MISTAKES, good, made

JUNK: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", "{{", "{{=", "{{= }}", "{{a.b}}", "{{item}}", "{{= tasks.a }}", "a && (b", "é{{= 'ü' + }}",
    [], {}, [[]], {"a": None}, [{"name": None}], {"name": [1]}, [1, "a", None], "{{{{}}}}", "1 == 1", "'", {"x": {"y": [{}]}},
]  # fmt: skip
FIELDS = ["when", "depends", "withItems", "withParam", "withSequence", "expression", "name", "inputs", "hooks", "inline",
          "retryStrategy", "resources", "source", "template", "templateRef", "onExit", "metadata"]  # fmt: skip


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for key, one in inner for place in places(one, (*way, key)))]


def mutated(chance: random.Random) -> dict[str, Any]:
    """A workflow with a few of its values replaced, taken out or put where they do not belong."""
    document = made(chance.choice(chance.choice(list(MISTAKES.values()))))
    for _ in range(chance.randint(1, 4)):
        *way, last = chance.choice(places(document)[1:])
        target: Any = document
        for step in way:
            target = target[step]
        match chance.randrange(3):
            case 0:
                target[last] = copy.deepcopy(chance.choice(JUNK))
            case 1:
                del target[last]
            case _ if isinstance(target, dict):
                target[chance.choice(FIELDS)] = copy.deepcopy(chance.choice(JUNK))
            case _:
                pass
    return document


@pytest.mark.parametrize("seed", range(8))
def test_mutated_manifests_give_findings_that_can_be_placed(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        documents = [mutated(chance), good()]

        for finding in check(documents):
            assert finding.code in table()
            assert 0 <= finding.document < 2
            assert finding.message
