"""How two specs are laid over each other; the cases follow Argo's merge of a workflow with its template."""

from __future__ import annotations

from kai_pipelines.manifest.merge import joined_spec, merged


def test_mappings_merge_by_key_and_plain_lists_are_replaced() -> None:
    base = {"a": {"x": 1, "y": 2}, "args": ["1"], "kept": True}

    assert merged(base, {"a": {"y": 3}, "args": ["2"]}) == {"a": {"x": 1, "y": 3}, "args": ["2"], "kept": True}


def test_lists_of_kubernetes_merge_by_their_key() -> None:
    base = {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}

    made = merged(base, {"env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]})

    assert sorted(made["env"], key=lambda one: one["name"]) == [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "3"},
        {"name": "C", "value": "4"},
    ]


def test_a_workflow_overrides_arguments_and_entrypoint_of_its_template() -> None:
    template = {
        "entrypoint": "main",
        "arguments": {"parameters": [{"name": "x", "value": "template"}, {"name": "y", "value": "template"}]},
        "templates": [{"name": "main"}],
    }

    spec = joined_spec({"entrypoint": "other", "arguments": {"parameters": [{"name": "x", "value": "own"}]}}, template)

    assert spec["entrypoint"] == "other"
    assert {one["name"]: one["value"] for one in spec["arguments"]["parameters"]} == {"x": "own", "y": "template"}
    assert spec["templates"] == [{"name": "main"}]


def test_a_value_never_meets_the_source_that_it_replaces() -> None:
    template = {
        "arguments": {"parameters": [{"name": "x", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]}
    }

    spec = joined_spec({"arguments": {"parameters": [{"name": "x", "value": "own"}]}}, template)

    assert spec["arguments"]["parameters"] == [{"name": "x", "value": "own"}]


def test_hooks_of_the_same_name_do_not_merge() -> None:
    template = {"hooks": {"exit": {"template": "a", "expression": "true"}, "running": {"template": "b"}}}

    spec = joined_spec({"hooks": {"exit": {"template": "c"}}}, template)

    assert spec["hooks"] == {"exit": {"template": "c"}, "running": {"template": "b"}}


def test_a_template_that_is_suspended_does_not_suspend_who_refers_to_it() -> None:
    assert not joined_spec({}, {"suspend": True}).get("suspend")
