"""A small process that starts others: one fork for each command, none of which outlives the engine.

    python -I -S launcher.py 3 [MODULE…]

It stands between the engine and what it runs, so that nothing is ever forked from a process with threads. Requests
come over the Unix socket with the given number: four bytes of length, a JSON object, and with it the two files for
standard output and error. Answers go back as lines of JSON. When the socket closes, by whatever death of the engine,
everything that still runs is killed; when this process dies, the kernel kills what it started.

A command may be given a `view`: a file system of its own, in namespaces of its own. `/` is an overlay over this
machine's, so a command may write anywhere and nothing of the machine changes; `/tmp` is its own; folders are put at
the places that a manifest names; other disks can only be read.

A command may be given a limit of `memory`: when it and what it started hold more, they are killed, and the answer says so.
Kernels limit memory by control groups, which an ordinary user can seldom make; this looks ten times a second.

With modules named on the command line it is a warm worker: they are imported once, with what their `prepare` loads,
and a request may call the `main` of one in its fork instead of starting a program. What else such a command imports, it imports itself.

Standard library only, and no import of this package: it must start in a few milliseconds.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any, NoReturn

Object = dict[str, Any]

NO_PROGRAM = 64
"""Exit code for a command that could not be started (Argo's emissary has the same)."""
_NEWNS, _NEWPID, _NEWUSER, _NEWIPC = 0x20000, 0x20000000, 0x10000000, 0x08000000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
_DETACH, _REMOUNT = 2, 32
_NUMBERS = {"x86_64": (56, 155, 442), "aarch64": (220, 41, 442)}
"""Of clone, pivot_root and mount_setattr, by machine."""
_KEPT = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 29, 31})
"""What root may do in a view: the capabilities that container engines give by default, without making devices."""
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "kvm", "kfd", "dri", "pts")
_NO_DISKS = frozenset({"autofs", "nsfs", "squashfs", "fuse.portal", "binfmt_misc", "rpc_pipefs", "fusectl"})
_DEAF = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends the engine does not end this process, which has to clear up after it: blocked here, let through in forks."""
_LOOK = 100
"""Milliseconds between two looks at the memory of commands with a limit."""
_LOOK_AT_CHILDREN = 10
"""So many looks at a command's own memory for one at that of all it started, for which all of /proc is read."""
_OLD = "/.kai"
"""Where this machine's own root is while a view is being made."""


