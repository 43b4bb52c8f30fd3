"""A workflow's own deadline, as a controller tells it (operator.go, exec_control.go)."""

from __future__ import annotations

from kai_pipelines.engine.shutdown import Shutdown


def test_a_person_s_word_is_stronger_than_a_deadline() -> None:
    shutdown = Shutdown()

    shutdown.tell("Deadline")
    shutdown.tell("Stop")

    assert (shutdown.by_person, shutdown.message) == (True, "Stopped with strategy 'Stop'")


def test_exit_handlers_run_on_after_a_stop_and_a_deadline_but_not_after_a_terminate() -> None:
    told = {}
    for strategy in ("Stop", "Deadline", "Terminate"):
        shutdown = Shutdown()
        shutdown.tell(strategy)  # type: ignore[arg-type]  # the loop makes them plain texts
        told[strategy] = (shutdown.halts(), shutdown.halts(exiting=True))

    assert told == {"Stop": (True, False), "Deadline": (True, False), "Terminate": (True, True)}


def test_messages_are_the_controllers() -> None:
    shutdown = Shutdown()
    shutdown.tell("Terminate")

    assert shutdown.pod_message() == "workflow shutdown with strategy:  Terminate"
    assert shutdown.pod_message(begun=False) == "workflow shutdown with strategy: Terminate"

    late = Shutdown()
    late.tell("Deadline")

    assert late.pod_message() == "Step exceeded its deadline"
    assert late.retry_message(1_700_000_000.9, 10) == "retry exceeded workflow deadline 2023-11-14 22:13:30 +0000 UTC"
