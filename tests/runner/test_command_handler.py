"""What is asked of a run in every state, twice in a row: carried out once, or refused with a sentence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime.core.records import Item, ItemState, RunState
from jobs.runtime.runner.claims import Claims
from jobs.runtime.runner.command_handler import CommandHandler
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.store import attempts, commands, epochs, events, items, outcomes, retries, runs
from jobs.runtime.store.connection import Store
from jobs.runtime.store.outcomes import OutcomeRow
from tests.support.machine import unstored

STATES = ("queued", "running", "paused", "cancelling", "finished", "failed", "cancelled")
WAY = {
    "queued": (),
    "running": ("running",),
    "paused": ("running", "paused"),
    "cancelling": ("running", "cancelling"),
    "finished": ("running", "finished"),
    "failed": ("running", "failed"),
    "cancelled": ("running", "cancelling", "cancelled"),
}
"""How a queued run comes into each state."""

NO = "refused"
AFTER = {
    "cancel": ("cancelling", "cancelling", "cancelling", "cancelling", NO, NO, NO),
    "pause": ("paused", "paused", "paused", NO, NO, NO, NO),
    "resume": ("queued", "running", "queued", NO, NO, NO, NO),
    "retry": (NO, NO, NO, NO, "queued", "queued", "queued"),
    "delete": (NO, NO, NO, NO, "gone", "gone", "gone"),
    "rename": STATES,
}
"""What a run is after each verb, by the state it was in."""

TWICE = {"cancel": "", "pause": "", "resume": "", "rename": "", "retry": "wait until it has ended", "delete": "gone"}
"""What the same verb is told when it comes again at once: nothing where the run is already as it was asked to be."""

CASES = [(verb, state, after) for verb, ends in AFTER.items() for state, after in zip(STATES, ends, strict=True)]


@pytest.fixture
def runner_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunnerState]:
    monkeypatch.setenv("JOBS_HOME", str(tmp_path))
    runner_state = RunnerState(Store(tmp_path))
    with runner_state.store.write() as db:
        runner_state.epoch = epochs.take_over(db, pid=1, started_at=1.0, clock_offset=0.0, code_hash="", settings="")
    yield runner_state
    runner_state.workers.close()
    runner_state.db.close()


def new_run(store: Store, state: str) -> int:
    """A run of three items, one ok and one failed, in this state."""
    with store.write() as db:
        number = runs.add(db, unstored(), runs.JobTraits())
        items.add(db, number, 1, [Item(cell="x")] * 3)
        runs.queue(db, number, items=3, sample=False, at=1.0)
        for step in WAY[state]:
            runs.move(db, number, RunState(step))
        ends = [
            OutcomeRow(1, ItemState.OK, "", "", "", "{}", 1),
            OutcomeRow(2, ItemState.FAILED, "bug", "", "", None, 1),
        ]
        outcomes.add(db, number, ends, duplicates=False)
    return number


def ask(runner_state: RunnerState, number: int, verb: str) -> str:
    """What the runner answers; empty: yes."""
    with runner_state.store.write() as db:
        seq = commands.ask(db, number, verb, {"name": "another", "codes": []}, time.time())
    CommandHandler(runner_state, lambda: None).take(time.monotonic())
    return commands.answer(runner_state.db, seq) or ""


def state_of(runner_state: RunnerState, number: int) -> str:
    with runner_state.store.read() as db:
        row = db.execute("SELECT state FROM runs WHERE number = ?", (number,)).fetchone()
    return "gone" if row is None or row["state"] == RunState.SUBMITTING else str(row["state"])


@pytest.mark.parametrize(("verb", "state", "after"), CASES, ids=[f"{verb} {state}" for verb, state, _ in CASES])
def test_a_verb_in_a_state(runner_state: RunnerState, verb: str, state: str, after: str) -> None:
    number = new_run(runner_state.store, state)
    first = ask(runner_state, number, verb)
    reached = state_of(runner_state, number)
    second = ask(runner_state, number, verb)

    assert reached == (state if after == NO else after)
    assert bool(first) is (after == NO)
    assert "run is" in first or not first
    assert state_of(runner_state, number) == reached
    assert (TWICE[verb] in second) if after != NO and TWICE[verb] else (second == first)


def test_what_is_not_known_is_refused_and_nothing_changes(runner_state: RunnerState) -> None:
    number = new_run(runner_state.store, "running")

    assert "not known" in ask(runner_state, number, "explode")
    assert "gone" in ask(runner_state, 99, "cancel")
    assert state_of(runner_state, number) == "running"


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_pauses_and_cancels_are_measured_by_a_clock_that_does_not_jump(runner_state: RunnerState, jump: float) -> None:
    number = new_run(runner_state.store, "running")
    runner_state.offset -= jump  # the wall clock has jumped since the runner started
    ask(runner_state, number, "pause")
    ask(runner_state, number, "resume")
    ask(runner_state, number, "cancel")

    with runner_state.store.read() as db:
        stored = runs.get(db, number)
    assert 0 <= stored.run.paused_seconds < 60
    assert stored.cancel_asked_at is not None
    assert 0 <= runner_state.now_unix() - stored.cancel_asked_at < 60


def test_the_time_between_an_end_and_a_retry_is_told_as_a_pause(runner_state: RunnerState) -> None:
    number = new_failed_run(runner_state.store)
    with runner_state.store.write() as db:
        runs.change(db, number, ended_at=runner_state.now_unix() - 60)

    ask(runner_state, number, "retry")

    with runner_state.store.read() as db:
        told = events.events_of(db, number, "pause")
        assert runs.get(db, number).run.paused_seconds == pytest.approx(60, abs=30)
    assert [event.text.startswith("stood still for 1 min") for event in told] == [True]
    assert told[0].facts["until"] - told[0].facts["since"] == pytest.approx(60, abs=30)


@pytest.fixture
def by_twos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries reopen two items at a time."""
    monkeypatch.setattr("jobs.runtime.runner.command_handler.REOPEN_STEP", 2)