class Launcher:
    """The loop: requests in, exit codes out."""

    def __init__(self, control: socket.socket, modules: list[str]) -> None:
        self.control = control
        self.running: dict[int, int] = {}
        """Process → the request that it runs for."""
        self.limits: dict[int, int] = {}
        """Process → the bytes that it may hold, of those with a limit."""
        self.held: dict[int, int] = {}
        """Process → the bytes that it held when it was killed for them."""
        self.looks = 0
        self.modules = modules

    def serve(self) -> None:
        """Serve until the engine is gone; then kill what is left."""
        wakeup, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll = select.poll()
        for handle in (self.control.fileno(), wakeup):
            poll.register(handle, select.POLLIN)
        while True:
            ready = {handle for handle, _ in poll.poll(_LOOK if self.limits else None)}
            if not ready:
                self.look()
            if wakeup in ready:
                os.read(wakeup, 4096)
                self.reap()
            if self.control.fileno() in ready and not self.answer():
                break
        for process in self.running:
            _signal(process, signal.SIGKILL)

    def answer(self) -> bool:
        """Do what the engine asks; False when it is gone."""
        request, files = _received(self.control)
        if request is None:
            return False
        if "signal" in request:
            for process, number in self.running.items():
                if request["id"] in (number, None):
                    _signal(process, request["signal"])
        elif "probe" in request:
            self.say({"view": _probe(request["probe"])})
        else:
            self.start(request, files)
        return True

    def start(self, request: Object, files: list[int]) -> None:
        """One fork, which becomes the command."""
        command = _become
        if request.get("module") in self.modules:
            command = _run_module
            _arrange(request)
        try:
            process = _fork(lambda: _in_child(request, files, command), request.get("view"))
        except OSError as error:
            text = f"cannot start a process: {error.strerror}\n"
            os.write(files[1], text.encode())
            self.say({"id": request["id"], "code": NO_PROGRAM})
        else:
            self.running[process] = request["id"]
            if request.get("memory"):
                self.limits[process] = request["memory"]
        for file in files:
            os.close(file)

    def reap(self) -> None:
        """Report those that have ended, and kill what they left behind in their groups."""
        while self.running:
            try:
                status = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if status is None:
                return
            _signal(status.si_pid, signal.SIGKILL)  # before its number can be somebody else's
            _, ended = os.waitpid(status.si_pid, 0)
            number = self.running.pop(status.si_pid, None)
            self.limits.pop(status.si_pid, None)
            held = self.held.pop(status.si_pid, None)
            if number is not None:
                answer = {"id": number, "code": os.waitstatus_to_exitcode(ended)}
                self.say(answer if held is None else {**answer, "held": held})

    def look(self) -> None:
        """Kill what holds more memory than it may."""
        self.looks += 1
        sessions = _sessions() if self.looks % _LOOK_AT_CHILDREN == 0 else {}
        for process, limit in self.limits.items():
            held = sum(_held(one) for one in sessions.get(process, [process]))
            if held > limit and process not in self.held:
                self.held[process] = held
                _signal(process, signal.SIGKILL)

    def say(self, answer: Object) -> None:
        """One line to the engine; it may be gone, which the next read will show."""
        try:
            self.control.sendall(json.dumps(answer).encode() + b"\n")
        except OSError:
            pass


def _received(control: socket.socket) -> tuple[Object | None, list[int]]:
    header, ancillary, _, _ = control.recvmsg(4, socket.CMSG_LEN(8), socket.MSG_WAITALL)
    files = [number for _, _, data in ancillary for number in struct.unpack(f"{len(data) // 4}i", data)]
    if len(header) < 4:
        return None, files
    left, parts = struct.unpack("!I", header)[0], []
    while left:
        part = control.recv(min(left, 1 << 20))
        if not part:
            return None, files
        parts.append(part)
        left -= len(part)
    return json.loads(b"".join(parts)), files


