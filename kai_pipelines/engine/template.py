"""Running one template under a node: its inputs bound, its locks, its memo, its retries, and the kind that it is.

The order is Argo's (workflow/controller/operator.go executeTemplate).
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.call import DEEPEST, Call, CallError
from kai_pipelines.engine.command import is_ours
from kai_pipelines.engine.dag import run_dag
from kai_pipelines.engine.data import run_data
from kai_pipelines.engine.degradation import DEGRADED
from kai_pipelines.engine.http import run_http
from kai_pipelines.engine.locks import Lock, locks_of
from kai_pipelines.engine.memo import Entry, cache_and_key, copied, is_fresh
from kai_pipelines.engine.node import BAD, Node
from kai_pipelines.engine.podrun import POD_KINDS, run_pod
from kai_pipelines.engine.retry import Attempts, Wait, backoff, last_try, refusal
from kai_pipelines.engine.scope import fill, process_inputs
from kai_pipelines.engine.steps import run_steps
from kai_pipelines.engine.suspend import run_suspend
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.manifest.library import Home, Template, kind_of

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution

_NODE_TYPES = {"dag": "DAG", "steps": "Steps", "suspend": "Suspend", "http": "HTTP"}
_DISPLAY_NAME = "workflows.argoproj.io/display-name"
_SHOWABLE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]")
_RETRIES_ERRORS = frozenset({"Always", "OnError", "OnTransientError"})


async def run_template(execution: Execution, call: Call) -> Node:
    """Run a template; raises CallError when it cannot be run as its manifest asks for."""
    known = execution.tree.by_name.get(call.name)
    if known is not None and known.fulfilled:
        return known
    try:
        if call.depth >= DEEPEST:
            raise ManifestError(f"Maximum recursion depth exceeded: {DEEPEST} templates inside each other")
        home, declared = execution.program.find(call.home, call.holder)
        template = process_inputs(
            declared,
            _with_failures(execution, declared, call.arguments),
            _local(execution, call, declared),
            execution.program.library,
        )
        locks = _locks(execution, template)
        if (shown := _annotated_name(template)) and not _SHOWABLE.fullmatch(shown):
            raise ManifestError(f"displayName must match the regex ^{_SHOWABLE.pattern}$")
    except (ManifestError, ExpressionError) as error:
        raise CallError(error.message, _in_error(execution, call, error.message)) from error
    async with _locked(execution, call, template, declared, locks):
        return await _run_remembered(execution, call, home, declared, template)


def _local(execution: Execution, call: Call, declared: Template) -> dict[str, Any]:
    known = {**execution.globals, **call.own_name, "node.name": call.name}
    if declared.get("retryStrategy") is None and kind_of(declared) in POD_KINDS:
        known["pod.name"] = execution.pod_name(call.name, str(declared.get("name") or ""))
    return known


def _with_failures(execution: Execution, declared: Template, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments, and for a step of ours that has an input for it what was given up before it.

    Argo has no name for that in a task; on a cluster the input keeps its default.
    """
    inputs = (declared.get("inputs") or {}).get("parameters") or []
    given = arguments.get("parameters") or []
    wanted = any(one["name"] == DEGRADED and "default" in one for one in inputs)
    if not wanted or not is_ours(declared.get("container") or {}) or any(one["name"] == DEGRADED for one in given):
        return arguments
    tries = [
        {"name": one.name, "step": one.step, "why": one.why, "instead": each.instead}
        for each in execution.degraded()
        for one in each.attempts
    ]
    return {**arguments, "parameters": [*given, {"name": DEGRADED, "value": json.dumps(tries)}]}


def _in_error(execution: Execution, call: Call, message: str) -> Node:
    """The node of a call that never came to run (Argo, initializeNodeOrMarkError)."""
    known = execution.tree.by_name.get(call.name)
    if known is not None:
        return execution.end(known, "Error", message)
    return execution.not_run(
        call.name,
        call.holder,
        call.home.text,
        call.boundary,
        "Error",
        message,
        parents=list(call.parents),
        flag=call.flag,
    )


def _begin(execution: Execution, call: Call, template: Template, declared: Template, kind: str, phase: str) -> Node:
    node = execution.begin(
        call.name,
        kind,
        call.holder,
        call.home.text,
        call.boundary,
        parents=list(call.parents),
        flag=call.flag,
        phase=phase,
    )
    node.declared = declared
    node.inputs = template["inputs"]
    if (memoize := template.get("memoize")) and node.memoization is None:
        cache = ((memoize.get("cache") or {}).get("configMap") or {}).get("name")
        node.memoization = {"hit": False, "key": memoize.get("key"), "cacheName": cache}
    # Of what is retried the node has it, and not its tries.
    if not call.retried and (shown := _annotated_name(template)):
        node.display_name = shown
    return node


