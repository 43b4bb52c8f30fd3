"""The four small languages inside an Argo manifest, read and evaluated as Argo 4.1.2 does.

* `{{tag}}` and `{{=expression}}` in a marshaled template: `substitute`, `substitute_text`, `tags`;
* expressions proper (expr-lang 1.17.8 with Argo's functions and sprig): `evaluate`;
* `when` (govaluate on an already substituted string): `should_execute`;
* `depends` (names and results expanded, then a boolean expression): `parse_depends`.

What belongs here is text and values in, values out. Nothing here reads a file, a clock other than `now()`,
or a workflow; nothing imports more of the package than its errors. Every fault is an `ExpressionError` with
the position in the text, and hostile input ends in one too: depth, steps, sizes and regular expressions are bounded.

The modules load on first use, so importing this package costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kai_pipelines.expression.depends import Depends

__all__ = ["Tag", "evaluate", "parse_depends", "should_execute", "substitute", "substitute_text", "tags"]


class Tag(NamedTuple):
    """One `{{…}}`: its offset in the text, what is between the braces, and whether it is an `{{=expression}}`."""

    position: int
    text: str
    is_expression: bool

    @property
    def content(self) -> str:
        """The tag's name without blanks, or the expression without its `=`."""
        return self.text[1:] if self.is_expression else self.text.strip()


def evaluate(expression: str, env: Mapping[str, object]) -> object:
    """The value of an expr-lang expression; `env` is flat (`tasks.low.status`) or nested, as Argo expands it."""
    from kai_pipelines.expression import evaluation as module

    return module.evaluate(expression, env)


def substitute(text: str, env: Mapping[str, object], *, allow_unresolved: bool = False) -> str:
    """Replace the tags in a JSON document, escaping values as Argo does; unresolved ones stay only when allowed."""
    from kai_pipelines.expression import substitution as module

    return module.substitute(text, env, allow_unresolved=allow_unresolved)


def substitute_text(text: str, env: Mapping[str, object], *, allow_unresolved: bool = False) -> str:
    """Replace the tags in a plain string; values enter as they are."""
    from kai_pipelines.expression import substitution as module

    return module.substitute_text(text, env, allow_unresolved=allow_unresolved)


def tags(text: str) -> list[Tag]:
    """Every `{{…}}` of a text in order, with its position and whether it is an expression."""
    from kai_pipelines.expression import substitution as module

    return module.tags(text)


def should_execute(when: str) -> bool:
    """Whether an already substituted `when` holds; an empty one does."""
    from kai_pipelines.expression.when import should_execute as evaluate_when

    return evaluate_when(when)


def parse_depends(depends: str, *, continue_on: Mapping[str, Mapping[str, bool]] | None = None) -> Depends:
    """Read a `depends` expression: `.names` in order of appearance, `.evaluate(results)`.

    `continue_on` are the `continueOn` of the tasks by name, which widen what their bare names accept.
    """
    from kai_pipelines.expression import depends as module

    return module.parse_depends(depends, continue_on=continue_on)