def _held(process: int) -> int:
    """The bytes that a process holds and that nobody can take from it: all but its pages of files."""
    try:
        with open(f"/proc/{process}/status", encoding="ascii", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:  # it has ended, or there is no /proc on this system
        return 0
    sizes = [line.split() for line in lines if line.startswith(("RssAnon:", "RssShmem:", "VmSwap:"))]
    return sum(int(words[1]) * 1024 for words in sizes)


def _sessions() -> dict[int, list[int]]:
    """The processes of each session; a command leads one."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            try:
                found.setdefault(os.getsid(int(name)), []).append(int(name))
            except OSError:
                continue
    return found


def _signal(process: int, sign: int) -> None:
    """To all of a command's group; to the one process that may not yet lead a group, right after its fork."""
    for send in (os.killpg, os.kill):
        try:
            return send(process, sign)
        except (ProcessLookupError, PermissionError):
            continue


# Forking


def _fork(child: Callable[[], NoReturn], view: Object | None) -> int:
    """Fork; with a view into namespaces of their own, where the child is the first process."""
    if view is None:
        process = os.fork()
    else:
        flags = _NEWNS | _NEWPID | _NEWIPC | (_NEWUSER if view["user"] else 0)
        process = _call(_numbers()[0], flags | signal.SIGCHLD, 0, 0, 0, 0)
    if process == 0:
        try:
            child()
        finally:
            os._exit(NO_PROGRAM)
    return process


def _in_child(request: Object, files: list[int], command: Callable[[Object], NoReturn]) -> NoReturn:
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: dies with this launcher
    os.setsid()
    message = _opened(request.get("termination")) if command is _become else 2  # a module always starts
    null = os.open("/dev/null", os.O_RDONLY)
    for source, number in ((null, 0), (files[0], 1), (files[1], 2)):
        os.dup2(source, number)
    os.closerange(3, message)
    os.closerange(message + 1, 1024)
    signal.set_wakeup_fd(-1)
    for sign in (*_DEAF, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(sign, signal.SIG_DFL)
    os.umask(0o022)
    try:
        if request.get("view") is not None:
            _enter(request["view"])
            _split()
        else:
            os.chdir(request["folder"])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _DEAF)  # what was sent since the fork arrives here
        command(request)
    except OSError as error:
        text = f"{error.strerror}" + (f": {error.filename}" if error.filename else "")
        os.write(2, f"{text}\n".encode())
        if message > 2:
            os.write(message, text.encode())
        os._exit(NO_PROGRAM)


def _opened(path: str | None) -> int:
    """Where a command that cannot start says so; above the numbers that it is given."""
    if path is None:
        return 2
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    above = os.dup(handle) if handle > 2 else handle
    os.set_inheritable(above, False)
    return above


def _split() -> None:
    """The first process of a view only waits for the second: the command is not told to reap, and signals reach it."""
    process = os.fork()
    if process == 0:
        return
    for sign in signal.sigpending():  # sent before there was a second, and blocked here for good
        os.kill(process, sign)
    for handle in (0, 1, 2):
        os.close(handle)
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == process:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _become(request: Object) -> NoReturn:
    command, environment = request["command"], request["env"]
    program = _found(command[0], environment.get("PATH", os.defpath))
    try:
        os.execve(program, command, environment)
    except OSError as error:
        raise OSError(error.errno, f"failed to start command: fork/exec {program}: {_go_text(error)}") from error


def _found(name: str, path: str) -> str:
    """Where a program is (Go, os/exec LookPath, whose words Argo's messages have)."""
    if "/" in name:
        try:
            status = os.stat(name)
        except OSError as error:
            raise OSError(
                error.errno, f'failed to find name in PATH: exec: "{name}": stat {name}: {_go_text(error)}'
            ) from error
        if not os.access(name, os.X_OK) or os.path.isdir(name):
            reason = "is a directory" if (status.st_mode & 0o170000) == 0o040000 else "permission denied"
            raise OSError(13, f'failed to find name in PATH: exec: "{name}": {reason}')
        return name
    for folder in path.split(os.pathsep):
        place = os.path.join(folder or ".", name)
        if os.access(place, os.X_OK) and not os.path.isdir(place):
            return place
    raise OSError(2, f'failed to find name in PATH: exec: "{name}": executable file not found in $PATH')


def _go_text(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _arrange(request: Object) -> None:
    """Find out what a fork has to change of its surroundings: here, since in the fork each touched page is copied."""
    wanted, given = request["env"], dict(os.environ)
    request["gone"] = [name for name in given if name not in wanted]
    request["new"] = {name: value for name, value in wanted.items() if given.get(name) != value}
    paths = wanted.get("PYTHONPATH", "").split(os.pathsep)
    request["path"] = list(dict.fromkeys([request["folder"], *filter(None, paths), *sys.path]))


def _run_module(request: Object) -> NoReturn:
    """Call a module's `main` as `python -m` would, in this fork."""
    for name in request["gone"]:
        del os.environ[name]
    os.environ.update(request["new"])
    sys.path[:] = request["path"]
    sys.argv = ["-m", *request["arguments"]]
    gc.enable()
    code = 1
    try:
        code = sys.modules[request["module"]].main(request["arguments"])
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        _wind_up()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wind_up() -> None:
    """Wait for threads and run what was registered for the end, as a Python does that ends by itself."""
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]  # os._exit, which ends a fork, runs none of them


# Views

_libc = ctypes.CDLL(None, use_errno=True)


def _numbers() -> tuple[int, int, int]:
    machine = os.uname().machine
    if sys.platform != "linux" or machine not in _NUMBERS:
        raise OSError(38, f"no namespaces on {sys.platform} {machine}")
    return _NUMBERS[machine]


def _call(number: int, *arguments: object) -> int:
    result = _libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return int(result)


def _mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    words = [os.fsencode(word) or None for word in (source, target, kind)]
    if _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), os.fsencode(options) or None) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"cannot mount {target}: {os.strerror(code)}")


