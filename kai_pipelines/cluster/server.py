"""One Argo Server, through Hera's service client, as methods on plain dicts."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kai_pipelines.cluster.connection import Connection
from kai_pipelines.cluster.retrying import Backoff
from kai_pipelines.errors import RefusedError, UsageError

if TYPE_CHECKING:
    import requests
    from hera.workflows import WorkflowsService

    from kai_pipelines.cluster.session import Session

Object = dict[str, Any]

FINISHED = frozenset({"Succeeded", "Failed", "Error"})
PAGE = 100
"""Workflows in one answer to a list."""


class _Body:
    """A request as Hera's client wants it, whose object is sent as it is: Hera's models drop fields they do not know."""

    def __init__(self, **fields: object) -> None:
        self._fields = {name: value for name, value in fields.items() if value not in (None, "", [], {})}

    def json(self, **_options: object) -> str:
        return json.dumps(self._fields, ensure_ascii=True)


class Server:
    """What kai asks of a server. Names are those of workflows in the connection's namespace."""

    def __init__(self, service: WorkflowsService, session: Session, connection: Connection) -> None:
        self._service = service
        self._session = session
        self.connection = connection

    # Workflows

    def create(self, workflow: Mapping[str, Any]) -> Object:
        """Send a workflow; RefusedError with status 409 when its name is taken."""
        return self._answer(
            lambda: self._service.create_workflow(
                _request(workflow=workflow, namespace=self._namespace), self._namespace
            )
        )

    def lint(self, workflow: Mapping[str, Any]) -> None:
        """Have the server judge a workflow; RefusedError when it would not take it."""
        self._answer(
            lambda: self._service.lint_workflow(_request(workflow=workflow, namespace=self._namespace), self._namespace)
        )

    def get(self, name: str) -> Object:
        """A workflow with its status."""
        return self._answer(lambda: self._service.get_workflow(name, self._namespace), of=name)

    def workflows(self, *, selector: str = "") -> Iterator[Object]:
        """All workflows of the namespace, page by page, as the server orders them."""
        following = ""
        while True:
            page = self._page(selector, following)
            items = page.get("items")
            yield from (one for one in (items if isinstance(items, list) else []) if name_of(one))
            following = str(_mapping(page, "metadata").get("continue") or "")
            if not following:
                return

    def _page(self, selector: str, following: str) -> Object:
        return self._answer(
            lambda: self._service.list_workflows(
                self._namespace, label_selector=selector or None, limit=str(PAGE), continue_=following or None
            )
        )

    def stop(self, name: str, *, message: str = "", nodes: str = "") -> Object:
        """Start nothing more; exit handlers still run. Or end what is suspended in the given nodes as failed."""
        body = self._about(name, message=message, nodeFieldSelector=nodes)
        return self._answer(lambda: self._service.stop_workflow(name, body, self._namespace), of=name)

    def terminate(self, name: str) -> Object:
        """End it at once, without exit handlers."""
        return self._answer(lambda: self._service.terminate_workflow(name, self._about(name), self._namespace), of=name)

    def retry(
        self, name: str, *, successful: bool = False, nodes: str = "", parameters: list[str] | None = None
    ) -> Object:
        """Run the failed nodes again, and with `successful` those of the selector, too."""
        body = self._about(name, restartSuccessful=successful or None, nodeFieldSelector=nodes, parameters=parameters)
        try:
            return self._answer(lambda: self._service.retry_workflow(name, body, self._namespace), of=name)
        except RefusedError:
            # It was sent more than once: perhaps the first was heard, and its answer lost.
            if self._session.resent and phase_of(found := self.get(name)) not in FINISHED:
                return found
            raise

    def resume(self, name: str, *, nodes: str = "") -> Object:
        """Let a suspended workflow, or its suspended nodes, go on."""
        body = self._about(name, nodeFieldSelector=nodes)
        return self._answer(lambda: self._service.resume_workflow(name, body, self._namespace), of=name)

    def set_outputs(self, name: str, *, nodes: str, parameters: Mapping[str, str], message: str = "") -> Object:
        """Supply outputs that suspended nodes wait for."""
        outputs = json.dumps(parameters) if parameters else ""
        body = self._about(name, nodeFieldSelector=nodes, outputParameters=outputs, message=message)
        return self._answer(lambda: self._service.set_workflow(name, body, self._namespace), of=name)

    def suspend(self, name: str) -> Object:
        """Start nothing more until it is resumed."""
        return self._answer(lambda: self._service.suspend_workflow(name, self._about(name), self._namespace), of=name)

    # Templates

    def template(self, kind: str, name: str) -> Object | None:
        """A WorkflowTemplate or ClusterWorkflowTemplate; None when there is none."""
        try:
            if kind == "ClusterWorkflowTemplate":
                return self._answer(lambda: self._service.get_cluster_workflow_template(name))
            return self._answer(lambda: self._service.get_workflow_template(name, self._namespace))
        except RefusedError as error:
            if error.status == 404:
                return None
            raise

    def create_template(self, template: Mapping[str, Any]) -> Object:
        """Send a template that is not there yet."""
        if template["kind"] == "ClusterWorkflowTemplate":
            return self._answer(lambda: self._service.create_cluster_workflow_template(_request(template=template)))
        body = _request(template=template, namespace=self._namespace)
        return self._answer(lambda: self._service.create_workflow_template(body, self._namespace))

    def update_template(self, template: Mapping[str, Any], version: str) -> Object:
        """Put a template in the place of the one that had `version`."""
        metadata = {**template["metadata"], "resourceVersion": version}
        changed, name = {**template, "metadata": metadata}, str(metadata["name"])
        body = _request(template=changed, name=name, namespace=self._namespace)
        if template["kind"] == "ClusterWorkflowTemplate":
            return self._answer(lambda: self._service.update_cluster_workflow_template(name, body))
        return self._answer(lambda: self._service.update_workflow_template(name, body, self._namespace))

    # Logs

    def log_stream(
        self, name: str, *, pod: str = "", container: str = "main", follow: bool = False
    ) -> requests.Response:
        """The answer whose lines are log entries; Hera's client has no streams, so its session is asked."""
        parameters = {
            "logOptions.container": container,
            "logOptions.follow": "true" if follow else None,
            "podName": pod,
        }
        url = f"{self.connection.url}api/v1/workflows/{self._namespace}/{name}/log"
        given = {key: value for key, value in parameters.items() if value}
        try:
            return self._session.request("get", url, params=given, stream=True)
        except RefusedError as error:
            raise self._named(error, name) from error

    # Inside

    @property
    def _namespace(self) -> str:
        return self.connection.namespace

    def _about(self, name: str, **fields: object) -> Any:
        return _request(name=name, namespace=self._namespace, **fields)

    def _answer(self, ask: Callable[[], object], *, of: str = "") -> Object:
        """The server's answer as it wrote it; that Hera's models may not know all of it does not matter."""
        from pydantic import ValidationError

        try:
            ask()
        except (ValidationError, TypeError):
            if not isinstance(self._session.answer, dict):
                raise UsageError(f"{self.connection.url} answers no object") from None
        except RefusedError as error:
            raise (self._named(error, of) if of else error) from error
        answer: Object = self._session.answer
        return answer

    def _named(self, error: RefusedError, name: str) -> RefusedError:
        """A workflow that is not there: which may have been meant."""
        if error.status != 404:
            return error
        import difflib

        try:
            known = [name_of(one) for one in self.workflows()]
        except RefusedError:  # the account may read one workflow and not list them
            known = []
        near = [one for one in known if one.startswith(f"{name}-")] or difflib.get_close_matches(name, known, n=1)
        place = f"in namespace {self._namespace}"
        hint = f"did you mean {near[0]}?" if near else f"`kai status --all` lists those {place}; or set ARGO_NAMESPACE"
        return RefusedError(f"there is no workflow {name} {place}", hint=hint, status=404)


def name_of(workflow: object) -> str:
    """A workflow's name; empty for what is none."""
    return str(_mapping(workflow, "metadata").get("name") or "")


def phase_of(workflow: object) -> str:
    """A workflow's phase; empty before a controller has seen it."""
    return str(_mapping(workflow, "status").get("phase") or "")


def _mapping(holder: object, field: str) -> Mapping[str, Any]:
    found = holder.get(field) if isinstance(holder, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _request(**fields: object) -> Any:
    return _Body(**fields)


@contextmanager
def opened(connection: Connection, backoff: Backoff | None = None, read: float | None = None) -> Generator[Server]:
    """A server to ask; `read` seconds without a byte are too long. Raises UsageError when Hera is not installed."""
    try:
        from hera.workflows import WorkflowsService
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "hera":
            raise
        raise UsageError(
            "asking an Argo Server needs Hera, which is not installed here",
            hint="install it with: pip install 'kai-pipelines[hera]'",
        ) from error
    from kai_pipelines.cluster.session import READ, Session

    session = Session(connection, backoff or Backoff(), read or READ)
    with session:
        service = WorkflowsService(
            host=connection.url, verify_ssl=True, namespace=connection.namespace, session=session
        )
        yield Server(service, session, connection)
