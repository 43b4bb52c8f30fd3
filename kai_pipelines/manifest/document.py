"""Manifests as YAML or JSON text, in and out.

A manifest is the plain dict that Argo reads. Writing is deterministic and for people: keys in the order
they were made, text of several lines as block scalars, no anchors, no line folding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from kai_pipelines.errors import ManifestError

Manifest = Mapping[str, object]

WORKFLOW_KINDS = ("Workflow", "WorkflowTemplate", "CronWorkflow", "ClusterWorkflowTemplate")
"""The kinds of object that hold templates and an entrypoint."""


class _Dumper(yaml.CSafeDumper):
    """Argo's YAML: block scalars for several lines, and no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


# What Go's YAML 1.1 reader takes for a number (it drops every underscore) or a boolean although PyYAML would leave it
# bare.
_LOOKS_TYPED = re.compile(r"[-+._]*[0-9][0-9a-f_.:xo+-]*|y|n|yes|no|on|off", re.IGNORECASE)


def _text(dumper: _Dumper, data: str) -> yaml.ScalarNode:
    style = None
    if "\n" in data and not any(line != line.rstrip() for line in data.split("\n")):
        style = "|"
    elif _LOOKS_TYPED.fullmatch(data):
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _text)


def dump(manifest: Manifest) -> str:
    """The manifest as YAML."""
    text = yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    return text if text.endswith("\n") else f"{text}\n"  # a last text of several lines has none


def load_all(text: str, *, source: str = "manifest") -> list[dict[str, object]]:
    """Every document of a YAML or JSON text; `source` names it in errors."""
    try:
        documents = [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
        raise ManifestError(f"{place}: not valid YAML: {getattr(error, 'problem', None) or error}") from error
    for document in documents:
        if not isinstance(document, dict):
            raise ManifestError(f"{source}: a manifest is a mapping, this is a {type(document).__name__}")
    return documents


def load(path: Path) -> list[dict[str, object]]:
    """Every document of a file, or of the .yaml, .yml and .json files of a folder."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in {".yaml", ".yml", ".json"})
        return [document for file in files for document in load(file)]
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"cannot read {path}: {error}") from error
    return load_all(text, source=str(path))


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values have equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
