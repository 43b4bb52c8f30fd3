"""Inside the pod or the local process: run one step on the files and texts that the manifest gives it.

    python -m kai_pipelines.runtime module:step --name=value … --output.name=path …

Arguments are read with the step's own annotations. An output is first made beside its place and then
renamed, so that what lies there is whole. The exit code tells Argo what kind of fault it was:
0 done, 64 an argument is wrong, 65 trying again cannot help, 70 a mistake in the step's code, 75 trying again may
help, 137 out of memory, 1 any other exception.
"""

from __future__ import annotations

import errno
import importlib
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kai_pipelines.authoring import values
from kai_pipelines.authoring.artifact import SCRATCH, Artifact
from kai_pipelines.authoring.signature import Port
from kai_pipelines.authoring.step import StepDefinition
from kai_pipelines.errors import (
    ERROR,
    EXIT_BUG,
    EXIT_FATAL,
    EXIT_MEMORY,
    EXIT_RETRYABLE,
    EXIT_USAGE,
    Fatal,
    KaiError,
    Retryable,
    UsageError,
)

_OUTPUT = "output."
_MISTAKES = (ImportError, NameError, AttributeError, TypeError, NotImplementedError, AssertionError)
_TRIAL = """
from kai_pipelines import step


@step
def trial(number: int = 0, text: str = "", part: float = 0.5, flag: bool = False) -> int:
    return number
"""
_TRIALS = 2
"""Times that it is run: Python's interpreter settles on how to run a function after eight calls, in the function's own memory."""
_CV_NO_MEMORY = -4
"""OpenCV's Error::StsNoMem."""
_LESS = "give the step more memory, or ask for less: a lower quality, fewer or smaller files"
_FULL = 1_000_000
"""A disk with fewer bytes free is full."""
_ROOM = "if the disk is full make room, or set KAI_STORE to a folder on another one; what is finished is kept"
_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EAGAIN}
"""Faults of the machine, not of the step: another try, or another machine, may do."""


def main(arguments: Sequence[str]) -> int:
    """Run the step that the first argument names; the exit code."""
    try:
        if not arguments:
            raise UsageError("usage: python -m kai_pipelines.runtime module:step --name=value … --output.name=path …")
        step = load_step(arguments[0])
        given, wanted = split_flags(arguments[1:])
        values = {name: read_input(port, given.pop(name, None)) for name, port in step.signature.inputs.items()}
        if given:
            raise UsageError(f"{step.name} has no input {', '.join(given)}", hint=f"it has {', '.join(values)}")
        if unknown := [name for name in wanted if name not in step.signature.outputs]:
            has = ", ".join(step.signature.outputs) or "none"
            raise UsageError(f"{step.name} has no output {', '.join(unknown)}", hint=f"it has {has}")
    except KaiError as error:
        return _say(error, EXIT_USAGE)
    try:
        with _scratch(step, wanted), _telling_a_full_disk():
            write_outputs(step, step.function(**values), wanted)
    except Retryable as error:
        return _say(error, EXIT_RETRYABLE)
    except KaiError as error:
        return _say(error, EXIT_FATAL)
    except _MISTAKES:
        traceback.print_exc()
        return EXIT_BUG
    except Exception as error:
        return _fault(error)
    return 0


def _fault(error: Exception) -> int:
    """Tell what is the machine's fault; raises what is not."""
    if _is_short_of_memory(error):
        said = str(error) or "no more is to be had"
        return _say(Fatal(f"out of memory: {said}", code="out-of-memory", hint=_LESS), EXIT_MEMORY)
    if isinstance(error, OSError):
        # A short write has no number: numpy says "n requested and m written".
        if error.errno is not None and error.errno not in _PASSING:
            raise error
        hint = _ROOM if error.errno in (None, errno.ENOSPC, errno.EDQUOT) else None
        return _say(Retryable(str(error), code="system", hint=hint), EXIT_RETRYABLE)
    raise error


def _is_short_of_memory(error: Exception) -> bool:
    """Whether an allocation failed, in the words of Python, numpy, C++, the kernel or OpenCV."""
    if isinstance(error, MemoryError) or "std::bad_alloc" in str(error):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return type(error).__module__ == "cv2" and getattr(error, "code", None) == _CV_NO_MEMORY


@contextmanager
def _telling_a_full_disk() -> Generator[None]:
    """Give a fault its real name where the disk is full: libraries say it in many ways, or not at all."""
    try:
        yield
    except KaiError:
        raise
    except Exception as error:
        scratch = os.environ[SCRATCH]
        if shutil.disk_usage(scratch).free > _FULL:
            raise
        message = f"no space left on the disk of {scratch} ({type(error).__name__}: {error})"
        raise Retryable(message, code="no-space", hint=_ROOM) from error


def prepare() -> None:
    """Load what nearly every step needs; a warm worker does it once, before it forks."""
    for value in (0, 0.0, False):
        kind = type(value)
        values.decode(values.encode(value, kind), kind)
    before = os.environ.get(SCRATCH)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[SCRATCH] = folder
        try:
            for _ in range(_TRIALS):
                _trial(Path(folder))
        finally:
            if before is None:
                del os.environ[SCRATCH]
            else:
                os.environ[SCRATCH] = before


