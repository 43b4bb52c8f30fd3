"""The outputs of a template, and its metrics."""

from __future__ import annotations

import re

from kai_pipelines.check.argo.arguments import check_named
from kai_pipelines.check.argo.artifacts import path_fault
from kai_pipelines.check.argo.context import Site
from kai_pipelines.check.argo.decoding import Object
from kai_pipelines.check.argo.names import is_reference, parameter_fault
from kai_pipelines.check.argo.templates import LEAF_KINDS, kind_in_words

_SOURCES = ("path", "jqFilter", "jsonPath", "parameter", "expression")
_METRIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def check_outputs(site: Site, outputs: Object, kind: str) -> None:
    """Argo's validateOutputs, of a template whose inputs are substituted."""
    parameters, artifacts = outputs.get("parameters", []), outputs.get("artifacts", [])
    place = (*site.template.place, "outputs")
    check_named(site.add_at, parameters, "output parameter", (*place, "parameters"))
    check_named(site.add_at, artifacts, "output artifact", (*place, "artifacts"))
    for index, artifact in enumerate(artifacts):
        _check_artifact(site, artifact, kind, index)
    for index, parameter in enumerate(parameters):
        _check_parameter(site, parameter, kind, index)


def _check_artifact(site: Site, artifact: Object, kind: str, index: int) -> None:
    name, path, at = artifact.get("name", ""), artifact.get("path", ""), ("outputs", "artifacts", index)
    if kind in LEAF_KINDS:
        if fault := path_fault(path):
            site.add("KAI136", f"output artifact {name!r}: {fault}", *at, *(["path"] if path else []))
    elif path:
        message = f"output artifact {name!r} has a path, which only container and script templates may have"
        site.add("KAI121", message, *at, "path", hint="write `from: '{{tasks.…outputs.artifacts.…}}'`")
    _check_global_name(site, artifact, f"output artifact {name!r}", *at)


def _check_global_name(site: Site, output: Object, what: str, *at: str | int) -> None:
    name = output.get("globalName", "")
    if name and not is_reference(name) and (fault := parameter_fault(name)):
        site.add("KAI111", f"the global name {name!r} of {what} is invalid: {fault}", *at, "globalName")


def _check_parameter(site: Site, parameter: Object, kind: str, index: int) -> None:
    name, source, at = parameter.get("name", ""), parameter.get("valueFrom"), ("outputs", "parameters", index)
    what = f"output parameter {name!r}"
    if source is None:
        if "value" not in parameter:
            site.add("KAI132", f"{what} has neither valueFrom nor value", *at)
    elif "value" in parameter:
        site.add("KAI133", f"{what} has both valueFrom and value", *at, "value")
    else:
        _check_source(site, source, kind, what, *at)
    _check_global_name(site, parameter, what, *at)


def _check_source(site: Site, source: Object, kind: str, what: str, *at: str | int) -> None:
    given = [field for field in _SOURCES if source.get(field)] + (["supplied"] if "supplied" in source else [])
    in_words = kind_in_words(kind)
    if not given:
        site.add("KAI133", f"{what}: valueFrom names no source: one of {', '.join(_SOURCES)}", *at, "valueFrom")
    elif len(given) > 1:
        site.add("KAI133", f"{what}: valueFrom names several sources: {' and '.join(given)}", *at, "valueFrom")
    elif kind in ("container", "containerSet", "script"):
        if "path" not in given:
            site.add("KAI133", f"{what} needs valueFrom.path: it is of a {in_words} template", *at, "valueFrom")
    elif kind == "resource":
        if given[0] not in ("jqFilter", "jsonPath"):
            site.add("KAI133", f"{what} needs valueFrom.jsonPath or jqFilter: it is of a resource", *at, "valueFrom")
    elif kind in ("dag", "steps") and given[0] not in ("parameter", "expression"):
        message = f"{what} needs valueFrom.parameter or expression: it is of a {in_words} template"
        site.add("KAI133", message, *at, "valueFrom")


def check_metrics(site: Site, metrics: Object) -> None:
    """Names, labels, help and values of metrics."""
    for index, metric in enumerate(metrics.get("prometheus", [])):
        name, at = metric.get("name", ""), ("metrics", "prometheus", index)
        if not _METRIC.fullmatch(name):
            message = f"{name!r} is no name for a metric: only letters, digits and '_' may be in it"
            site.add("KAI156", message, *at, *(["name"] if name else []))
        for number, label in enumerate(metric.get("labels", [])):
            key = label.get("key", "")
            if not _METRIC.fullmatch(key):
                message = f"{key!r} is no key for a metric's label: only letters, digits and '_' may be in it"
                site.add("KAI156", message, *at, "labels", number, *(["key"] if key else []))
        if not metric.get("help"):
            site.add("KAI156", f"metric {name!r} needs a `help` text", *at)
        _check_metric_value(site, metric, name, *at)


def _check_metric_value(site: Site, metric: Object, name: str, *at: str | int) -> None:
    gauge = metric.get("gauge")
    for kind in ("gauge", "counter", "histogram"):
        if kind in metric and not metric[kind].get("value"):
            site.add("KAI156", f"metric {name!r} needs a value for its {kind}", *at, kind)
    if gauge and gauge.get("realtime") and "resourcesDuration." in gauge.get("value", ""):
        message = f"metric {name!r} in real time cannot use resourcesDuration, which is only known at the end"
        site.add("KAI156", message, *at, "gauge", "value")
