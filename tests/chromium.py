"""A headless Chromium, spoken to in its own DevTools protocol over two pipes: no driver, no port, nothing to install.

`find()` says where it is, or why there is none. ``with Chromium(find()) as browser: browser.open(path)``
gives a page that can be asked, clicked and looked at; what it logged and what it asked a network for is kept.
WebGL is drawn by SwiftShader, on the processor.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell")
FLAGS = (
    "--headless=new", "--no-sandbox", "--no-first-run", "--no-default-browser-check", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--hide-scrollbars", "--mute-audio", "--force-color-profile=srgb", "--remote-debugging-pipe", "about:blank",
)  # fmt: skip
SOFTWARE = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
WITHOUT_WEBGL = ("--disable-gpu", "--disable-3d-apis", "--disable-software-rasterizer")
LAUNCH = """
import os, sys
high = [os.dup(int(one)) for one in sys.argv[1:3] for _ in range(8)][7::8]
os.dup2(high[0], 3)
os.dup2(high[1], 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads commands from descriptor 3 and answers on 4, whatever they are here."""
PATIENCE = 90.0
"""Seconds for any one answer; drawing without a GPU on a busy machine is slow."""


def find() -> str | None:
    """The executable: $KAI_CHROMIUM, else the first known name on PATH."""
    named = os.environ.get("KAI_CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class ChromiumError(Exception):
    """It did not answer, or answered with an error."""


class Chromium:
    """One process with a profile of its own that is removed with it."""

    def __init__(self, executable: str, *, webgl: bool = True) -> None:
        self._executable = executable
        self._flags = (*FLAGS, *(SOFTWARE if webgl else WITHOUT_WEBGL))
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}
        self._last = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._profile = tempfile.mkdtemp(prefix="kai-chromium-")
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        command = [self._executable, f"--user-data-dir={self._profile}", *self._flags]
        start = [sys.executable, "-c", LAUNCH, str(theirs_in), str(theirs_out)]
        self._process = subprocess.Popen(
            [*start, *command],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "HOME": self._profile},
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._to = os.fdopen(ours_out, "wb", buffering=0)
        self._from = os.fdopen(ours_in, "rb")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.suppress(ChromiumError, OSError):
            self.call("Browser.close", patience=10)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # its own session: nothing else is in it
            self._process.wait()
        self._to.close()
        self._reader.join(10)
        self._from.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(
        self, path: Path, *, width: int = 1400, height: int = 900, phone: bool = False, dark: bool = False
    ) -> Page:
        """A tab of its own with the file, loaded; `phone` has touch and two device pixels per pixel."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target)
        self._pages[session] = page
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        scale = 2 if phone else 1
        page.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )
        page.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        calm = {"name": "prefers-reduced-motion", "value": "reduce"}
        page.call("Emulation.setEmulatedMedia", features=[scheme, calm])
        page.call("Page.navigate", url=path.resolve().as_uri())
        page.until("document.readyState === 'complete' && location.protocol === 'file:'")
        return page

    def call(self, method: str, session: str = "", patience: float = PATIENCE, **params: Any) -> dict[str, Any]:
        """Ask and wait for the answer."""
        with self._lock:
            self._last += 1
            number = self._last
            answers: queue.Queue[dict[str, Any]] = queue.Queue()
            self._answers[number] = answers
            message: dict[str, Any] = {"id": number, "method": method, "params": params}
            if session:
                message["sessionId"] = session
            self._to.write(json.dumps(message).encode() + b"\0")
        try:
            answer = answers.get(timeout=patience)
        except queue.Empty:
            raise ChromiumError(f"{method}: no answer within {patience} s") from None
        finally:
            self._answers.pop(number, None)
        if "error" in answer:
            raise ChromiumError(f"{method}: {answer['error'].get('message')}")
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self) -> None:
        pending = b""
        while chunk := os.read(self._from.fileno(), 1 << 20):
            *messages, pending = (pending + chunk).split(b"\0")
            for message in messages:
                self._take(json.loads(message))
        for waiting in list(self._answers.values()):
            waiting.put({"error": {"message": "Chromium has ended"}})

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            if waiting := self._answers.get(message["id"]):
                waiting.put(message)
        elif page := self._pages.get(message.get("sessionId", "")):
            page.heard(message["method"], message["params"])


