"""Conditions, loops, dependencies and durations in a few words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from kai_pipelines.drawing.model import EdgeKind
from kai_pipelines.manifest.fields import text

Origins = Mapping[str, str]
"""Inside a template: what each input parameter is called where it comes from."""

_INDEX = r"""\[\s*(?:"[^"]*"|'[^']*')\s*\]"""
_REFERENCE = rf"(?:tasks|steps|inputs|outputs|workflow|item)(?:\??\.[A-Za-z0-9_-]+|{_INDEX})*"
_TOKEN = re.compile(
    rf"""(?P<tag>\{{\{{=?|\}}\}})|(?P<string>"[^"]*"|'[^']*')|(?P<reference>\b{_REFERENCE})
    |(?P<cast>\bas(?:Int|Float)\((?P<inside>[^()]*)\))|(?P<operator>==|!=|<=|>=|=~|&&|\|\|)""",
    re.VERBOSE,
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_OPERATORS: Mapping[str, str] = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥", "=~": "matches", "&&": "and", "||": "or"}
_DEPENDENCY = re.compile(r"(?P<not>!\s*)?(?P<name>[a-zA-Z0-9][-\w]*)(?:\.(?P<result>[A-Z][A-Za-z]+))?")
_SOURCE = re.compile(r"""\b(?:tasks|steps)(?:\.([A-Za-z0-9_-]+)|\[\s*["']([^"']+)["']\s*\])""")

GOOD = frozenset({"Succeeded", "Skipped", "Daemoned"})
BAD = frozenset({"Failed", "Errored", "AllFailed"})


def condition(when: str, origins: Origins) -> str:
    """``{{= inputs.parameters.chosen == "low" }}`` → ``quality = low``, where `chosen` was given as `quality`."""
    return " ".join(_TOKEN.sub(lambda match: _reworded(match, origins), when).split())


def _reworded(match: re.Match[str], origins: Origins) -> str:
    if match["tag"]:
        return " "
    if match["string"]:
        return match.group("string")[1:-1] or "nothing"
    if match["reference"]:
        return short_name(match.group("reference"), origins)
    if match["cast"]:
        return condition(match.group("inside"), origins)
    return f" {_OPERATORS[str(match['operator'])]} "


def short_name(reference: str, origins: Origins) -> str:
    """``tasks.assess.outputs.parameters.quality`` → ``quality``; a result is called after its task."""
    parts: list[str] = [part.strip("\"'") for part in _PART.findall(reference)]
    if not parts:
        return reference
    if parts[0] == "inputs" and len(parts) > 2:
        return origins.get(parts[2], parts[2])
    if parts[0] in {"tasks", "steps"} and len(parts) > 2:
        last = parts[-1]
        return parts[1] if last == "result" else f"{parts[1]} {last}" if last in {"status", "exitCode"} else last
    return parts[-1]


def origin(name: str, value: object, origins: Origins) -> str:
    """What a parameter given as `value` should be called: after its source if it is one reference, else itself."""
    inner = text(value).strip()
    if inner.startswith("{{") and inner.endswith("}}"):
        inner = inner[2:-2].lstrip("=").strip()
        if re.fullmatch(_REFERENCE, inner) and not inner.startswith("item"):
            return short_name(inner, origins)
    return name


def repetition(task: Mapping[str, Any], origins: Origins) -> str:
    """``× 3`` when the number is known, ``each file`` when a value says it, nothing for a single task."""
    items, param, counted = task.get("withItems"), task.get("withParam"), task.get("withSequence")
    if isinstance(items, list):
        return f"× {len(items)}"
    if param is not None:
        found = _TOKEN.search(text(param).strip("{}= "))
        if found is not None and found["reference"]:
            return f"each {short_name(found['reference'], origins)}"
        return "each item"
    if isinstance(counted, Mapping):
        return _counted(counted, origins)
    return ""


def _counted(sequence: Mapping[str, Any], origins: Origins) -> str:
    count = text(sequence.get("count"))
    if count:
        return f"× {condition(count, origins)}"
    start, end = text(sequence.get("start")) or "0", text(sequence.get("end"))
    return f"{condition(start, origins)} … {condition(end, origins)}"


def depended_on(depends: str, tasks: Collection[str]) -> dict[str, set[str]]:
    """The tasks that a `depends` names, each with the results it asks for; a bare name asks for none in particular."""
    found: dict[str, set[str]] = {}
    for match in _DEPENDENCY.finditer(depends):
        if match["name"] in tasks:
            results = found.setdefault(match["name"], set())
            if match["result"]:
                results.add(("!" if match["not"] else "") + match["result"])
    return found


def dependency(results: Collection[str], *, carries_data: bool) -> tuple[EdgeKind, str]:
    """The kind of an edge and its label, from the results that a `depends` asks of its source."""
    asked = set(results)
    if not asked or asked <= GOOD | {"!Failed", "!Errored"}:
        kind: EdgeKind = "data" if carries_data else "order"
        return kind, "if skipped" if asked == {"Skipped"} else ""
    if asked <= BAD | {"!Succeeded"}:
        return "failure", "on failure"
    if asked & GOOD and asked & BAD:
        return "order", "in any case"
    if asked <= {"Skipped", "Omitted"}:
        return "order", "if skipped"
    return "order", " or ".join(sorted(_spaced(result) for result in asked))


def _spaced(result: str) -> str:
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", result.lstrip("!")).lower()
    return f"not {word}" if result.startswith("!") else word


def sources(value: object) -> set[str]:
    """The tasks or steps whose outputs a value refers to."""
    return {dotted or indexed for dotted, indexed in _SOURCE.findall(text(value).replace('\\"', '"'))}


def clock(seconds: float) -> str:
    """A duration for people: ``< 1s``, ``8s``, ``3m 05s``, ``2h 10m``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s" if whole else "< 1s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m"


def shortened(words: str, most: int) -> str:
    """At most `most` characters, the last one an ellipsis when something is left out."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
