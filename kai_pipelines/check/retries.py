"""KAI209, KAI403, KAI453, KAI454: retry strategies that do not what they seem to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kai_pipelines.check.codes import found
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.check.judgment import judge, parsed
from kai_pipelines.check.model import Document, Model, Object, as_text, mapping, text
from kai_pipelines.check.scope import Scope, suggestion
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.expression import evaluate
from kai_pipelines.manifest.duration import parse_duration

_POLICIES = ("", "Always", "OnFailure", "OnError", "OnTransientError")
_EXIT_CODES = (0, 1, 2, 3, 64, 65, 70, 75, 100, 126, 127, 128, 130, 134, 137, 139, 143, 255)
_NUMBER = re.compile(r"[0-9]{1,3}")


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    for document in model.documents:
        whole = mapping(document.spec.get("retryStrategy"))
        if whole:
            yield from _strategy(whole, (*document.spec_place, "retryStrategy"), Scope(document, special="retry"))
        default = mapping(document.defaults.get("retryStrategy"))
        if default:
            place: Place = (*document.spec_place, "templateDefaults", "retryStrategy")
            yield from _strategy(default, place, Scope(document, special="retry"))
        for template in document.every:
            strategy = mapping(template.body.get("retryStrategy"))
            if strategy:
                scope = Scope(document, template, special="retry")
                pods = template.kind not in ("dag", "steps")
                yield from _strategy(strategy, (*template.place, "retryStrategy"), scope, pods=pods)


def _strategy(strategy: Object, place: Place, scope: Scope, *, pods: bool = True) -> Iterator[Finding]:
    document = scope.document
    expression = text(strategy.get("expression"))
    well_formed = bool(expression)
    if expression and "{{" not in expression:
        for fault in judge(expression, scope, boolean=True):
            well_formed = False
            name = fault.rule if fault.rule == "never-equal" else "bad-retry-expression"
            hint = fault.hint or "it gives true or false, for example: lastRetry.exitCode != '2'"
            yield found(name, document.index, (*place, "expression"), fault.message, hint=hint, offset=fault.offset)
    policy = text(strategy.get("retryPolicy"))
    if well_formed and "{{" not in expression and pods:
        yield from _never(expression, policy, place, document)
    if policy not in _POLICIES and "{{" not in policy and scope.template is None:
        # Argo's own rule looks at templates only; this one fails when a template is run with it.
        message, hint = f"there is no retry policy {policy!r}", suggestion(policy, _POLICIES[1:])
        yield Finding("KAI123", message, (*place, "retryPolicy"), document.index, hint)
    yield from _limit(strategy, place, document)
    yield from _backoff(strategy, place, document)
    if policy in ("OnError", "OnTransientError") and not expression and pods:
        message = f"{policy} does not retry a program that fails: an exit code other than 0 is Failed, never Error"
        hint = "OnFailure retries those, Always both"
        yield found("retries-nothing", document.index, (*place, "retryPolicy"), message, hint=hint)


def _never(expression: str, policy: str, place: Place, document: Document) -> Iterator[Finding]:
    """An expression that is false for everything that can happen under the policy."""
    made = parsed(expression)
    if made is None or any(
        path.parts in (("lastRetry", "message"), ("lastRetry", "duration"), ("retries",)) for path in made[1]
    ):
        return
    codes = sorted({*_EXIT_CODES, *(int(one) + more for one in _NUMBER.findall(expression) for more in (-1, 0, 1))})
    failures = [{"status": "Failed", "exitCode": str(code)} for code in codes if 1 <= code <= 255]
    failures.append({"status": "Failed", "exitCode": "-1"})
    errors = [{"status": "Error", "exitCode": "-1"}]
    outcomes = {"OnFailure": failures, "OnError": errors, "OnTransientError": [*failures, *errors]}.get(
        policy, [*failures, *errors]
    )
    if policy not in ("OnError", "OnFailure", "OnTransientError", "Always", ""):
        return
    if any(_holds(expression, outcome) for outcome in outcomes):
        return
    under = f" under {policy}" if policy else ""
    message = f"no outcome{under} makes this true, so nothing is ever retried"
    hint = "a program that exits with another code than 0 is Failed, never Error; the exit code is text of 1 to 255"
    yield found("retry-never", document.index, (*place, "expression"), message, hint=hint, offset=0)


def _holds(expression: str, outcome: Mapping[str, str]) -> bool:
    """Whether the expression is true for an outcome; one that fails counts as true, it is told elsewhere."""
    env = {"lastRetry": {**outcome, "duration": "1", "message": ""}, "retries": "0"}
    try:
        return evaluate(expression, env) is not False
    except ExpressionError:
        return True


def _limit(strategy: Object, place: Place, document: Document) -> Iterator[Finding]:
    limit = as_text(strategy.get("limit"))
    if limit is None or "{{" in limit:
        return
    if not re.fullmatch(r"[0-9]+", limit):
        message = f"the limit {limit!r} is no whole number of 0 or more"
        yield found("bad-number", document.index, (*place, "limit"), message)
    elif int(limit) == 0:
        message = "with the limit 0 nothing is ever retried"
        yield found("retry-never", document.index, (*place, "limit"), message, hint="leave the retryStrategy out")


def _backoff(strategy: Object, place: Place, document: Document) -> Iterator[Finding]:
    backoff = mapping(strategy.get("backoff"))
    if not backoff:
        return
    seconds: dict[str, float] = {}
    for name in ("duration", "maxDuration", "cap"):
        value = as_text(backoff.get(name))
        if value is None or "{{" in value or not value:
            continue
        try:
            seconds[name] = parse_duration(value)
        except ManifestError as error:
            where = (*place, "backoff", name)
            yield found("bad-duration", document.index, where, error.message, hint=error.hint or "")
    if "duration" in seconds and "maxDuration" in seconds and seconds["maxDuration"] < seconds["duration"]:
        message = "the first wait is longer than maxDuration, so nothing is ever retried"
        yield found("retry-never", document.index, (*place, "backoff", "maxDuration"), message)
    if strategy.get("limit") is None and backoff.get("duration"):
        message = "a backoff without a limit does not wait at all: tries follow each other at once"
        yield found("backoff-without-limit", document.index, (*place, "backoff"), message, hint="add limit:")
