"""Daemons: pods that run beside the steps after them, and when one of them is ready."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kai_pipelines.engine.containers import Containers
from kai_pipelines.engine.executor import Executor, Job
from kai_pipelines.engine.facts import ADDRESS
from kai_pipelines.engine.fetching import is_loopback
from kai_pipelines.engine.part import Part

if TYPE_CHECKING:
    from kai_pipelines.engine.pod import Outcome

_PAUSE = 0.2
"""Seconds between two looks at a daemon that is not ready yet."""
_TIMEOUT = 1.0


@dataclass
class Daemon:
    """A daemon that is ready, or has ended before it was."""

    ended: asyncio.Task[Outcome]
    """Its end: a daemon is to run until it is stopped."""
    _containers: Containers
    ready: bool
    ip: str = ADDRESS

    async def stop(self) -> Outcome:
        """Ask it to stop; it is killed when it does not."""
        self._containers.stop.set()
        return await self.ended


async def ready(containers: Containers, parts: list[Part], ended: asyncio.Task[Outcome], executor: Executor) -> bool:
    """Wait until every main container is ready; False when the daemon ends before."""
    waiting = asyncio.create_task(_all_ready(containers, parts, executor))
    await asyncio.wait([waiting, ended], return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        return False
    await waiting
    return not ended.done()


async def _all_ready(containers: Containers, parts: list[Part], executor: Executor) -> None:
    await containers.started.wait()
    for part in parts:
        probe = part.container.get("readinessProbe")
        if not probe:
            continue
        check = _check_of(probe, part, containers, executor)
        while not await check():
            await asyncio.sleep(min(_PAUSE, float(probe.get("periodSeconds") or _PAUSE)))


def _check_of(probe: Mapping[str, Any], part: Part, containers: Containers, executor: Executor) -> Callable[[], Any]:
    """The question that a readiness probe asks (Kubernetes, Probe)."""
    seconds, ip = float(probe.get("timeoutSeconds") or _TIMEOUT), containers.commander.facts.ip
    if http := probe.get("httpGet"):
        return lambda: _answers(http, ip, _port(http.get("port"), part), seconds)
    if socket := probe.get("tcpSocket"):
        return lambda: _listens(ip, _port(socket.get("port"), part), seconds)
    if command := (probe.get("exec") or {}).get("command"):
        job = containers.commander.job(part, remaining=lambda: seconds)
        asks = replace(
            job, command=[str(word) for word in command], view=None, warm=False, result=None, role="sidecar", outputs={}
        )
        return lambda: _says_yes(executor, asks)
    return _always


async def _always() -> bool:
    return True


def _port(port: object, part: Part) -> int:
    """A port by number, or by the name that the container gives it."""
    named = {str(one.get("name")): one.get("containerPort") for one in part.container.get("ports") or []}
    found = named.get(str(port), port)
    return int(str(found)) if str(found).isdigit() else 0


async def _listens(ip: str, port: int, seconds: float) -> bool:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(ip, port), seconds)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _answers(http: Mapping[str, Any], ip: str, port: int, seconds: float) -> bool:
    """Whether a GET is answered with a status from 200 to 399."""
    host = str(http.get("host") or ip)
    if not is_loopback(f"http://{host}"):
        host = ip
    path = str(http.get("path") or "/")
    headers = "".join(f"{one.get('name')}: {one.get('value')}\r\n" for one in http.get("httpHeaders") or [])
    secure = str(http.get("scheme", "HTTP")).upper() == "HTTPS"
    request = f"GET {urlsplit(path).geturl()} HTTP/1.1\r\nHost: {host}:{port}\r\n{headers}Connection: close\r\n\r\n"
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(host, port, ssl=_unchecked() if secure else None)
            writer.write(request.encode())
            status = (await reader.readline()).split()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return len(status) > 1 and status[1].isdigit() and 200 <= int(status[1]) < 400


def _unchecked() -> Any:
    """A probe does not look at certificates (Kubernetes)."""
    import ssl

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _says_yes(executor: Executor, job: Job) -> bool:
    return await executor.run(job, lambda line: None) == 0
