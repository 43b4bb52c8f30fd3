"""Images, here: whose programs are this machine's, what they start by themselves, and which cannot run.

An image stands for programs. A base image or that of a language means the same programs of this machine; two that
Argo's examples use everywhere have stand-ins that come with us. Everything else is refused by name.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OWN_IMAGE = "kai-pipelines"
HERA_RUNNER = "hera.workflows.runner"
"""The module by which Hera runs a function of the user's file."""
PROGRAMS = Path(__file__).with_name("programs")
"""Where the stand-ins are."""


@dataclass(frozen=True)
class Image:
    """What an image means here."""

    needs: str = ""
    """A program that must be on PATH; others are the system's own."""
    entrypoint: tuple[str, ...] = ()
    """What it starts in front of the arguments."""
    command: tuple[str, ...] = ()
    """What it starts when nothing is given."""
    path: tuple[Path, ...] = ()
    """Folders that come first in its PATH."""
    fallback: tuple[Path, ...] = ()
    """Folders that come last: programs of the image that this machine may lack."""


_SHELL = Image(command=("sh",), fallback=(PROGRAMS / "applets",))
_BASH = Image("bash", command=("bash",))
_KNOWN: Mapping[str, Image] = {
    OWN_IMAGE: Image(command=("python",)),
    "alpine": _SHELL,
    "busybox": _SHELL,
    "bash": _BASH,
    "debian": _BASH,
    "ubuntu": _BASH,
    "python": Image(command=("python3",)),
    "pypy": Image("pypy3", command=("pypy3",)),
    "node": Image("node", command=("node",)),
    "golang": Image("go", command=("bash",)),
    "perl": Image("perl", command=("perl", "-de0")),
    "ruby": Image("ruby", command=("irb",)),
    "php": Image("php", command=("php", "-a")),
    "openjdk": Image("java", command=("jshell",)),
    "eclipse-temurin": Image("java", command=("jshell",)),
    "rust": Image("cargo", command=("bash",)),
    "gcc": Image("gcc", command=("bash",)),
    "r-base": Image("R", command=("R",)),
    "julia": Image("julia", command=("julia",)),
    "curl": Image("curl", entrypoint=("curl",)),
    "jq": Image("jq", entrypoint=("jq",)),
    "yq": Image("yq", entrypoint=("yq",)),
    "git": Image("git", entrypoint=("git",)),
    "nginx": Image("nginx", command=("nginx", "-g", "daemon off;")),
    "redis": Image("redis-server", command=("redis-server",)),
    "influxdb": Image("influxd", command=("influxd",)),
    "imagemagick": Image("convert", command=("sh",)),
    "gifsicle": Image("gifsicle", command=("gifsicle",)),
    "gnuplot": Image("gnuplot", entrypoint=("gnuplot",)),
    "argosay": Image(entrypoint=(str(PROGRAMS / "argosay"),), path=(PROGRAMS,)),
    "whalesay": Image(command=("bash",), path=(PROGRAMS,)),
}
_HOMES = {"argosay": "argoproj", "whalesay": "docker", "git": "alpine", "curl": "curlimages"}
"""Images whose name alone says too little: whose they must be."""
_ARGO = re.compile(r"^(argoexec|argocli|workflow-controller)$")


def image_name(image: str) -> str:
    """The last part of an image's repository: ``docker.io/library/python:3.11`` → ``python``."""
    return re.split(r"[:@]", image.rsplit("/", 1)[-1])[0]


def name_of(container: Mapping[str, Any]) -> str:
    """Which image a container means: one that runs a function of the user's Hera file holds a Python with it, whatever it is called."""
    words = [str(word) for word in (*(container.get("command") or []), *(container.get("args") or []))]
    return "python" if HERA_RUNNER in words else image_name(str(container.get("image") or ""))


def image_of(container: Mapping[str, Any]) -> Image:
    """What a container's image means here; it was admitted."""
    return _KNOWN.get(name_of(container), _SHELL)


def is_own(container: Mapping[str, Any]) -> bool:
    """Whether a container's image is ours."""
    return name_of(container) == OWN_IMAGE


def objection(container: Mapping[str, Any]) -> str | None:
    """Why a container's image cannot run here; None when it can, or when a tag is still to say which it is."""
    image = str(container.get("image") or "")
    if "{{" in image:
        return None
    name = name_of(container)
    if not image:
        return "it has no image"
    if _ARGO.match(name):
        return f"the image {image} holds Argo's own programs, which work only in a cluster"
    known = _KNOWN.get(name)
    home = _HOMES.get(name)
    if known is None or (home is not None and f"{home}/" not in image):
        return f"the image {image} cannot run here without a container engine"
    if known.needs and shutil.which(known.needs) is None:
        return f"the image {image} stands for the program {known.needs}, which is not on PATH here"
    if not (container.get("command") or container.get("args") or known.command or known.entrypoint):
        return f"no command is given, and what the image {image} starts is not known here"
    return None


def hint() -> str:
    """Which images can run."""
    return f"images that stand for this machine's programs are {', '.join(sorted({*_KNOWN} - {OWN_IMAGE}))}, and ours"


def words_of(container: Mapping[str, Any]) -> list[str]:
    """The command and arguments of a container, with what its image would start by itself (Kubernetes' rules)."""
    command = [str(word) for word in container.get("command") or []]
    arguments = [str(word) for word in container.get("args") or []]
    if command:
        return [str(PROGRAMS / "argosay") if _is_argosay(container, command[0]) else command[0], *command[1:], *arguments]
    image = image_of(container)
    return [*image.entrypoint, *(arguments or image.command)]


def _is_argosay(container: Mapping[str, Any], program: str) -> bool:
    """The program lies at the root of its own image."""
    return program == "/argosay" and image_name(str(container.get("image", ""))) == "argosay"
