"""Hera's own files: loaded without a server, read as manifests, and every mistake told with its line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hera.workflows  # noqa: F401  # stays imported for all tests
import pytest

from kai_pipelines.errors import UsageError
from kai_pipelines.hera_edge.file import load
from kai_pipelines.hera_edge.imports import imports_hera
from tests.unit.packages import clean_imports

HELLO = """
from hera.workflows import Container, Workflow

with Workflow(generate_name="hello-", entrypoint="main") as w:
    Container(name="main", image="busybox", command=["echo", "hello"])
"""


@pytest.fixture(autouse=True)
def nothing_stays_imported() -> Iterator[None]:
    with clean_imports():
        yield


def write(folder: Path, text: str, name: str = "flow.py") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_workflow_is_read_as_its_manifest(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, HELLO))

    assert loaded.workflows == {
        "w": {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"generateName": "hello-"},
            "spec": {
                "entrypoint": "main",
                "templates": [{"name": "main", "container": {"image": "busybox", "command": ["echo", "hello"]}}],
            },
        }
    }
    assert loaded.notes == ()


def test_all_kinds_are_found_once_in_the_files_order(tmp_path: Path) -> None:
    text = """
    from hera.workflows import ClusterWorkflowTemplate, CronWorkflow, Workflow, WorkflowTemplate
    template = WorkflowTemplate(name="t")
    everywhere = ClusterWorkflowTemplate(name="c")
    nightly = CronWorkflow(name="n", schedules=["0 3 * * *"])
    same = once = Workflow(name="w")
    """

    loaded = load(write(tmp_path, "\n".join(line.strip() for line in text.splitlines())))

    assert {name: one["kind"] for name, one in loaded.workflows.items()} == {
        "template": "WorkflowTemplate",
        "everywhere": "ClusterWorkflowTemplate",
        "nightly": "CronWorkflow",
        "same": "Workflow",
    }


def test_settings_of_one_file_do_not_reach_the_next(tmp_path: Path) -> None:
    changing = """
from hera.shared import global_config
from hera.workflows import Container, Workflow, script
global_config.image = "mine:1"
global_config.namespace = "elsewhere"
global_config.set_class_defaults(Container, image="theirs:1")
@script()
def say(): print("hello")
with Workflow(generate_name="a-", entrypoint="say") as w:
    say()
"""
    first = load(write(tmp_path, changing, "changing.py")).workflows["w"]
    plain = changing.replace("global_config.", "pass  # ")

    second = load(write(tmp_path, plain, "plain.py")).workflows["w"]

    assert (first["metadata"]["namespace"], first["spec"]["templates"][0]["script"]["image"]) == ("elsewhere", "mine:1")
    assert "namespace" not in second["metadata"]
    assert second["spec"]["templates"][0]["script"]["image"].startswith("python:")


CREATING = """
from hera.workflows import Container, Workflow, WorkflowsService, WorkflowTemplate
service = WorkflowsService(host="https://argo.invalid:2746", token="secret")
with WorkflowTemplate(name="t", namespace="argo", workflows_service=service, entrypoint="main") as t:
    Container(name="main", image="busybox", command=["true"])
t.update()
with Workflow(generate_name="w-", namespace="argo", workflows_service=service, entrypoint="main") as w:
    Container(name="main", image="busybox", command=["true"])
made = w.create({wait})
later = Workflow(name="later")
"""


def test_a_file_that_creates_its_workflow_sends_nothing_and_is_loaded_whole(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, CREATING.format(wait="")))

    assert list(loaded.workflows) == ["t", "w", "later"]
    assert [note.partition(" was not sent")[0] for note in loaded.notes] == [
        "flow.py:6: POST workflow-templates/argo",
        "flow.py:9: POST workflows/argo",
    ]


def test_a_file_that_waits_for_a_server_is_loaded_up_to_there(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, CREATING.format(wait="wait=True")))

    assert list(loaded.workflows) == ["t", "w"]
    assert "flow.py:9" in loaded.notes[-1]
    assert "nothing to wait for" in loaded.notes[-1]


def test_asking_a_server_ends_the_file_even_where_it_catches_every_exception(tmp_path: Path) -> None:
    text = (
        HELLO
        + """
from hera.workflows import WorkflowsService
try:
    found = WorkflowsService(host="https://argo.invalid", namespace="argo").list_workflows()
except Exception:
    found = None
