"""Import and compile a chain of 200 tasks to YAML, ours beside Hera's, in fresh processes.

Prints CPU seconds (user and system, the whole process less a bare interpreter) and the size of the YAML.
The limit for ours: 0.25 CPU seconds and 50 KB.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TASKS = 200
RUNS = 5

OURS = f"""
from kai_pipelines import step, pipeline, Resources
@step(resources=Resources(cpu=1, memory="1Gi"))
def refine(value: int) -> int:
    return value + 1
@pipeline
def chain(start: int = 0) -> int:
    value = start
    for _ in range({TASKS}):
        value = refine(value)
    return value
print(len(chain.to_yaml().encode()))
"""

HERA = f"""
from hera.workflows import DAG, Parameter, WorkflowTemplate, script
@script(outputs=Parameter(name="result", value_from={{"path": "/tmp/result"}}))
def refine(value: int):
    open("/tmp/result", "w").write(str(value + 1))
with WorkflowTemplate(name="chain", entrypoint="chain", arguments=[Parameter(name="start", value="0")]) as w:
    with DAG(name="chain"):
        before = None
        for i in range({TASKS}):
            value = before.get_parameter("result") if before else "{{{{workflow.parameters.start}}}}"
            task = refine(name=f"refine-{{i}}", arguments={{"value": value}})
            if before:
                before >> task
            before = task
print(len(w.to_yaml().encode()))
"""


def cpu_seconds(program: str) -> tuple[float, str]:
    """CPU seconds of a child that runs the program, and what it printed."""
    with tempfile.TemporaryDirectory() as folder:  # a file, because Hera reads a function's source
        path = Path(folder) / "program.py"
        path.write_text(program, encoding="utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        output = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, output.strip()


def main() -> int:
    bare = statistics.median(cpu_seconds("pass")[0] for _ in range(RUNS))
    rows = {}
    for name, program in (("kai_pipelines", OURS), ("hera", HERA)):
        runs = [cpu_seconds(program) for _ in range(RUNS)]
        seconds = statistics.median(seconds for seconds, _ in runs) - bare
        rows[name] = {"cpu_seconds": round(seconds, 3), "yaml_bytes": int(runs[0][1])}
        print(f"{name:<14} {seconds:6.3f} CPU s  {int(runs[0][1]) / 1000:6.1f} KB  ({TASKS} tasks)")
    ours = rows["kai_pipelines"]
    within = ours["cpu_seconds"] <= 0.25 and ours["yaml_bytes"] <= 50_000
    print(json.dumps({"tasks": TASKS, "bare_interpreter_cpu_seconds": round(bare, 3), **rows, "within_limits": within}))
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
