"""The tags of a template, replaced as Argo's util/template does: simple `{{tag}}` and `{{=expression}}`.

A template is a JSON document; a tag sits inside one of its strings, so values enter JSON-escaped.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping

from kai_pipelines.errors import ExpressionError
from kai_pipelines.expression import Tag, gojson
from kai_pipelines.expression.environment import expand, with_functions
from kai_pipelines.expression.faults import AbsentOptional, CompileError, EvaluationError, MissingVariable
from kai_pipelines.expression.printing import quote

PLACEHOLDER = "__argo__internal__placeholder-"
"""Argo puts such values where a variable will come later; an expression that fails over one is left alone."""

_UNESCAPED = (("\\u003c", "<"), ("\\u003e", ">"), ("\\u0026", "&"))
_LATE = frozenset(
    [
        "item",
        "retries",
        "workflow.status",
        "workflow.failures",
        "lastRetry.exitCode",
        "lastRetry.status",
        "lastRetry.duration",
        "lastRetry.message",
    ]
)
"""Variables that exist only later: an expression over one waits when unresolved tags may stay."""


def tags(text: str) -> list[Tag]:
    """Every tag; raises ExpressionError for one that does not end."""
    return [tag for _, tag in _pieces(text) if tag is not None]


def references(text: str) -> list[str]:
    """The names that the simple tags of a text mention, in order."""
    return [tag.content for tag in tags(text) if not tag.is_expression]


def _pieces(text: str) -> list[tuple[str, Tag | None]]:
    """The text before each tag with the tag, and at last the rest; a tag ends at the first `}}` after its `{{`."""
    found: list[tuple[str, Tag | None]] = []
    at = 0
    while (start := text.find("{{", at)) >= 0:
        end = text.find("}}", start + 2)
        if end < 0:
            raise CompileError("a tag {{ is not closed by }}", text=text, position=start)
        inner = text[start + 2 : end]
        found.append((text[at:start], Tag(start, inner, inner.startswith("="))))
        at = end + 2
    found.append((text[at:], None))
    return found


def substitute(text: str, env: Mapping[str, object], *, allow_unresolved: bool = False) -> str:
    """Argo's `template.Replace`: see `kai_pipelines.expression.substitute`."""
    return _on_document(text, lambda: replace_raw(text, env, allow_unresolved=allow_unresolved))


def substitute_strict(text: str, env: Mapping[str, object], strict_prefixes: Iterable[str]) -> str:
    """Argo's `ReplaceStrictAny`: tags under one of the prefixes must resolve, others may stay."""
    return _on_document(text, lambda: _replace(text, env, _strict(strict_prefixes), allow_artifacts=True))


def fill_document(text: str, env: Mapping[str, object], strict_prefixes: Iterable[str] | None) -> object:
    """The value of a JSON document once its tags are replaced, strictly under the prefixes; None: each must resolve."""
    if strict_prefixes is None:
        replaced = replace_raw(text, env)
    else:
        replaced = _replace(text, env, _strict(strict_prefixes), allow_artifacts=True)
    try:
        return json.loads(replaced)
    except (ValueError, RecursionError):
        raise EvaluationError("replacing the tags gives invalid JSON", text=text, position=0) from None


def replace_raw(text: str, env: Mapping[str, object], *, allow_unresolved: bool = False) -> str:
    """`NewTemplate(text).Replace`: as `substitute`, but the text need not be a JSON document."""
    if allow_unresolved:
        return _replace(text, env, None, allow_artifacts=True)
    return _replace(text, env, lambda name: True, allow_artifacts=False)


def substitute_text(text: str, env: Mapping[str, object], *, allow_unresolved: bool = False) -> str:
    """The tags of a plain string: the string goes through JSON, as Argo's templates always do."""
    if "{{" not in text:
        return text
    replaced = substitute(gojson.encode_string(text), env, allow_unresolved=allow_unresolved)
    return str(json.loads(replaced))


def _on_document(text: str, replace: Callable[[], str]) -> str:
    if not gojson.is_valid(text):
        raise CompileError("cannot replace tags in what is not a JSON document", text=text, position=0)
    replaced = replace()
    if not gojson.is_valid(replaced):
        raise EvaluationError("replacing the tags gives invalid JSON", text=text, position=0)
    return replaced


def _strict(prefixes: Iterable[str]) -> Callable[[str], bool] | None:
    return _strict_for(tuple(prefixes))


@functools.lru_cache(maxsize=64)
def _strict_for(prefixes: tuple[str, ...]) -> Callable[[str], bool] | None:
    names = "|".join(re.escape(prefix) for prefix in prefixes)
    if not names:
        return None
    pattern = re.compile(rf"(?:{names})(?:\.|\Z)")
    return lambda name: pattern.match(name) is not None


def _replace(
    text: str, env: Mapping[str, object], strict: Callable[[str], bool] | None, *, allow_artifacts: bool
) -> str:
    parts: list[str] = []
    nested: dict[str, object] | None = None
    for before, tag in _pieces(text):
        parts.append(before)
        if tag is None:
            continue
        if tag.is_expression:
            nested = expand(env) if nested is None else nested
            parts.append(_expression(_fixed(tag.text[1:]), nested, strict, text, tag.position))
        else:
            parts.append(_simple(tag, env, strict, text, allow_artifacts=allow_artifacts))
    return "".join(parts)


