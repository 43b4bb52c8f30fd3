"""Diagnostics as JSON and as SARIF 2.1.0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from kai_pipelines.check.codes import Code, table
from kai_pipelines.check.diagnostic import Diagnostic
from kai_pipelines.settings import VERSION

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_json(diagnostics: Sequence[Diagnostic]) -> str:
    """One document: the diagnostics and how many there are."""
    errors = sum(one.severity == "error" for one in diagnostics)
    document = {
        "diagnostics": [
            {
                "code": one.code,
                "name": one.name,
                "severity": one.severity,
                "message": one.message,
                "hint": one.hint,
                "path": one.spot.path,
                "line": one.spot.line,
                "column": one.spot.column,
                "page": table()[one.code].page,
            }
            for one in diagnostics
        ],
        "errors": errors,
        "warnings": len(diagnostics) - errors,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def render_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """A SARIF log with one run; rules are those that have found something."""
    codes = sorted({one.code for one in diagnostics})
    driver = {"name": "kai check", "version": VERSION, "rules": [_rule(table()[code]) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, codes.index(one.code)) for one in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.code,
        "name": code.name,
        "shortDescription": {"text": code.meaning},
        "help": {"text": f"{code.meaning}; docs/{code.page}"},
        "defaultConfiguration": {"level": code.severity},
        "properties": {"page": f"docs/{code.page}"},
    }


def _result(one: Diagnostic, index: int) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": one.spot.line, "startColumn": one.spot.column}
    if one.spot.text:
        region["snippet"] = {"text": one.spot.text}
    location = {"artifactLocation": {"uri": _uri(one.spot.path)}, "region": region}
    return {
        "ruleId": one.code,
        "ruleIndex": index,
        "level": one.severity,
        "message": {"text": one.message + (f" (hint: {one.hint})" if one.hint else "")},
        "locations": [{"physicalLocation": location}],
    }


def _uri(path: str) -> str:
    """A relative path as a URI reference, an absolute one as a file's."""
    plain = PurePath(path).as_posix()
    return f"file://{quote(plain)}" if plain.startswith("/") else quote(plain)
