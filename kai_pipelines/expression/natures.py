"""What is known of a value before running: Go's static type, as expr-lang's checker/nature sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kai_pipelines.expression.values import ANY, LIST, element_type, kind_of

_INTEGERS = frozenset(("int", "int64", "int32", "uint8", "uint64"))


@dataclass(frozen=True, slots=True)
class Nature:
    """A static type; `go_type` is None when unknown. `inner` is a list's element or a predicate's result."""

    go_type: str | None = None
    is_nil: bool = False
    inner: Nature | None = None

    @property
    def kind(self) -> str:
        """The reflect kind, `invalid` when unknown or nil."""
        return "invalid" if self.go_type is None else kind_of(self.go_type)

    @property
    def unknown(self) -> bool:
        """Whether anything may be there at run time."""
        return (self.go_type is None and not self.is_nil) or self.go_type == ANY

    @property
    def integer(self) -> bool:
        """Whether it is one of Go's own integer types."""
        return self.go_type in _INTEGERS

    @property
    def number(self) -> bool:
        """Whether it is one of Go's own number types."""
        return self.integer or self.go_type == "float64"

    @property
    def listy(self) -> bool:
        """Whether it is a slice or an array."""
        return self.kind == "slice"

    def __str__(self) -> str:
        return "nil" if self.is_nil else self.go_type or "unknown"

    def element(self) -> Nature:
        """What indexing a list or a map gives."""
        if self.kind == "slice" and self.inner is not None:
            return self.inner
        if self.kind in ("slice", "map") and self.go_type is not None:
            return of_type(element_type(self.go_type))
        return UNKNOWN

    def assignable_to(self, other: Nature) -> bool:
        """Go's assignability between two types."""
        if self.is_nil and other.kind in ("ptr", "interface", "func", "map", "slice"):
            return True
        if self.go_type is None or other.go_type is None:
            return False
        return self.go_type == other.go_type or other.go_type == ANY

    def comparable_to(self, other: Nature) -> bool:
        """Whether `==` between the two compiles."""
        if self.unknown or other.unknown or self.is_nil or other.is_nil:
            return True
        return (self.number and other.number) or (self.listy and other.listy) or self.assignable_to(other)

    def is_one_of(self, checks: tuple[str, ...]) -> bool:
        """Whether the type is one of the named families (bool, string, integer, number, list, map, time, duration)."""
        return any(_FAMILIES[check](self) for check in checks)

    def maybe_compatible(self, other: Nature, *checks: str) -> bool:
        """Whether the two may fit at run time because one of them is unknown."""
        if self.unknown:
            return other.unknown or other.is_one_of(checks)
        return other.unknown and self.is_one_of(checks)

    def list_of(self) -> Nature:
        """A list whose elements are of this nature."""
        return replace(LIST_NATURE, inner=self)


_FAMILIES = {
    "bool": lambda nature: nature.kind == "bool",
    "string": lambda nature: nature.kind == "string",
    "integer": lambda nature: nature.integer,
    "number": lambda nature: nature.number,
    "list": lambda nature: nature.kind == "slice",
    "map": lambda nature: nature.kind == "map",
    "time": lambda nature: nature.go_type == "time.Time",
    "duration": lambda nature: nature.go_type == "time.Duration",
}


def of_type(go_type: str) -> Nature:
    """The nature of a Go type's name."""
    return NIL if go_type == "nil" else UNKNOWN if go_type == ANY else Nature(go_type)


UNKNOWN = Nature()
NIL = Nature(is_nil=True)
BOOL = Nature("bool")
INT = Nature("int")
FLOAT = Nature("float64")
STRING = Nature("string")
BYTES = Nature("[]uint8")
TIME = Nature("time.Time")
DURATION = Nature("time.Duration")
LIST_NATURE = Nature(LIST)
DICT_NATURE = Nature("map[string]interface {}")
