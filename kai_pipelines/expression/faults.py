"""The faults of this package, by the stage that finds them; all of them are `ExpressionError`."""

from __future__ import annotations

from kai_pipelines.errors import ExpressionError


class CompileError(ExpressionError):
    """The text cannot be parsed, or its types cannot fit."""


class EvaluationError(ExpressionError):
    """The expression is well formed, but evaluating it fails."""


class LimitError(EvaluationError):
    """Evaluating would take more steps or memory than an expression may."""


class ResultTypeError(ExpressionError):
    """The expression has a value, but not a boolean where one is needed."""


class MissingVariable(ExpressionError):
    """A variable is not there yet: Argo's controller tries again later instead of failing."""


class AbsentOptional(ExpressionError):
    """A variable is the output of a skipped node and has no default: it will never be there."""
