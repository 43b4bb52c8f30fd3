"""What a step could plausibly give: the values that the workflow itself compares its outputs with.

Nobody has run the step, but the manifest says what matters about its outputs: conditions compare them with literals,
loops take them for lists, sums for numbers. Each output is followed through arguments, inputs and the outputs of the
templates around it to all such places; what stands there are the candidates, in the order of the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kai_pipelines.errors import ExpressionError
from kai_pipelines.expression import tags
from kai_pipelines.manifest.library import tasks_of
from kai_pipelines.simulation.comparisons import Clue, clues_in_expression, clues_in_when, references_in

Port = tuple[Literal["in", "out", "global"], str, str]
"""Direction, template, parameter; what a step prints is the output ``""``."""

_LOOPS = frozenset({"withItems", "withParam", "withSequence"})
LIST_LENGTH = 3
"""Elements of a list that nobody knows."""
UNKNOWN = "0"
"""The text of an output that nothing in the workflow is compared with: it is a number and JSON, too."""


@dataclass
class _Hints:
    """What is asked of one port."""

    clues: list[Clue] = field(default_factory=list)
    items: dict[str, list[str]] | None = None
    """It is a list; the keys that its elements must have, each with what it is compared with; one key is "" for
    elements that are plain values."""
    leads_to: dict[Port, None] = field(default_factory=dict)


@dataclass(frozen=True)
class Guess:
    """The texts that an output may have, the likeliest first."""

    values: tuple[str, ...]
    is_list: bool = False

    @property
    def is_choice(self) -> bool:
        """Whether the workflow goes on differently for different values."""
        return len(self.values) > 1


class Guesses:
    """Candidates for every output of the given templates."""

    def __init__(self, templates: Iterable[Mapping[str, Any]]) -> None:
        self._hints: dict[Port, _Hints] = {}
        self._declared: dict[Port, tuple[str, ...]] = {}
        self._made: dict[Port, Guess] = {}
        for template in templates:
            self._read(str(template.get("name", "")), template)

    def of(self, template: str, output: str | None) -> Guess:
        """Candidates for an output parameter, or for what the step prints."""
        port: Port = ("out", template, output or "")
        if port not in self._made:
            self._made[port] = self._make(port)
        return self._made[port]

    # Reading

    def _at(self, port: Port) -> _Hints:
        return self._hints.setdefault(port, _Hints())

    def _read(self, name: str, template: Mapping[str, Any]) -> None:
        reader = _Reader(self, name, template)
        for one in (template.get("outputs") or {}).get("parameters") or []:
            port: Port = ("out", name, str(one.get("name", "")))
            if one.get("enum"):
                self._declared[port] = tuple(str(value) for value in one["enum"])
            if one.get("globalName"):
                self._at(port).leads_to[("global", "", str(one["globalName"]))] = None
            source = one.get("valueFrom") or {}
            if "parameter" in source:
                reader.flow(str(source["parameter"]), port)
            if "expression" in source:
                reader.expression(str(source["expression"]), port)
        for task in tasks_of(template):
            reader.task(task)
        for task in tasks_of(template):
            if isinstance(task.get("inline"), Mapping):
                self._read(str(task.get("name", "")), task["inline"])

    def hint(self, port: Port) -> _Hints:
        """What is known of a port, to add to."""
        return self._at(port)

    # Making

    def _make(self, port: Port) -> Guess:
        if port in self._declared:
            return Guess(self._declared[port])
        clues: list[Clue] = []
        items: dict[str, list[str]] | None = None
        for one in self._reachable(port):
            clues += one.clues
            for key, values in (one.items or {}).items():
                items = items or {}
                items.setdefault(key, []).extend(values)
            items = {} if items is None and one.items is not None else items
        if items is not None:
            return Guess((_list(items),), is_list=True)
        return Guess(_texts(clues))

    def _reachable(self, port: Port) -> Iterator[_Hints]:
        seen, ahead = {port}, [port]
        while ahead:
            hints = self._hints.get(ahead.pop(0))
            if hints is None:
                continue
            yield hints
            for one in hints.leads_to:
                if one not in seen:
                    seen.add(one)
                    ahead.append(one)


class _Reader:
    """Reads one template: which values go where, and what is asked of them."""

    def __init__(self, guesses: Guesses, name: str, template: Mapping[str, Any]) -> None:
        self.guesses = guesses
        self.name = name
        self.runs = {str(task.get("name", "")): _template_of(task) for task in tasks_of(template)}
        self.loops = {str(task.get("name", "")) for task in tasks_of(template) if _LOOPS & task.keys()}

    def port(self, reference: str) -> Port | None:
        """``tasks.assess.outputs.parameters.quality`` → the output it means."""
        parts = reference.split(".")
        match parts:
            case ["inputs", "parameters", name]:
                return ("in", self.name, name)
            case ["workflow", "outputs", "parameters", name]:
                return ("global", "", name)
            case ["tasks" | "steps", task, "outputs", "result"] if task in self.runs:
                return ("out", self.runs[task], "")
            case ["tasks" | "steps", task, "outputs", "parameters", name] if task in self.runs:
                return ("out", self.runs[task], name)
            case _:
                return None

    def task(self, task: Mapping[str, Any]) -> None:
        """Its condition, its loop, and its arguments."""
        when = str(task.get("when") or "")
        compared = clues_in_when(when) if when else []
        for reference, clue in compared:
            self._clue(reference, clue)
        self._loop(task, [(name, clue) for name, clue in compared if name.partition(".")[0] == "item"])
        for one in (task.get("arguments") or {}).get("parameters") or []:
            self.flow(str(one.get("value", "")), ("in", _template_of(task), str(one.get("name", ""))))

    def _loop(self, task: Mapping[str, Any], compared: list[tuple[str, Clue]]) -> None:
        for reference in _simple(str(task.get("withParam", ""))):
            match reference.split("."):
                case ["tasks" | "steps", name, "outputs", "parameters"] if name in self.loops:
                    for item, clue in compared:  # an element is what one part of that loop gave
                        self._at_output(name, item.removeprefix("item").removeprefix("."), clue)
                case ["tasks" | "steps", name, "outputs", *_] if name in self.loops:
                    for item, clue in compared:
                        if item == "item":
                            self._clue(reference, clue)
                case _:
                    self._items(reference, _item_keys(task), compared)
        for value in (task.get("withSequence") or {}).values():
            for reference in _simple(str(value)):
                self._clue(reference, Clue((), str(LIST_LENGTH)))

    def _at_output(self, task: str, output: str, clue: Clue) -> None:
        self.guesses.hint(("out", self.runs[task], output)).clues.append(clue)

    def _items(self, reference: str, keys: list[str], compared: list[tuple[str, Clue]]) -> None:
        port = self.port(reference)
        if port is None:
            return
        hints = self.guesses.hint(port)
        hints.items = hints.items or {}
        for key in keys:
            hints.items.setdefault(key, [])
        for item, clue in compared:
            hints.items.setdefault(item.removeprefix("item").removeprefix("."), []).append(clue.text)

    def flow(self, value: str, target: Port) -> None:
        """A value that goes to a port: whole, it takes the port's clues with it."""
        if "{{" not in value:
            return
        try:
            found = tags(value)
        except ExpressionError:
            return
        for tag in found:
            if tag.is_expression:
                self.expression(tag.content, target)
            elif value.strip() == "{{" + tag.text + "}}":
                self._leads(tag.content, target)

    def expression(self, text: str, target: Port) -> None:
        """What an expression compares, and what it passes on unchanged."""
        for reference, clue in clues_in_expression(text):
            self._clue(reference, clue)
        for reference in references_in(text):
            self._leads(reference, target)

    def _leads(self, reference: str, target: Port) -> None:
        port = self.port(reference)
        if port is not None:
            self.guesses.hint(port).leads_to[target] = None

    def _clue(self, reference: str, clue: Clue) -> None:
        port = self.port(reference)
        if port is not None and clue not in self.guesses.hint(port).clues:
            self.guesses.hint(port).clues.append(clue)