def _trial(folder: Path) -> None:
    """Go the way of a step from its import to its outputs, so that nothing on it is done for the first time in a fork."""
    name = f"_trial_{folder.name}"
    (folder / f"{name}.py").write_text(_TRIAL, encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        main([f"{name}:trial", "--number=1", "--text=a", f"--output.result={folder / 'result'}"])
    finally:
        sys.path.remove(str(folder))
        sys.path_importer_cache.pop(str(folder), None)
        sys.modules.pop(name, None)


def load_step(address: str) -> StepDefinition:
    """The step at ``module:name``."""
    module, _, name = address.partition(":")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        raise UsageError(f"cannot import {module}: {error}", hint="is it in the image, and on PYTHONPATH?") from error
    if not isinstance(found, StepDefinition):
        raise UsageError(f"{address} is no step", hint=f"is there a function {name} decorated with @step in {module}?")
    return found


def split_flags(flags: Sequence[str]) -> tuple[dict[str, str], dict[str, Path]]:
    """``--name=value`` flags as inputs and ``--output.name=path`` flags as places."""
    given: dict[str, str] = {}
    wanted: dict[str, Path] = {}
    for flag in flags:
        name, equals, value = flag.removeprefix("--").partition("=")
        if not flag.startswith("--") or not equals:
            raise UsageError(f"{flag!r} is not --name=value")
        if name.startswith(_OUTPUT):
            wanted[name.removeprefix(_OUTPUT)] = Path(value)
        else:
            given[name] = value
    return given, wanted


def read_input(port: Port, text: str | None) -> Any:
    """The value of an input, from its text or at its path."""
    if not port.is_artifact:
        if text is None:
            if port.required:
                raise UsageError(f"--{port.name} is missing")
            return port.default
        try:
            return port.decode(text)
        except ValueError as error:
            raise UsageError(f"--{port.name}: {error}") from error
    path = Path(text) if text is not None else None
    if path is not None and port.many:
        parts = sorted(path.iterdir(), key=_part_number) if path.is_dir() else []
        return [port.type(part) for part in parts]
    if path is None or not path.exists() or (port.optional and _is_empty(path)):
        if port.optional:
            return None
        raise UsageError(f"--{port.name} is missing" if path is None else f"--{port.name}: there is nothing at {path}")
    return port.type(path)


def _is_empty(path: Path) -> bool:
    """Whether nothing was given: Kubernetes mounts an empty folder where Argo found no optional artifact."""
    return path.is_dir() and not any(path.iterdir())


def _part_number(path: Path) -> tuple[int, str]:
    return (int(path.stem) if path.stem.isdigit() else sys.maxsize, path.name)


@contextmanager
def _scratch(step: StepDefinition, wanted: dict[str, Path]) -> Generator[None]:
    """A folder for `Artifact.new`, on the file system of the outputs so that moving is renaming."""
    before = os.environ.get(SCRATCH)
    if before is not None and not any(step.signature.outputs[name].is_artifact for name in wanted):
        yield  # nothing is moved out of it, and who gave it clears it up
        return
    beside = next((path.parent for path in wanted.values()), None)
    if beside is not None:
        beside.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=".kai-", dir=before or beside)
    os.environ[SCRATCH] = folder
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if before is None:
            del os.environ[SCRATCH]
        else:
            os.environ[SCRATCH] = before


def write_outputs(step: StepDefinition, result: Any, wanted: dict[str, Path]) -> None:
    """Put what the step returned where the manifest says."""
    outputs = step.signature.outputs
    if step.signature.record is None:
        values = dict.fromkeys(outputs, result)
    else:
        values = {name: getattr(result, name) for name in outputs}
    for name, path in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        port, value = outputs[name], values[name]
        if port.is_artifact:
            _move_artifact(step, port, value, path)
        else:
            _write_parameter(step, port, value, path)


def _write_parameter(step: StepDefinition, port: Port, value: object, path: Path) -> None:
    try:
        text = port.encode(value)
    except ValueError as error:
        raise Fatal(f"{step.name} returned a wrong {port.name}: {error}", code="wrong-result") from error
    part = path.with_name(f".{path.name}.part")
    # Argo takes one newline off the end (executor.go SaveParameters), so one is put there.
    part.write_bytes(text.encode() + b"\n")
    part.replace(path)


def _move_artifact(step: StepDefinition, port: Port, value: object, path: Path) -> None:
    if value is None and port.optional:
        return
    if not isinstance(value, Artifact) or not value.path.exists():
        raise Fatal(f"{step.name} returned {value!r} for {port.name}, which is no file", code="wrong-result")
    scratch = Path(os.environ[SCRATCH]).resolve()
    part = path.with_name(f".{path.name}.part")
    _remove(part)
    if scratch in value.path.resolve().parents:
        shutil.move(value.path, part)
    elif value.path.is_dir():  # an input passed through, or a file elsewhere: it stays where it is
        shutil.copytree(value.path, part)
    else:
        shutil.copyfile(value.path, part)
    _remove(path)
    part.replace(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _say(error: KaiError, code: int) -> int:
    print(f"{ERROR}{error}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
