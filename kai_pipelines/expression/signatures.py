"""What the built-ins of expr-lang accept and give, as its checker knows before running (builtin/builtin.go)."""

from __future__ import annotations

from collections.abc import Callable

from kai_pipelines.expression.values import ANY, LIST, element_type, kind_of

Signature = tuple[tuple[str, ...], str]

_S, _I = "string", "int"
OVERLOADS: dict[str, tuple[Signature, ...]] = {
    "type": (((ANY,), _S),),
    "string": (((ANY,), _S),),
    "trim": (((_S,), _S), ((_S, _S), _S)),
    "trimPrefix": (((_S, _S), _S), ((_S,), _S)),
    "trimSuffix": (((_S, _S), _S), ((_S,), _S)),
    "upper": (((_S,), _S),),
    "lower": (((_S,), _S),),
    "split": (((_S, _S), "[]string"), ((_S, _S, _I), "[]string")),
    "splitAfter": (((_S, _S), "[]string"), ((_S, _S, _I), "[]string")),
    "replace": (((_S, _S, _S, _I), _S), ((_S, _S, _S), _S)),
    "repeat": (((_S, _I), _S),),
    "join": ((("[]string", _S), _S), ((LIST, _S), _S), ((LIST,), _S), (("[]string",), _S)),
    "indexOf": (((_S, _S), _I),),
    "lastIndexOf": (((_S, _S), _I),),
    "hasPrefix": (((_S, _S), "bool"),),
    "hasSuffix": (((_S, _S), "bool"),),
    "toJSON": (((ANY,), _S),),
    "fromJSON": (((_S,), ANY),),
    "toBase64": (((_S,), _S),),
    "fromBase64": (((_S,), _S),),
    "duration": (((_S,), "time.Duration"),),
    "timezone": (((_S,), "*time.Location"),),
    "sort": tuple(((kind, *order), LIST) for order in ((_S,), ()) for kind in (LIST, "[]int", "[]float64", "[]string")),
    **dict.fromkeys(("bitand", "bitor", "bitxor", "bitnand", "bitshl", "bitshr", "bitushr"), (((_I, _I), _I),)),
    "bitnot": (((_I,), _I),),
}
"""The overloads by name: parameter types and the result type."""

_NUMBERS = ("float64", "int", "int64", "int32", "uint8", "uint64")
_INTS = ("int", "int64", "int32")


def _one(args: list[str]) -> str:
    if len(args) != 1:
        raise TypeError(f"invalid number of arguments (expected 1, got {len(args)})")
    return args[0]


def _takes(name: str, kinds: tuple[str, ...], result: Callable[[str], str]) -> Callable[[list[str]], str]:
    def validate(args: list[str]) -> str:
        arg = _one(args)
        if kind_of(arg) not in kinds:
            raise TypeError(f"invalid argument for {name} (type {arg})")
        return result(arg)

    return validate


def _aggregate(name: str) -> Callable[[list[str]], str]:
    def validate(args: list[str]) -> str:
        if not args:
            raise TypeError(f"not enough arguments to call {name}")
        for arg in args:
            if kind_of(arg) in ("interface", "slice"):
                return ANY
            if kind_of(arg) not in (*_NUMBERS,):
                raise TypeError(f"invalid argument for {name} (type {arg})")
        return args[0]

    return validate


def _element(arg: str) -> str:
    return ANY if kind_of(arg) == "interface" else element_type(arg)


def _take(args: list[str]) -> str:
    if len(args) != 2:
        raise TypeError(f"invalid number of arguments (expected 2, got {len(args)})")
    if kind_of(args[0]) not in ("interface", "slice"):
        raise TypeError(f"cannot take from {args[0]}")
    if kind_of(args[1]) not in ("interface", *_INTS):
        raise TypeError(f"cannot take {args[1]} elements")
    return args[0]


def _concat(args: list[str]) -> str:
    if not args:
        raise TypeError("invalid number of arguments (expected at least 1, got 0)")
    for arg in args:
        if kind_of(arg) not in ("interface", "slice"):
            raise TypeError(f"cannot concat {arg}")
    return LIST


def _now(args: list[str]) -> str:
    if args and args != ["*time.Location"]:
        raise TypeError(f"invalid number of arguments (expected 0, got {len(args)})")
    return "time.Time"


def _date(args: list[str]) -> str:
    if not args:
        raise TypeError("invalid number of arguments (expected at least 1, got 0)")
    rest = args[1:] if args[0] == "*time.Location" else args
    if len(rest) > 3:
        raise TypeError(f"invalid number of arguments (expected at most 3, got {len(rest)})")
    return "time.Time"


_LISTS = ("interface", "slice")
VALIDATORS: dict[str, Callable[[list[str]], str]] = {
    "len": _takes("len", ("slice", "map", "string", "interface"), lambda arg: "int"),
    "abs": _takes("abs", (*_NUMBERS, "interface"), lambda arg: arg),
    "ceil": _takes("ceil", (*_NUMBERS, "interface"), lambda arg: "float64"),
    "floor": _takes("floor", (*_NUMBERS, "interface"), lambda arg: "float64"),
    "round": _takes("round", (*_NUMBERS, "interface"), lambda arg: "float64"),
    "int": _takes("int", (*_NUMBERS, "interface", "string"), lambda arg: "int"),
    "float": _takes("float", (*_NUMBERS, "interface", "string"), lambda arg: "float64"),
    **{name: _aggregate(name) for name in ("max", "min", "mean", "median")},
    "first": _takes("first", _LISTS, _element),
    "last": _takes("last", _LISTS, _element),
    "take": _take,
    "keys": _takes("keys", ("interface", "map"), lambda arg: LIST),
    "values": _takes("values", ("interface", "map"), lambda arg: LIST),
    "toPairs": _takes("toPairs", ("interface", "map"), lambda arg: LIST),
    "fromPairs": _takes("fromPairs", _LISTS, lambda arg: "map[interface {}]interface {}"),
    "reverse": _takes("reverse", _LISTS, lambda arg: LIST),
    "uniq": _takes("uniq", _LISTS, lambda arg: LIST),
    "flatten": _takes("flatten", _LISTS, lambda arg: LIST),
    "concat": _concat,
    "now": _now,
    "date": _date,
}
"""Built-ins that look at the types of their arguments themselves; each gives the result type or raises TypeError."""

ARGO: dict[str, tuple[tuple[str, ...], str]] = {
    "asInt": ((ANY,), ANY),
    "asFloat": ((ANY,), ANY),
    "toJson": ((ANY,), _S),
    "jsonpath": ((_S, _S), ANY),
}
"""The functions Argo adds (util/expr/env/env.go); `sprig` is a `map[string]interface {}`."""