@dataclass
class Page:
    """One tab."""

    browser: Chromium
    session: str
    target: str
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of the console, uncaught exceptions, refusals of the content security policy."""
    requests: list[str] = field(default_factory=list)
    """What was asked for beside the page itself and the data in it."""

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask this tab."""
        return self.browser.call(method, self.session, **params)

    def heard(self, method: str, params: dict[str, Any]) -> None:
        """Keep what matters of an event."""
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            said = " ".join(str(part.get("value", part.get("description"))) for part in params["args"])
            self.complaints.append(f"{params['type']}: {said}")
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{params['entry']['level']}: {params['entry']['text']}")
        elif method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            if not url.startswith(("data:", "blob:")) and params["type"] != "Document":
                self.requests.append(url)

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise ChromiumError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def until(self, condition: str, patience: float = PATIENCE) -> None:
        """Wait until an expression is true."""
        loop = (
            f"new Promise((done, late) => {{ const end = Date.now() + {patience * 1000};"
            f"const look = () => ({condition}) ? done(true) : Date.now() > end ? late(new Error('never: ' + "
            f"{json.dumps(condition)})) : setTimeout(look, 20); look(); }})"
        )
        self.ask(loop)

    def frames(self, count: int = 2) -> None:
        """Wait until so many pictures were drawn."""
        self.ask(
            f"new Promise(done => {{ let n = {count}; const f = () => n-- ? requestAnimationFrame(f) : done(1); f(); }})"
        )

    def spot(self, selector: str) -> tuple[float, float, float, float]:
        """Where an element is after scrolling to it: left, top, width, height, in the window."""
        self.ask(
            f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center', behavior: 'instant'}})"
        )
        box = self.ask(
            f"(b => [b.left, b.top, b.width, b.height])(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        left, top, width, height = box
        return left, top, width, height

    def click(self, selector: str) -> None:
        """Press and release in the middle of an element."""
        left, top, width, height = self.spot(selector)
        self.drag([(left + width / 2, top + height / 2)])

    def drag(self, way: list[tuple[float, float]], button: str = "left") -> None:
        """Press at the first place, move along the others, release at the last."""
        held = {"left": 1, "right": 2, "middle": 4}[button]
        self._mouse("mouseMoved", way[0], "none", 0)
        self._mouse("mousePressed", way[0], button, held)
        for place in way[1:]:
            self._mouse("mouseMoved", place, button, held)
        self._mouse("mouseReleased", way[-1], button, 0)

    def _mouse(self, kind: str, place: tuple[float, float], button: str, held: int) -> None:
        x, y = place
        count = 0 if kind == "mouseMoved" else 1
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=held, clickCount=count)

    def wheel(self, place: tuple[float, float], down: float) -> None:
        """Turn the wheel."""
        x, y = place
        self.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=down)

    def touch(self, ways: list[list[tuple[float, float]]]) -> None:
        """Put one finger at the start of each way and move all along; the ways are equally long."""
        for step, places in enumerate(zip(*ways, strict=True)):
            points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
            self.call("Input.dispatchTouchEvent", type="touchMove" if step else "touchStart", touchPoints=points)
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def key(self, name: str, *, shift: bool = False) -> None:
        """Press and release a key by its DOM name."""
        codes = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "Tab": 9, "Enter": 13,
                 "Escape": 27, " ": 32}  # fmt: skip
        more: dict[str, Any] = {"windowsVirtualKeyCode": codes.get(name, ord(name[0].upper()))}
        if len(name) == 1:
            more["text"] = name
        elif name == "Enter":
            more["text"] = "\r"
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, modifiers=8 if shift else 0, **more)

    def picture(self, selector: str | None = None, *, whole: bool = False) -> bytes:
        """PNG of the window, of one element, or of the `whole` page."""
        params: dict[str, Any] = {}
        if selector:
            left, top, width, height = self.spot(selector)
            x, y = self.ask("[scrollX, scrollY]")
            params["clip"] = {"x": left + x, "y": top + y, "width": width, "height": height, "scale": 1}
            params["captureBeyondViewport"] = True
        elif whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            params["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
            params["captureBeyondViewport"] = True
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", **params)["data"])

    def close(self) -> None:
        """Close the tab."""
        self.browser.call("Target.closeTarget", targetId=self.target)


@contextlib.contextmanager
def opened(path: Path, prepare: Callable[[Page], None] = lambda page: None, **how: Any) -> Generator[Page]:
    """A page in a browser of its own, for scripts that want one picture."""
    executable = find()
    if executable is None:
        raise ChromiumError(f"Chromium was not found; install it, or set KAI_CHROMIUM (looked for {', '.join(NAMES)})")
    with Chromium(executable) as browser:
        page = browser.open(path, **how)
        prepare(page)
        yield page
