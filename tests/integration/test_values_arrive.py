"""Values with quotes, braces, newlines, unicode or a leading dash arrive in the step exactly as given.

First on the road that Argo and Kubernetes would send them, replayed here from their sources with the real
templates and the real runtime; then on the local engine.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kai_pipelines import runtime
from kai_pipelines.compiler import compile_pipeline
from kai_pipelines.expression import evaluate, should_execute
from tests import journey
from tests.integration.echoes import expected, travels

ENVIRONMENT = {"HOME": "/tmp", "x": "replaced", "NUMBA_CACHE_DIR": "/tmp/numba"}

Scope = dict[str, object]


class Replay:
    """Argo's way through a manifest of one DAG with parameters, and Kubernetes' into a container."""

    def __init__(self, manifest: Mapping[str, Any], folder: Path) -> None:
        self.templates = {template["name"]: template for template in manifest["spec"]["templates"]}
        self.folder = folder
        self.runs = 0

    def run(self, name: str, inputs: dict[str, str]) -> dict[str, str]:
        """The output parameters of a template; files stay in the folder under their names."""
        template = self.templates[name]
        declared = template.get("inputs", {}).get("parameters", [])
        filled = {str(one["name"]): inputs.get(one["name"], str(one.get("default", ""))) for one in declared}
        return self.run_dag(template, filled) if "dag" in template else self.run_container(template, filled)

    def run_dag(self, template: Mapping[str, Any], inputs: dict[str, str]) -> dict[str, str]:
        scope: Scope = {f"inputs.parameters.{name}": value for name, value in inputs.items()}
        for task in template["dag"]["tasks"]:
            resolved = journey.replaced(task, scope)
            tag = f"tasks.{task['name']}"
            if "when" in resolved and not should_execute(resolved["when"]):
                scope[f"{tag}.status"] = "Skipped"
                continue
            made = [self.run(one["template"], arguments_of(one)) for one in each_item(resolved)]
            looped = "withItems" in task or "withParam" in task
            for output in {name: None for one in made for name in one}:
                texts = [one[output] for one in made]
                scope[f"{tag}.outputs.parameters.{output}"] = journey.fanned_in(texts) if looped else texts[0]
            scope[f"{tag}.status"] = "Succeeded"
        return {one["name"]: output_of(one, scope) for one in template.get("outputs", {}).get("parameters", [])}

    def run_container(self, template: Mapping[str, Any], inputs: dict[str, str]) -> dict[str, str]:
        self.runs += 1
        outputs = template.get("outputs", {})
        places: dict[str, Path] = {}
        paths: dict[str, str] = {}
        for kind in ("parameters", "artifacts"):
            for one in outputs.get(kind, []):
                place = self.folder / f"{one['name']}-{self.runs if kind == 'parameters' else 'file'}"
                paths[f"outputs.{kind}.{one['name']}.path"] = str(place)
                places[one["name"]] = place
        filled = journey.substituted(template, inputs, paths)
        arguments = [journey.expanded(argument, ENVIRONMENT) for argument in filled["container"]["args"]]
        assert runtime.main(arguments) == 0
        return {one["name"]: journey.saved(places[one["name"]].read_bytes()) for one in outputs.get("parameters", [])}


def arguments_of(task: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in task.get("arguments", {}).get("parameters", [])}


def each_item(task: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "withItems" not in task and "withParam" not in task:
        yield task
        return
    items = task["withParam"] if "withParam" in task else json.dumps(task["withItems"])
    body = {key: value for key, value in task.items() if key not in {"withItems", "withParam"}}
    for scope in journey.items_of(items):
        yield journey.replaced(body, scope)


def output_of(output: Mapping[str, Any], scope: Scope) -> str:
    source = output["valueFrom"]
    if "expression" in source:
        return str(evaluate(source["expression"], scope))
    made: str = journey.replaced({"value": source["parameter"]}, scope)["value"]
    return made


@settings(max_examples=25, deadline=None)
@given(
    constant=journey.texts,
    items=st.lists(journey.texts, min_size=1, max_size=3),
    text=journey.texts,
    texts=st.lists(journey.texts, min_size=1, max_size=3),
)
def test_any_text_arrives_on_every_road_through_argo(
    constant: str, items: list[str], text: str, texts: list[str]
) -> None:
    made = travels(constant, items)
    manifest: dict[str, Any] = compile_pipeline(made)

    with tempfile.TemporaryDirectory() as folder:
        Replay(manifest, Path(folder)).run("travel", made.encode_parameters({"given": text, "texts": texts}))
        arrived = json.loads((Path(folder) / "result-file").read_text())

    assert arrived == expected(constant, items, text, texts)


NASTY = [text for text in journey.HOSTILE if "{" in text or "$" in text or "\n" in text][:8]


def test_hostile_text_arrives_on_every_road_through_the_local_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAI_STORE", str(tmp_path / "store"))
    constant, text = "".join(journey.HOSTILE), "-" + "".join(reversed(journey.HOSTILE))
    made = travels(constant, NASTY[:4])

    made.run(output=tmp_path / "out", given=text, texts=NASTY[4:])

    arrived = json.loads((tmp_path / "out" / "result.json").read_text())
    assert arrived == expected(constant, NASTY[:4], text, NASTY[4:])
