"""Life-cycle hooks of tasks, steps and the workflow (Argo, workflow/controller/hooks.go and exit_handler.go).

A hook with an expression starts once, the first time that the expression holds while its node runs or when it has
ended; the one named exit, or `onExit`, starts when the node has run.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.call import Call, CallError
from kai_pipelines.engine.node import COMPLETED, Node
from kai_pipelines.engine.outputs import argument_artifacts, marked_absent
from kai_pipelines.engine.program import exit_hook_of
from kai_pipelines.engine.scope import Scope, fill, output_scope
from kai_pipelines.errors import ExpressionError, ManifestError
from kai_pipelines.expression import evaluate
from kai_pipelines.manifest.library import Home

if TYPE_CHECKING:
    from kai_pipelines.engine.workflow import Execution

EXIT = "exit"
"""The name of the hook that runs after its node."""


@dataclass(frozen=True)
class Surroundings:
    """Where hooks run: in which DAG or steps template."""

    execution: Execution
    call: Call
    home: Home
    boundary: Node
    group: str
    """``tasks`` or ``steps``."""


class TaskHooks:
    """The hooks of one task or step, while its node runs and after it."""

    def __init__(self, around: Surroundings, holder: Mapping[str, Any], name: str, scope: Callable[[], Scope]) -> None:
        self._around = around
        self._name = name
        self._scope = scope
        hooks = holder.get("hooks") or {}
        self._hooks = {event: hook for event, hook in hooks.items() if event != EXIT}
        workflow = around.execution.program.spec.get("arguments") or {}
        self._exit = exit_hook_of(holder, workflow) if holder.get("onExit") or EXIT in hooks else None
        self._started: dict[str, asyncio.Task[Node]] = {}
        self._fault: CallError | None = None

    @contextlib.contextmanager
    def watching(self, node: str) -> Generator[None]:
        """Start hooks while the node runs."""
        if not self._hooks:
            yield
            return
        watchers = self._around.execution.watchers
        watchers[node] = self._look
        try:
            yield
        finally:
            watchers.pop(node, None)

    async def ended(self, node: Node, *, exits: bool = True) -> None:
        """Start what is due now that the node has ended, and wait for all hooks; raises CallError."""
        if self._hooks:
            self._look(node)
        if exits and self._exit is not None and node.phase in COMPLETED:
            await self._run_exit(node, self._exit)
        if self._started:
            await asyncio.gather(*self._started.values(), return_exceptions=True)
        if self._fault is not None:
            raise self._fault

    def _look(self, node: Node) -> None:
        """Start the hooks whose expressions hold."""
        if node.phase == "Pending" and self._around.group == "tasks":
            return
        for event, hook in self._hooks.items():
            if event in self._started or self._fault is not None:
                continue
            name = f"{node.name}.hooks.{event}"
            try:
                if self._holds(hook, node, name):
                    call = self._call(name, hook, node)
                    self._started[event] = asyncio.create_task(self._run(call))
            except (ManifestError, ExpressionError) as error:
                self._fault = CallError(error.message, node)

    def _holds(self, hook: Mapping[str, Any], node: Node, name: str) -> bool:
        if not hook.get("expression"):
            raise ManifestError(f"Expression required for hook {name}")
        return _is_true(str(hook["expression"]), self._known(node))

    def _known(self, node: Node) -> Scope:
        scope = self._scope()
        prefix = f"{self._around.group}.{self._name}"
        shown = self._around.execution.tree.shown(node)
        outputs = {key: value for key, value in shown.outputs.items() if key in {"parameters", "artifacts"}}
        return {**scope, f"{prefix}.status": node.phase, **output_scope(prefix, outputs)}

    def _call(self, name: str, hook: Mapping[str, Any], node: Node, *, exiting: bool = False) -> Call:
        around, scope = self._around, self._known(node)
        arguments = hook.get("arguments") or {}
        filled: Mapping[str, Any] = arguments
        # A hook of a node that has no outputs gets its arguments as they are written (executeTmplLifeCycleHook).
        if exiting or around.execution.tree.shown(node).outputs:
            filled = {
                "parameters": fill(marked_absent(arguments.get("parameters") or [], scope), scope),
                "artifacts": argument_artifacts(hook, scope),
            }
        return Call(
            name,
            hook,
            around.home,
            filled,
            around.boundary,
            parents=(node,),
            hooked=True,
            exiting=exiting or around.call.exiting,
            depth=around.call.depth + 1,
        )

    async def _run(self, call: Call) -> Node:
        try:
            return await self._around.execution.run_template(call)
        except CallError as error:
            self._fault = error
            raise

    async def _run_exit(self, node: Node, hook: Mapping[str, Any]) -> None:
        execution = self._around.execution
        if execution.shutdown.halts(exiting=True):
            return
        try:
            if hook.get("expression") and not _is_true(str(hook["expression"]), self._known(node)):
                return
            call = self._call(f"{node.name}.onExit", hook, node, exiting=True)
        except (ManifestError, ExpressionError) as error:
            raise CallError(error.message, node) from error
        await execution.run_template(call)


class WorkflowHooks:
    """The hooks of the workflow; its exit handler is not among them."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        hooks = execution.program.spec.get("hooks") or {}
        self._hooks = {event: hook for event, hook in hooks.items() if event != EXIT}
        self._started: dict[str, asyncio.Task[Node]] = {}

    @contextlib.contextmanager
    def watching(self, root: str) -> Generator[None]:
        """Start hooks while the workflow runs."""
        if self._hooks:
            self._execution.watchers[root] = self._look
        try:
            yield
        finally:
            self._execution.watchers.pop(root, None)

    async def ended(self, root: Node) -> None:
        """Start what is due at the end, and wait for all hooks."""
        if self._hooks:
            self._look(root)
            ended = await asyncio.gather(*self._started.values(), return_exceptions=True)
            if error := next((one for one in ended if isinstance(one, CallError)), None):
                self._give_up(root, error.message)

    def _look(self, root: Node) -> None:
        execution = self._execution
        known = {**execution.globals, "workflow.status": root.phase}
        for event, hook in self._hooks.items():
            if event in self._started:
                continue
            name = f"{execution.program.name}.hooks.{event}"
            try:
                if not hook.get("expression"):
                    raise ManifestError(f"Expression required for hook {name}")
                if not _is_true(str(hook["expression"]), known):
                    continue
            except (ManifestError, ExpressionError) as error:
                self._give_up(root, error.message)
                return
            call = Call(name, hook, execution.program.home, hook.get("arguments") or {}, parents=(root,), hooked=True)
            self._started[event] = asyncio.create_task(execution.run_template(call))

    def _give_up(self, root: Node, message: str) -> None:
        """A hook that cannot be run makes an error of the whole workflow (Argo, operator.go operate)."""
        self._hooks = {}
        self._execution.fault = "Error", message
        if root.fulfilled:
            self._execution.end(root, "Error", message)


def _is_true(expression: str, scope: Scope) -> bool:
    value = evaluate(expression, scope)
    if not isinstance(value, bool):
        raise ManifestError(f"unable to cast expression result '{value}' to bool")
    return value
