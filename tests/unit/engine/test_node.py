from __future__ import annotations

from kai_pipelines.engine.node import NodeTree, node_id, time_text


def test_ids_are_those_of_a_real_controller() -> None:
    # Recorded from a workflow-controller 4.1.2.
    assert node_id("loops-gv7pb", "loops-gv7pb") == "loops-gv7pb"
    assert node_id("loops-gv7pb", "loops-gv7pb[0]") == "loops-gv7pb-913569049"
    assert node_id("loops-gv7pb", "loops-gv7pb[0].print-message-loop(0:hello world)") == "loops-gv7pb-2304181620"


def test_times_are_written_as_kubernetes_does() -> None:
    assert time_text(1_700_000_000.9) == "2023-11-14T22:13:20Z"


def test_progress_is_summed_up_and_a_pod_counts_once() -> None:
    tree = NodeTree("wf")
    root = tree.add("wf", "DAG", None)
    first, second = (tree.add(f"wf.{name}", "Pod", root) for name in "ab")
    last = tree.add("wf.c", "Pod", root)
    tree.connect([root], first)
    tree.connect([root], second)
    tree.connect([first, second], last)
    first.phase, first.progress = "Succeeded", "3/10"
    second.phase, second.progress = "Failed", "2/4"

    tree.set_progress()

    assert (first.progress, second.progress, last.progress) == ("10/10", "2/4", "0/1")
    assert root.progress == tree.progress() == "12/15"


def test_what_follows_retries_hangs_from_the_last_try() -> None:
    tree = NodeTree("wf")
    retry = tree.add("wf.a", "Retry", None)
    tries = [tree.add(f"wf.a({number})", "Pod", None) for number in range(2)]
    for one in tries:
        tree.connect([retry], one)

    assert tree.outbound_of(retry) == [tries[1]]
    assert tree.shown(retry) is tries[1]
