"""Hera's own examples, unmodified, run here: how many of the runnable ones succeed.

    python benchmarks/hera_examples.py FOLDER [--only WORD] [--jobs N] [--json FILE]

FOLDER holds Hera's examples (`examples/workflows` of its repository). Each file is loaded as `kai run` loads it, and
each is read without running it: one that needs another container image, a Kubernetes API, cloud storage, the network,
objects that no file holds or a package that is not installed here is not runnable, and counted with that reason. All
templates of the folder are given to each workflow, as a cluster would have them. One that waits for a person is right
when it does.

Prints every failure with its reason, then succeeded / runnable. The limit: at least 80 %.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

from kai_pipelines.engine import RunRequest, Silent, run
from kai_pipelines.errors import KaiError
from kai_pipelines.hera_edge.file import load
from kai_pipelines.hera_edge.imports import imports_hera
from kai_pipelines.manifest.neighbors import neighbors, references

LIMIT = 0.80
SECONDS = 240.0
"""For one workflow; one that takes longer counts as a failure."""

Object = dict[str, Any]

HOST_IMAGES = {"alpine", "argosay", "bash", "busybox", "debian", "python", "ubuntu", "whalesay"}
"""Images whose programs a machine without a container engine has, or whose one command is known."""
STORES = ("artifactory", "azure", "gcs", "git", "hdfs", "oss", "plugin")
NETWORK = re.compile(
    r"\b(wget|curl|pip3? install|apk add|apt-get|git clone|npm|nslookup|ping)\b|https?://(?!localhost)"
)

BY_DESIGN: dict[str, tuple[str, str]] = {
    "artifacts/artifact_loaders.py": ("Failed", "Hera's runner does not know that its artifact is optional"),
    "scripts/script_runner_io.py": ("Failed", "its step asks for the exit code 1"),
    "dags/conditional_on_task_status.py": ("Failed|Succeeded", "a task fails by chance"),
    "loops/dynamic_fanout_container.py": ("Failed|Error", "its command is a shell's line without a shell"),
    "misc/suspend_input_duration.py": ("Failed|Error|refused", "a step is not given its input"),
    "misc/retry_workflow.py": ("Failed|Succeeded", "each try fails by chance"),
    "steps/recursive_steps.py": ("Failed", "Hera inlines a function that returns, outside of a function"),
    "upstream/continue_on_fail.py": ("Failed|Succeeded", "a step is intended to fail"),
    "upstream/custom_metrics.py": ("Failed|Succeeded", "a step fails by chance"),
    "upstream/dag_continue_on_fail.py": ("Failed", "a task is intended to fail, and another needs it"),
    "upstream/dag_task_level_timeout.py": ("Failed", "a task sleeps past its deadline"),
    "upstream/exit_handlers.py": ("Failed", "the entrypoint exits with 1 so that the handler sees it"),
    "upstream/loops_arbitrary_sequential_steps.py": ("Failed", "one item exits with 1, so that the others do not run"),
    "upstream/pod_gc_strategy.py": ("Failed", "one step exits with 1"),
    "upstream/pod_gc_strategy_with_label_selector.py": ("Failed", "one step exits with 1"),
    "upstream/resubmit.py": ("Failed|Succeeded", "steps fail by chance"),
    "upstream/retry_backoff.py": ("Failed|Succeeded", "each try fails by chance"),
    "upstream/retry_conditional.py": ("Failed", "it exits with 1 or 2, and 1 is not tried again"),
    "upstream/retry_container.py": ("Failed|Succeeded", "each try fails by chance"),
    "upstream/retry_on_error.py": ("Failed|Succeeded", "each try fails by chance"),
    "upstream/retry_script.py": ("Failed|Succeeded", "each try fails by chance"),
    "upstream/step_level_timeout.py": ("Failed", "a step sleeps past its deadline"),
    "upstream/template_defaults.py": ("Failed|Succeeded", "a step fails by chance, or sleeps past its deadline"),
    "upstream/timeouts_step.py": ("Failed", "a step sleeps past its deadline"),
    "upstream/timeouts_workflow.py": ("Failed", "a pod that no node takes waits past the workflow's deadline"),
}
"""Examples that are made to fail, or may: the phases that are right, and why."""
ENDLESS = {"upstream/forever.py": "it counts to a thousand, one a second"}


class Pipe(Protocol):
    """One end of a pipe between two processes."""

    def poll(self) -> bool:
        """Whether there is something to receive."""
        ...

    def recv(self) -> Any:
        """What was sent."""
        ...

    def send(self, obj: Any, /) -> None:
        """Send something."""
        ...


@dataclass(frozen=True)
class Result:
    """What became of one example."""

    example: str
    verdict: str
    """succeeded, failed, not runnable."""
    reason: str = ""
    seconds: float = 0.0


def main() -> int:
    arguments = _arguments()
    folder: Path = arguments.folder
    if not folder.is_dir():
        print(f"there is no folder {folder}: give Hera's examples/workflows", file=sys.stderr)
        return 2
    loaded, results = _load(folder, arguments.only)
    templates = [one for found in loaded.values() for one in found if "Template" in one["kind"]]
    waiting = []
    for example, found in loaded.items():
        near = [*templates, *neighbors(folder / example, [*found, *templates])]
        chosen = [one for one in found if one["kind"] in {"Workflow", "CronWorkflow"}] or found
        for number, manifest in enumerate(chosen):
            name = example if len(chosen) == 1 else f"{example}:{number + 1}"
            reason = ENDLESS.get(example) or next(_obstacles(manifest, near), "")
            if reason:
                results.append(Result(name, "not runnable", reason))
            else:
                waiting.append((name, manifest, near))
    results += _run_all(waiting, arguments.jobs)
    _report(results)
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in results], indent=1), encoding="utf-8")
    counts = Counter(one.verdict for one in results)
    runnable = counts["succeeded"] + counts["failed"]
    return 0 if runnable and counts["succeeded"] >= LIMIT * runnable else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="examples whose path holds this word")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="workflows side by side")
    parser.add_argument("--json", type=Path, help="write the results there, too")
    return parser.parse_args()


def _load(folder: Path, only: str) -> tuple[dict[str, list[Object]], list[Result]]:
    """The manifests of every file; those that cannot be loaded, with the reason."""
    loaded: dict[str, list[Object]] = {}
    results: list[Result] = []
    started, count = time.monotonic(), 0
    for path in sorted(folder.rglob("*.py")):
        example = path.relative_to(folder).as_posix()
        if not imports_hera(path) or only not in example:
            continue
        count += 1
        try:
            loaded[example] = list(load(path).workflows.values())
        except KaiError as error:
            results.append(Result(example, "not runnable", " ".join(str(error).split())))
    print(f"loaded {len(loaded)} / {count} files in {time.monotonic() - started:.1f} s")
    return loaded, results


def _obstacles(manifest: Object, near: Sequence[Object]) -> Iterator[str]:
    """Why a machine without a cluster, a container engine, the network or credentials cannot run it."""
    spec = manifest["spec"].get("workflowSpec") or manifest["spec"]
    known = {(one["kind"], one["metadata"].get("name")) for one in near}
    for kind, name in sorted(references(spec) - known):
        yield f"the {kind} {name} is in none of the files"
    if not spec.get("entrypoint") and not spec.get("workflowTemplateRef"):
        yield "a library of templates without an entrypoint"
    for one in (spec.get("arguments") or {}).get("parameters") or []:
        if "value" not in one and "default" not in one and "valueFrom" not in one:
            yield f"needs the parameter {one['name']}"
    for field, reason in _CLUSTER_FIELDS.items():
        if any(True for _ in _fields(spec, field)):
            yield reason
    for store in STORES:
        if any(isinstance(found, dict) for found in _fields(spec, store)):
            yield f"artifacts in {store}"
    for location in _fields(spec, "s3"):
        if isinstance(location, dict) and set(location) - {"key"}:
            yield "artifacts in an S3 bucket of its own"
    for artifact in _lists(spec, "artifacts"):
        if "http" in artifact:
            yield "artifacts from the network"
    yield from _foreign_images(spec)
    for container in _containers(spec):
        text = json.dumps([container.get("command"), container.get("args"), container.get("source")])
        if found := NETWORK.search(text):
            yield f"the network: {found[0]}"
        if missing := _missing_module(container):
            yield f"the module {missing}, which is not installed here"
    for request in _fields(spec, "http"):
        if isinstance(request, dict) and "url" in request:
            yield "the network: an http template"


_CLUSTER_FIELDS = {
    "resource": "a resource template needs a Kubernetes API",
    "plugin": "an executor plugin",
    "persistentVolumeClaim": "a volume that exists already",
    "nfs": "an NFS server",
    "database": "a database that keeps limits",
    "resourceFieldRef": "a pod's resources",
}


def _foreign_images(spec: Object) -> Iterator[str]:
    for container in _containers(spec):
        image = str(container.get("image", ""))
        words = [*(container.get("command") or []), *(container.get("args") or [])]
        if "hera.workflows.runner" in words:
            continue  # whatever the image, it is made of this file and Hera
        if "{{" in image:
            image = _default_image(spec, image)
        name = re.split(r"[:@]", image.rsplit("/", 1)[-1])[0]
        if name not in HOST_IMAGES:
            yield f"the image {image}"


def _default_image(spec: Object, image: str) -> str:
    """An image given by a parameter: the value that the workflow's arguments or a task give it."""
    values = {one["name"]: str(one.get("value", "")) for one in _lists(spec, "parameters")}
    return re.sub(r"\{\{inputs\.parameters\.([\w-]+)\}\}", lambda found: values.get(found[1], found[0]), image)


