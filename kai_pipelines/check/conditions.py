"""KAI206 to KAI208, KAI251 and KAI252: `when` and `depends`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kai_pipelines.check.codes import found
from kai_pipelines.check.finding import Finding, Place
from kai_pipelines.check.judgment import judge, parsed, plain
from kai_pipelines.check.model import Call, Model, as_text, items, mapping, text
from kai_pipelines.check.scope import Scope
from kai_pipelines.errors import ExpressionError
from kai_pipelines.expression import Tag, should_execute
from kai_pipelines.expression.depends import TaskResults, from_dependencies, read_depends, wrong_results
from kai_pipelines.expression.faults import CompileError
from kai_pipelines.expression.grammar import CONSTANTS, FUNCTIONS, PREDICATES
from kai_pipelines.expression.lexer import WORD_OPERATORS
from kai_pipelines.expression.substitution import tags

_STAND_INS = ("word", "1", "true", "false", "a-b", "")
"""What the value of a variable may look like in a `when`."""
_WORDS = frozenset((*WORD_OPERATORS, *CONSTANTS, *FUNCTIONS, *PREDICATES))
_LOWER = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*\.[a-z]\w*")
_PLAIN_DEPENDS = re.compile(r"\s*{0}(?:\s*(?:&&|\|\|)\s*{0})*\s*".format(r"[a-zA-Z][-a-zA-Z0-9]*(?:\.[A-Z][a-zA-Z]+)?"))
"""Names joined by && and ||: nothing can be wrong with its grammar."""
_TASK = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+|[a-zA-Z0-9][-a-zA-Z0-9]*")


def check(model: Model) -> Iterator[Finding]:
    """All faults of the family."""
    for document in model.documents:
        for template in document.every:
            for call in template.calls:
                place: Place = (*call.place, "when")
                yield from _when(call.body.get("when"), place, Scope(document, template, call))
                yield from _depends(call)
            for index, metric in enumerate(items(mapping(template.body.get("metrics")).get("prometheus"))):
                place = (*template.place, "metrics", "prometheus", index, "when")
                yield from _when(mapping(metric).get("when"), place, Scope(document, template), constant=False)
        if document.kind == "CronWorkflow":
            when = mapping(document.body.get("spec")).get("when")
            yield from _when(when, ("spec", "when"), Scope(document, special="cron"))


# when


def _when(value: object, place: Place, scope: Scope, *, constant: bool = True) -> Iterator[Finding]:
    when = as_text(value) or ""
    try:
        found_tags = tags(when)
    except CompileError:
        return  # an unclosed tag, which is told already
    index = scope.document.index
    if not found_tags:
        yield from _without_tags(when, place, index, constant=constant)
        return
    if any("{{" in tag.text for tag in found_tags):
        return
    whole = len(found_tags) == 1 and found_tags[0].is_expression and when.strip() == _written(found_tags[0])
    if whole:
        yield from _one_expression(when, found_tags[0], place, scope)
        return
    stand_ins = ("true", "false", "word", "1") if all(tag.is_expression for tag in found_tags) else _STAND_INS
    outcomes = [_outcome(when, found_tags, stand_in) for stand_in in stand_ins]
    if all(isinstance(outcome, CompileError) for outcome in outcomes) or (
        len({tag.text for tag in found_tags}) == 1 and all(isinstance(one, ExpressionError) for one in outcomes)
    ):
        first = outcomes[0]
        assert isinstance(first, ExpressionError)
        offset = _original_offset(first.position or 0, found_tags, stand_ins[0])
        hint = _when_hint(when)
        yield found("bad-when", index, place, _short(first.message), hint=hint, offset=offset)
    elif constant and len(outcomes) > 3 and not _ternary(when):
        yield from _contradiction(when, place, index)


def _when_hint(when: str) -> str:
    if re.search(r"(?<![=!<>~])=(?![=~])", when):
        return "equality is =="
    if re.search(r"\b(and|or|not)\b", when):
        return "conditions are joined with && and ||, and turned round with !"
    return "a when compares: '{{inputs.parameters.name}}' == 'value'"


def _without_tags(when: str, place: Place, index: int, *, constant: bool) -> Iterator[Finding]:
    if not when:
        return
    try:
        holds = should_execute(when)
    except ExpressionError as error:
        hint = _when_hint(when)
        yield found("bad-when", index, place, _short(error.message), hint=hint, offset=error.position)
        return
    if constant and not holds:
        yield found("never-runs", index, place, "this condition is never true", hint="leave the task out")
    elif constant:
        yield found("always-runs", index, place, "this condition is always true", hint="leave the condition out")


def _one_expression(when: str, tag: Tag, place: Place, scope: Scope) -> Iterator[Finding]:
    """`when: "{{= … }}"`: the expression itself must give true or false."""
    if judge(tag.content, scope):
        return  # told where expressions are judged
    for fault in judge(tag.content, scope, boolean=True):
        offset = tag.position + 3 + fault.offset
        hint = "compare it with something"
        yield found("bad-when", scope.document.index, place, fault.message, hint=hint, offset=offset)
        return
    made = parsed(tag.content)
    if made is not None and not made[1]:
        from kai_pipelines.expression.evaluation import compiled

        try:
            holds = compiled(tag.content, {})({})
        except ExpressionError:
            return
        name, truth = ("always-runs", "true") if holds else ("never-runs", "true")
        often = "always" if holds else "never"
        yield found(name, scope.document.index, place, f"this condition is {often} {truth}")


def _outcome(when: str, found_tags: list[Tag], stand_in: str) -> bool | ExpressionError:
    """What comes of a condition when its variables have a value."""
    from kai_pipelines.expression.when import parse

    pieces: list[str] = []
    at = 0
    for tag in found_tags:
        pieces += [when[at : tag.position], stand_in]
        at = tag.position + len(tag.text) + 4
    pieces.append(when[at:])
    text_then = "".join(pieces)
    try:
        parse(text_then)
    except ExpressionError as error:
        return error if isinstance(error, CompileError) else CompileError(error.message, position=error.position)
    except Exception as error:  # the planner of govaluate fails in many ways on what it does not expect
        return CompileError(str(error) or type(error).__name__, position=0)
    try:
        return should_execute(text_then)
    except ExpressionError as error:
        return ExpressionError(error.message, position=error.position, hint=error.hint)


def _original_offset(position: int, found_tags: list[Tag], stand_in: str) -> int:
    """A position in the substituted text as one in the text that is written."""
    shift = 0
    for tag in found_tags:
        start = tag.position + shift
        if position < start:
            break
        if position < start + len(stand_in):
            return tag.position
        shift += len(stand_in) - len(tag.text) - 4
    return position - shift


def _written(tag: Tag) -> str:
    return "{{" + tag.text + "}}"


def _short(message: str) -> str:
    """The message without the condition itself, which is shown beneath."""
    short = re.sub(r"^when (['\"]).*?\1:? ?", "", message, flags=re.DOTALL) or message
    short = re.sub(r"^the parentheses of when .* do not match$", "the parentheses do not match", short, flags=re.DOTALL)
    return re.sub(r" at character \d+$", "", short.replace(" (put quotes around the value it belongs to)", ""))


def _ternary(when: str) -> bool:
    return "?" in when or "||" in when


_EQUALS = re.compile(r"""\s*(['"]?)(\{\{[^{}]+\}\})\1\s*==\s*(['"]?)([^'"&|=!<>(){}]+?)\3\s*""")


def _contradiction(when: str, place: Place, index: int) -> Iterator[Finding]:
    """`{{x}} == a && {{x}} == b` can never be."""
    wanted: dict[str, str] = {}
    for part in when.split("&&"):
        match = _EQUALS.fullmatch(part)
        if match is None:
            continue
        subject, value = match[2].replace(" ", ""), match[4].strip()
        if wanted.setdefault(subject, value) != value:
            message = f"{subject} cannot be {wanted[subject]!r} and {value!r}"
            yield found("never-runs", index, place, message, hint="use || for one or the other")
            return


# depends


def _depends(call: Call) -> Iterator[Finding]:
    written = call.body.get("depends")
    index = call.owner.document.index
    if isinstance(written, str) and written:
        yield from _expression(call, written, index)
    for number, name in enumerate(items(call.body.get("dependencies"))):
        if isinstance(name, str) and name in call.owner.by_name and _is_reserved(name):
            place = (*call.place, "dependencies", number)
            yield found("reserved-task-name", index, place, _reserved_message(name), hint="rename the task")


def _expression(call: Call, depends: str, index: int) -> Iterator[Finding]:
    place: Place = (*call.place, "depends")
    if "{{" in depends:
        return
    reserved = [match for match in _TASK.finditer(depends) if _is_reserved(match[0].partition(".")[0])]
    known = [one for one in reserved if one[0].partition(".")[0] in call.owner.by_name]
    for match in known:
        name = match[0].partition(".")[0]
        yield found(
            "reserved-task-name", index, place, _reserved_message(name), hint="rename the task", offset=match.start()
        )
    if known or _PLAIN_DEPENDS.fullmatch(depends):
        return
    if any(match[0][0].isdigit() for match in _TASK.finditer(depends)):
        return  # Argo's own rule tells
    if lower := _LOWER.search(depends):
        message = f"{lower[0]}: results are written with a capital"
        results = ", ".join(TaskResults._fields)
        yield found("bad-depends", index, place, message, hint=f"one of {results}", offset=lower.start())
        return
    try:
        _check_shape(depends)
    except CompileError as error:
        hint = "join names of tasks with &&, || and !: a && (b.Failed || c)"
        message = _original(plain(error.message), depends, error.position or 0)
        yield found("bad-depends", index, place, message, hint=hint, offset=error.position)
        return
    if wrong_results(depends):
        return  # Argo's own rule tells
    try:
        read_depends(depends).check()
    except ExpressionError as error:
        yield found("bad-depends", index, place, plain(error.message), offset=0)


def _original(message: str, depends: str, position: int) -> str:
    """The message with the author's word instead of what stands for it."""
    word = _TASK.match(depends, position)
    return re.sub(r"'t+'", lambda _: repr(word[0]) if word is not None else "a name", message)


