"""No step outlives the engine: a tiny shell that kills what is left when the engine is gone.

Even `kill -9` closes the engine's end of a pipe. The watchdog reads the pipe in a session of its own; at
its end it kills the process groups that are still noted. A step notes itself before its command starts: it
is started through a shell whose standard input is the pipe, which writes its own number there and then
becomes the command. So there is no moment between start and note, nothing runs between fork and exec in
the engine (it may have threads), and whole groups go, not only the first process as with PR_SET_PDEATHSIG.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Sequence

_NOTE = 'echo "+$$" >&0 && exec "$@" </dev/null'
_WATCH = """
trap '' HUP INT TERM
groups=' '
while read -r line; do
    case $line in
        +*) groups="$groups${line#+} " ;;
        -*) case $groups in
            *" ${line#-} "*) groups="${groups%% ${line#-} *} ${groups#* ${line#-} }" ;;
        esac ;;
    esac
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
exit 0
"""


class Watchdog:
    """A running watchdog; `pipe` is the standard input of every guarded command."""

    def __init__(self) -> None:
        reading, self.pipe = os.pipe()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        os.close(reading)

    def guarded(self, command: Sequence[str]) -> list[str]:
        """The command that notes itself and becomes `command`."""
        return ["/bin/sh", "-c", _NOTE, "sh", *command]

    def forget(self, group: int) -> None:
        """A command has ended: its number may soon be somebody else's."""
        with contextlib.suppress(OSError):
            os.write(self.pipe, f"-{group}\n".encode())

    def close(self) -> None:
        """End the watchdog; whatever still runs is killed."""
        os.close(self.pipe)
        self._process.wait()