def _missing_module(container: Object) -> str:
    """A package that a Python source imports and that is not here."""
    import importlib.util

    names = re.findall(r"^\s*(?:from|import)\s+([A-Za-z_]\w*)", str(container.get("source", "")), re.MULTILINE)
    is_python = any("python" in str(word) for word in container.get("command") or [])
    return next((name for name in names if is_python and importlib.util.find_spec(name) is None), "")


def _containers(spec: Object) -> Iterator[Object]:
    for field in ("container", "script"):
        yield from (one for one in _fields(spec, field) if isinstance(one, dict))
    for field in ("containers", "initContainers", "sidecars"):
        yield from _lists(spec, field)


def _fields(value: object, *names: str) -> Iterator[Any]:
    """The values of the fields of these names, at any depth."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key in names and part is not None:
                yield part
            yield from _fields(part, *names)
    elif isinstance(value, list):
        for part in value:
            yield from _fields(part, *names)


def _lists(value: object, name: str) -> Iterator[Object]:
    for found in _fields(value, name):
        if isinstance(found, list):
            yield from (one for one in found if isinstance(one, dict))


def _run_all(waiting: list[tuple[str, Object, list[Object]]], jobs: int) -> list[Result]:
    """Run each workflow in a process of its own, `jobs` side by side."""
    context = multiprocessing.get_context("fork")  # Hera is imported once
    results: list[Result] = []
    running: list[tuple[str, BaseProcess, Pipe, float]] = []
    queue = list(reversed(waiting))
    while queue or running:
        while queue and len(running) < jobs:
            name, manifest, near = queue.pop()
            reader, writer = context.Pipe(duplex=False)
            process = context.Process(target=_run_one, args=(manifest, near, writer))
            process.start()
            writer.close()
            running.append((name, process, reader, time.monotonic()))
        time.sleep(0.02)
        for entry in list(running):
            if (result := _ended(*entry)) is not None:
                running.remove(entry)
                results.append(result)
    return results


def _ended(name: str, process: BaseProcess, reader: Pipe, started: float) -> Result | None:
    seconds = time.monotonic() - started
    if not reader.poll() and process.is_alive():
        if seconds < SECONDS:
            return None
        process.kill()
        process.join()
        return Result(name, "failed", f"still running after {SECONDS:.0f} s", seconds)
    try:
        phase, message = reader.recv()
    except EOFError:
        phase, message = "crashed", "the engine's process ended without an answer"
    process.join()
    wanted, _ = BY_DESIGN.get(name, ("Succeeded|suspended", ""))
    verdict = "succeeded" if phase in wanted.split("|") else "failed"
    return Result(name, verdict, "" if verdict == "succeeded" else f"{phase}: {message}", seconds)


def _run_one(manifest: Object, templates: Sequence[Object], answer: Pipe) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = tuple(dict.fromkeys(path for path in sys.path if path and Path(path).is_dir()))
        siblings = [one for one in templates if one is not manifest]
        output, store = Path(folder) / "out", Path(folder) / "store"
        request = RunRequest(manifest, {}, {}, output, 4, False, store, siblings, "", paths)
        try:
            made = run(request, Silent())
            failure = made.failure
            said = [failure.node, failure.message, *failure.log_lines[-2:]] if failure is not None else []
            phase = "suspended" if made.suspended else made.phase
            answer.send((phase, " | ".join([*said, str(made.workflow["status"].get("message", ""))])))
        except KaiError as error:
            answer.send(("refused", " ".join(str(error).split())))
        except Exception as error:  # a fault of the engine's own: told, like every other
            answer.send(("traceback", f"{type(error).__name__}: {error}"))


def _report(results: Sequence[Result]) -> None:
    for verdict in ("not runnable", "failed"):
        print(f"\n{verdict}:")
        for one in sorted(
            (one for one in results if one.verdict == verdict), key=lambda one: (one.reason, one.example)
        ):
            print(f"  {one.example}: {one.reason[:300]}")
    counts = Counter(one.verdict for one in results)
    runnable = counts["succeeded"] + counts["failed"]
    share = counts["succeeded"] / runnable if runnable else 0.0
    print(f"\n{len(results)} workflows, {counts['not runnable']} not runnable here")
    print(f"succeeded {counts['succeeded']} / {runnable} runnable ({share:.1%}); the limit is {LIMIT:.0%}")


if __name__ == "__main__":
    sys.exit(main())
