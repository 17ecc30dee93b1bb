"""Schedules as they come, by a clock of the test's own: each time once, however late, and no two runs at once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.receivers import MOST_TELLINGS, DeliveryAttempt, Receiver, ReceiverKind, Told
from jobs.runtime.core.records import RunState
from jobs.runtime.core.recurrence import Recurrence, cron_line
from jobs.runtime.core.schedules import Firing, FiringState, ItemsSource, RunSchedule, SourceKind
from jobs.runtime.runner import firings as firings_room
from jobs.runtime.runner.firings import Firings
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.store import runs, schedules, tellings
from jobs.runtime.store.connection import Store
from tests.support.machine import unstored

BEGAN = 1_800_000_000.0
HOUR = 3_600.0
HOURLY = Recurrence(every=HOUR, anchor=BEGAN)


class Ended:
    """A process that was to begin runs, as the test has it end."""

    def __init__(self) -> None:
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self.returncode

    def kill(self) -> None:
        self.returncode = -9

    def wait(self) -> None:
        pass


class Clockwork:
    """A runner's firings over a store, with a clock that the test sets, and processes that the test ends."""

    def __init__(self, home: Path) -> None:
        self.now = BEGAN
        self.state = RunnerState(Store(home))
        self.started: list[tuple[Ended, list[Firing]]] = []
        self.firings = Firings(self.state, lambda: self.now, self._start)

    def _start(self, firings: list[Firing]) -> subprocess.Popen[bytes]:
        process = Ended()
        self.started.append((process, firings))
        return process  # type: ignore[return-value]

    def add(self, name: str = "nightly", when: Recurrence = HOURLY, *, overlap: bool = False) -> int:
        schedule = RunSchedule(
            name=name,
            owner="admin",
            settings=RunPreset(name="", job="noop"),
            source=ItemsSource(kind=SourceKind.FILE, where="/items.csv"),
            recurrence=when,
            overlap=overlap,
            made_at=self.now,
            next_at=when.after(self.now),
        )
        with self.state.store.write() as db:
            return schedules.add(db, schedule) or 0

    def look(self, after: float = 0.0) -> None:
        self.now += after
        self.firings.look()

    def told(self, number: int) -> list[tuple[float, FiringState, str]]:
        """What came so far, oldest first: when it was due (seconds from the beginning), its state, what is said."""
        with self.state.store.read() as db:
            return [(one.due - BEGAN, one.state, one.said) for one in reversed(schedules.firings(db, number, 1_000))]

    def begin_run(self, number: int) -> str:
        """What the process does: submit a run, and note that."""
        with self.state.store.write() as db:
            (firing,) = [one for one in schedules.waiting(db, self.now, 100) if one.schedule == number]
            run = replace(unstored(f"{number:04d}{int(firing.due)}"), nonce=firing.nonce)
            stored = runs.add(db, run, runs.JobTraits())
            runs.queue(db, stored, items=0, sample=False, at=self.now)
            schedules.settle(db, firing, FiringState.SUBMITTED, run=run.id)
        self.started[-1][0].returncode = 0
        return run.id

    def end(self, run: str) -> None:
        with self.state.store.write() as db:
            number = runs.find(db, run).number
            runs.move(db, number, RunState.RUNNING)
            runs.move(db, number, RunState.FINISHED)


@pytest.fixture
def clockwork(home: Path) -> Iterator[Clockwork]:
    made = Clockwork(home)
    yield made
    made.state.workers.close()
    made.state.db.close()


def test_a_schedule_comes_at_its_time_and_not_before(clockwork: Clockwork) -> None:
    number = clockwork.add()
    clockwork.look(HOUR - 1)
    before = clockwork.told(number), clockwork.firings.seconds_left

    clockwork.look(1)

    assert before == ([], 1.0)
    assert clockwork.told(number) == [(HOUR, FiringState.DUE, "")]
    assert [[one.schedule for one in firings] for _, firings in clockwork.started] == [[number]]
    assert clockwork.firings.seconds_left == HOUR


def test_the_same_time_is_noted_once_however_often_it_is_looked_at(clockwork: Clockwork) -> None:
    number = clockwork.add()

    for _ in range(5):
        clockwork.look(HOUR / 4)

    assert len(clockwork.told(number)) == len(clockwork.started) == 1


def test_a_clock_that_is_set_back_begins_nothing_twice(clockwork: Clockwork) -> None:
    number = clockwork.add()
    clockwork.look(HOUR + 5)
    clockwork.end(clockwork.begin_run(number))

    clockwork.look(-HOUR)
    clockwork.look(HOUR)

    assert [due for due, _, _ in clockwork.told(number)] == [HOUR]


def test_what_was_missed_is_made_up_once_and_said(clockwork: Clockwork) -> None:
    number = clockwork.add()

    clockwork.look(5.5 * HOUR)

    assert clockwork.told(number) == [
        (HOUR, FiringState.DUE, "Missed, and made up for 4 h 30 min later, and 4 times more since, left out.")
    ]
    assert clockwork.firings.seconds_left == HOUR / 2


