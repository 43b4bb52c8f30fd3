"""Runs an expression: parse, check the types, fold, turn the tree into closures, run them within limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kai_pipelines.expression.checker import Checker
from kai_pipelines.expression.closures import compile_tree
from kai_pipelines.expression.faults import CompileError, EvaluationError, LimitError
from kai_pipelines.expression.fold import fold
from kai_pipelines.expression.machine import Machine
from kai_pipelines.expression.parser import parse

_FAULTS = (TypeError, ValueError, ZeroDivisionError, IndexError, KeyError, OverflowError, AttributeError, MemoryError)


def evaluate(expression: str, env: Mapping[str, object]) -> object:
    """The value of an expression as plain Python; see `kai_pipelines.expression.evaluate`."""
    from kai_pipelines.expression.environment import expanded, plain

    return plain(run(expression, expanded(env, expression)))


def run(expression: str, env: Mapping[str, object]) -> object:
    """The Go value of an expression over an environment that is already expanded and has its functions."""
    return compiled(expression, env)(env)


def compiled(expression: str, env: Mapping[str, object]) -> Callable[[Mapping[str, object]], object]:
    """The compile stage: a function of the environment. Raises CompileError, the function EvaluationError."""
    try:
        tree = parse(expression, env.__contains__)
        checker = Checker(expression, env)
        checker.visit(tree)
        program = compile_tree(fold(tree, checker), checker)
    except RecursionError:
        raise CompileError("the expression is nested too deeply", text=expression, position=0) from None

    def execute(environment: Mapping[str, object]) -> object:
        machine = Machine(environment)
        try:
            return program(machine)
        except LimitError as error:
            raise LimitError(error.message, text=expression, position=machine.position) from None
        except RecursionError:
            raise LimitError("the values are nested too deeply", text=expression, position=machine.position) from None
        except _FAULTS as error:
            raise EvaluationError(
                f"{_reason(error)} (character {machine.position + 1})", text=expression, position=machine.position
            ) from error

    return execute


def _reason(error: BaseException) -> str:
    return str(error.args[0]) if error.args else type(error).__name__
