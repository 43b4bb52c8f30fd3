"""The store: a folder of contents by digest, and of results by key.

    VERSION            the layout's number
    objects/DIGEST     a file or folder, complete: it gets its name by one rename
    results/KEY.json   a finished step's outputs: texts, and digests of files
    runs/              workspaces of runs that go on now
    digests.json       digests of files outside, by path, size, time of change and inode

Several engines may share a store: everything appears by renaming, and an object that is there already is
the same object.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kai_pipelines.errors import StoreError

LAYOUT = "1"


@dataclass(frozen=True)
class Result:
    """What a finished step gave."""

    parameters: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, str] = field(default_factory=dict)
    """Output artifact → digest."""
    result: str | None = None
    """Standard output, where a manifest asks for it."""


class Store:
    """An open store."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.objects, self.results, self.runs = root / "objects", root / "results", root / "runs"
        self._digests = root / "digests.json"
        try:
            for folder in (self.objects, self.results, self.runs):
                folder.mkdir(parents=True, exist_ok=True)
            version = root / "VERSION"
            if not version.exists():
                write_atomically(version, LAYOUT + "\n")
            found = version.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise self._unusable(error) from error
        if found != LAYOUT:
            raise StoreError(
                f"the store {root} has layout {found}, this version reads layout {LAYOUT}",
                hint="set KAI_STORE to another folder, or remove this one: results are then made anew",
            )
        self._known: dict[str, list[Any]] = read_json(self._digests)
        self._used: dict[str, list[Any]] = {}

    def _unusable(self, error: OSError) -> StoreError:
        return StoreError(
            f"the store {self.root} cannot be used: {error.strerror or error}",
            hint="free some space there or set KAI_STORE to another folder; what is finished is kept",
        )

    def get(self, key: str) -> Result | None:
        """The kept result, if all of it is still there."""
        try:
            result = Result(**json.loads((self.results / f"{key}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        whole = all((self.objects / digest).exists() for digest in result.artifacts.values())
        return result if whole else None

    def put(self, key: str, result: Result) -> None:
        """Keep a result; its objects are there already.

        A power cut may cut it short: then it is no JSON, and the step runs again.
        """
        write_atomically(self.results / f"{key}.json", json.dumps(asdict(result), ensure_ascii=False), lasting=False)

    def adopt(self, path: Path) -> str:
        """Move a finished file or folder into the store; its digest. May run in any thread."""
        settle(path)
        digest = digest_of(path, hash_and_sync)
        place = self.objects / digest
        if not place.exists():
            try:
                path.rename(place)
                sync_folder(self.objects)
            except OSError:
                if not place.exists():  # no other engine was faster
                    raise
        remove(path)
        return digest

    def add_text(self, text: str) -> str:
        """Keep a text as a file; its digest."""
        digest = "f" + hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
        if not (self.objects / digest).exists():
            try:
                write_atomically(self.objects / digest, text)
            except OSError as error:
                raise self._unusable(error) from error
        return digest

    def path(self, digest: str) -> Path:
        """Where an object lies; nobody may write there."""
        return self.objects / digest

    def digest_outside(self, path: Path) -> str:
        """The digest of a file or folder of the user's; unchanged files are not read again."""
        return digest_of(path, self._file_digest)

    def _file_digest(self, path: Path) -> str:
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns, status.st_ino]
        known = self._known.get(str(path))
        digest = known[3] if known is not None and known[:3] == stamp else hash_file(path)
        self._used[str(path)] = [*stamp, digest]
        return digest

    @contextmanager
    def workspace(self) -> Generator[Path]:
        """A folder of one run, removed at its end; those of runs that were killed go too."""
        self._sweep()
        folder = self.runs / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        with ExitStack() as ends:
            try:
                ends.enter_context(_locked(folder.with_name(f"{folder.name}.lock")))
                folder.mkdir()
            except OSError as error:
                raise self._unusable(error) from error
            ends.callback(shutil.rmtree, folder, ignore_errors=True)
            yield folder

    def _sweep(self) -> None:
        """Remove the folders of runs that are gone: nobody holds their locks any more."""
        for lock in self.runs.glob("*.lock"):
            with suppress(OSError), _locked(lock):
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)

    def remember(self) -> None:
        """Keep the digests of the user's files for the next run."""
        if any(self._known.get(path) != entry for path, entry in self._used.items()):
            # Only files looked at in this run or still there are worth a line.
            kept = {path: entry for path, entry in self._known.items() if Path(path).exists()}
            with suppress(OSError):  # without it the next run reads the files again, that is all
                write_atomically(self._digests, json.dumps({**kept, **self._used}))


def digest_of(path: Path, file_digest: Callable[[Path], str] | None = None) -> str:
    """The digest of a file's content, or of a folder's names and contents; links are followed."""
    read = file_digest or hash_file
    if not path.is_dir():
        return "f" + read(path)
    digest = hashlib.sha256()
    around: dict[str, tuple[tuple[int, int], ...]] = {}
    for folder, folders, files in os.walk(path, followlinks=True):
        above = around.pop(str(Path(folder)), (_place(Path(folder)),))
        inner = {name: _place(Path(folder, name)) for name in folders}
        folders[:] = sorted(name for name in folders if inner[name] not in above)  # a link to a folder above goes round
        around.update({str(Path(folder, name)): (*above, inner[name]) for name in folders})
        for name in sorted(files):
            file = Path(folder, name)
            content = _content(file, read)
            digest.update(f"{file.relative_to(path).as_posix()}\0{content}\0".encode(errors="surrogateescape"))
        if not files and not folders:
            digest.update(f"{Path(folder).relative_to(path).as_posix()}/\0".encode(errors="surrogateescape"))
    return "d" + digest.hexdigest()


def _place(folder: Path) -> tuple[int, int]:
    try:
        status = folder.stat()
    except OSError:
        return (0, 0)
    return (status.st_dev, status.st_ino)


def _content(file: Path, read: Callable[[Path], str]) -> str:
    """The digest of a file in a folder; of pipes, devices, dangling links and what may not be read, that they are that."""
    try:
        mode = file.stat().st_mode
        return read(file) if stat.S_ISREG(mode) else f"special {stat.S_IFMT(mode):o}"
    except OSError as error:  # whoever needs the file will say so, by name
        return f"unreadable {error.errno}"


def settle(path: Path) -> None:
    """Make an output stand on its own: links become what they point to; pipes and dangling links go."""
    for one in [path, *(path.rglob("*") if path.is_dir() and not path.is_symlink() else [])]:
        if one.is_symlink():
            target = one.resolve()
            one.unlink()
            if target.is_dir():
                shutil.copytree(target, one)
            elif target.is_file():
                shutil.copyfile(target, one)
        elif not one.is_dir() and not one.is_file():
            one.unlink(missing_ok=True)


def hash_and_sync(path: Path) -> str:
    """SHA-256 of a file's content, which is on the disk afterwards: a result must not outlive its files."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return digest


def sync_folder(path: Path) -> None:
    """Put the names in a folder on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(path: Path) -> Generator[None]:
    """Hold the lock file `path`, which goes with it; raises OSError when somebody else holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def hash_file(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, text: str, *, lasting: bool = True) -> None:
    """Write a file that others see whole or not at all; `lasting`: after a power cut too."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def remove(path: Path) -> None:
    """Remove a file, a link or a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; empty when there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
