"""Which worker gets what must be tried alone."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from jobs.runtime.runner import dispatch
from jobs.runtime.runner.pool.worker_handle import WorkerHandle


def worker(machine: str, out: int = 0) -> Any:
    """One that is ready, with so many items out."""
    process = SimpleNamespace(machine=machine, unsent=0)
    return SimpleNamespace(ready=True, process=process, out=dict.fromkeys(range(out)))


def tried_by(lost_on: dict[str, int], workers: list[Any]) -> WorkerHandle | None:
    """Who gets an item that must be tried alone; None: who is to get it is not free yet."""
    given: list[WorkerHandle] = []
    recall = SimpleNamespace(give=lambda chosen, _entries: given.append(chosen), recall=lambda _chosen: [])
    run: Any = SimpleNamespace(
        lost_on=Counter(lost_on),
        workers=workers,
        vacancies=SimpleNamespace(alone=None, changed=lambda _chosen: None),
        schedule=SimpleNamespace(suspects=lambda _now: True, take_alone=lambda _now: object()),
    )
    others = dispatch._try_suspects(run, workers, recall, 0.0)  # type: ignore[arg-type]
    assert len(others) == len(workers) - 1
    return given[0] if given else None


@pytest.mark.parametrize(
    ("lost_on", "machine"), [({}, "one"), ({"one": 1}, "two"), ({"one": 1, "two": 1}, "three"), ({"": 3}, "one")]
)
def test_a_suspect_goes_to_the_machine_that_has_lost_the_fewest_workers(lost_on: dict[str, int], machine: str) -> None:
    chosen = tried_by(lost_on, [worker("one"), worker("two"), worker("three")])

    assert chosen is not None
    assert chosen.process.machine == machine


def test_of_one_machine_the_worker_with_the_least_out_is_kept_for_suspects() -> None:
    busy, free = worker("", out=2), worker("")

    assert tried_by({"": 2}, [busy, free]) is free
    assert tried_by({}, [busy, worker("", out=3)]) is None
