"""What all templates are made of: plain objects, and their lists of parameters and artifacts."""

from __future__ import annotations

Object = dict[str, object]


def ports(parameters: list[Object], artifacts: list[Object]) -> Object:
    """The value of ``inputs``, ``outputs`` or ``arguments``: the lists that have something in them."""
    lists = {"parameters": parameters, "artifacts": artifacts}
    return {name: items for name, items in lists.items() if items}