def _annotated_name(template: Template) -> str:
    return str(((template.get("metadata") or {}).get("annotations") or {}).get(_DISPLAY_NAME) or "")


def _type_of(template: Template) -> str:
    return "Retry" if template.get("retryStrategy") is not None else _NODE_TYPES.get(kind_of(template), "Pod")


# Locks


def _locks(execution: Execution, template: Template) -> list[Lock]:
    wanted = template.get("synchronization")
    if not wanted:
        return []
    return locks_of(wanted, execution.globals["workflow.namespace"], execution.program.library)


@contextlib.asynccontextmanager
async def _locked(
    execution: Execution, call: Call, template: Template, declared: Template, locks: Sequence[Lock]
) -> AsyncGenerator[None]:
    """Hold the template's locks; a node that waits for one is Pending and says so."""
    if not locks:
        yield
        return

    def waits(lock: Lock, message: str) -> None:
        node = _begin(execution, call, template, declared, _type_of(template), "Pending")
        node.message, node.synchronization = message, {"waiting": lock.name}

    with execution.rest.waiting(call.name, lock=True):
        await execution.locks.acquire(locks, waits)
    try:
        with execution.rest.busy():
            await execution.machine_locks.acquire(locks, waits)
        try:
            if node := execution.tree.by_name.get(call.name):
                node.message, node.synchronization = "", None
            yield
        finally:
            execution.machine_locks.release(locks)
    finally:
        execution.locks.release(locks)


# Memo


async def _run_remembered(execution: Execution, call: Call, home: Home, declared: Template, template: Template) -> Node:
    """Take the outputs that were memoized for the template's key, or run it and keep them."""
    memoize = template.get("memoize")
    if not memoize:
        return await _run_with_retries(execution, call, home, declared, template)
    try:
        cache, key = cache_and_key(memoize)
        entry = execution.memo.load(cache, key)
        fresh = entry is not None and is_fresh(entry, memoize, execution.clock.now())
    except ManifestError as error:
        raise CallError(error.message, _in_error(execution, call, error.message)) from error
    status: dict[str, Any] = {"hit": fresh, "key": key, "cacheName": cache}
    if entry is not None and fresh:
        node = _begin(execution, call, template, declared, _type_of(template), "Running")
        node.memoization, node.outputs = status, copied(entry.outputs)
        for place, digest in entry.digests.items():
            execution.repository.add(place, digest)
        return execution.end(node, "Succeeded")
    node = await _run_with_retries(execution, call, home, declared, template)
    node.memoization = status
    if node.phase == "Succeeded":
        digests = execution.repository.digests(node.outputs.get("artifacts") or [])
        execution.memo.save(cache, key, node.id, Entry(copied(node.outputs), digests, execution.clock.now()))
    return node


# Retries


async def _run_with_retries(
    execution: Execution, call: Call, home: Home, declared: Template, template: Template
) -> Node:
    strategy = template.get("retryStrategy")
    if strategy is None:
        return await _run_once(execution, call, home, declared, template)
    node = _begin(execution, call, template, declared, "Retry", "Running")
    if call.hooked:  # Argo shares the flag between the node and its tries
        node.flag = {"hooked": True, "retried": True}
    try:
        return await _try_until(execution, call, home, declared, template, node, strategy)
    except (ManifestError, ExpressionError) as error:
        raise CallError(error.message, execution.end(node, "Error", error.message)) from error


async def _try_until(
    execution: Execution,
    call: Call,
    home: Home,
    declared: Template,
    template: Template,
    node: Node,
    strategy: Mapping[str, Any],
) -> Node:
    shutdown, deadline = execution.shutdown, None
    while True:
        before = execution.tree.tries(node)
        if not before or before[-1].fulfilled:
            number, last = len(before), before[-1] if before else None
        else:
            number, last = len(before) - 1, before[-2] if len(before) > 1 else None
        last = await _try(execution, call, home, declared, template, node, number, last, deadline)
        node.outputs = last.outputs
        if last.daemoned:
            node.phase, node.daemoned, node.address = last.phase, True, last.address
            execution.changed(node)
            return node
        if last.phase not in BAD:
            return execution.end(node, "Succeeded")
        if shutdown.halts(exiting=call.exiting):
            return execution.end(node, last.phase, _stopped(execution))
        tries = execution.tree.tries(node)
        attempts = Attempts(len(tries), tries[0].started_at, last)
        wait = await _waited(execution, call, node, strategy, attempts)
        stopped = _stopped(execution) if shutdown.halts(exiting=call.exiting) else None
        stop = stopped or wait.stop or refusal(strategy, attempts)
        if stop is not None:
            return execution.end(node, last.phase, stop)
        deadline = wait.deadline


