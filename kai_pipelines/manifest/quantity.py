"""Kubernetes quantities (apimachinery `resource.Quantity`): "500m", "4Gi", "1e3"."""

from __future__ import annotations

import re
from decimal import Decimal

from kai_pipelines.errors import ManifestError

_SUFFIXES: dict[str, Decimal] = {
    "": Decimal(1),
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9),
    "T": Decimal(10**12), "P": Decimal(10**15), "E": Decimal(10**18),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30),
    "Ti": Decimal(2**40), "Pi": Decimal(2**50), "Ei": Decimal(2**60),
}  # fmt: skip
_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)"
)


def parse_quantity(text: str | int | float) -> Decimal:
    """The number a quantity stands for: ``"4Gi"`` → 4294967296 bytes, ``"500m"`` → 0.5 cores."""
    match = _QUANTITY.fullmatch(str(text).strip())
    if match is None:
        raise ManifestError(f"{text!r} is not a Kubernetes quantity", hint="write for example 500m, 2, 512Mi or 4Gi")
    number, exponent, suffix = match.groups()
    return Decimal(number + (exponent or "")) * _SUFFIXES[suffix or ""]
