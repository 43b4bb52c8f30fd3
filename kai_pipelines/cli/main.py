"""`kai`: the group of verbs, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import contextlib
import importlib
import sys

import click

from kai_pipelines.errors import KaiError, ServerError
from kai_pipelines.settings import VERSION

VERBS = {
    "list": "list_pipelines",
    "compile": "compile",
    "check": "check",
    "run": "run",
    "plan": "plan",
    "simulate": "simulate",
    "graph": "graph",
    "demo": "demo",
    "new": "new",
    "submit": "submit",
    "status": "status",
    "logs": "logs",
    "stop": "stop",
    "retry": "retry",
    "resume": "resume",
    "suspend": "suspend",
}
"""Verb → module of this package whose `command` it is; a verb is imported when it is used."""


class _Verbs(click.Group):
    """Commands by name, imported late: `kai run` starts without the modules of the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"kai_pipelines.cli.{VERBS[cmd_name]}").command
        return command


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="kai")
def kai() -> None:
    """Typed computer-vision pipelines: run them here, compile them for Argo Workflows."""


def main() -> None:
    """Run the command line; exits 0 done, 1 the workflow failed or a check found something, 2 wrong usage."""
    try:
        code = kai.main(standalone_mode=False, prog_name="kai")
    except ServerError as error:
        click.echo(f"error: {error}", err=True)
        code = 1
    except KaiError as error:
        click.echo(f"error: {error}", err=True)
        code = 2
    except click.ClickException as error:
        error.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        code = 1
    except BrokenPipeError:  # the reader of our output, such as head, has gone
        sys.stderr.close()
        code = 1
    except OSError as error:
        with contextlib.suppress(OSError):
            click.echo(
                f"error: {error.strerror or error}" + (f": {error.filename}" if error.filename else ""), err=True
            )
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