def new_failed_run(store: Store) -> int:
    """A finished run of nine items, all failed, none of which was tried."""
    number = new_run(store, "finished")
    with store.write() as db:
        items.add(db, number, 4, [Item(cell="x")] * 6)
        db.execute("UPDATE runs SET items = 9 WHERE number = ?", (number,))
        db.execute("DELETE FROM outcomes")
        db.execute("DELETE FROM codes")
        db.execute("UPDATE runs SET ok = 0, failed = 0")
        rows = [
            OutcomeRow(place, ItemState.FAILED, "bug" if place % 3 else "foreseen", "", "", None, 0)
            for place in range(1, 10)
        ]
        outcomes.add(db, number, rows, duplicates=False)
    return number


def half_retried(runner_state: RunnerState) -> tuple[CommandHandler, int]:
    """A run of nine failed items, three steps of whose retry have been done."""
    number = new_failed_run(runner_state.store)
    with runner_state.store.write() as db:
        commands.ask(db, number, "retry", {"codes": []}, time.time())
    orders = CommandHandler(runner_state, lambda: None)
    orders.take(time.monotonic())
    orders.take(time.monotonic())
    return orders, number


def work_off(orders: CommandHandler) -> None:
    while orders.pending:
        orders.take(time.monotonic())


def check_counters(runner_state: RunnerState, number: int) -> tuple[int, int, int]:
    """The outcomes (ok, failed, cancelled) of a run, which its counters and its codes equal."""
    with runner_state.store.read() as db:
        run = runs.get(db, number).run
        rows = db.execute("SELECT state, code, count(*) FROM outcomes WHERE run = ? GROUP BY state, code", (number,))
        assert sorted(map(tuple, rows)) == sorted(runs.codes(db, number))
        assert db.execute("SELECT count(*) FROM outcomes WHERE run = ?", (number,)).fetchone()[0] == run.done
    return run.ok, run.failed, run.cancelled


