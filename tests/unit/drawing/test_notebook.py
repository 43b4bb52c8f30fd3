"""What a notebook is given, and graphs that take templates from other manifests."""

from __future__ import annotations

from kai_pipelines import pipeline, step
from kai_pipelines.drawing import to_mermaid
from kai_pipelines.drawing.templates import with_others
from kai_pipelines.engine import Run
from kai_pipelines.simulation import Rehearsal
from tests.unit.engine.bench import container, dag, task, workflow

MANIFEST = workflow(dag("main", task("a"), task("b", depends="a")), container("pod"))


@step
def shout(words: str) -> str:
    """Louder."""
    return words.upper()


@pipeline
def shouting(words: str) -> str:
    """Shout."""
    return shout(words)


def test_a_pipeline_shows_its_graph_and_text() -> None:
    shown = shouting._repr_mimebundle_()

    assert set(shown) == {"image/svg+xml", "text/plain"}
    assert "shout" in shown["image/svg+xml"]


def test_mermaid_is_given_where_it_is_asked_for() -> None:
    shown = shouting._repr_mimebundle_(include={"text/vnd.mermaid"})

    assert shown["text/vnd.mermaid"] == to_mermaid(shouting.to_dict())
    assert "image/svg+xml" not in shown


def test_what_is_excluded_is_left_out() -> None:
    assert set(shouting._repr_mimebundle_(exclude={"image/svg+xml"})) == {"text/plain"}


def test_a_simulation_and_a_run_show_how_it_went() -> None:
    made = Rehearsal(MANIFEST).simulate()
    run = Run(made.workflow, made.phase, executed=2, cached=0)

    for shown in (made._repr_mimebundle_(), run._repr_mimebundle_()):
        assert "Succeeded" in shown["image/svg+xml"]
        assert "Succeeded" in shown["text/plain"]


def test_templates_of_other_manifests_are_drawn() -> None:
    reference = {"name": "lib", "template": "group"}
    manifest = workflow({"name": "main", "dag": {"tasks": [{"name": "a", "templateRef": reference}]}})
    library = {
        "kind": "WorkflowTemplate",
        "metadata": {"name": "lib"},
        "spec": {"templates": [dag("group", task("inner-step"))]},
    }

    assert "inner-step" in to_mermaid(with_others(manifest, [library]))
    assert "inner-step" not in to_mermaid(manifest)