def _stopped(execution: Execution) -> str:
    limit = float(execution.program.spec.get("activeDeadlineSeconds") or 0)
    return execution.shutdown.retry_message(execution.started_at, limit)


async def _try(
    execution: Execution,
    call: Call,
    home: Home,
    declared: Template,
    template: Template,
    node: Node,
    number: int,
    last: Node | None,
    deadline: float | None,
) -> Node:
    name = f"{node.name}({number})"
    again = _for_attempt(execution, name, template, number, last)
    one = replace(call, name=name, parents=(node,), retried=True)
    try:
        return await _run_once(execution, one, home, declared, again, deadline=deadline)
    except CallError as error:
        strategy = template["retryStrategy"]
        policy = str(strategy.get("retryPolicy") or ("Always" if strategy.get("expression") else "OnFailure"))
        if policy in _RETRIES_ERRORS:
            return error.node
        execution.end(node, "Error", error.message)
        raise CallError(error.message, node) from error


async def _waited(
    execution: Execution, call: Call, node: Node, strategy: Mapping[str, Any], attempts: Attempts
) -> Wait:
    """Wait as long as the strategy asks for; afterwards it is asked again.

    Argo waits, too, where no further try can come of it, and so does a simulation; here nobody is kept waiting for that.
    """
    halts = execution.shutdown.halts
    while (wait := backoff(strategy, attempts, execution.clock.now())).seconds > 0 and not halts(exiting=call.exiting):
        if not execution.program.simulated and refusal(strategy, attempts) is not None:
            break
        node.message = wait.message
        execution.changed(node)
        await execution.pause(wait.seconds, exiting=call.exiting)
    node.message = ""
    return wait


def _for_attempt(execution: Execution, name: str, template: Template, number: int, last: Node | None) -> Template:
    """The template as one try sees it: which try it is, and how the one before ended."""
    scope: dict[str, Any] = {"retries": str(number), **last_try(last, no_code="0")}
    if kind_of(template) in POD_KINDS:
        scope["pod.name"] = execution.pod_name(name, str(template.get("name") or ""))
    # The strategy stays as it is: its expression speaks of the try that is to come.
    filled: Template = fill({key: value for key, value in template.items() if key != "retryStrategy"}, scope)
    return filled


# Kinds


async def _run_once(
    execution: Execution,
    call: Call,
    home: Home,
    declared: Template,
    template: Template,
    *,
    deadline: float | None = None,
) -> Node:
    kind = kind_of(template)
    phase = "Running" if kind in {"dag", "steps"} else "Pending"
    node = _begin(execution, call, template, declared, _NODE_TYPES.get(kind, "Pod"), phase)
    try:
        if kind in {"dag", "steps"}:
            await (run_dag if kind == "dag" else run_steps)(execution, call, home, node, template)
        elif kind == "suspend":
            await run_suspend(execution, call, node, template)
        elif kind == "http" and not execution.program.simulated:
            await run_http(execution, call, node, template)
        elif kind == "data" and not execution.program.simulated:
            await run_data(execution, call, node, template)
        else:
            await run_pod(execution, call, node, template, deadline, wants_result=uses_result(execution, call))
    except (ManifestError, ExpressionError) as error:
        raise CallError(error.message, execution.end(node, "Error", error.message)) from error
    if kind != "dag":  # a DAG's outputs are exported by the DAG around it, as Argo does
        execution.export(node.outputs)
    return node


def uses_result(execution: Execution, call: Call) -> bool:
    """Whether the template around a node asks for its standard output (Argo, operator.go hasOutputResultRef)."""
    if call.boundary is None:
        return False
    parent = execution.program.text(call.boundary.declared)
    if "outputs.result" not in parent:
        return False
    group = "tasks" if "dag" in call.boundary.declared else "steps"
    task = re.escape(task_name(call.name))
    return re.search(rf"{group}(\.{task}|\[['\\\"]+{task}['\\\"]+\])\.outputs\.result", parent) is not None


def task_name(node: str) -> str:
    """The task that a node stands for: without the numbers of its tries and items (Argo, getStepOrDAGTaskName)."""
    end = len(node)
    while end and node[end - 1] in ")]":
        opened = node.rfind("(" if node[end - 1] == ")" else "[", 0, end)
        if opened < 0:
            break
        end = opened
    return node[:end].rpartition(".")[2]
