"""What pods cost: a table of nodes by pool, and the share of a node that a pod takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kai_pipelines.errors import ManifestError, UsageError
from kai_pipelines.manifest.pools import POOLS
from kai_pipelines.manifest.quantity import parse_quantity
from kai_pipelines.simulation.requests import Requests

HOUR = 3600.0


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid")

    node_hour: float | None = Field(default=None, ge=0)
    like: str = ""
    spot: bool = False
    cpu: float | None = Field(default=None, gt=0)
    memory: str | int | None = None
    gpus: int | None = Field(default=None, ge=0)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")

    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    as_of: Annotated[str, BeforeValidator(str)] = ""
    source: str = ""
    spot_discount: float = Field(default=0.0, ge=0, le=1)
    pools: dict[str, _Node] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeKind:
    """The nodes of one pool."""

    pool: str
    cpu: float
    memory: int
    """Bytes."""
    gpus: int
    hour: float | None
    """What a node costs per hour, the discount of spot machines taken off; None when nobody said."""
    like: str = ""

    def holds(self, asks: Requests) -> bool:
        """Whether a pod fits onto an empty node."""
        return asks.cpu <= self.cpu and asks.memory <= self.memory and asks.gpus <= self.gpus

    def share(self, asks: Requests) -> float:
        """The part of a node that a pod takes: the largest of its parts of cores, memory and GPUs, at most all."""
        parts = [asks.cpu / self.cpu, asks.memory / self.memory if self.memory else 0.0]
        parts += [asks.gpus / self.gpus] if self.gpus else []
        return min(1.0, max(parts))


@dataclass(frozen=True)
class Prices:
    """A price table."""

    currency: str
    as_of: str
    source: str
    nodes: Mapping[str, NodeKind]

    def cost(self, asks: Requests, seconds: float) -> float | None:
        """What a pod costs for the share of its node; None when its pool has no price."""
        node = self.nodes.get(asks.pool)
        return None if node is None or node.hour is None else node.share(asks) * node.hour * seconds / HOUR

    @property
    def origin(self) -> str:
        """Where the prices come from, in a line."""
        return ", ".join(part for part in (self.source, self.as_of) if part)


def default_prices() -> Prices:
    """The table that comes with the program."""
    text = files(__package__ or "").joinpath("prices.yaml").read_text(encoding="utf-8")
    return _prices(_Table.model_validate(yaml.load(text, Loader=yaml.CSafeLoader)), None)


def read_prices(path: Path | None) -> Prices:
    """The table of a file on top of the one that comes with the program; without a file that one."""
    if path is None:
        return default_prices()
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return _prices(_Table.model_validate(given or {}), default_prices())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"the price table {path} cannot be read: {_first_line(error)}") from error
    except ValidationError as error:
        raise UsageError(f"the price table {path}: {_told(error)}", hint="docs/guides/planning.md shows one") from error
    except ManifestError as error:
        raise UsageError(f"the price table {path}: {error.message}", hint=error.hint) from error


def _prices(table: _Table, under: Prices | None) -> Prices:
    nodes = dict(under.nodes) if under is not None else {name: _known(name) for name in POOLS}
    for name, node in table.pools.items():
        before = nodes.get(name) or NodeKind(name, 1.0, 2**30, 0, None)
        hour = before.hour
        if node.node_hour is not None:
            hour = node.node_hour * ((1 - table.spot_discount) if node.spot else 1.0)
        nodes[name] = NodeKind(
            name,
            node.cpu if node.cpu is not None else before.cpu,
            int(parse_quantity(node.memory)) if node.memory is not None else before.memory,
            node.gpus if node.gpus is not None else before.gpus,
            hour,
            node.like or before.like,
        )
    if under is None:
        return Prices(table.currency, table.as_of, table.source, nodes)
    named = table.source or table.as_of or bool(table.pools)
    return Prices(
        table.currency if "currency" in table.model_fields_set else under.currency,
        table.as_of if named else under.as_of,
        (table.source or "a table of your own") if named else under.source,
        nodes,
    )


def _known(name: str) -> NodeKind:
    pool = POOLS[name]
    return NodeKind(name, float(pool.cpu), int(parse_quantity(pool.memory)), pool.gpu_count, None)


def _told(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _first_line(error: Exception) -> str:
    strerror: Any = getattr(error, "strerror", None)
    return str(strerror) if strerror else re.sub(r"\s+", " ", str(error))


def money(amount: float | None, currency: str) -> str:
    """``$0.04``, ``12.50 EUR``, ``?`` for what is not known."""
    if amount is None:
        return "?"
    digits = 4 if 0 < amount < 0.01 else 2
    return f"${amount:,.{digits}f}" if currency == "USD" else f"{amount:,.{digits}f} {currency}"