def test_a_whole_year_that_was_missed_is_counted_up_to_a_point(clockwork: Clockwork) -> None:
    number = clockwork.add(when=cron_line("* * * * *"))

    clockwork.look(366 * 86_400)

    ((_, state, said),) = clockwork.told(number)
    assert (state, "at least 100 times more since" in said) == (FiringState.DUE, True)


def test_a_time_is_left_out_while_the_run_before_is_at_work(clockwork: Clockwork) -> None:
    number = clockwork.add()
    clockwork.look(HOUR)
    clockwork.look(HOUR)
    run = clockwork.begin_run(number)
    clockwork.look(HOUR)
    clockwork.end(run)
    clockwork.look(HOUR)

    assert [(state, said) for _, state, said in clockwork.told(number)] == [
        (FiringState.SUBMITTED, ""),
        (FiringState.SKIPPED, "Left out: the run before has not begun yet."),
        (FiringState.SKIPPED, f"Left out: run {run[:8]} is still at work."),
        (FiringState.DUE, ""),
    ]


def test_runs_overlap_where_that_is_asked_for(clockwork: Clockwork) -> None:
    number = clockwork.add(overlap=True)
    clockwork.look(HOUR)
    clockwork.look(HOUR)

    assert [state for _, state, _ in clockwork.told(number)] == [FiringState.DUE, FiringState.DUE]


def test_a_process_that_dies_is_followed_by_another_and_in_the_end_that_is_said(clockwork: Clockwork) -> None:
    number = clockwork.add()
    clockwork.look(HOUR)
    begun = []
    for _ in range(firings_room.MOST_TRIES):
        clockwork.started[-1][0].returncode = -9
        clockwork.look(firings_room.PAUSE_SECONDS - 1)
        begun.append(len(clockwork.started))
        clockwork.look(4 * firings_room.PAUSE_SECONDS)

    ((_, state, said),) = clockwork.told(number)

    assert begun == [1, 2, 3]  # none before its pause is over
    assert len(clockwork.started) == firings_room.MOST_TRIES
    assert state is FiringState.FAILED
    assert said == "The process that was to begin the run ended 3 times, last with signal 9: see the log."


def test_many_that_come_at_once_are_shared_by_a_few_processes(clockwork: Clockwork) -> None:
    for place in range(10):
        clockwork.add(f"schedule {place}")

    clockwork.look(HOUR)

    assert [len(firings) for _, firings in clockwork.started] == [3, 3, 3, 1]
    clockwork.look(1)
    assert len(clockwork.started) == firings_room.MOST_PROCESSES


def test_a_process_that_dies_is_put_down_to_the_time_it_was_at(
    clockwork: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firings_room, "PAUSE_SECONDS", 0.0)
    numbers = [clockwork.add(f"schedule {place}") for place in range(2 * firings_room.MOST_PROCESSES)]
    clockwork.look(HOUR)
    for _ in range(firings_room.MOST_TRIES):
        (deadly,) = (process for process, given in clockwork.started[-4:] if given[0].schedule == numbers[0])
        for process, _given in clockwork.started:
            process.returncode = 0 if process.returncode is None and process is not deadly else process.returncode
        deadly.returncode = -9
        clockwork.look(1)

    states = [clockwork.told(number)[0][1] for number in numbers]

    assert states == [FiringState.FAILED, *[FiringState.DUE] * (len(numbers) - 1)]


def test_webhooks_that_do_not_answer_hold_up_no_run(clockwork: Clockwork) -> None:
    numbers = [clockwork.add(f"told {place}") for place in range(firings_room.MOST_PROCESSES)]
    with clockwork.state.store.write() as db:
        for number in numbers:
            tellings.add_receivers(db, number, (Receiver(kind=ReceiverKind.WEBHOOK, where="http://127.0.0.1/"),))
            firing = Firing(schedule=number, due=BEGAN, at=BEGAN, state=FiringState.DUE)
            schedules.note(db, firing)
            schedules.settle(db, firing, FiringState.FAILED, said="gone")
            schedules.set_enabled(db, number, False, None)
    clockwork.look()
    telling = len(clockwork.started)

    late = clockwork.add("late")
    clockwork.look(HOUR)

    assert telling == firings_room.MOST_TELLERS
    assert [[one.schedule for one in given] for _, given in clockwork.started[telling:]] == [[late]]


