"""Locks between runs of one machine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kai_pipelines.engine.locks import Lock
from kai_pipelines.engine.machine_locks import FileLocks
from tests.fakes import FakeClock

MUTEX = Lock("default/Mutex/gpu")


def test_one_run_waits_until_another_gives_a_lock_back(tmp_path: Path) -> None:
    waits: list[str] = []

    async def both() -> None:
        first, second = (FileLocks(tmp_path, FakeClock()) for _ in range(2))
        await first.acquire([MUTEX], lambda lock, message: None)
        waiting = asyncio.create_task(second.acquire([MUTEX], lambda lock, message: waits.append(message)))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        first.release([MUTEX])
        await asyncio.wait_for(waiting, 5)
        second.release([MUTEX])

    asyncio.run(both())

    assert waits == ["Waiting for default/Mutex/gpu lock. Lock status: 0/1"]


def test_a_semaphore_has_as_many_places_as_its_limit(tmp_path: Path) -> None:
    semaphore = Lock("default/ConfigMap/limits/gpus", 2)

    async def three() -> list[bool]:
        runs = [FileLocks(tmp_path, FakeClock()) for _ in range(3)]
        tasks = [asyncio.create_task(run.acquire([semaphore], lambda lock, message: None)) for run in runs]
        await asyncio.sleep(0.01)
        done = [task.done() for task in tasks]
        runs[0].release([semaphore])
        await asyncio.wait_for(asyncio.gather(*tasks), 5)
        for run in runs[1:]:
            run.release([semaphore])
        return done

    assert asyncio.run(three()) == [True, True, False]


def test_who_waits_for_one_of_two_locks_holds_neither(tmp_path: Path) -> None:
    other = Lock("default/Mutex/other")

    async def cross() -> None:
        first, second, third = (FileLocks(tmp_path, FakeClock()) for _ in range(3))
        await first.acquire([other], lambda lock, message: None)
        waiting = asyncio.create_task(second.acquire([MUTEX, other], lambda lock, message: None))
        await asyncio.sleep(0.01)
        await asyncio.wait_for(third.acquire([MUTEX], lambda lock, message: None), 5)
        third.release([MUTEX])
        first.release([other])
        await asyncio.wait_for(waiting, 5)
        second.release([MUTEX, other])

    asyncio.run(cross())
