"""Go's values as Python ones, and the Go names of their types.

Plain Python stands for the types Argo's expressions mostly meet: `None`, `bool`, `int` (Go's `int`), `float`
(`float64`), `str`, `list` (`[]interface {}`), `dict` (`map[string]interface {}`), `bytes` (`[]uint8`).
The classes here stand for the rest. A string that is not valid UTF-8 carries its bytes as surrogate escapes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping

ANY = "interface {}"
LIST = "[]interface {}"
DICT = "map[string]interface {}"
INT_MIN, INT_MAX = -(1 << 63), (1 << 63) - 1


def wrap_int(value: int) -> int:
    """The value in 64 bits two's complement, as Go's arithmetic leaves it."""
    return value if INT_MIN <= value <= INT_MAX else (value + (1 << 63)) % (1 << 64) - (1 << 63)


class Sized(int):
    """An integer of another Go type than `int`."""

    go_type = "int64"

    def go_string(self) -> str:
        """What Go's `%v` prints."""
        return int.__repr__(self)


class Int64(Sized):
    """Go's `int64`."""


class Uint8(Sized):
    """Go's `uint8`, a byte of a string."""

    go_type = "uint8"


class Uint64(Sized):
    """Go's `uint64`."""

    go_type = "uint64"


class Slice(list[object]):
    """A slice or array whose Go type is not `[]interface {}`, or which is Go's nil slice."""

    __slots__ = ("go_type", "is_nil")

    def __init__(self, go_type: str, items: Iterable[object] = (), *, is_nil: bool = False) -> None:
        super().__init__(items)
        self.go_type = go_type
        self.is_nil = is_nil


def strings(items: Iterable[str]) -> Slice:
    """A `[]string`."""
    return Slice("[]string", items)


class GoMap:
    """A map whose Go type is not `map[string]interface {}`; keys of different types stay apart (1, 1.0, true)."""

    __slots__ = ("entries", "go_type")

    def __init__(self, go_type: str, pairs: Iterable[tuple[object, object]] = ()) -> None:
        self.go_type = go_type
        self.entries: dict[Hashable, tuple[object, object]] = {}
        for key, value in pairs:
            self.put(key, value)

    @property
    def key_type(self) -> str:
        """The Go type of the keys."""
        return self.go_type[4 : self.go_type.index("]")]

    @property
    def value_type(self) -> str:
        """The Go type of the values."""
        return self.go_type[self.go_type.index("]") + 1 :]

    def put(self, key: object, value: object) -> None:
        """Set an entry; raises TypeError for a key that Go cannot hash."""
        self.entries[hashed(key)] = (key, value)

    def get(self, key: object) -> tuple[object, object] | None:
        """The (key, value) entry, or None."""
        return self.entries.get(hashed(key))

    def items(self) -> Iterable[tuple[object, object]]:
        """The (key, value) pairs."""
        return self.entries.values()

    def __len__(self) -> int:
        return len(self.entries)


def hashed(key: object) -> Hashable:
    """A key that tells Go's types apart; raises TypeError for what Go cannot hash."""
    if isinstance(key, (list, dict, GoMap, bytes, Func)):
        raise TypeError(f"hash of unhashable type {type_name(key)}")
    if isinstance(key, float) and key != key:
        return object()
    return (type_name(key), key)


class Func:
    """A Go function: parameter types, result type, and the Python callable behind it."""

    __slots__ = ("call", "name", "params", "result", "variadic")

    def __init__(
        self,
        name: str,
        params: tuple[str, ...],
        result: str,
        call: Callable[..., object],
        *,
        variadic: bool = False,
    ) -> None:
        self.name = name
        self.params = params
        self.result = result
        self.call = call
        self.variadic = variadic

    @property
    def go_type(self) -> str:
        """The function type as Go prints it."""
        shown = list(self.params)
        if self.variadic:
            shown[-1] = "..." + shown[-1]
        return f"func({', '.join(shown)}) {self.result}".rstrip()

    def param(self, index: int) -> str:
        """The type of the argument at `index`; the last one repeats when variadic."""
        return self.params[min(index, len(self.params) - 1)]


class Opaque:
    """A value with a Go type of its own and methods, such as a time zone or a semantic version."""

    go_type = "struct"
    fields: Mapping[str, object] = {}

    def methods(self) -> Mapping[str, Func]:
        """The exported methods by name, bound to this value."""
        return {}

    def go_string(self) -> str:
        """What Go's `%v` prints."""
        return str(self)

    def to_json(self) -> object:
        """The value that Go's `json.Marshal` writes."""
        raise TypeError(f"unsupported type: {self.go_type}")


_PLAIN: dict[type, str] = {
    type(None): "nil",
    bool: "bool",
    int: "int",
    float: "float64",
    str: "string",
    list: LIST,
    dict: DICT,
    bytes: "[]uint8",
    tuple: LIST,
}


def type_name(value: object) -> str:
    """The Go type as `%T` prints it, with `nil` for nil."""
    name = _PLAIN.get(type(value))
    if name is not None:
        return name
    return str(getattr(value, "go_type", type(value).__name__))


STRUCTS: dict[str, dict[str, str]] = {
    "controller.TaskResults": dict.fromkeys(
        ("Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed"), "bool"
    ),
}
"""The structs whose fields are known before running: those that `depends` evaluates over."""

_KINDS = {
    "nil": "invalid",
    ANY: "interface",
    "time.Duration": "int64",
    "time.Month": "int",
    "time.Weekday": "int",
}


def kind_of(go_type: str) -> str:
    """The kind of a Go type, as `reflect.Kind` names it; arrays and slices are both `slice`."""
    known = _KINDS.get(go_type)
    if known is not None:
        return known
    if go_type.startswith("["):
        return "slice"
    if go_type.startswith("map["):
        return "map"
    if go_type.startswith("func("):
        return "func"
    if go_type.startswith("*"):
        return "ptr"
    return "struct" if "." in go_type else go_type


def is_nil(value: object) -> bool:
    """Whether Go's `IsNil` holds: nil itself or a nil slice."""
    return value is None or (type(value) is Slice and value.is_nil)


def element_type(go_type: str) -> str:
    """The element type of a slice, array or map type."""
    return go_type[go_type.index("]") + 1 :]
