"""`kai check`: what it prints in each format, and its exit codes, which are a contract."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kai_pipelines.cli.main import main
from tests.unit.packages import GREETING, clean_imports, write_package

Kai = Callable[..., tuple[int, str, str]]

WRONG = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: test-}
spec:
  entrypoint: main
  templates:
  - name: main
    container:
      image: alpine:3.20
      command: [echo]
      args:
      - |
        first line
        100% {{= 1 + }}
      resources: {requests: {cpu: 1}, limits: {memory: 1Gi}}
"""
RIGHT = WRONG.replace("{{= 1 + }}", "{{= 1 + 1 }}")
WARNED = RIGHT.replace("alpine:3.20", "alpine")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAI_PIPELINES", "my_flows")
    write_package(tmp_path, "my_flows", {"greeting": GREETING})
    for name, text in {"wrong": WRONG, "right": RIGHT, "warned": WARNED}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    with clean_imports():
        yield tmp_path


@pytest.fixture
def kai(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kai:
    """The command: its exit code, and what it said on both channels."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["kai", "check", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, out, err

    return run


def test_text_shows_the_place_the_line_a_caret_and_a_summary(kai: Kai) -> None:
    code, out, _ = kai("wrong.yaml")

    assert code == 1
    assert out.splitlines() == [
        "wrong.yaml:14:22: KAI202 unexpected end of the expression [bad-expression]",
        "            100% {{= 1 + }}",
        "                         ^",
        "",
        "1 error",
    ]


def test_nothing_found_is_said_and_is_success(kai: Kai) -> None:
    assert kai("right.yaml") == (0, "no mistakes found\n", "")


def test_warnings_alone_fail_only_when_they_shall(kai: Kai) -> None:
    assert kai("warned.yaml")[0] == 0
    assert "1 warning" in kai("warned.yaml")[1]
    assert kai("warned.yaml", "--strict")[0] == 1
    assert kai("warned.yaml", "--strict", "--ignore", "floating-tag")[0] == 0
    assert kai("warned.yaml", "--strict", "--ignore", "KAI651")[0] == 0


def test_an_annotation_switches_a_rule_off(kai: Kai, folder: Path) -> None:
    text = WRONG.replace(
        "generateName: test-", "generateName: test-, annotations: {kai-pipelines/ignore: 'bad-expression, x'}"
    )
    (folder / "a.yaml").write_text(text)
    (folder / "b.yaml").write_text(
        WRONG.replace(
            "    container:", "    metadata: {annotations: {kai-pipelines/ignore: KAI202}}\n    container:", 1
        )
    )

    assert kai("a.yaml")[0] == 0
    assert kai("b.yaml")[0] == 0


def test_json_is_one_document(kai: Kai) -> None:
    code, out, _ = kai("wrong.yaml", "warned.yaml", "--format", "json")

    document = json.loads(out)
    assert code == 1
    assert (document["errors"], document["warnings"]) == (1, 1)
    assert document["diagnostics"][0] == {
        "code": "KAI202",
        "name": "bad-expression",
        "severity": "error",
        "message": "unexpected end of the expression",
        "hint": "",
        "path": "wrong.yaml",
        "line": 14,
        "column": 22,
        "page": "reference/checks/KAI202.md",
    }


def test_github_annotations_are_escaped(kai: Kai, folder: Path) -> None:
    (folder / "a,b:100%.yaml").write_text(WARNED.replace("image: alpine", "image: 'al%pi:ne, x'"))

    _, out, _ = kai("a,b:100%.yaml", "--format", "github")

    assert out.startswith(
        "::error file=a%2Cb%3A100%25.yaml,line=9,col=14,title=KAI603 bad-image::'al%25pi:ne, x' is no "
    )
    assert out.rstrip().endswith("%0Ahint: registry/name:tag, the name in lower case")


def test_sarif_has_rules_results_and_regions(kai: Kai) -> None:
    _, out, _ = kai("wrong.yaml", "warned.yaml", "--format", "sarif")

    log = json.loads(out)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["KAI202", "KAI651"]
    assert [(one["ruleId"], one["ruleIndex"], one["level"]) for one in run["results"]] == [
        ("KAI202", 0, "error"),
        ("KAI651", 1, "warning"),
    ]
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "wrong.yaml"}
    assert (location["region"]["startLine"], location["region"]["startColumn"]) == (14, 22)


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_every_format_can_say_nothing(kai: Kai, form: str) -> None:
    code, out, err = kai("right.yaml", "--format", form)

    assert (code, err) == (0, "")
    if form in ("json", "sarif"):
        json.loads(out)


def test_folders_are_searched_and_templates_found_across_files(kai: Kai, folder: Path) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "shared.yaml").write_text(
        RIGHT.replace("kind: Workflow", "kind: WorkflowTemplate").replace("generateName: test-", "name: shared")
    )
    (folder / "deep" / "uses.json").write_text(
        json.dumps(
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "Workflow",
                "metadata": {"generateName": "uses-"},
                "spec": {"workflowTemplateRef": {"name": "shared"}},
            }
        )
    )

    assert kai("deep")[0] == 0
    assert kai("deep/uses.json")[0] == 1  # by itself what it refers to is not there


def test_standard_input_is_read(kai: Kai, monkeypatch: pytest.MonkeyPatch) -> None:
    class Piped:
        buffer = io.BytesIO(WRONG.encode())

    monkeypatch.setattr(sys, "stdin", Piped())

    assert kai("-")[1].startswith("<stdin>:14:22: KAI202")


def test_wrong_usage_exits_two(kai: Kai, folder: Path) -> None:
    (folder / "empty").mkdir()

    for arguments in ((), ("absent.yaml",), ("no-such-pipeline",), ("right.yaml", "--ignore", "nothing"), ("empty",)):
        code, out, err = kai(*arguments)
        assert (code, out) == (2, ""), arguments
        assert err.startswith("error: ")


def test_an_empty_file_has_nothing_to_check(kai: Kai, folder: Path) -> None:
    (folder / "empty.yaml").write_text("")

    assert kai("empty.yaml")[0] == 1
    assert "KAI708" in kai("empty.yaml")[1]


def test_a_pipeline_is_checked_and_placed_in_its_own_file(kai: Kai, folder: Path) -> None:
    assert kai("greeting")[0] == 0

    path = folder / "flow.py"
    path.write_text(
        "from kai_pipelines import pipeline, step\n\n\n@step\ndef one(a: int) -> int: ...\n\n\n"
        "@pipeline\ndef flow(a: int) -> int:\n    if one(a):\n        return a\n    return one(a)\n"
    )

    code, out, _ = kai("flow.py")

    assert code == 1
    assert out.startswith("flow.py:10:5: KAI001 ")
    assert "    if one(a):" in out


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.integers(0, len(WRONG)))
def test_any_bytes_end_in_an_exit_code_and_no_traceback(kai: Kai, folder: Path, noise: bytes, at: int) -> None:
    text = WRONG.encode()
    (folder / "noise.yaml").write_bytes(text[:at] + noise + text[at:])

    code, _, err = kai("noise.yaml")

    assert code in (0, 1)
    assert err == ""
