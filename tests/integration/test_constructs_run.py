"""Every construct gives the same when it runs as a manifest as when its function is called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kai_pipelines import ImageSet
from kai_pipelines.authoring.artifact import Artifact
from kai_pipelines.manifest.names import landing_name
from tests.golden.constructs import CONSTRUCTS


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store for all, so that what two constructs have in common runs once."""
    return tmp_path_factory.mktemp("store")


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=[one.name for one in CONSTRUCTS])
def test_a_run_gives_what_calling_the_function_gives(
    construct: Any, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAI_STORE", str(store))
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (photos / name).write_bytes(name.encode())
    result: Any = construct(ImageSet(photos))
    fields: dict[str, Any] = result._asdict() if hasattr(result, "_asdict") else {"result": result}

    run = construct.run(output=tmp_path / "out", photos=photos)

    assert run.phase == "Succeeded"
    files = {name: value for name, value in fields.items() if isinstance(value, Artifact)}
    for name, value in files.items():
        landed = tmp_path / "out" / landing_name(name, f"x{value.suffix}")
        assert landed.read_text() == value.path.read_text()
