"""What is refused before anything starts: everything that would mean something else here than on a cluster.

Each refusal names the template, the field and the reason. What only decides where or how fast a pod runs
(resources, node selectors, priorities, garbage collection, metrics) has no meaning here and is let through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kai_pipelines.engine.pod_admission import admit_artifact, admit_pod
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.library import Home, Template, kind_of, tasks_of

if TYPE_CHECKING:
    from kai_pipelines.engine.program import Program

_ELSEWHERE = {
    "resource": "resource templates talk to a Kubernetes API, and there is none here",
    "plugin": "executor plugins are containers of a cluster",
}

def admit_spec(program: Program) -> None:
    """Refuse what the workflow asks for as a whole and cannot have here."""
    if program.simulated:
        return
    for one in (program.spec.get("arguments") or {}).get("artifacts") or []:
        if one.get("name") not in program.artifacts:
            admit_artifact(one, f"{program.name}: the argument {one.get('name')}")
    _admit_locks(program.spec, program.name, program)


def admit_templates(program: Program) -> None:
    """Refuse a template that cannot run here, of all that the workflow may come to."""
    seen: set[int] = set()
    ahead: list[tuple[Home, Mapping[str, Any], str]] = [
        (program.home, {"template": program.entrypoint}, f"{program.name}: the entrypoint"),
        *((program.home, hook, f"{program.name}: the hook {name}") for name, hook in _hooks(program.spec)),
    ]
    while ahead:
        home, holder, place = ahead.pop()
        if "{{" in str(holder.get("templateRef") or holder.get("template") or ""):
            continue  # which one it is shows when it runs
        try:
            home, template = program.find(home, holder)
        except ManifestError as error:
            raise ManifestError(f"{place}: {error.message}", hint=error.hint) from error
        if id(template) in seen:
            continue
        seen.add(id(template))
        name = template.get("name") or holder.get("name") or "inline"
        _admit(template, f"template {name}", program)
        for task in tasks_of(template):
            where = f"template {name}, task {task.get('name')}"
            ahead.append((home, task, where))
            ahead += [(home, hook, f"{where}, hook {one}") for one, hook in _hooks(task)]


def _hooks(holder: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if holder.get("onExit"):
        yield "exit", {"template": holder["onExit"]}
    yield from (holder.get("hooks") or {}).items()


def _admit(template: Template, place: str, program: Program) -> None:
    kind = kind_of(template)
    if not kind:
        raise ManifestError(
            f"{place}: a template without a kind cannot run", hint="give it a container, script, dag, …"
        )
    if program.simulated:
        return
    if kind in _ELSEWHERE:
        raise ManifestError(f"{place}: {kind} cannot run here: {_ELSEWHERE[kind]}")
    _admit_files(template, place)
    _admit_locks(template, place, program)
    admit_pod(template, place, program.library, program.spec)


def _admit_locks(holder: Mapping[str, Any], place: str, program: Program) -> None:
    wanted = holder.get("synchronization") or {}
    for one in [*(wanted.get("semaphores") or []), *filter(None, [wanted.get("semaphore")])]:
        if one.get("database"):
            raise ManifestError(
                f"{place}: a semaphore cannot run here whose limit is kept in a database",
                hint="take a ConfigMap, and give its file too",
            )
        reference = one.get("configMapKeyRef") or {}
        name = str(reference.get("name"))
        if "{{" not in name and program.library.object("ConfigMap", name) is None:
            raise ManifestError(
                f"{place}: the semaphore's limit is in the ConfigMap {name}, which was not given",
                hint="give the file with it too: kai takes a folder, or several files",
            )


def _admit_files(template: Template, place: str) -> None:
    inputs, outputs = template.get("inputs") or {}, template.get("outputs") or {}
    for one in inputs.get("parameters") or []:
        if (one.get("valueFrom") or {}).keys() - {"default", "configMapKeyRef"}:
            raise ManifestError(f"{place}: the value of {one['name']} comes from a cluster", hint="give it a value")
    for one in outputs.get("parameters") or []:
        if unknown := (one.get("valueFrom") or {}).keys() - {"path", "default", "parameter", "expression", "supplied"}:
            raise ManifestError(f"{place}: {one['name']} is read by {', '.join(unknown)}, which does not run here yet")
    for one in [*(inputs.get("artifacts") or []), *(outputs.get("artifacts") or [])]:
        admit_artifact(one, f"{place}: the artifact {one.get('name')}")
