"""What each owner may have: refused with the figure and what to do, and nothing is left of what was refused."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.client import commands, quotas
from jobs.runtime.core.errors import FanoutError, OverQuota
from jobs.runtime.core.people import LOCAL_ADMIN, Person, acting_as
from jobs.runtime.core.records import Item, Run, RunState
from jobs.runtime.home import artifacts
from jobs.runtime.store import quotas as store_quotas
from jobs.runtime.store.connection import Store
from jobs.runtime.store.runs import leave_withdrawn, named, withdraw
from tests.support.machine import Machine, until
from tests.support.stage import Stage

ANN, BOB = Person(owner="ann@example.org"), Person(owner="bob@example.org")


def start(person: Person, number: int = 1) -> Run:
    with acting_as(person):
        return client.submit("act", [Item(cell="sleep 60")] * number)


def refusal(person: Person, number: int = 1) -> str:
    before = client.count_runs()
    with pytest.raises(OverQuota) as refused:
        start(person, number)
    assert client.count_runs() == before
    return str(refused.value)


def test_without_quotas_nothing_is_refused(machine: Machine) -> None:
    assert [start(ANN).owner for _ in range(3)] == [ANN.owner] * 3


def test_runs_that_are_not_over_are_counted(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_QUOTA_RUNS", "2")
    first, second = start(ANN), start(ANN)

    told = refusal(ANN)

    assert told.startswith(
        "ann@example.org has 2 runs that are not over, and each owner may have 2 (JOBS_QUOTA_RUNS): "
    )
    start(BOB)
    start(LOCAL_ADMIN), start(LOCAL_ADMIN), start(LOCAL_ADMIN)
    with acting_as(ANN):
        client.cancel(first.id)
        client.wait(first.id, 60)
    third = start(ANN)
    with acting_as(ANN), pytest.raises(OverQuota, match="JOBS_QUOTA_RUNS"):
        client.retry(first.id)
    assert [client.run(run.id).state.terminal for run in (first, second, third)] == [True, False, False]


def test_of_starts_at_once_no_more_pass_than_may(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_QUOTA_RUNS", "2")

    def one(_: int) -> bool:
        try:
            return bool(start(ANN))
        except OverQuota:
            return False

    with ThreadPoolExecutor(6) as pool:
        passed = list(pool.map(one, range(6)))

    assert sum(passed) == 2 == client.count_runs()


def test_of_retries_at_once_no_more_pass_than_may(stage: Stage, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while a runner does not come to it."""
    ended = [stage.run(["5", "6"], [{}, "bug"], owner=ANN.owner) for _ in range(4)]
    monkeypatch.setenv("JOBS_QUOTA_RUNS", "2")
    monkeypatch.setattr(commands, "ASK_SECONDS", 0.2)

    def one(run: Run) -> str:
        with acting_as(ANN), pytest.raises(FanoutError) as refused:
            client.retry(run.id)
        return type(refused.value).__name__

    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(one, ended))

    assert told == ["OverQuota", "OverQuota", "Unanswered", "Unanswered"]
    with Store(home).read() as db:
        assert store_quotas.runs_not_over(db, ANN.owner) == 2


def test_a_run_that_was_deleted_does_not_count_while_it_goes(stage: Stage, home: Path) -> None:
    runs = [stage.run(["5"], owner=ANN.owner) for _ in range(2)]
    numbers = []
    with Store(home).write() as db:
        for run, leave in zip(runs, (withdraw, leave_withdrawn), strict=True):
            numbers.append(named(db, run.id)[0])
            withdraw(db, numbers[-1])
            leave(db, numbers[-1])

        assert store_quotas.runs_not_over(db, ANN.owner) == 0


def test_items_of_a_day_are_counted_whatever_became_of_them(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_QUOTA_ITEMS", "10")
    run = start(ANN, 7)
    with acting_as(ANN):
        client.cancel(run.id)
        client.wait(run.id, 60)
        client.delete(run.id)
        until(lambda: client.count_runs() == 0)

    told = refusal(ANN, 4)

    assert "has started 7 items today, and each owner may start 10 a day (JOBS_QUOTA_ITEMS)" in told
    assert "start at most 3 now, and the others after midnight UTC" in told
    start(ANN, 3)
    start(BOB, 10)
    start(LOCAL_ADMIN, 11)
    day = quotas.today()
    monkeypatch.setattr(quotas, "today", lambda: day + 1)
    start(ANN, 10)


def test_a_long_list_is_refused_as_a_whole(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stored in several parts, of which the first alone would do."""
    monkeypatch.setenv("JOBS_QUOTA_ITEMS", "12000")

    told = refusal(ANN, 12_001)

    assert "start at most 12,000 now" in told
    assert start(ANN, 12_000).items == 12_000


def test_bytes_are_those_of_the_store_by_items_and_of_artifacts(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_QUOTA_BYTES", "64 MiB")
    run = start(ANN)
    monkeypatch.setattr(artifacts, "size", lambda _home, name="": 64 * 2**20 if name == run.id else 0)

    told = refusal(ANN)

    assert told.startswith("the runs of ann@example.org take 64")
    assert told.endswith("each owner may keep 64 MiB (JOBS_QUOTA_BYTES): delete some, or ask an admin for more")
    assert start(BOB).state is RunState.QUEUED


def test_the_day_is_that_of_utc() -> None:
    assert quotas.today() == pytest.approx(time.time() / 86_400, abs=1.1)
