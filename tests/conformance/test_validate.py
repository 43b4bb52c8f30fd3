"""The checker's verdicts against Argo's own: recorded calls of its validator, and `argo lint` on its examples.

The tables are read from KAI_ARGO_DATA, or from `../shared/data/argo` beside the checkout; each test prints
agree / total and every disagreement (`pytest -s tests/conformance`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from kai_pipelines.check.argo import Options, lint, validate
from kai_pipelines.check.finding import Finding
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.document import load_all

Case = Mapping[str, Any]

_DATA = Path(os.environ.get("KAI_ARGO_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "argo")


def _table(name: str, key: str) -> list[Case]:
    path = _DATA / f"{name}.json"
    if not path.exists():
        pytest.skip(f"no Argo data: {path} is absent (set KAI_ARGO_DATA)")
    return list(json.loads(path.read_text(encoding="utf-8"))[key])


def _report(table: str, cases: list[Case], judge: Callable[[Case], str | None]) -> list[str]:
    """Each disagreement in words; prints them and the count."""
    found = [reason for case in cases if (reason := judge(case)) is not None]
    for line in found:
        print(line)
    print(f"{table}: {len(cases) - len(found)} / {len(cases)} agree")
    return found


def _difference(name: str, findings: Iterable[Finding], accepted: bool, recorded: object) -> str | None:
    found = [f"{one.code} {one.message}" for one in findings]
    if accepted == (not found):
        return None
    return f"{name}: found {found or 'nothing'}, recorded {recorded or 'valid'!r}"


def _judge_call(case: Case) -> str | None:
    siblings = [document for text in case.get("siblings") or [] for document in load_all(_text(text))]
    defaults = next(iter(load_all(_text(case["workflow_defaults"]))), None) if case.get("workflow_defaults") else None
    opts = {key.lower(): value for key, value in (case.get("opts") or {}).items()}
    options = Options(
        lint=bool(opts.get("lint")),
        submit=bool(opts.get("submit")),
        ignore_entrypoint=bool(opts.get("ignoreentrypoint") or opts.get("ignore_entrypoint")),
        template_validation=bool(opts.get("workflowtemplatevalidation") or opts.get("workflow_template_validation")),
    )
    document = {**load_all(case["yaml"])[0], "kind": case["kind"]}
    findings = validate(document, siblings=siblings, options=options, workflow_defaults=defaults)
    return _difference(case["id"], findings, case["valid"], case.get("error"))


def _text(manifest: object) -> str:
    if isinstance(manifest, Mapping) and "yaml" in manifest:
        manifest = manifest["yaml"]
    return manifest if isinstance(manifest, str) else json.dumps(manifest)


def test_every_call_of_argos_validator_is_judged_as_recorded() -> None:
    assert not _report("validate", _table("validate_cases", "cases"), _judge_call)


class _Strict(yaml.CSafeLoader):
    """Refuses a mapping with a key twice, as Argo's strict reading does."""


def _unique(loader: _Strict, node: yaml.MappingNode) -> dict[object, object]:
    keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    if len(set(keys)) != len(keys):
        raise yaml.constructor.ConstructorError(None, None, "a key is there twice", node.start_mark)
    return dict(loader.construct_mapping(node, deep=True))


_Strict.add_constructor("tag:yaml.org,2002:map", _unique)


def _read(file: str) -> list[dict[str, Any]]:
    """The documents of an example; Argo passes over one that it cannot read strictly."""
    readable: list[dict[str, Any]] = []
    for text in ("\n" + (_DATA / "examples" / file).read_text(encoding="utf-8")).split("\n---"):
        try:
            yaml.load(text, Loader=_Strict)
            readable += load_all(text, source=file)
        except (yaml.YAMLError, ManifestError):
            continue
    return readable


def test_every_example_alone_is_linted_as_recorded() -> None:
    def judge(case: Case) -> str | None:
        findings = lint(_read(case["file"]))
        recorded = case["lint_alone"]
        return _difference(f"{case['file']}[{case['index']}]", findings, recorded["ok"], recorded["message"])

    assert not _report("lint alone", _table("examples", "documents"), judge)


def test_every_example_among_all_others_is_linted_as_recorded() -> None:
    cases = _table("examples", "documents")
    files = sorted({case["file"] for case in cases})
    documents = [(file, document) for file in files for document in _read(file)]
    findings = lint([document for _, document in documents])
    by_file: dict[str, list[Finding]] = {}
    for one in findings:
        by_file.setdefault(documents[one.document][0], []).append(one)

    def judge(case: Case) -> str | None:
        recorded = case["lint_with_all_examples"]
        found = by_file.get(case["file"], [])
        return _difference(f"{case['file']}[{case['index']}]", found, recorded["ok"], recorded["message"])

    assert not _report("lint with all examples", cases, judge)
