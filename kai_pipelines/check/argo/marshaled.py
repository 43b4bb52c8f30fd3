"""Objects as the JSON text that Go writes of Argo's types.

Argo looks for tags in that text. It matters for a `{{` that its own text does not close: the tag then goes on to
the next `}}` of the JSON, which mostly are closing braces of objects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kai_pipelines.check.argo.decoding import fields
from kai_pipelines.check.argo.scalars import SCALARS

_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_ZERO = {"bool": "false", "json": "null", "time": "null", "string": '""', "anystring": '""', "quantity": '"0"'}


def marshal(kind: str, value: Any) -> str:
    """The JSON of a decoded value; `kind` as the field tables write it."""
    kind = kind.lstrip("*")
    if value is None:
        return "null"
    if kind.startswith("[]"):
        return "[" + ",".join(marshal(kind[2:], one) for one in value) + "]"
    if kind.startswith("{}"):
        return "{" + ",".join(f"{_text(key)}:{marshal(kind[2:], value[key])}" for key in sorted(value)) + "}"
    if kind == "steps":
        return marshal("[]WorkflowStep", value)
    if kind in SCALARS or kind == "plugin":
        return _text(value)
    return _struct(kind, value)


def _text(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return written.translate(_ESCAPES)


def _struct(kind: str, value: Mapping[str, Any]) -> str:
    parts = []
    for name, field in fields(kind).items():
        if name in value:
            if field.may_be_left_out and not field.kind.startswith("*") and _is_empty(field.kind, value[name]):
                continue
            parts.append(f'"{name}":{marshal(field.kind, value[name])}')
        elif not field.may_be_left_out or _is_struct(field.kind):
            parts.append(f'"{name}":{_zero(field.kind)}')
    return "{" + ",".join(parts) + "}"


def _is_struct(kind: str) -> bool:
    return kind not in SCALARS and kind not in ("steps", "plugin") and not kind.startswith(("*", "[]", "{}"))


def _is_empty(kind: str, value: Any) -> bool:
    return not _is_struct(kind) and value in ("", 0, False, None, [], {})


def _zero(kind: str) -> str:
    if kind.startswith(("*", "[]", "{}")) or kind in ("steps", "plugin"):
        return "null"
    return _struct(kind, {}) if _is_struct(kind) else _ZERO.get(kind, "0")