def _bind(source: str, target: str, *, read_only: bool = False) -> None:
    _mount(source, target, flags=_BIND | _REC)
    if read_only:
        _protect(target)


def _protect(target: str) -> None:
    """Make a mount and those below it read-only."""
    attributes = struct.pack("=4Q", _RDONLY, 0, 0, 0)
    try:
        _call(_numbers()[2], -100, ctypes.c_char_p(os.fsencode(target)), 0x8000, ctypes.c_char_p(attributes), 32)
    except OSError as error:
        if error.errno != 38:  # before Linux 5.12: the mount itself only
            raise
        _mount("", target, flags=_BIND | _REMOUNT | _RDONLY)


def _enter(view: Object) -> None:
    """Make the file system of a view and go into it."""
    folder = view["folder"]
    if view["user"]:
        _map_user(view["ids"])
    _mount("", "/", flags=_REC | _PRIVATE)
    os.chdir(folder)
    (_overlay if view["kind"] == "overlay" else _plain_root)(view)
    root = f"{folder}/root"
    os.makedirs(root + _OLD, exist_ok=True)
    os.chdir(root)
    _call(_numbers()[1], ctypes.c_char_p(b"."), ctypes.c_char_p(os.fsencode("." + _OLD)))
    os.chdir("/")
    _furnish(view)
    for mount in view["mounts"]:
        _put(mount, view)
    _mount("", _OLD, flags=_REC | _PRIVATE)
    _libc.umount2(os.fsencode(_OLD), _DETACH)
    os.rmdir(_OLD)
    where = view["cwd"]
    os.makedirs(where, exist_ok=True)
    os.chdir(where)
    if not view["user"]:
        for capability in range(41):
            if capability not in _KEPT:
                _libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP: root cannot undo what is read-only


def _map_user(ids: list[int]) -> None:
    """Be root in a namespace of the user's own."""
    for file, text in (
        ("setgroups", "deny"),
        ("uid_map", f"0 {ids[0]} 1"),
        ("gid_map", f"0 {ids[1]} 1"),
    ):
        with open(f"/proc/self/{file}", "w") as handle:
            handle.write(text)


def _overlay(view: Object) -> None:
    more = ",userxattr" if view["user"] else ",redirect_dir=off,metacopy=off,index=off"
    _mount("overlay", "root", "overlay", options=f"lowerdir=/,upperdir=upper,workdir=work{more}")
    for place, kind in view["disks"]:
        if kind not in _NO_DISKS and os.path.exists(f"root{place}"):
            try:
                _bind(place, f"root{place}", read_only=True)
            except OSError:  # a disk that this user may not see
                continue


def _plain_root(view: Object) -> None:
    """Where no overlay can be made: a folder with this machine's folders in it, to be read only."""
    _mount("root", "root", flags=_BIND)
    for name in os.listdir("/"):
        place = f"root/{name}"
        if os.path.islink(f"/{name}"):
            if not os.path.islink(place):
                os.symlink(os.readlink(f"/{name}"), place)
        elif os.path.isdir(f"/{name}") and name not in {"proc", "sys", "dev", "tmp", "mnt", "media", "srv"}:
            os.makedirs(place, exist_ok=True)
            _bind(f"/{name}", place, read_only=True)


