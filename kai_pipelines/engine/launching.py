"""The engine's end of a launcher: a process that starts commands and kills what is left of them."""

from __future__ import annotations

import array
import asyncio
import contextlib
import json
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KILLED = 137
"""Exit code of a command whose launcher was killed under it."""
_SCRIPT = str(Path(__file__).parents[1] / "launcher.py")


@dataclass(frozen=True, slots=True)
class Exit:
    """How a command ended."""

    code: int
    """Negative for a signal."""
    held: int | None = None
    """The bytes of memory that it held when it was killed for holding more than it may."""


class Launcher:
    """A running launcher; with `modules` it is a warm worker that has imported them."""

    def __init__(self, modules: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> None:
        self._socket, theirs = socket.socketpair()
        # Without modules it needs nothing but the standard library, and starts in a quarter of the time.
        flags = [] if modules else ["-I", "-S"]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *flags, _SCRIPT, str(theirs.fileno()), *modules],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=dict(environment) if environment is not None else None,
                start_new_session=True,
                cwd="/",
            )
        self._running: dict[int, asyncio.Future[Exit]] = {}
        self._number = 0
        self._rest = b""
        self._loop: asyncio.AbstractEventLoop | None = None
        self.gone = False

    def probe(self, folder: Path) -> dict[str, Any] | None:
        """What kind of view this machine allows; waits for the answer."""
        self._send({"probe": str(folder)})
        self._view: list[dict[str, Any] | None] = []
        while not self._view and not self.gone:
            self._heard()
        return self._view[0] if self._view else None

    def start(self, request: Mapping[str, Any], files: Sequence[int]) -> tuple[int, asyncio.Future[Exit]]:
        """Start a command with these files as its output and errors; its number here, and its end to come."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            loop.add_reader(self._socket.fileno(), self._heard)
        self._number += 1
        ended: asyncio.Future[Exit] = loop.create_future()
        self._running[self._number] = ended
        try:
            self._send({**request, "id": self._number}, files)
        except OSError:
            self._lost()
        return self._number, ended

    def signal(self, number: int | None, sign: signal.Signals) -> None:
        """Signal a command with all it started; or every one."""
        with contextlib.suppress(OSError):
            self._send({"id": number, "signal": int(sign)})

    def close(self) -> None:
        """Let it go: whatever still runs is killed."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self._process.wait()

    def _send(self, message: Mapping[str, Any], files: Sequence[int] = ()) -> None:
        data = json.dumps(message).encode(errors="surrogateescape")
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
        self._socket.sendmsg([struct.pack("!I", len(data))], ancillary)
        self._socket.sendall(data)

    def _heard(self) -> None:
        part = self._socket.recv(65536)
        if not part:
            self._lost()
            return
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            answer = json.loads(line)
            if "view" in answer:
                self._view.append(answer["view"])
                continue
            ended = self._running.pop(answer["id"], None)
            if ended is not None and not ended.done():
                ended.set_result(Exit(answer["code"], answer.get("held")))

    def _lost(self) -> None:
        """Somebody has killed the launcher; the kernel has killed what it started."""
        self.gone = True
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
        for ended in self._running.values():
            if not ended.done():
                ended.set_result(Exit(KILLED))
        self._running.clear()