@pytest.mark.usefixtures("by_twos")
def test_a_large_retry_goes_step_by_step_and_its_run_is_claimed_after_the_last(runner_state: RunnerState) -> None:
    orders, number = half_retried(runner_state)

    assert (state_of(runner_state, number), check_counters(runner_state, number)) == ("queued", (0, 3, 0))
    assert runs.claimable(runner_state.db, 9) == []
    work_off(orders)
    assert check_counters(runner_state, number) == (0, 0, 0)
    assert runs.claimable(runner_state.db, 9) == [(number, "admin")]
    assert runs.get(runner_state.db, number).prepared == 0
    assert [event.text for event in events.events(runner_state.db, number, 9)] == ["retry: 9 items reopened"]
    assert [attempt.kind for attempt in attempts.of_run(runner_state.db, number, 99)] == ["retried"] * 9


@pytest.mark.usefixtures("by_twos")
def test_a_large_retry_by_code_reopens_these_alone(runner_state: RunnerState) -> None:
    number = new_failed_run(runner_state.store)
    with runner_state.store.write() as db:
        commands.ask(db, number, "retry", {"codes": ["foreseen", "nothing of this code"]}, time.time())
    orders = CommandHandler(runner_state, lambda: None)
    orders.take(time.monotonic())
    work_off(orders)

    assert runs.codes(runner_state.db, number) == [("failed", "bug", 6)]
    assert [attempt.position for attempt in attempts.of_run(runner_state.db, number, 99)] == [3, 6, 9]


@pytest.mark.usefixtures("by_twos")
@pytest.mark.parametrize(
    ("verbs", "answer", "state"),
    [
        (("pause",), "", "paused"),
        (("pause", "resume"), "", "queued"),
        (("resume",), "", "queued"),
        (("rename",), "", "queued"),
        (("retry",), "wait until it has ended", "queued"),
        (("delete",), "cancel it before deleting it", "queued"),
    ],
)
def test_what_is_asked_in_the_midst_of_a_retry(
    runner_state: RunnerState, verbs: tuple[str, ...], answer: str, state: str
) -> None:
    orders, number = half_retried(runner_state)
    said = [ask(runner_state, number, verb) for verb in verbs]

    assert answer in said[-1]
    assert bool(said[-1]) is bool(answer)
    assert (state_of(runner_state, number), check_counters(runner_state, number)) == (state, (0, 3, 0))
    work_off(orders)
    assert (state_of(runner_state, number), check_counters(runner_state, number)) == (state, (0, 0, 0))


@pytest.mark.usefixtures("by_twos")
def test_a_cancel_in_the_midst_of_a_retry_leaves_each_item_one_outcome(runner_state: RunnerState) -> None:
    orders, number = half_retried(runner_state)
    assert ask(runner_state, number, "cancel") == ""
    work_off(orders)
    closing = runner_state.cancellations[number]
    with runner_state.store.write() as db:
        closing.step(db, runner_state.now_unix())

    assert (state_of(runner_state, number), check_counters(runner_state, number)) == ("cancelled", (0, 3, 6))
    assert ask(runner_state, number, "retry") == ""
    following = CommandHandler(runner_state, lambda: None)
    following.reopening.extend(retries.under_way(runner_state.db))
    work_off(following)
    assert check_counters(runner_state, number) == (0, 0, 0)


class AskedLate(CommandHandler):
    """Orders of a runner that is asked to make way, and given a run, between its look at them and its look for runs."""

    def take(self, now: float) -> None:
        super().take(now)
        if not self.state.db.execute("SELECT 1 FROM runs").fetchone():
            with self.state.store.write() as db:
                commands.ask(db, None, "replace", {}, time.time())
            new_run(self.state.store, "queued")


def test_a_runner_that_is_to_make_way_claims_nothing_that_was_submitted_after_that(runner_state: RunnerState) -> None:
    claims = Claims(runner_state, AskedLate(runner_state, lambda: None))
    claims.command_handler.leave = lambda: setattr(claims, "leaving", True)
    claims.look(time.monotonic())

    assert claims.leaving
    assert not runner_state.active
    assert state_of(runner_state, 1) == "queued"
