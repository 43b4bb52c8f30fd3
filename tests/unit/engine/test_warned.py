"""What a record tells of its steps' warnings, whoever wrote it."""

from __future__ import annotations

import json
from typing import Any

from kai_pipelines.engine.warned import lines_of, warnings_of

Object = dict[str, Any]


def warning(code: str = "blurred", message: str = "Two are blurred.", files: tuple[str, ...] = ()) -> Object:
    return {"code": code, "message": message, "files": list(files)}


def pod(*warnings: Object, at: int = 0, **more: Any) -> Object:
    value = json.dumps({"values": {"photos": 3}, "warnings": list(warnings)})
    return {
        "type": "Pod",
        "phase": "Succeeded",
        "startedAt": f"2026-01-01T00:00:{at:02}Z",
        "outputs": {"parameters": [{"name": "metrics", "value": value}]},
        **more,
    }


def record(*nodes: Any) -> Object:
    return {"status": {"nodes": {str(number): node for number, node in enumerate(nodes)}}}


def test_warnings_are_told_in_the_order_in_which_the_steps_ran() -> None:
    made = record(pod(warning("late", "B."), at=9), pod(at=4), pod(warning("early", "A.", ("a.jpg",)), at=1))

    assert lines_of(made) == ["warning: early: A. [a.jpg]", "warning: late: B."]


def test_what_the_nodes_around_a_pod_hand_on_is_told_once() -> None:
    assert len(warnings_of(record(pod(warning()), pod(warning(), type="DAG"), pod(warning(), type="Retry")))) == 1


def test_a_try_that_failed_warns_of_nothing() -> None:
    assert warnings_of(record(pod(warning(), phase="Failed"))) == []


def test_a_long_warning_is_cut_and_names_the_first_files() -> None:
    files = tuple(f"photo-{number}.jpg" for number in range(9))

    (line,) = lines_of(record(pod(warning(message="So many words\nof it. " * 40, files=files))))

    assert len(line) < 400
    assert "\n" not in line
    assert line.endswith("… [photo-0.jpg, photo-1.jpg, photo-2.jpg, photo-3.jpg and 5 more]")


def test_files_that_the_message_names_are_not_named_again() -> None:
    made = record(pod(warning(message="Left out: a.jpg: empty.", files=("a.jpg",))))

    assert lines_of(made) == ["warning: blurred: Left out: a.jpg: empty."]


def test_of_many_warnings_the_first_ten_are_told() -> None:
    lines = lines_of(record(pod(*(warning(message=f"{number}.") for number in range(12)))))

    assert len(lines) == 11
    assert lines[-1].startswith("warning: and 2 more")


def test_what_has_another_shape_is_no_warning() -> None:
    odd = [{}, {"warnings": 3}, {"warnings": [7, {}, {"code": "a"}, {"code": "a", "message": None}]}, ["warnings"]]
    pods = [pod(outputs={"parameters": [{"name": "x", "value": json.dumps(value)}]}) for value in odd]
    broken = [pod(outputs={"parameters": [{"name": "x", "value": '"warnings" {'}]}), pod(outputs=None), None, 7]

    assert warnings_of(record(*pods, *broken)) == []
    assert warnings_of({"status": {"nodes": {"a": {}}}}) == []
