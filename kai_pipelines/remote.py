"""Runs on a cluster: from a pipeline and its arguments to what is sent to an Argo Server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kai_pipelines.errors import RunError, UsageError

if TYPE_CHECKING:
    from kai_pipelines.authoring.definition import PipelineDefinition


@dataclass(frozen=True)
class Sent:
    """A workflow on a cluster."""

    name: str
    is_new: bool
    """False when the same was sent before."""
    workflow: dict[str, Any]
    """As the server had it last."""

    @property
    def phase(self) -> str:
        """Pending before a controller has seen it."""
        from kai_pipelines.cluster.server import phase_of

        return phase_of(self.workflow) or "Pending"


def places(
    pipeline: PipelineDefinition[..., Any], artifacts: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Where input files lie, as parameters of the pipeline's manifest (keys), and as artifacts (everything else)."""
    ports = pipeline.signature.inputs
    keys = {f"{name}_key": place for name, place in artifacts.items() if name in ports and _is_key(place)}
    return keys, {name: place for name, place in artifacts.items() if f"{name}_key" not in keys}


def _is_key(place: str) -> bool:
    return bool(place) and "://" not in place and not place.startswith(("/", "./", "../"))


def submit_there(
    pipeline: PipelineDefinition[..., Any],
    arguments: Mapping[str, Any],
    *,
    run_id: str,
    again: bool,
    s3_endpoint: str,
    wait: bool,
) -> Sent:
    """Compile a pipeline and send it; with `wait`, raises RunError when it does not succeed."""
    from kai_pipelines.cluster.connection import connection
    from kai_pipelines.cluster.server import opened
    from kai_pipelines.cluster.submission import Wish, send, submission
    from kai_pipelines.cluster.watching import changes
    from kai_pipelines.compiler import compile_pipeline

    ports = pipeline.signature.inputs
    if unknown := [name for name in arguments if name not in ports]:
        raise UsageError(f"{pipeline.name} has no input {', '.join(unknown)}", hint=f"it has {', '.join(ports)}")
    files = {name: str(value) for name, value in arguments.items() if ports[name].is_artifact and value is not None}
    values = {name: value for name, value in arguments.items() if not ports[name].is_artifact}
    keys, others = places(pipeline, files)
    wish = Wish({**pipeline.encode_parameters(values), **keys}, others, s3_endpoint, run_id=run_id, again=again)
    with opened(connection(os.environ)) as server:
        made = submission(compile_pipeline(pipeline, "Workflow"), (), wish, server.connection.instance_id)
        workflow, is_new = send(server, made)
        if wait:
            for found in changes(server, made.name):
                workflow = found
    sent = Sent(made.name, is_new, workflow)
    if wait and sent.phase != "Succeeded":
        raise RunError(f"{sent.name} {sent.phase}: {workflow['status'].get('message', '')}", hint="see kai logs")
    return sent
