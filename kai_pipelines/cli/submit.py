"""`kai submit`: a pipeline or manifest, to a cluster."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kai_pipelines.cli.arguments import pairs
from kai_pipelines.cli.server_options import asked, server_options
from kai_pipelines.cli.target import Target, resolve
from kai_pipelines.cluster.connection import Flags
from kai_pipelines.errors import UsageError
from kai_pipelines.settings import Settings


@click.command()
@click.argument("target")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option("-a", "--artifact", "artifacts", multiple=True, metavar="NAME=KEY", help="A key, or s3://bucket/key.")
@click.option(
    "--with",
    "beside",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="A file or folder with templates that TARGET refers to; may be repeated.",
)
@click.option("--s3-endpoint", default="", metavar="HOST", help="Where the buckets of s3://… are.")
@click.option("--name", default="", help="The workflow's name; without it one with a digest of what is sent.")
@click.option("--run-id", default="", metavar="TEXT", help="Another id makes another run of the same.")
@click.option("--again", is_flag=True, help="A new run, even if the same was sent before.")
@click.option("--update-templates", is_flag=True, help="Replace templates on the cluster that differ from the file's.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing.")
@click.option("--lint", is_flag=True, help="Let the server judge it, and send nothing.")
@click.option("--wait", is_flag=True, help="Until it has ended; exit 1 if it failed.")
@click.option("--watch", is_flag=True, help="The same, and tell what happens.")
@click.option("--json", "as_json", is_flag=True, help="Print the workflow as one JSON document.")
@server_options
def command(
    target: str,
    parameters: tuple[str, ...],
    artifacts: tuple[str, ...],
    beside: tuple[Path, ...],
    s3_endpoint: str,
    name: str,
    run_id: str,
    again: bool,
    update_templates: bool,
    dry_run: bool,
    lint: bool,
    wait: bool,
    watch: bool,
    as_json: bool,
    flags: Flags,
) -> int:
    """Send TARGET to a cluster: a pipeline's name, file.py[:object], or a manifest.

    What is sent stands for itself: no template need be there. The same sent twice is one workflow.
    """
    from kai_pipelines.cluster.server import phase_of
    from kai_pipelines.cluster.submission import Wish, send, submission

    if sum(map(bool, (name, run_id, again))) > 1:
        raise UsageError("--name, --run-id and --again exclude each other")
    found = resolve(target, Settings.from_environment(), beside)
    given, places = pairs("-p", parameters), pairs("-a", artifacts)
    encoded, places = _encoded(found, given, places)
    wish = Wish(encoded, places, s3_endpoint, name, run_id, again)
    manifest = found.pipeline.to_dict("Workflow") if found.pipeline is not None else found.manifest
    if dry_run:
        return _show(submission(manifest, found.siblings, wish, flags.instance_id or ""), as_json=as_json)
    with asked(flags) as server:
        made = submission(manifest, found.siblings, wish, server.connection.instance_id)
        if lint:
            server.lint(made.workflow)
            click.echo(f"{made.name} would be taken", err=True)
            return 0
        workflow, is_new = send(server, made, update=update_templates)
        phase = phase_of(workflow) or "Pending"
        click.echo(
            f"sent to namespace {server.connection.namespace}"
            if is_new
            else f"was sent before: {phase}; --again sends it as a new one",
            err=True,
        )
        if wait or watch:
            from kai_pipelines.cli.watch import watched

            workflow, code = watched(server, made.name, tell=watch)
        else:
            code = 0
    click.echo(json.dumps(workflow, indent=2, ensure_ascii=False) if as_json else made.name)
    return code


def _show(made: object, *, as_json: bool) -> int:
    from kai_pipelines.cluster.submission import Submission
    from kai_pipelines.manifest.document import dump

    assert isinstance(made, Submission)
    documents = [*made.templates, made.workflow]
    text = json.dumps(made.workflow, indent=2) + "\n" if as_json else "---\n".join(dump(one) for one in documents)
    click.echo(text, nl=False)
    return 0


def _encoded(
    target: Target, parameters: dict[str, str], artifacts: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Parameters read with a pipeline's annotations; a key of a pipeline's input is a parameter of its manifest."""
    from kai_pipelines.remote import places

    if target.pipeline is None:
        return parameters, artifacts
    ports = target.pipeline.signature.inputs
    values = {name: value for name, value in parameters.items() if name in ports and not ports[name].is_artifact}
    keys, others = places(target.pipeline, artifacts)
    if clash := keys.keys() & parameters.keys():
        raise UsageError(f"-p {min(clash)} and -a {min(clash).removesuffix('_key')} say the same", hint="give one")
    return {**parameters, **target.pipeline.read_parameters(values), **keys}, others
