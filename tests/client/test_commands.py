"""Cancel, pause, resume, retry, delete, rename: each in every state, twice in a row."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import psutil
import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import IllegalMove, NoItems, Refused, UnknownRun
from jobs.runtime.store.connection import FILE
from tests.support.machine import Machine, lives, stays, until


def marks(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.mark.parametrize("pool", [(1, 8), (2, 1), (2, 4)], ids=["threads", "processes", "both"])
@pytest.mark.parametrize("verb", ["sleep 60", "spin 60", "gil 60"])
def test_after_a_cancel_nothing_of_the_run_executes(machine: Machine, pool: tuple[int, int], verb: str) -> None:
    run = machine.submit(["ok", *[verb] * 12], pool=pool)
    until(lambda: client.progress(run.id).doing)
    workers = {psutil.Process(doing.worker) for doing in client.progress(run.id).doing}
    asked = time.monotonic()
    client.cancel(run.id)
    until(lambda: not any(map(lives, workers)), 20)
    took = time.monotonic() - asked

    ended = machine.finish(run)
    assert ended.state == "cancelled"
    assert took < 8
    assert ended.cancel_seconds is not None
    assert ended.cancel_seconds < 8
    assert (ended.ok + ended.cancelled, ended.failed) == (13, 0)
    assert all(outcome.code in ("", "cancelled") for outcome in machine.outcomes(ended))


def test_cancel_twice_is_one_cancel_and_of_an_ended_run_is_refused(machine: Machine) -> None:
    run = machine.submit(["sleep 30"] * 3)
    client.cancel(run.id)
    machine.finish(run)

    with pytest.raises(IllegalMove, match="cancelled already"):
        client.cancel(run.id)


def test_pause_lets_what_has_started_finish_and_starts_nothing_more(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "marks"
    run = machine.submit([f"mark {path} 0.3"] * 8, pool=(1, 2))
    until(lambda: marks(path) >= 2)
    client.pause(run.id)
    client.pause(run.id)
    until(lambda: client.run(run.id).done >= 2)
    before = marks(path)
    stays(lambda: marks(path) == before, 0.7)

    paused = client.run(run.id)
    assert paused.state == "paused"
    assert (marks(path), paused.done) == (before, before)
    client.resume(run.id)
    client.resume(run.id)
    ended = machine.finish(run)
    assert (ended.state, ended.ok, marks(path)) == ("finished", 8, 8)
    assert ended.paused_seconds > 0.5
    ((since, till),) = client.pauses(run.id)
    assert till - since == pytest.approx(ended.paused_seconds)
    assert ended.submitted_at < since < till < (ended.ended_at or 0)


def test_a_paused_run_can_be_cancelled(machine: Machine) -> None:
    run = machine.submit(["sleep 0.2"] * 20, pool=(1, 1))
    client.pause(run.id)
    client.cancel(run.id)

    assert machine.finish(run).state == "cancelled"


def test_retry_reopens_what_failed_by_code_and_keeps_what_was(machine: Machine) -> None:
    run = machine.finish(machine.submit(["ok", "fail foreseen", "fail busy", "", "bug"]))
    client.retry(run.id, ["busy"])
    again = machine.finish(run)

    assert (again.ok, again.failed) == (1, 4)
    assert [(attempt.position, attempt.kind, attempt.code) for attempt in client.attempts(run.id)] == [
        (3, "retried", "busy")
    ]
    assert [outcome.attempts for outcome in machine.outcomes(again)] == [1, 1, 2, 0, 1]


def test_retry_of_everything_tries_every_failed_and_cancelled_item_again(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "marks"
    run = machine.submit(["", "bug", f"mark {path} 60", f"mark {path} 60"], pool=(1, 1))
    until(lambda: marks(path) == 1)
    client.cancel(run.id)
    cancelled = machine.finish(run)
    assert (cancelled.failed, cancelled.cancelled) == (2, 2)

    client.retry(run.id)
    until(lambda: marks(path) == 2)
    client.cancel(run.id)
    ended = machine.finish(run)
    assert [outcome.code for outcome in machine.outcomes(ended)] == ["invalid_item", "bug", "cancelled", "cancelled"]
    assert sum(client.progress(run.id).codes.values()) == 4


def test_retry_is_refused_where_nothing_failed_or_the_run_still_runs(machine: Machine) -> None:
    fine = machine.finish(machine.submit(["ok"]))
    running = machine.submit(["sleep 30"])

    with pytest.raises(IllegalMove, match="nothing to retry"):
        client.retry(fine.id)
    with pytest.raises(IllegalMove, match="wait until it has ended"):
        client.retry(running.id)
    client.cancel(running.id)


def test_delete_gives_the_room_back_to_the_disk(machine: Machine) -> None:
    run = machine.finish(machine.submit(["ok " + "x" * 2_000] * 1_500, "noop", pool=(1, 4)))
    before = (machine.home / FILE).stat().st_size + (machine.home / (FILE + "-wal")).stat().st_size

    client.delete(run.id)

    until(lambda: machine.sql("PRAGMA page_count")[0][0] * 4096 < before / 4)  # type: ignore[operator]


def test_delete_removes_rows_and_files_and_only_of_an_ended_run(machine: Machine) -> None:
    run = machine.submit(["return file", "sleep 30"])
    with pytest.raises(IllegalMove, match="cancel it before"):
        client.delete(run.id)
    until(lambda: client.run(run.id).ok == 1)
    client.cancel(run.id)
    machine.finish(run)
    client.delete(run.id)

    with pytest.raises(UnknownRun):
        client.run(run.id)
    until(lambda: machine.sql("SELECT count(*) FROM items")[0][0] == 0)
    until(lambda: machine.sql("SELECT count(*) FROM runs")[0][0] == 0)
    until(lambda: not (machine.home / "artifacts" / run.id).exists())


def test_rename_changes_the_name(machine: Machine) -> None:
    run = machine.submit(["ok"])
    client.rename(run.id, "a better name")

    assert client.run(run.id).name == "a better name"


def test_run_again_takes_the_same_items_and_settings(machine: Machine) -> None:
    first = machine.finish(machine.submit(["ok", "fail"], pool=(1, 2), params={"prefix": "x"}))
    second = machine.finish(client.again(first.id))

    assert second.id != first.id
    assert (second.params, second.pool, second.limits, second.items) == (first.params, first.pool, first.limits, 2)
    assert [outcome.code for outcome in machine.outcomes(second)] == ["", "foreseen"]


def test_the_same_nonce_is_one_run(machine: Machine) -> None:
    first = machine.submit(["ok"], nonce="once")
    second = machine.submit(["ok"], nonce="once")

    assert first.id == second.id
    assert client.count_runs() == 1


def test_nothing_is_left_of_a_submit_that_is_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_MAX_ITEMS", "5")
    with pytest.raises(Refused, match="more than 5 items"):
        machine.submit(["ok"] * 6)
    with pytest.raises(NoItems):
        machine.submit([])

    assert client.runs() == []


def test_a_run_of_one_item_does_not_wait_behind_a_long_one(machine: Machine) -> None:
    long = machine.submit(["sleep 0.2"] * 500, pool=(1, 2))
    until(lambda: client.run(long.id).done > 0)
    short = machine.finish(machine.submit(["ok"], pool=(1, 1)), 15)

    assert short.ok == 1
    assert not client.run(long.id).state.terminal
    client.cancel(long.id)


def test_groups_keep_their_limits_across_runs(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "marks"
    first = machine.submit([f"mark {path}@one"] * 3, pool=(1, 4), at_once=1, pause=0.4)
    second = machine.submit([f"mark {path}@one"] * 3, pool=(1, 4), at_once=1, pause=0.4)
    machine.finish(first)
    machine.finish(second)

    times = sorted(float(line.split()[1]) for line in path.read_text().splitlines())
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(gaps) == 5
    assert min(gaps) >= 0.1  # half of the shortest pause: one item reaches its slot a little later than another
    assert sum(gaps) >= 0.9


def test_a_held_group_holds_no_slot(machine: Machine) -> None:
    cells = ["hold 1.5@slow", *["ok@slow"] * 3, *["ok@fast"] * 20]
    run = machine.submit(cells, pool=(1, 1), at_once=1, pause=0.01)
    until(lambda: client.progress(run.id).holds, 10)
    holds = client.progress(run.id).holds
    ended = machine.finish(run)

    found = machine.outcomes(ended)
    first = found[0].started_at or 0
    assert max(outcome.started_at or 0 for outcome in found[4:]) < min(o.started_at or 0 for o in found[1:4])
    assert min(outcome.started_at or 0 for outcome in found[1:4]) - first >= 1.4
    assert [(group, why) for group, _, why in holds] == [("slow", "Retry-After")]
