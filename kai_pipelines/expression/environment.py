"""The names an expression sees: Argo's expansion of dotted keys (util/expand) and the functions Argo adds (util/expr/env)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kai_pipelines.expression.signatures import ARGO
from kai_pipelines.expression.values import Func, GoMap, Opaque, Sized, Slice


def expand(env: Mapping[str, object]) -> dict[str, object]:
    """`{"a.b": 1}` as `{"a": {"b": 1}}`; of `a` and `a.b` the more specific one stays."""
    result: dict[str, object] = {}
    nested: set[int] = set()
    for key in sorted(env, key=lambda name: name.count(".")):
        parts = key.split(".")
        level = result
        for part in parts[:-1]:
            inner = level.get(part)
            if not isinstance(inner, dict) or id(inner) not in nested:
                inner = {}
                nested.add(id(inner))
                level[part] = inner
            level = inner
        level[parts[-1]] = env[key]
    return result


def with_functions(env: Mapping[str, object], expression: str) -> dict[str, object]:
    """An expanded environment with asInt, asFloat, toJson, jsonpath, and with sprig when it is mentioned."""
    result = dict(env)
    result.update(argo_functions())
    result["sprig"] = _sprig() if "sprig" in expression or "$env" in expression else {}
    return result


def expanded(env: Mapping[str, object], expression: str) -> dict[str, object]:
    """What `expr.Env` gets in Argo."""
    return with_functions(expand(env), expression)


_ARGO: dict[str, Func] = {}


def argo_functions() -> dict[str, Func]:
    """The four functions, made once."""
    if not _ARGO:
        from kai_pipelines.expression import builtins

        calls: dict[str, Callable[..., object]] = {
            "asInt": builtins.as_int,
            "asFloat": builtins.as_float,
            "toJson": builtins.to_json_compact,
            "jsonpath": builtins.json_path,
        }
        _ARGO.update({name: Func(name, *ARGO[name], calls[name]) for name in ARGO})
    return _ARGO


def _sprig() -> dict[str, object]:
    from kai_pipelines.expression.sprig import functions

    return functions()


def plain(value: object) -> object:
    """A Go value as plain Python: what its JSON would be, with bytes and functions left as they are."""
    if isinstance(value, Slice):
        return None if value.is_nil else [plain(item) for item in value]
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, GoMap):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Sized):
        return int(value)
    if isinstance(value, Opaque):
        try:
            return value.to_json()
        except TypeError:
            return value
    return value
