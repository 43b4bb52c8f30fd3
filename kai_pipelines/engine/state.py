"""What a run keeps beside its record, so that it can go on later: other manifests, paths, and contents by key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kai_pipelines.engine.record import FILE, OWN
from kai_pipelines.engine.request import RunRequest
from kai_pipelines.errors import StoreError, UsageError

_STATE = "state.json"


@dataclass(frozen=True)
class State:
    """Everything about a run that its record does not say."""

    siblings: list[dict[str, Any]] = field(default_factory=list)
    artifacts: dict[str, str] = field(default_factory=dict)
    """The user's files and folders by the names of the workflow's artifacts."""
    digests: dict[str, str] = field(default_factory=dict)
    """What the keys of the run's artifacts stand for."""
    python_path: list[str] = field(default_factory=list)
    store: str = ""
    argo_version: str = "4.1"


def keep(request: RunRequest, digests: Mapping[str, str]) -> None:
    """Write the state of a run into its output folder."""
    state = State(
        [dict(one) for one in request.siblings],
        {name: str(path) for name, path in request.artifacts.items()},
        dict(digests),
        list(request.python_path),
        str(request.store),
        request.argo_version,
    )
    place = request.output / OWN / _STATE
    part = place.with_suffix(".part")
    try:
        part.write_text(json.dumps(state.__dict__, ensure_ascii=False), encoding="utf-8")
        part.replace(place)
    except OSError as error:
        raise StoreError(f"cannot write {place}: {error.strerror or error}", hint="free some space") from error


def load(path: Path) -> tuple[Path, dict[str, Any], State]:
    """The output folder, record and state of a run; `path` is the folder or its workflow.json."""
    folder = path if path.is_dir() else path.parent
    file = folder / FILE if path.is_dir() else path
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"{file} is not there", hint="give the output folder of a run") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} is not the record of a run: {error}") from error
    if not isinstance(record, dict) or record.get("kind") != "Workflow" or "status" not in record:
        raise UsageError(f"{file} is not the record of a run", hint="it is a Workflow with a status")
    try:
        state = State(**json.loads((folder / OWN / _STATE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        state = State()
    return folder, record, state


def request_of(
    folder: Path, record: Mapping[str, Any], state: State, *, jobs: int, store: Path, **more: Any
) -> RunRequest:
    """The request that goes on with a record."""
    manifest = {key: value for key, value in record.items() if key != "status"}
    return RunRequest(
        manifest,
        {},
        {name: Path(path) for name, path in state.artifacts.items()},
        folder,
        jobs,
        use_cache=True,
        store=Path(state.store) if state.store else store,
        siblings=tuple(state.siblings),
        python_path=tuple(state.python_path),
        argo_version=state.argo_version,
        status=record["status"],
        digests=state.digests,
        **more,
    )
