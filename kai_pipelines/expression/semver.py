"""Semantic versions and constraints as Masterminds/semver 3 reads them, for sprig's semver and semverCompare."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from kai_pipelines.expression.values import Func, Opaque, Uint64

_VERSION = re.compile(
    r"v?([0-9]{1,18})(?:\.([0-9]{1,18}))?(?:\.([0-9]{1,18}))?"
    r"(?:-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
)
_WILD = r"(?:[0-9]{1,18}|[xX*])"
_CONSTRAINT = re.compile(
    rf"\s*(=|==|!=|>|<|>=|=>|<=|=<|~|~>|\^)?\s*v?({_WILD})(?:\.({_WILD}))?(?:\.({_WILD}))?"
    r"(?:-([0-9A-Za-z\-.]+))?(?:\+[0-9A-Za-z\-.]+)?\s*"
)
_HYPHEN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")


@functools.total_ordering
class Version(Opaque):
    """A version; `v1.2` is read as 1.2.0."""

    go_type = "*semver.Version"

    def __init__(self, numbers: tuple[int, int, int], prerelease: str, metadata: str, original: str) -> None:
        self.numbers = numbers
        self.prerelease = prerelease
        self.metadata = metadata
        self.original = original

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read a version; raises ValueError."""
        match = _VERSION.fullmatch(text) if len(text) <= 256 else None
        if match is None:
            raise ValueError("Invalid Semantic Version")
        prerelease = match[4] or ""
        if any(part.isdigit() and len(part) > 1 and part[0] == "0" for part in prerelease.split(".")):
            raise ValueError("Version segment starts with 0")
        return cls((int(match[1]), int(match[2] or 0), int(match[3] or 0)), prerelease, match[5] or "", text)

    def order(self) -> tuple[object, ...]:
        """The sort key: a prerelease comes before its release."""
        parts = self.prerelease.split(".") if self.prerelease else []
        keys = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
        return (*self.numbers, not self.prerelease, keys)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.order() == other.order()

    def __lt__(self, other: Version) -> bool:
        return self.order() < other.order()

    def __hash__(self) -> int:
        return hash(self.numbers)

    def go_string(self) -> str:
        """The version written out."""
        text = ".".join(map(str, self.numbers))
        text += f"-{self.prerelease}" if self.prerelease else ""
        return text + (f"+{self.metadata}" if self.metadata else "")

    def to_json(self) -> object:
        """As a string."""
        return self.go_string()

    def methods(self) -> Mapping[str, Func]:
        """What an expression may ask."""
        version = self.go_type
        return {
            "Major": Func("Major", (), "uint64", lambda: Uint64(self.numbers[0])),
            "Minor": Func("Minor", (), "uint64", lambda: Uint64(self.numbers[1])),
            "Patch": Func("Patch", (), "uint64", lambda: Uint64(self.numbers[2])),
            "Prerelease": Func("Prerelease", (), "string", lambda: self.prerelease),
            "Metadata": Func("Metadata", (), "string", lambda: self.metadata),
            "Original": Func("Original", (), "string", lambda: self.original),
            "String": Func("String", (), "string", self.go_string),
            "Compare": Func("Compare", (version,), "int", lambda other: (self > other) - (self < other)),
            "Equal": Func("Equal", (version,), "bool", lambda other: self == other),
            "LessThan": Func("LessThan", (version,), "bool", lambda other: self < other),
            "GreaterThan": Func("GreaterThan", (version,), "bool", lambda other: self > other),
        }


def satisfies(constraint: str, version: Version) -> bool:
    """Whether a version fits `>=1.2, <2 || ^3`; raises ValueError."""
    fits = [_fits_all(part, version) for part in constraint.split("||")]  # all are read, so that all must be valid
    return any(fits)


def _fits_all(text: str, version: Version) -> bool:
    hyphen = _HYPHEN.fullmatch(text)
    if hyphen is not None:
        text = f">={hyphen[1]}, <={hyphen[2]}"
    at, fits, count = 0, True, 0
    while at < len(text) or count == 0:
        match = _CONSTRAINT.match(text, at)
        if match is None or match.end() == at:
            raise ValueError(f"improper constraint: {text}")
        fits = _fits(match, version) and fits
        count += 1
        at = match.end()
        if text[at : at + 1] == ",":
            at += 1
    return fits


def _fits(match: re.Match[str], version: Version) -> bool:
    """One constraint; a prerelease fits only constraints that name one."""
    operator = match[1] or ""
    given = [part for part in match.group(2, 3, 4) if part is not None and part not in ("x", "X", "*")]
    numbers = [int(part) for part in given]
    padded = (*numbers, 0, 0, 0)[:3]
    low = Version((padded[0], padded[1], padded[2]), match[5] or "", "", "")
    if version.prerelease and not match[5]:
        return False
    whole = len(numbers) == 3
    if operator in ("", "=", "=="):
        return version == low if whole else _within(version, numbers, len(numbers))
    if operator == "!=":
        return version != low if whole else not _within(version, numbers, len(numbers))
    if operator == ">":
        return version > low if whole else version > low and not _within(version, numbers, len(numbers))
    if operator == "<":
        return version < low
    if operator in (">=", "=>"):
        return version >= low
    if operator in ("<=", "=<"):
        return version <= low if whole else version < low or _within(version, numbers, len(numbers))
    kept = min(len(numbers), 2) if operator.startswith("~") else _caret_width(numbers)
    return version >= low and _within(version, numbers, kept)


def _within(version: Version, numbers: list[int], width: int) -> bool:
    return list(version.numbers[:width]) == numbers[:width]


def _caret_width(numbers: list[int]) -> int:
    """How many numbers `^` keeps: up to the first that is not 0."""
    for index, number in enumerate(numbers):
        if number:
            return index + 1
    return len(numbers)
