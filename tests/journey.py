"""What Argo 4.1.2 and Kubernetes do to the text of a parameter on its way to a step, one function for each.

Written from their sources, not from ours: a test sends a text through these and expects the step to see
what the author gave.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from kai_pipelines.expression import gojson, substitute

HOSTILE = [
    "",
    " ",
    "plain",
    "-dash",
    "--name=value",
    'quo"te',
    "apo'strophe",
    "back\\slash\\",
    "two\nlines\n",
    "\n",
    "tab\tand\rreturn",
    "{{workflow.name}}",
    "{{inputs.parameters.text}}",
    "{{=1+1}}",
    "}}",
    "{{",
    "{{{",
    "{",
    "}",
    "{}",
    '{"a": 1}',
    "[1, 2]",
    " [",
    "null",
    "true",
    "1e3",
    "json:",
    'json:"x"',
    "$(HOME)",
    "$$",
    "cost: $5",
    "$é",
    "ünïcödé ☂ 🍄",
    "\x07bell",
    "\x7f",
    "\U000e0001",
    "\u2028\u0085\ufeff",
    "a,b;c:d",
    "# no comment",
    "%s %(x)s {0}",
    "\ud7ff\ue000",
]
"""Texts that something on the way is known to trip over."""

texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    st.text(st.sampled_from('{}[]"\\$(=:-\n \x7f'), max_size=12),
)


def marshaled(template: Mapping[str, Any]) -> str:
    """A template as the controller marshals it before it replaces tags."""
    return gojson.marshal(json.loads(json.dumps(template)))


def replaced(template: Mapping[str, Any], *scopes: Mapping[str, object]) -> Any:
    """A template after one pass of replacements for each scope; unresolved tags stay."""
    text = marshaled(template)
    for scope in scopes:
        text = substitute(text, scope, allow_unresolved=True)
    return json.loads(text)


def substituted(template: Mapping[str, Any], inputs: Mapping[str, str], paths: Mapping[str, str]) -> Any:
    """workflow/common/util.go SubstituteParams: first globals, then inputs and paths."""
    global_scope: dict[str, object] = {"workflow.name": "run-1", "workflow.status": "Running", "pod.name": "pod-1"}
    names = {f"inputs.parameters.{name}": text for name, text in inputs.items()}
    return replaced(template, global_scope, {**global_scope, **names, **paths})


def fanned_in(texts: Sequence[str]) -> str:
    """workflow/controller/operator.go aggregatedJSONValueList."""
    parsed = []
    for text in texts:
        try:
            value = gojson.unmarshal(text)
        except ValueError:
            return gojson.marshal(list(texts))
        if not isinstance(value, dict | list):
            return gojson.marshal(list(texts))
        parsed.append(value)
    return gojson.marshal(parsed)


def items_of(with_param: str) -> list[dict[str, object]]:
    """workflow/controller/operator.go processItem: the scope of each item of a JSON list."""
    scopes: list[dict[str, object]] = []
    for value in json.loads(with_param, parse_int=str, parse_float=str):
        scope: dict[str, object] = {"item": value if isinstance(value, str) else gojson.marshal(value)}
        if isinstance(value, dict):
            scope |= {
                f"item.{key}": part if isinstance(part, str) else gojson.marshal(part) for key, part in value.items()
            }
        scopes.append(scope)
    return scopes


def expanded(argument: str, environment: Mapping[str, str]) -> str:
    """Kubernetes' expansion of ``$(NAME)`` in a container's argument (expansion/expand.go), byte for byte."""
    source, made, at = argument.encode(), bytearray(), 0
    while at < len(source):
        if source[at : at + 1] != b"$" or at + 1 == len(source):
            made += source[at : at + 1]
            at += 1
            continue
        follows = source[at + 1 : at + 2]
        end = source.find(b")", at) if follows == b"(" else -1
        if follows == b"$":
            made += b"$"
            at += 2
        elif end > 0:
            name = source[at + 2 : end].decode()
            made += environment.get(name, f"$({name})").encode()
            at = end + 1
        else:
            made += b"$" + chr(follows[0]).encode()  # Go turns the one byte into a rune
            at += 2
    return made.decode(errors="replace")


def saved(output: bytes) -> str:
    """What the executor reads from an output parameter's file (executor.go SaveParameters)."""
    return output.decode().removesuffix("\n")
