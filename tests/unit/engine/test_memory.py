"""How much memory a container may hold, by the rule and by what it asked for."""

from __future__ import annotations

import pytest

from kai_pipelines.engine.memory import check_rule, machine_memory, memory_limit
from kai_pipelines.errors import UsageError

ASKED = {"resources": {"limits": {"memory": "100Mi"}}}
MOST = int(0.9 * machine_memory())


@pytest.mark.parametrize(
    ("rule", "container", "limit"),
    [
        ("off", ASKED, None),
        ("machine", ASKED, MOST),
        ("requested", ASKED, 100 * 2**20),
        ("requested", {}, MOST),
        ("requested", {"resources": {"limits": {"memory": "100Ti"}}}, MOST),
        ("50Mi", ASKED, 50 * 2**20),
        ("100Ti", ASKED, MOST),
    ],
)
def test_the_rule_decides_and_the_machine_is_the_most(rule: str, container: dict[str, object], limit: int) -> None:
    assert memory_limit(rule, container) == limit


@pytest.mark.parametrize("rule", ["plenty", "4 GB", "0", "-1Gi"])
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(UsageError, match="KAI_MEMORY"):
        check_rule(rule)


@pytest.mark.parametrize("rule", ["off", "machine", "requested", "1Gi"])
def test_rules_are_accepted(rule: str) -> None:
    check_rule(rule)
