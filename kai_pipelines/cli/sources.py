"""What `kai check` looks at: TARGET as sources of documents, where a fault is a diagnostic and no exception."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kai_pipelines.check.diagnostic import Diagnostic, FileSource, Source, Spot
from kai_pipelines.check.finding import Finding
from kai_pipelines.errors import AuthoringError, ManifestError, UsageError
from kai_pipelines.manifest.document import SUFFIXES, bytes_of
from kai_pipelines.manifest.limits import MAX_BYTES
from kai_pipelines.settings import Settings


@dataclass(slots=True)
class Broken:
    """A target that gave no documents, only a reason."""

    made: list[Diagnostic]
    documents: Sequence[Mapping[str, object]] = field(default_factory=list)

    def spots(self, findings: Sequence[Finding]) -> list[Spot]:
        """Nowhere: there is nothing to find something in."""
        return []

    def faults(self) -> list[Diagnostic]:
        """The reason."""
        return self.made


def sources_of(target: str) -> Iterator[Source]:
    """The files of a folder (and of those in it), one file, standard input, or a pipeline."""
    path = Path(target)
    if target == "-":
        yield FileSource.of("<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1))
    elif target.endswith(".py") or ".py:" in target:
        yield from _python(target)
    elif path.is_dir():
        yield from _folder(path)
    elif path.suffix in SUFFIXES or path.is_file():
        yield _file(path)
    else:
        yield from _python(target)


def _file(path: Path) -> Source:
    if not path.exists():
        raise UsageError(f"there is no file {path}")
    return FileSource.of(str(path), bytes_of(path))


def _folder(folder: Path) -> Iterator[Source]:
    """As `argo lint` does: every manifest in the folder and below it; other files of YAML do not count."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    if not files:
        raise ManifestError(f"there are no manifests in {folder}", hint=f"files end with {', '.join(sorted(SUFFIXES))}")
    for path in files:
        yield _file(path)


def _python(target: str) -> Iterator[Source]:
    from kai_pipelines.checking import Compiled, from_error, source_of
    from kai_pipelines.cli.target import resolve

    try:
        found = resolve(target, Settings.from_environment())
        if found.pipeline is None:
            path = target if target.endswith(".py") else target.rpartition(":")[0]
            yield Compiled([found.manifest, *found.siblings], {(): (path, 1)})
        else:
            yield source_of(found.pipeline)
    except AuthoringError as error:
        yield Broken([from_error(error, target.removesuffix(":"))])
