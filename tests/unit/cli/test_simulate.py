"""`kai simulate` and `kai plan`: exit codes, and what stands on which channel."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kai_pipelines.cli.main import main
from kai_pipelines.manifest.document import dump
from tests.unit.engine.bench import container, dag, task, workflow

Kai = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Kai:
    """The command in a folder with `flow.yaml`: its exit code, and what it said on both channels."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KAI_PRICES", raising=False)
    value = "{{tasks.assess.outputs.parameters.quality}}"
    manifest = workflow(
        dag(
            "main",
            task("assess", "assess"),
            task("low", depends="assess", when=f"{value} == low"),
            task("high", depends="assess", when=f"{value} == high"),
        ),
        container("assess", outputs=["quality"], retryStrategy={"limit": 1}),
        container("pod"),
    )
    Path("flow.yaml").write_text(dump(manifest), encoding="utf-8")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["kai", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capfd.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, out, err

    return run


def test_a_simulation_that_succeeds_exits_with_0_and_tells_what_it_assumed(kai: Kai) -> None:
    code, out, err = kai("simulate", "flow.yaml")

    assert (code, err) == (0, "")
    assert "Succeeded after 2m 00s; 2 pods, 1 skipped" in out
    assert "assumed: assess.quality = low (or high); another with --result" in out


def test_one_that_fails_exits_with_1(kai: Kai) -> None:
    code, out, _ = kai("simulate", "flow.yaml", "--fail", "assess=1")

    assert code == 1
    assert "Failed" in out


def test_json_is_the_finished_workflow_and_nothing_else(kai: Kai) -> None:
    code, out, err = kai(
        "simulate", "flow.yaml", "--json", "--fail", "assess=137,0", "--result", "assess.quality=high",
        "--duration", "*=10s", "--fail", "low=1",
    )  # fmt: skip

    record = json.loads(out)
    phases = {node["displayName"]: node["phase"] for node in record["status"]["nodes"].values()}
    assert code == 0
    assert record["kind"] == "Workflow"
    assert (phases["assess(0)"], phases["assess(1)"], phases["low"], phases["high"]) == (
        "Failed", "Succeeded", "Skipped", "Succeeded",
    )  # fmt: skip
    assert err == "warning: --fail low: it did not run\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fail", "asses=1"], "did you mean assess?"),
        (["--fail", "assess=300"], "is not how a step ends"),
        (["--fail", "assess"], "is not name=value"),
        (["--result", "assess.size=1"], "it has quality"),
        (["--duration", "assess=soon"], "is not a duration"),
        (["--history", "absent"], "there is no folder absent"),
        (["-p", "nothing=1"], "has no parameter nothing"),
        (["--graph", "picture.bmp"], "its form is not known"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_to_do(kai: Kai, arguments: list[str], said: str) -> None:
    code, out, err = kai("simulate", "flow.yaml", *arguments)

    assert (code, out) == (2, "")
    assert said in err


def test_every_branch_as_text_and_as_json(kai: Kai) -> None:
    code, text, _ = kai("simulate", "flow.yaml", "--all-branches")
    _, out, _ = kai("simulate", "flow.yaml", "--all-branches", "--json")

    document = json.loads(out)
    assert code == 0
    assert "assess.quality = high" in text
    assert "6 scenarios; 3 of 3 tasks run in at least one of them" in text
    assert [one["title"] for one in document["scenarios"]][:2] == ["as planned", "assess.quality = high"]
    assert document["never"] == []


def test_a_graph_of_how_it_went(kai: Kai) -> None:
    code, _, err = kai("simulate", "flow.yaml", "--graph", "went.svg")

    assert (code, err) == (0, "went.svg\n")
    assert "Succeeded" in Path("went.svg").read_text(encoding="utf-8")


def test_a_plan_as_text_and_as_json(kai: Kai) -> None:
    code, text, _ = kai("plan", "flow.yaml", "--duration", "assess=10s")
    _, out, _ = kai("plan", "flow.yaml", "--duration", "assess=10s", "--json")

    document = json.loads(out)
    assert code == 0
    assert "critical path  assess → low" in text
    assert "assess and 2 more: no pool is chosen" in text
    assert document["seconds"] == {"least": 70.0, "planned": 70.0, "most": 80.0}
    assert document["cost"] is None
    assert [step["name"] for step in document["steps"]] == ["assess", "low", "high"]


def test_a_price_table_that_is_not_there_is_wrong_usage(kai: Kai) -> None:
    code, out, err = kai("plan", "flow.yaml", "--prices", "absent.yaml")

    assert (code, out) == (2, "")
    assert "absent.yaml" in err
