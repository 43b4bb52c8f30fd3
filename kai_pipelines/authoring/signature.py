"""A function's inputs and outputs as ports: what it takes and gives, by name and type."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from kai_pipelines.authoring import values
from kai_pipelines.authoring.artifact import Artifact
from kai_pipelines.errors import AuthoringError

RESULT = "result"
"""The name of the output of a function that returns one thing."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()

Record = type[tuple[Any, ...]]
"""A NamedTuple class: several outputs under one annotation."""


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of a step or pipeline."""

    name: str
    type: Any
    """The artifact class, or the parameter's annotation."""
    is_artifact: bool = False
    many: bool = False
    """A list of artifacts: one folder with numbered parts."""
    optional: bool = False
    """An artifact that may be absent."""
    default: Any = MISSING
    description: str = ""

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return self.default is MISSING

    def encode(self, value: object) -> str:
        """A constant as a manifest's text."""
        return values.encode(value, self.type)

    def decode(self, text: str) -> Any:
        """A manifest's text as a value."""
        return values.decode(text, self.type)


@dataclass(frozen=True, slots=True)
class Signature:
    """All ports of a function."""

    inputs: dict[str, Port]
    outputs: dict[str, Port]
    record: Record | None
    """Of several outputs."""


def port(name: str, annotation: Any, default: Any = MISSING) -> Port:
    """The port that an annotation describes."""
    description = ""
    if get_origin(annotation) is Annotated:
        bare, *notes = get_args(annotation)
        description = next((note for note in notes if isinstance(note, str)), "")
        if all(isinstance(note, str) for note in notes):  # others are constraints, which pydantic checks
            annotation = bare
    parts = values.members(annotation)
    solid = [part for part in parts if part is not type(None)]
    listed = get_origin(annotation) is list and _is_artifact(get_args(annotation)[0])
    if listed or (len(solid) == 1 and _is_artifact(solid[0])):
        kind = get_args(annotation)[0] if listed else solid[0]
        return Port(name, kind, True, listed, len(solid) < len(parts), default, description)
    if any(_holds_artifact(part) for part in parts):
        raise ValueError(f"mixes an artifact with something else in {name!r}: write Type, Type | None or list[Type]")
    return Port(name, annotation, default=default, description=description)


def signature_of(function: Callable[..., object]) -> Signature:
    """Read a function's annotations; every parameter and the result must have one."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise _wrong(
            function, f"has an annotation that cannot be read: {error}",
            hint="import or define the type at the top of the module, not under TYPE_CHECKING or in a function",
        ) from error  # fmt: skip
    inputs: dict[str, Port] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise _wrong(function, f"takes *{parameter.name}: name every input, they are the manifest's parameters")
        if not parameter.name.isascii():
            raise _wrong(function, f"takes {parameter.name!r}: Argo knows only a-z, 0-9 and _ in names")
        if parameter.name not in hints:
            raise _wrong(
                function, f"has no annotation for {parameter.name!r}: say its type, it is checked before a run"
            )
        default = MISSING if parameter.default is parameter.empty else parameter.default
        inputs[parameter.name] = _port_of(function, parameter.name, hints[parameter.name], default)
    if "return" not in hints:
        raise _wrong(function, "has no return annotation: say what it gives, or `-> None`")
    return Signature(inputs, *_outputs(function, hints["return"]))


def _port_of(function: Callable[..., object], name: str, annotation: Any, default: Any = MISSING) -> Port:
    try:
        return port(name, annotation, default)
    except ValueError as error:
        raise _wrong(function, str(error)) from None


def _outputs(function: Callable[..., object], annotation: Any) -> tuple[dict[str, Port], Record | None]:
    if annotation is type(None):
        return {}, None
    if isinstance(annotation, type) and issubclass(annotation, tuple) and (names := record_fields(annotation)):
        hints = get_type_hints(annotation, include_extras=True)
        return {name: _port_of(function, name, hints[name]) for name in names}, annotation
    return {RESULT: _port_of(function, RESULT, annotation)}, None


def record_fields(kind: Record) -> tuple[str, ...]:
    """The names of a NamedTuple's fields; none for a plain tuple."""
    names: tuple[str, ...] = getattr(kind, "_fields", ())
    return names


def _is_artifact(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Artifact)


def _holds_artifact(annotation: Any) -> bool:
    return _is_artifact(annotation) or any(_holds_artifact(part) for part in get_args(annotation))


def _wrong(function: Callable[..., object], reason: str, hint: str | None = None) -> AuthoringError:
    code = function.__code__ if inspect.isfunction(function) else None
    return AuthoringError(
        f"{getattr(function, '__name__', function)} {reason}",
        hint=hint,
        path=code.co_filename if code else None,
        line=code.co_firstlineno if code else None,
    )