def _template_of(task: Mapping[str, Any]) -> str:
    reference = task.get("templateRef") or {}
    return str(task.get("template") or reference.get("template") or task.get("name") or "")


def _simple(value: str) -> list[str]:
    try:
        return [tag.content for tag in tags(value) if not tag.is_expression]
    except ExpressionError:
        return []


def _item_keys(task: Mapping[str, Any]) -> list[str]:
    text = json.dumps({key: value for key, value in task.items() if key != "withParam"}, default=str)
    return [name.removeprefix("item.") for name in _simple(text) if name.startswith("item.")]


def _list(keys: Mapping[str, list[str]]) -> str:
    """Elements that differ in all that they are asked for."""
    names = [name for name in keys if name]
    items: list[Any] = []
    for number in range(LIST_LENGTH):
        if names:
            items.append({name: _element(keys[name], f"{name}-{number}", number) for name in names})
        else:
            items.append(_element(keys.get("", []), f"item-{number}", number))
    return json.dumps(items, separators=(",", ":"), ensure_ascii=False)


def _element(values: list[str], otherwise: str, number: int) -> str:
    texts = list(dict.fromkeys(values))
    texts += [_opposite(texts[0])] if len(texts) == 1 else []
    return texts[number % len(texts)] if texts else otherwise


def _texts(clues: list[Clue]) -> tuple[str, ...]:
    """Candidates from clues: literals as they are, those of a JSON object's members as whole objects."""
    plain = list(dict.fromkeys(clue.text for clue in clues if not clue.member))
    members: dict[tuple[str, ...], list[str]] = {}
    for clue in clues:
        if clue.member:
            values = members.setdefault(clue.member, [])
            values += [clue.text] if clue.text not in values else []
    if members:
        return tuple(
            dict.fromkeys(_object(members, varied, at) for varied in members for at in range(_count(members[varied])))
        )
    if len(plain) == 1:
        plain.append(_opposite(plain[0]))
    return tuple(plain) or (UNKNOWN,)


def _count(values: list[str]) -> int:
    return len(values) + (len(values) == 1)


def _object(members: Mapping[tuple[str, ...], list[str]], varied: tuple[str, ...], at: int) -> str:
    """A JSON object whose members have their first value, but one of them another."""
    made: dict[str, Any] = {}
    for member, values in members.items():
        texts = values if len(values) > 1 else [values[0], _opposite(values[0])]
        place = made
        for key in member[:-1]:
            below = place.setdefault(key, {})
            place = below if isinstance(below, dict) else {}
        place.setdefault(member[-1], _json(texts[at if member == varied else 0]))
    return json.dumps(made, separators=(",", ":"), ensure_ascii=False)


def _json(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text


def _opposite(text: str) -> str:
    """Something else than the only value that is asked for."""
    if text in {"true", "false"}:
        return "false" if text == "true" else "true"
    if text == "":
        return "something"
    try:
        return str(int(text) + 1)
    except ValueError:
        return f"not-{text}"
