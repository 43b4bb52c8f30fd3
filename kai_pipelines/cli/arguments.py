"""Arguments of a target as a command line gives them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import click

from kai_pipelines.cli.target import Target
from kai_pipelines.errors import UsageError


def pairs(flag: str, texts: tuple[str, ...]) -> dict[str, str]:
    """``name=value`` by name."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"{flag} {text!r} is not name=value")
        if not _is_unicode(text):
            raise UsageError(f"{flag} {name}: the value is not UTF-8")
        if name in found:
            raise UsageError(f"{flag} {name} is given twice")
        found[name] = value
    return found


def options_of(command: click.Command) -> list[str]:
    """A command's own options, as they are typed."""
    return [text for one in command.params if isinstance(one, click.Option) for text in one.opts]


def with_options(
    target: Target, parameters: dict[str, str], words: Sequence[str], options: Sequence[str]
) -> dict[str, str]:
    """The parameters, and those given as ``--name=value`` or, for a bool, as ``--name``."""
    found = dict(parameters)
    kinds = _parameters(target) if words else {}
    for word in words:
        name, equals, value = word.removeprefix("--").partition("=")
        name = name.replace("-", "_")
        if not word.startswith("--") or name not in kinds:
            raise _unknown(word, kinds, options)
        if name in found:
            raise UsageError(f"the parameter {name} is given twice")
        if not equals and kinds[name] is not bool:
            raise UsageError(f"{word} needs a value", hint=f"write {word}=VALUE")
        found[name] = value if equals else "true"
    return found


def _parameters(target: Target) -> dict[str, object]:
    """The types of a target's parameters, by name; those of a manifest are texts."""
    if target.pipeline is not None:
        inputs = target.pipeline.signature.inputs
        return {name: port.type for name, port in inputs.items() if not port.is_artifact}
    spec = target.manifest.get("spec")
    arguments = spec.get("arguments") if isinstance(spec, dict) else None
    listed = arguments.get("parameters") if isinstance(arguments, dict) else None
    return {str(one.get("name")): str for one in listed or [] if isinstance(one, dict)}


def _unknown(word: str, kinds: Mapping[str, object], options: Sequence[str]) -> UsageError:
    typed = word.partition("=")[0]
    if not word.startswith("-"):
        return UsageError(f"{word!r} is one argument too many", hint="a file goes with -a NAME=PATH, a value with -p")
    known = [*options, *(f"--{name}" for name in kinds)]
    near = difflib.get_close_matches(typed, known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return UsageError(
        f"there is no option {typed}, and no parameter of that name",
        hint=f"{meant}parameters are: {', '.join(kinds) or 'none'}",
    )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes of the command line that are no UTF-8
        return False
    return True


def encoded(target: Target, parameters: dict[str, str]) -> dict[str, str]:
    """Parameters read with the pipeline's own annotations; those of a manifest go as they are."""
    if target.pipeline is None:
        return parameters
    known = {name for name, port in target.pipeline.signature.inputs.items() if not port.is_artifact}
    ours = {name: value for name, value in parameters.items() if name in known}
    return {**parameters, **target.pipeline.read_parameters(ours)}  # the engine refuses the unknown ones, by name
