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

LIST_LENGTH = 3
"""Elements of a list that nobody knows."""
UNKNOWN = "simulated"
"""The text of an output that nothing in the workflow depends on."""


@dataclass
class _Hints:
    """What is asked of one port."""

    clues: list[Clue] = field(default_factory=list)
    item_keys: dict[str, None] | None = None
    """It is a list; the keys that its elements must have."""
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
        item_keys: dict[str, None] | None = None
        for one in self._reachable(port):
            clues += one.clues
            if one.item_keys is not None:
                item_keys = {**(item_keys or {}), **one.item_keys}
        if item_keys is not None:
            return Guess((_list(item_keys),), is_list=True)
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
        for reference, clue in clues_in_when(when) if when else ():
            self._clue(reference, clue)
        self._loop(task)
        for one in (task.get("arguments") or {}).get("parameters") or []:
            self.flow(str(one.get("value", "")), ("in", _template_of(task), str(one.get("name", ""))))

    def _loop(self, task: Mapping[str, Any]) -> None:
        if "withParam" in task:
            keys = {key: None for key in _item_keys(task)}
            for reference in _simple(str(task["withParam"])):
                port = self.port(reference)
                if port is not None:
                    hints = self.guesses.hint(port)
                    hints.item_keys = {**(hints.item_keys or {}), **keys}
        for value in (task.get("withSequence") or {}).values():
            for reference in _simple(str(value)):
                self._clue(reference, Clue((), str(LIST_LENGTH)))

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


def _list(keys: Iterable[str]) -> str:
    names = list(keys)
    items = [
        {name: f"{name}-{number}" for name in names} if names else f"item-{number}" for number in range(LIST_LENGTH)
    ]
    return json.dumps(items, separators=(",", ":"))


def _texts(clues: list[Clue]) -> tuple[str, ...]:
    """Candidates from clues: literals as they are, those of a JSON object's members as whole objects."""
    plain = list(dict.fromkeys(clue.text for clue in clues if not clue.member))
    members: dict[tuple[str, ...], list[str]] = {}
    for clue in clues:
        if clue.member:
            values = members.setdefault(clue.member, [])
            values += [clue.text] if clue.text not in values else []
    if members:
        return tuple(dict.fromkeys(_object(members, varied, at) for varied in members for at in range(_count(members[varied]))))
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
        return UNKNOWN
    try:
        return str(int(text) + 1)
    except ValueError:
        return f"not-{text}"
