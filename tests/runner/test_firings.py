"""Schedules as they come, by a clock of the test's own: each time once, however late, and no two runs at once."""

from __future__ import annotations

import json

import pytest

from jobs.runtime.core.recurrence import Recurrence, cron_line
from jobs.runtime.core.schedules import FiringState
from jobs.runtime.runner import firings as firings_room
from jobs.runtime.store import schedules
from tests.support.clockwork import HOUR, Clockwork


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
