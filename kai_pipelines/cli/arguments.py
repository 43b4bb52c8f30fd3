"""Arguments of a target as a command line gives them."""

from __future__ import annotations

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
