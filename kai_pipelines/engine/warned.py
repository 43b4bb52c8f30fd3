"""What the steps of a run warn of: in an output parameter that is an object with `warnings`, as the steps' metrics are.

Read from a record, so that it is told alike of a run here and of one on a cluster.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kai_pipelines.manifest.fields import mapping, mappings, sequence, text

_LONGEST = 240
_NAMED, _TOLD = 4, 10
"""So many files are named, and so many warnings told."""


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning of one step."""

    code: str
    message: str
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = _in_one_line(self.message)
        words = said if len(said) <= _LONGEST else f"{said[:_LONGEST].rsplit(' ', 1)[0]} …"
        named = [name for name in map(_in_one_line, self.files[:_NAMED]) if name not in words]
        more = f" and {len(self.files) - _NAMED} more" if len(self.files) > _NAMED else ""
        return f"{self.code}: {words}" + (f" [{', '.join(named)}{more}]" if named else "")


def _in_one_line(words: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in words)


def warnings_of(record: Mapping[str, Any]) -> list[Warned]:
    """Each warning of the pods that succeeded once, in the order in which these ran."""
    nodes = [node for node in mapping(record, "status", "nodes").values() if isinstance(node, Mapping)]
    pods = [node for node in nodes if node.get("type") == "Pod" and node.get("phase") == "Succeeded"]
    return list(dict.fromkeys(one for pod in sorted(pods, key=_begun) for one in _told(pod)))


def lines_of(record: Mapping[str, Any]) -> list[str]:
    """The warnings as a person reads them at the end of a run, a line each."""
    told = warnings_of(record)
    more = [f"warning: and {len(told) - _TOLD} more, in what the steps return"] if len(told) > _TOLD else []
    return [f"warning: {one}" for one in told[:_TOLD]] + more


def _begun(node: Mapping[str, Any]) -> str:
    return text(node.get("startedAt"))


def _told(node: Mapping[str, Any]) -> Iterator[Warned]:
    for parameter in mappings(mapping(node, "outputs").get("parameters")):
        for one in mappings(_object(parameter.get("value")).get("warnings")):
            code, message = text(one.get("code")), text(one.get("message"))
            if code and message:
                yield Warned(code, message, tuple(map(text, sequence(one.get("files")))))


def _object(value: object) -> Mapping[str, Any]:
    """The JSON object that a parameter is, else an empty one."""
    said = text(value)
    if '"warnings"' not in said:
        return {}
    try:
        return mapping(json.loads(said))
    except ValueError:
        return {}