after = w
"""
    )

    loaded = load(write(tmp_path, text))

    assert list(loaded.workflows) == ["w"]
    assert not hasattr(loaded.module, "after")
    assert loaded.notes[-1].startswith("flow.py:9: GET workflows/argo needs a server")


def test_heras_clients_send_again_after_the_file_is_loaded(tmp_path: Path) -> None:
    from hera.workflows import Workflow, WorkflowsService

    before = (WorkflowsService._request, Workflow.wait)

    load(write(tmp_path, CREATING.format(wait="")))

    assert before == (WorkflowsService._request, Workflow.wait)


def test_what_a_file_prints_does_not_reach_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(write(tmp_path, HELLO + 'print("here I am")'))

    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "here I am\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("from hera.workflows import Workflow\nx = (\n", r"flow\.py:2: .*never closed"),
        ("import hera.workflows\n\n1 / 0\n", r"flow\.py:3: cannot load flow\.py: ZeroDivisionError: division by zero"),
        ("import hera.workflows\nimport sys\nsys.exit(3)\n", r"flow\.py:3: cannot load flow\.py: SystemExit: 3"),
        ("import hera.workflows\nimport not_here_at_all\n", "install not_here_at_all where kai is installed"),
        (
            "from hera.workflows import Workflow, Task\nwith Workflow(name='w') as w:\n    Task(name='t', template='x')\n",
            r"flow\.py:3: cannot load flow\.py",
        ),
        (
            "from hera.workflows import Workflow\nw = Workflow(name='w', templates=[3])\n",
            r"flow\.py: Hera cannot build the workflow w",
        ),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load(write(tmp_path, text))


def test_without_hera_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "hera"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "hera", None)

    with pytest.raises(UsageError, match=r"kai-pipelines\[hera\]"):
        load(write(tmp_path, HELLO))


def test_a_file_called_like_a_module_of_python_is_loaded_all_the_same(tmp_path: Path) -> None:
    import http

    loaded = load(write(tmp_path, HELLO, "http.py"))

    assert list(loaded.workflows) == ["w"]
    assert sys.modules["http"] is http


def runner_argument(manifest: dict[str, Any]) -> str:
    return str(manifest["spec"]["templates"][0]["script"]["args"][-1])


RUNNER = """
from hera.workflows import Workflow, script
from .words import WORD
@script(constructor="runner")
def say(): print(WORD)
with Workflow(generate_name="w-", entrypoint="say") as w:
    say()
"""


def test_a_file_in_a_package_is_loaded_as_part_of_it(tmp_path: Path) -> None:
    write(tmp_path, "", "flows/__init__.py")
    write(tmp_path, "", "flows/deep/__init__.py")
    write(tmp_path, "WORD = 'hello'", "flows/deep/words.py")

    loaded = load(write(tmp_path, RUNNER, "flows/deep/say.py"))

    assert runner_argument(loaded.workflows["w"]) == "flows.deep.say:say"
    assert str(tmp_path) in sys.path


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (HELLO, True),
        ("def f():\n    import hera.workflows\n", True),
        ("from hera.workflows.models import Workflow\n", True),
        ("import heraldry\nx = 'import hera'\n", False),
        ("import beside\n", True),
        ("from beside import w\n", True),
        ("from . import beside\n", True),
        ("import apart\n", False),
        ("from pack.flows import w\n", True),
        ("import pack.flows\n", True),
        ("from pack import flows\n", True),
        ("import pack.absent\n", False),
        ("this is no Python (", False),
    ],
)
def test_a_hera_file_is_known_by_what_it_imports(tmp_path: Path, text: str, answer: bool) -> None:
    write(tmp_path, HELLO + "import flow\n", "beside.py")
    write(tmp_path, "import json", "apart.py")
    write(tmp_path, "", "pack/__init__.py")
    write(tmp_path, "from hera.workflows import Workflow", "pack/flows.py")

    assert imports_hera(write(tmp_path, text)) is answer


def test_a_function_that_returns_a_workflow_makes_one_with_the_files_settings(tmp_path: Path) -> None:
    text = """
from hera.shared import global_config
from hera.workflows import Workflow
global_config.namespace = "elsewhere"
def make(): return Workflow(name="made", entrypoint="main")
def fail(): return nothing
def answer(): return 42
"""
    path = write(tmp_path, text)

    assert load(path, "make").workflows["make"]["metadata"] == {"name": "made", "namespace": "elsewhere"}
    with pytest.raises(UsageError, match=r"flow\.py:6: fail\(\) does not return a workflow: NameError"):
        load(path, "fail")
    with pytest.raises(UsageError, match=r"answer\(\) returns a int, not a workflow"):
        load(path, "answer")


def test_a_workflow_that_is_only_sent_is_found(tmp_path: Path) -> None:
    inside = "".join(f"    {line}\n" for line in CREATING.format(wait="").splitlines())

    loaded = load(write(tmp_path, f"def main():\n{inside}\nmain()\n"))

    assert [(name, one["kind"]) for name, one in loaded.workflows.items()] == [
        ("t", "WorkflowTemplate"),
        ("w", "Workflow"),
    ]


def test_a_file_that_works_only_as_a_program_is_run_as_one(tmp_path: Path) -> None:
    text = f"""
import sys
if __name__ == "__main__":
{"".join(f"    {line}{chr(10)}" for line in HELLO.splitlines())}
    words = sys.argv
"""
    path = write(tmp_path, text)
    before = (sys.modules["__main__"], list(sys.argv))

    loaded = load(path)

    assert loaded.workflows["w"]["metadata"] == {"generateName": "hello-"}
    assert loaded.module.words == [str(path)]
    assert before == (sys.modules["__main__"], sys.argv)


def test_the_runner_cannot_import_a_file_that_is_called_like_another_module(tmp_path: Path) -> None:
    text = RUNNER.replace("from .words import WORD", "WORD = 'hello'")

    with pytest.raises(UsageError, match=r"http\.py is called like another module"):
        load(write(tmp_path, text, "http.py"))
