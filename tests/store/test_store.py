"""The store: one outcome per item, counters with their rows, moves that are legal, files that are what they are."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from jobs.runtime.core.errors import BusyError, FullError, IllegalMove, StaleEpoch, StoreError, StoreGone, UnknownRun
from jobs.runtime.core.records import Attempt, Item, ItemState, RunState
from jobs.runtime.store import attempts, epochs, history, items, outcomes, retries, runs
from jobs.runtime.store.attempts import NewAttempt
from jobs.runtime.store.connection import FILE, Store
from jobs.runtime.store.outcomes import OutcomeRow
from tests.support.machine import unstored


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def new_run(store: Store, cells: int = 3, run_id: str = "aa01", *, state: RunState = RunState.RUNNING) -> int:
    with store.write() as db:
        number = runs.add(db, unstored(run_id), runs.JobTraits())
        items.add(db, number, 1, [Item(cell=str(position)) for position in range(1, cells + 1)])
        runs.queue(db, number, items=cells, sample=False, at=1.0)
        if state is not RunState.QUEUED:
            runs.move(db, number, RunState.RUNNING)
        if state not in (RunState.QUEUED, RunState.RUNNING):
            runs.move(db, number, state)
    return number


def outcome(position: int, state: ItemState = ItemState.OK, code: str = "") -> OutcomeRow:
    return OutcomeRow(position, state.value, code, "", "", "{}", 1, seconds=1.0)


def test_an_outcome_is_stored_once_and_the_first_one_stands(store: Store) -> None:
    number = new_run(store)
    with store.write() as db:
        first = outcomes.add(db, number, [outcome(1), outcome(2)], duplicates=False)
        late = outcomes.add(db, number, [outcome(2, ItemState.FAILED, "bug"), outcome(3)], duplicates=False)

    assert (first, late) == ([1, 2], [3])
    with store.read() as db:
        run = runs.get(db, number).run
        assert (run.ok, run.failed, run.item_seconds) == (3, 0, 3.0)
        assert [found.state for _, _, found in outcomes.rows(db, number, 1, 3) if found] == ["ok"] * 3


def test_counters_equal_the_rows_they_count_whatever_is_rolled_back(store: Store) -> None:
    number = new_run(store)

    def half_way() -> None:
        with store.write() as db:
            outcomes.add(db, number, [outcome(1)], duplicates=False)
            raise RuntimeError("killed here")

    with pytest.raises(RuntimeError):
        half_way()
    with store.write() as db:
        outcomes.add(db, number, [outcome(2, ItemState.FAILED, "bug")], duplicates=False)

    with store.read() as db:
        run = runs.get(db, number).run
        assert (run.ok, run.failed) == (0, 1)
        assert runs.codes(db, number) == [("failed", "bug", 1)]
        assert db.execute("SELECT count(*) FROM outcomes").fetchone()[0] == 1


def test_only_legal_moves_are_stored(store: Store) -> None:
    number = new_run(store)
    with store.write() as db:
        runs.move(db, number, RunState.FINISHED)
        with pytest.raises(IllegalMove, match="finished run cannot become running"):
            runs.move(db, number, RunState.RUNNING)


def test_the_write_of_a_stale_runner_is_refused(store: Store) -> None:
    facts = {"pid": 1, "started_at": 1.0, "clock_offset": 0.0, "code_hash": "", "settings": ""}
    with store.write() as db:
        old = epochs.take_over(db, **facts)  # type: ignore[arg-type]
        new = epochs.take_over(db, **facts)  # type: ignore[arg-type]
        epochs.check_epoch(db, new)
        with pytest.raises(StaleEpoch):
            epochs.check_epoch(db, old)


def test_a_run_is_found_by_any_beginning_that_is_its_own(store: Store) -> None:
    new_run(store, run_id="abcd01")
    new_run(store, run_id="abef02")
    with store.read() as db:
        assert runs.find(db, "abc").run.id == "abcd01"
        with pytest.raises(UnknownRun, match="several"):
            runs.find(db, "ab")
        for nothing in ("zz", "", "%", "../x", "a" * 10_000, "ab'; DROP TABLE runs; --", "\0"):
            with pytest.raises(UnknownRun):
                runs.find(db, nothing)


def test_reopening_keeps_what_was_as_an_attempt_and_takes_it_off_the_counters(store: Store) -> None:
    number = new_run(store)
    with store.write() as db:
        failed = [outcome(2, ItemState.FAILED, "bug"), outcome(3, ItemState.FAILED, "foreseen")]
        outcomes.add(db, number, [outcome(1), *failed], duplicates=False)
        assert retries.count(db, number, ["bug"]) == 1
        assert retries.reopen(db, number, ["bug"], 9) == retries.Reopened(items=1, untried=False)

    with store.read() as db:
        run = runs.get(db, number).run
        assert (run.ok, run.failed, run.item_seconds) == (1, 1, 2.0)
        assert [(found.position, found.kind, found.code) for found in attempts.of_run(db, number, 9)] == [
            (2, "retried", "bug")
        ]
        assert runs.codes(db, number) == [("failed", "foreseen", 1), ("ok", "", 1)]
        assert [waiting.position for waiting in items.waiting_plain(db, number, 0, 3)] == [2]


def test_tries_count_from_the_last_time_a_person_reopened_the_item(store: Store) -> None:
    number = new_run(store)
    kinds = [("later", 1), ("later", 2), ("retried", 3), ("lost", 4), ("later", 5)]
    with store.write() as db:
        attempts.add(
            db,
            number,
            [
                NewAttempt(attempt=Attempt(position=1, number=attempt, kind=kind, code="", error=""), not_before=7.0)
                for kind, attempt in kinds
            ],
        )

    with store.read() as db:
        assert attempts.tries(db, number, [1, 2]) == {
            1: attempts.Tries(counted=1, lost=1, number=5, not_before=7.0),
        }


def test_what_is_left_of_a_run_is_cancelled_once(store: Store) -> None:
    number = new_run(store)
    with store.write() as db:
        outcomes.add(db, number, [outcome(2)], duplicates=False)
        assert outcomes.cancel_rest(db, number, 1, 3) == 2
        assert outcomes.cancel_rest(db, number, 1, 3) == 0

    with store.read() as db:
        run = runs.get(db, number).run
        assert (run.ok, run.cancelled) == (1, 2)


def test_an_item_cancelled_after_a_retry_still_says_how_often_it_was_tried(store: Store) -> None:
    number = new_run(store)
    later = Attempt(position=2, number=1, kind="later", code="busy", error="")
    with store.write() as db:
        outcomes.add(db, number, [outcome(1, ItemState.FAILED, "bug")], duplicates=False)
        retries.reopen(db, number, [], 9)
        attempts.add(db, number, [NewAttempt(attempt=later)])
        outcomes.cancel_rest(db, number, 1, 2)

    with store.read() as db:
        found = outcomes.rows(db, number, 1, 2)
        assert [done.attempts for _, _, done in found if done] == [1, 1]
        assert [tried.number for tried in attempts.tries(db, number, [1, 2]).values()] == [1, 1]
    with store.write() as db:
        assert retries.reopen(db, number, [], 9) == retries.Reopened(items=2, untried=False)


def test_what_is_prepared_again_waits_for_no_item_that_is_done(store: Store) -> None:
    number = new_run(store, 5)
    same = [items.ItemPlan(position=position, key=b"same") for position in range(1, 6)]
    with store.write() as db:
        items.plan(db, number, same[:2])
        outcomes.add(db, number, [outcome(1, ItemState.FAILED, "bug")], duplicates=True)
        outcomes.add(db, number, [outcome(4)], duplicates=True)
        items.plan(db, number, same)

        waiting = items.waiting_planned(db, number, 0, 5)
        assert [item.position for item in waiting] == [3]
        assert outcomes.add(db, number, [outcome(3)], duplicates=True) == [3, 5]
        assert items.copies(db, number, 1) == [2]


def test_a_half_submitted_run_is_in_no_list_and_found_to_be_removed(store: Store) -> None:
    number = new_run(store)
    with store.write() as db:
        runs.move(db, number, RunState.FINISHED)
        runs.withdraw(db, number)
    with store.read() as db:
        assert history.listed(db, states=(), job="", text="", limit=9, before=None) == []
        assert runs.abandoned(db, 1.0) == [number]
    with store.write() as db:
        while items.remove(db, number, 2):
            pass
        runs.delete_row(db, number)
    with store.read() as db, pytest.raises(UnknownRun):
        runs.get(db, number)


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + b"\1" * 5000])
def test_a_file_that_is_no_store_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(StoreError, match="not a store of Fanout, or is damaged"):
        Store(tmp_path)
    assert (tmp_path / FILE).read_bytes() == content


def test_a_store_of_a_newer_version_is_refused(store: Store) -> None:
    with sqlite3.connect(store.path) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()

    with pytest.raises(StoreError, match="newer Fanout"):
        Store(store.home)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot be made"):
        Store(tmp_path / "file" / "home")


def test_the_kept_connection_opens_after_whoever_has_the_store_alone_for_a_moment(store: Store) -> None:
    alone = sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)
    alone.execute("PRAGMA locking_mode = EXCLUSIVE")
    alone.execute("UPDATE runner SET pid = 1")
    threading.Timer(0.2, alone.close).start()

    kept = store.connect()
    assert kept.execute("SELECT pid FROM runner").fetchone()[0] == 1
    kept.close()


def test_a_writer_that_must_not_wait_is_told_that_another_writes(store: Store) -> None:
    kept = store.connect()
    with store.write(), pytest.raises(BusyError), store.write_now(kept):
        pass
    with store.write_now(kept) as db:
        db.execute("SELECT 1")
    kept.close()


@pytest.mark.parametrize(("named", "level"), [("normal", 1), ("full", 2)])
def test_a_setting_says_whether_each_commit_waits_for_the_disk(
    store: Store, monkeypatch: pytest.MonkeyPatch, named: str, level: int
) -> None:
    """(https://www.sqlite.org/pragma.html#pragma_synchronous)"""
    monkeypatch.setenv("JOBS_SYNC", named)

    with closing(store.connect()) as kept, store.write() as db:
        levels = [connection.execute("PRAGMA synchronous").fetchone()[0] for connection in (kept, db)]

    assert levels == [level, level]


def test_a_full_disk_is_a_sentence_and_nothing_is_half_written(store: Store) -> None:
    number = new_run(store)
    kept = store.connect()
    pages = kept.execute("PRAGMA page_count").fetchone()[0]
    kept.execute(f"PRAGMA max_page_count = {pages}")
    many = [outcome(position)._replace(row="x" * 3000) for position in (1, 2, 3)]

    with pytest.raises(FullError, match="no room"), store.write_now(kept) as db:
        outcomes.add(db, number, many, duplicates=False)
        items.add(db, number, 100, [Item(cell="y" * 5000) for _ in range(200)])
    kept.close()
    with store.read() as db:
        assert runs.get(db, number).run.ok == 0
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_the_newest_of_a_young_run_are_found_without_walking_those_of_others(store: Store) -> None:
    young, large = new_run(store, 3, "aa01"), new_run(store, 20_000, "bb02")
    with store.write() as db:
        outcomes.add(db, young, [outcome(2), outcome(1)], duplicates=False)
        outcomes.add(db, large, [outcome(position) for position in range(1, 20_001)], duplicates=False)
    steps: list[None] = []

    with store.read() as db:
        db.set_progress_handler(lambda: steps.append(None), 1_000)
        few = list(outcomes.newest(db, young, 200, done=2))
        many = list(outcomes.newest(db, large, 200, done=20_000))

    assert [position for position, _, _ in few] == [1, 2]
    assert [position for position, _, _ in many] == list(range(20_000, 19_800, -1))
    assert len(steps) < 50  # all others once: 100 and more


def test_a_reader_sees_one_moment_and_cannot_write(store: Store) -> None:
    number = new_run(store)
    with store.read() as reader:
        assert runs.get(reader, number).run.ok == 0
        with store.write() as db:
            outcomes.add(db, number, [outcome(1)], duplicates=False)
        assert runs.get(reader, number).run.ok == 0
    with pytest.raises(StoreError), store.read() as reader:
        reader.execute("DELETE FROM runs")


def test_runs_that_wait_are_told_apart_and_counted_without_reading_them(store: Store) -> None:
    for number in range(3):
        new_run(store, 2, f"aa0{number}", state=RunState.QUEUED)
    new_run(store, 5, "bb01")

    with store.read() as db:
        assert [runs.id_of(db, number) for number, _ in runs.claimable(db, most=2)] == ["aa00", "aa01"]
        assert runs.tally(db, RunState.QUEUED) == (3, 6)
        assert runs.tally(db, RunState.RUNNING, RunState.CANCELLING) == (1, 5)
        assert runs.tally(db, RunState.PAUSED) == (0, 0)


def test_a_store_that_is_taken_away_while_it_is_read_is_told_as_that(home: Path) -> None:
    store = Store(home)
    with pytest.raises(StoreGone, match="was deleted or replaced meanwhile"), store.watch() as (db, _):
        for file in home.glob(FILE + "*"):
            file.unlink()
        db.execute("SELECT * FROM runs").fetchall()