def _fixed(expression: str) -> str:
    """Undo the escapes of <, > and & that Go's marshaler puts in."""
    for escaped, plain in _UNESCAPED:
        expression = expression.replace(escaped, plain)
    return expression


# Simple tags


def _simple(
    tag: Tag, env: Mapping[str, object], strict: Callable[[str], bool] | None, text: str, *, allow_artifacts: bool
) -> str:
    name = tag.text.strip()
    if name in env:
        value = env[name]
        if value is None:
            raise AbsentOptional(
                f"unable to substitute {{{{{tag.text}}}}}: output is an absent optional "
                "(skipped/omitted node with no default)",
                text=text, position=tag.position,
            )  # fmt: skip
        return _escaped(value, tag.text, text, tag.position)
    inner = _nested(tag, env, text)
    if inner is not None:
        return inner
    artifact = allow_artifacts and ".outputs.artifacts." in name
    if strict is not None and strict(name) and not artifact:
        raise MissingVariable(f"failed to resolve {{{{{tag.text}}}}}", text=text, position=tag.position)
    return f"{{{{{tag.text}}}}}"


def _nested(tag: Tag, env: Mapping[str, object], text: str) -> str | None:
    """`{{a.{{b}}` with b known becomes `{{a.value`; the outer tag is for the next pass."""
    at = tag.text.rfind("{{")
    if at <= 0 or tag.text[at + 2 :] not in env:
        return None
    value = env[tag.text[at + 2 :]]
    if value is None:
        raise AbsentOptional(
            f'unable to substitute nested tag {{{{{tag.text}}}}}: "{tag.text[at + 2 :]}" is an absent optional',
            text=text,
            position=tag.position,
        )
    return "{{" + tag.text[:at] + quote(value)[1:-1] if isinstance(value, str) else None


def _escaped(value: object, name: str, text: str, position: int) -> str:
    if not isinstance(value, str):
        raise EvaluationError(f"failed to resolve {{{{{name}}}}} to string", text=text, position=position)
    return quote(value)[1:-1]


# Expressions


def _expression(
    written: str, env: Mapping[str, object], strict: Callable[[str], bool] | None, text: str, position: int
) -> str:
    """An expression tag; `written` is JSON-escaped, as it stands in the document."""
    verbatim = "{{=" + written + "}}"
    try:
        expression = str(gojson.unmarshal(f'"{written}"'))
    except ValueError as error:
        raise CompileError(f"cannot read the expression {written!r}: {error}", text=text, position=position) from None
    named = with_functions(env, expression)
    tolerant = strict is None
    names = _names(expression)
    missing = [] if names is None else [name for name in names if not has_variable(named, name)]
    for name in missing:
        if strict is not None and strict(name):
            raise MissingVariable(f"failed to evaluate expression: {name} is missing", text=text, position=position)
    if names is None:
        tolerant = False
    elif missing:
        tolerant = True
    if tolerant and any(name in _LATE for name in missing):
        return verbatim
    return _evaluated(expression, named, verbatim, position, text, tolerant=tolerant)


def _evaluated(
    expression: str, env: Mapping[str, object], verbatim: str, position: int, text: str, *, tolerant: bool
) -> str:
    from kai_pipelines.expression.evaluation import run

    may_wait = tolerant or _has_placeholder(env)
    try:
        value = run(expression, env)
    except ExpressionError as error:
        if may_wait:
            return verbatim
        where = position + 3 + (error.position or 0)
        message = f"failed to evaluate expression: {error.message}"
        raise type(error)(message, text=text, position=where) from error
    if value is None:
        if may_wait:
            return verbatim
        written = verbatim[3:-2]
        raise EvaluationError(f"failed to evaluate expression {quote(written)}", text=text, position=position)
    try:
        marshaled = gojson.marshal(value)
    except TypeError as error:
        if tolerant:
            return verbatim
        raise EvaluationError(f"{verbatim}: {error}", text=text, position=position) from error
    if len(marshaled) > 1 and marshaled[0] == marshaled[-1] == '"':
        return marshaled[1:-1]
    return quote(marshaled)[1:-1]


def _names(expression: str) -> list[str] | None:
    """The variables an expression needs, or None when it does not parse."""
    from kai_pipelines.expression.variables import identifiers

    try:
        return identifiers(expression)
    except CompileError:
        return None


def has_variable(env: Mapping[str, object], name: str) -> bool:
    """Whether the environment has a variable, even if it is nil: Argo's hasVarInEnv."""
    if name in env:
        return True
    current: object = env
    for part in name.split("."):
        if not isinstance(current, Mapping) or part not in current:
            return False
        current = current[part]
    return True


def _has_placeholder(value: object) -> bool:
    if isinstance(value, str):
        return value.startswith(PLACEHOLDER)
    if isinstance(value, Mapping):
        return any(_has_placeholder(item) for item in value.values())
    return False