def _furnish(view: Object) -> None:
    """What every system has: /proc, /sys, /dev and a /tmp."""
    for name in ("/proc", "/sys", "/dev", "/tmp"):
        os.makedirs(name, exist_ok=True)
    try:
        _mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    except OSError:  # inside another container parts of it are hidden, and a new one is not allowed
        _bind(f"{_OLD}/proc", "/proc", read_only=True)
    for name in () if view["user"] else ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus"):
        if os.path.exists(name):
            _bind(name, name, read_only=True)
    _bind(f"{_OLD}/sys", "/sys", read_only=True)
    _mount("tmpfs", "/dev", "tmpfs", _NOSUID, "mode=755,size=65536k")
    names = [name for name in os.listdir(f"{_OLD}/dev") if name in _DEVICES or name.startswith("nvidia")]
    for name in names:
        _place_like(f"{_OLD}/dev/{name}", f"/dev/{name}")
        _bind(f"{_OLD}/dev/{name}", f"/dev/{name}")
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", f"/dev/{name}")
    os.mkdir("/dev/shm", 0o777)
    os.chmod("/dev/shm", 0o1777)
    if view.get("termination"):
        _place_like(f"{_OLD}{view['termination']}", "/dev/termination-log")
        _bind(f"{_OLD}{view['termination']}", "/dev/termination-log")
    _bind(f"{_OLD}{view['folder']}/tmp", "/tmp")


def _put(mount: Object, view: Object) -> None:
    """A file or folder of this machine at its place in the view."""
    source, target = f"{_OLD}{mount['source']}", mount["target"]
    _place_like(source, target)
    if mount["kind"] == "copy-on-write":
        own = f"{_OLD}{mount['own']}"
        more = ",userxattr" if view["user"] else ",redirect_dir=off,metacopy=off,index=off"
        options = f"lowerdir={source},upperdir={own}/upper,workdir={own}/work{more}"
        _mount("overlay", target, "overlay", options=options)
    else:
        _bind(source, target, read_only=mount["kind"] == "read-only")


def _place_like(source: str, target: str) -> None:
    """Make sure that there is something of the same sort to mount on."""
    if os.path.isdir(source):
        if os.path.lexists(target) and not os.path.isdir(target):
            os.unlink(target)
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o644))


def _probe(folder: str) -> Object | None:
    """The best view that this machine allows: tried out, not guessed."""
    for user in (False, True):
        for kind in ("overlay", "plain"):
            view = {"folder": folder, "kind": kind, "user": user, "mounts": [], "cwd": "/", **surroundings()}
            if _works(view):
                return {"kind": kind, "user": user, **surroundings()}
    return None


def _works(view: Object) -> bool:
    def child() -> NoReturn:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDWR), 2)
        _enter(view)
        _split()
        os._exit(0)

    try:
        process = _fork(child, view)
    except OSError:
        return False
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0


def surroundings() -> Object:
    """What a view needs to know of this machine: who runs it, and its other disks."""
    disks = []
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            fields, _, rest = line.partition(" - ")
            place = fields.split()[4]
            hidden = place.split("/")[1] in {"proc", "sys", "dev", "tmp", ""} or place.startswith("/var/lib/docker")
            if not hidden and "\\" not in place:
                disks.append([place, rest.split()[0]])
    return {"ids": [os.getuid(), os.getgid()], "disks": disks}


def main(arguments: list[str]) -> int:
    """Serve on the socket that the first argument numbers."""
    control = socket.socket(fileno=int(arguments[0]))
    signal.pthread_sigmask(signal.SIG_BLOCK, _DEAF)  # not ignored: a fork is to get what it was sent before its start
    modules = arguments[1:]
    for name in modules:
        getattr(importlib.import_module(name), "prepare", bool)()
    gc.collect()
    gc.freeze()  # the forks share what is here: nothing of it is to be looked at again
    gc.disable()
    Launcher(control, modules).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
