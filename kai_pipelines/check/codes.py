"""The one table of codes: what each means, how grave it is, and the name that switches it off.

KAI0xx are faults of Python pipelines, KAI1xx what `argo lint` reports, KAI2xx expressions, KAI3xx arguments and the
flow of data, KAI4xx the flow of control, KAI5xx resources and placing, KAI6xx names, images and scripts, KAI7xx
reading the file.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

from kai_pipelines.check.finding import Finding, Place

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of mistake."""

    code: str
    name: str
    severity: Severity
    meaning: str

    @property
    def page(self) -> str:
        """The page of the documentation, below ``docs/``."""
        return f"reference/checks/{self.code}.md"


_ERRORS = {
    "KAI001": ("authoring", "a Python pipeline or step is written wrongly"),
    "KAI201": ("unclosed-tag", "a {{ is not closed by }}"),
    "KAI202": ("bad-expression", "an expression cannot be parsed or compiled"),
    "KAI203": ("unknown-name", "an expression names a variable or function that is not there"),
    "KAI204": ("mismatched-types", "an expression joins types that do not fit"),
    "KAI205": ("never-equal", "a comparison of text with another type always has the same outcome"),
    "KAI206": ("bad-when", "a when cannot be parsed, or has no truth value"),
    "KAI207": ("bad-depends", "a depends cannot be parsed"),
    "KAI208": ("reserved-task-name", "a depends names a task whose name is a word of the expression language"),
    "KAI209": ("bad-retry-expression", "the expression of a retryStrategy cannot be parsed or evaluated"),
    "KAI210": ("misspelt-variable", "a tag looks like a variable but is none, and stays as it is"),
    "KAI301": ("extra-argument", "an argument that the template does not take"),
    "KAI302": ("not-in-enum", "a constant that the enum of the parameter does not have"),
    "KAI303": ("mistyped-argument", "a constant that the template cannot use as it uses the parameter"),
    "KAI304": ("bad-items", "withParam is not a JSON list"),
    "KAI305": ("bad-sequence", "withSequence has no whole numbers"),
    "KAI306": ("artifact-into-parameter", "an artifact is passed where a parameter is taken"),
    "KAI307": ("parameter-into-artifact", "a parameter is passed where an artifact is taken"),
    "KAI308": ("missing-dependency", "outputs of a task are read without waiting for it"),
    "KAI401": ("reads-skipped", "outputs of a task that may be skipped are read without a fallback"),
    "KAI402": ("incomplete-merge", "a merge of branches leaves one of them out"),
    "KAI403": ("retry-never", "a retryStrategy that can never try again"),
    "KAI404": ("bad-hook", "a hook that cannot run"),
    "KAI405": ("endless-recursion", "a template calls itself without a condition"),
    "KAI406": ("bad-number", "a limit that must be a positive whole number is not"),
    "KAI407": ("bad-duration", "a duration that Argo cannot read"),
    "KAI408": ("template-shadowing", "one name stands for two templates"),
    "KAI501": ("bad-quantity", "an amount of resources that Kubernetes cannot read"),
    "KAI502": ("request-over-limit", "a request is larger than its limit"),
    "KAI503": ("bad-gpu-count", "GPUs are whole, and requested as they are limited"),
    "KAI504": ("bad-node-selector", "a nodeSelector whose values are not text"),
    "KAI601": ("bad-name", "a name that Kubernetes refuses"),
    "KAI602": ("bad-label", "a label that Kubernetes refuses"),
    "KAI603": ("bad-image", "an image reference that cannot be pulled"),
    "KAI604": ("unknown-volume", "a volume is mounted that is not there"),
    "KAI605": ("unbound-name", "a Python script uses a name that it never binds"),
    "KAI606": ("bad-script", "a Python script that cannot be compiled"),
    "KAI701": ("not-yaml", "the file is no YAML"),
    "KAI702": ("duplicate-key", "a mapping has a key twice"),
    "KAI703": ("not-a-manifest", "a document is no mapping"),
    "KAI704": ("too-large", "the file is too large, too deep, or its aliases multiply"),
    "KAI705": ("not-text", "the file is binary, or in another encoding"),
    "KAI706": ("bad-key", "a key that is no text"),
    "KAI707": ("not-finite", "a number that JSON cannot carry"),
    "KAI708": ("nothing-to-check", "a file without a workflow in it"),
}
_WARNINGS = {
    "KAI251": ("never-runs", "a condition is never true"),
    "KAI252": ("always-runs", "a condition is always true"),
    "KAI351": ("unused-parameter", "an input that nothing reads"),
    "KAI352": ("unknown-parameter", "a parameter that the template does not declare itself"),
    "KAI451": ("unused-template", "a template that nothing runs"),
    "KAI452": ("impossible-result", "a depends asks for a result that the task cannot have"),
    "KAI453": ("backoff-without-limit", "without a limit Argo does not wait between tries"),
    "KAI454": ("retries-nothing", "a retryStrategy that looks as if it retried failures and does not"),
    "KAI551": ("missing-requests", "a container without requests or limits"),
    "KAI552": ("gpu-without-pool", "a GPU is asked for, but no pool of nodes and no toleration"),
    "KAI651": ("floating-tag", "an image without a fixed tag"),
    "KAI751": ("ambiguous-value", "a bare word that Argo reads as true or false"),
    "KAI752": ("unknown-tag", "a YAML tag that means nothing in a manifest"),
}


def _own() -> dict[str, Code]:
    table = {code: Code(code, row[0], "error", row[1]) for code, row in _ERRORS.items()}
    table |= {code: Code(code, row[0], "warning", row[1]) for code, row in _WARNINGS.items()}
    return table


OWN = _own()
"""The codes of our own rules."""


@functools.cache
def table() -> dict[str, Code]:
    """Every code, Argo's too, in order."""
    from kai_pipelines.check.argo.codes import CODES

    argo = {code: Code(code, name, "error", meaning) for code, (name, meaning) in CODES.items()}
    return dict(sorted((argo | OWN).items()))


_BY_NAME = {code.name: code.code for code in OWN.values()}


def found(
    name: str, document: int, place: Place, message: str, *, hint: str = "", offset: int | None = None
) -> Finding:
    """A finding of one of our own rules, by the rule's name."""
    return Finding(_BY_NAME[name], message, place, document, hint, offset)