def _check_shape(depends: str) -> None:
    """Compile the expression with every name replaced by one as long: positions stay those of the author."""
    from kai_pipelines.expression.evaluation import compiled

    def stand_in(match: re.Match[str]) -> str:
        return "t" * len(match[0])

    shape = _TASK.sub(stand_in, depends)
    sizes = {len(match[0]) for match in _TASK.finditer(depends)}
    env: dict[str, object] = {"t" * size: True for size in sizes}
    value = compiled(shape, env)(env)
    if not isinstance(value, bool):
        raise CompileError("the expression is not true or false", position=0)


def _is_reserved(name: str) -> bool:
    """Whether a depends on a task of this name cannot be evaluated; a digit in front is told by Argo's own rule."""
    if name not in _WORDS:
        return False
    try:
        read_depends(from_dependencies([name])).check()
    except ExpressionError:
        return True
    return False


def _reserved_message(name: str) -> str:
    return f"{name!r} is a word of the expression language: Argo cannot evaluate a depends on it"


def names_in(depends: str) -> list[str]:
    """The tasks that a depends names, as far as it can be read."""
    try:
        return list(read_depends(depends).names)
    except ExpressionError:
        return []


def logic_of(call: Call) -> str:
    """The condition on other tasks under which a task may start."""
    depends = text(call.body.get("depends"))
    if depends:
        return depends
    return " && ".join(name for name in items(call.body.get("dependencies")) if isinstance(name, str))
