from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kai_pipelines.cli.main import kai
from kai_pipelines.errors import UsageError


@pytest.mark.parametrize("verb", ["status", "logs", "stop", "retry", "resume"])
def test_a_name_that_is_neither_here_nor_on_a_server_is_told_as_both(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARGO_SERVER", raising=False)

    result = CliRunner().invoke(kai, [verb, "nothere"])

    assert isinstance(result.exception, UsageError)
    assert "there is no folder or record nothere here, and no Argo Server is named" in str(result.exception)