def test_a_kill_of_the_process_that_tells_counts_as_one_try_among_others(clockwork: Clockwork) -> None:
    number = clockwork.add()
    with clockwork.state.store.write() as db:
        tellings.add_receivers(db, number, (Receiver(kind=ReceiverKind.WEBHOOK, where="http://127.0.0.1/"),))
        firing = Firing(schedule=number, due=BEGAN, at=BEGAN, state=FiringState.DUE)
        schedules.note(db, firing)
        schedules.settle(db, firing, FiringState.FAILED, said="gone")
        schedules.set_enabled(db, number, False, None)
        for _ in range(firings_room.MOST_TRIES - 1):
            (telling,) = tellings.waiting(db, BEGAN, 1)
            tellings.note_failed(db, telling, DeliveryAttempt(at=BEGAN, why="busy"), until=BEGAN, most=MOST_TELLINGS)
    states = []
    for _ in range(firings_room.MOST_TRIES - 1, MOST_TELLINGS):
        clockwork.look(firings_room.LATE_SECONDS)
        clockwork.started[-1][0].returncode = -9
        clockwork.look()
        with clockwork.state.store.read() as db:
            told = tellings.find(db, number, BEGAN, 0)
        assert told is not None
        states.append(told.told)

    assert states == [Told.DUE, Told.DUE, Told.DUE, Told.FAILED]
    assert [one.why for one in told.attempts] == ["busy"] * 2 + ["Its process ended with signal 9."] * 4


def test_only_the_newest_times_are_kept_and_none_that_is_due(clockwork: Clockwork) -> None:
    number = clockwork.add()
    for _ in range(schedules.KEPT + 20):
        clockwork.look(HOUR)

    told = clockwork.told(number)

    assert len(told) == schedules.KEPT + 1
    assert [state for _, state, _ in told].index(FiringState.DUE) == 0


WRONG_TIMES = ('"every": "x"', '"every": NaN', '"every": 1e-320', '"cron": 5', '"zone": 3', '"anchor": Infinity')


@pytest.mark.parametrize("said", WRONG_TIMES)
def test_a_stored_time_of_another_kind_is_paused_and_stops_no_other(clockwork: Clockwork, said: str) -> None:
    broken, sound = clockwork.add("broken"), clockwork.add("sound")
    with clockwork.state.store.write() as db:
        body = json.loads(db.execute("SELECT body FROM schedules WHERE number = ?", (broken,)).fetchone()[0])
        body["recurrence"] |= json.loads(f"{{{said}}}")
        db.execute("UPDATE schedules SET body = ? WHERE number = ?", (json.dumps(body), broken))

    clockwork.look(HOUR)

    assert len(clockwork.told(sound)) == 1
    ((_, state, why),) = clockwork.told(broken)
    assert (state, why.startswith("Paused: it is damaged in the store")) == (FiringState.FAILED, True)


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"recurrence": 5}'])
def test_one_that_is_damaged_is_paused_and_stops_no_other(clockwork: Clockwork, body: str) -> None:
    damaged, sound = clockwork.add("damaged"), clockwork.add("sound")
    with clockwork.state.store.write() as db:
        db.execute("UPDATE schedules SET body = ? WHERE number = ?", (body, damaged))

    clockwork.look(HOUR)
    clockwork.look(HOUR)

    assert [due for due, _, _ in clockwork.told(sound)] == [HOUR, 2 * HOUR]
    ((_, state, said),) = clockwork.told(damaged)
    assert (state, said.startswith("Paused: it is damaged in the store")) == (FiringState.FAILED, True)


def test_that_one_was_paused_is_told_to_its_receivers(clockwork: Clockwork) -> None:
    number = clockwork.add()
    with clockwork.state.store.write() as db:
        tellings.add_receivers(db, number, (Receiver(kind=ReceiverKind.WEBHOOK, where="https://example.org/"),) * 2)
        db.execute("UPDATE schedules SET body = '{'")

    clockwork.look(HOUR)

    given = [one.key for _, errands in clockwork.started for one in errands]
    assert given == [(number, BEGAN + HOUR, 0), (number, BEGAN + HOUR, 1)]
    with clockwork.state.store.read() as db:
        assert [one.place for one in tellings.waiting(db, BEGAN + HOUR, 9)] == [0, 1]


def test_a_stored_time_that_is_none_is_paused_and_stops_no_other(clockwork: Clockwork) -> None:
    broken = clockwork.add("broken", Recurrence(cron="0 6 * * *", zone="UTC"))
    with clockwork.state.store.write() as db:
        db.execute("""UPDATE schedules SET body = replace(body, '"UTC"', '"Mars/Olympus"')""")
    sound = clockwork.add("sound")

    clockwork.look(24 * HOUR)

    assert len(clockwork.told(sound)) == 1
    ((_, state, said),) = clockwork.told(broken)
    assert (state, "there is no time zone 'Mars/Olympus'" in said) == (FiringState.FAILED, True)


def test_a_runner_stays_while_a_schedule_is_enabled(clockwork: Clockwork) -> None:
    clockwork.look()
    without = clockwork.firings.staying
    number = clockwork.add()
    clockwork.look()
    with_one = clockwork.firings.staying
    with clockwork.state.store.write() as db:
        schedules.set_enabled(db, number, False, None)
    clockwork.look()

    assert (without, with_one, clockwork.firings.staying) == (False, True, False)
