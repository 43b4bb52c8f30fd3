"""Finding what a manifest refers to in the files near it."""

from __future__ import annotations

from pathlib import Path

from kai_pipelines.manifest.document import dump
from kai_pipelines.manifest.neighbors import neighbors, references


def _refers(name: str, kind: str = "Workflow") -> dict[str, object]:
    task = {"name": "a", "templateRef": {"name": name, "template": "t"}}
    return {"kind": kind, "metadata": {"name": f"to-{name}"}, "spec": {"templates": [{"dag": {"tasks": [task]}}]}}


def _template(name: str) -> dict[str, object]:
    return {"kind": "WorkflowTemplate", "metadata": {"name": name}, "spec": {"templates": [{"name": "t"}]}}


def test_references_are_found_wherever_they_stand() -> None:
    value = {"a": [{"configMapKeyRef": {"name": "c", "key": "k"}}, {"secret": {"secretName": "s"}}]}
    cluster = {"workflowTemplateRef": {"name": "w", "clusterScope": True}}

    assert references(value) == {("ConfigMap", "c"), ("Secret", "s")}
    assert references(cluster) == {("ClusterWorkflowTemplate", "w")}


def test_only_what_is_missing_comes_from_files_beside_and_in_folders_below(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "lib.yaml").write_text(dump(_template("lib")), encoding="utf-8")
    (tmp_path / "below" / "other.yaml").write_text(dump(_template("other")), encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("{", encoding="utf-8")
    given = [_refers("lib"), _refers("other")]

    found = neighbors(tmp_path / "flow.yaml", given)

    assert sorted(one["metadata"]["name"] for one in found) == ["lib", "other"]  # type: ignore[index]  # plain JSON
    assert neighbors(tmp_path / "flow.yaml", [*given, _template("lib"), _template("other")]) == []


def test_what_is_found_may_refer_to_more(tmp_path: Path) -> None:
    chain = {**_refers("last", "WorkflowTemplate"), "metadata": {"name": "first"}}
    (tmp_path / "lib.yaml").write_text(dump(chain) + "---\n" + dump(_template("last")), encoding="utf-8")

    assert len(neighbors(tmp_path / "flow.yaml", [_refers("first")])) == 2
