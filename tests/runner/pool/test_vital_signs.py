"""Whether a worker moves, by what was seen of it at which time."""

from __future__ import annotations

from jobs.runtime.runner.pool.lifecycle import Lifecycle
from jobs.runtime.runner.pool.vital_signs import PONG_SECONDS, VitalSigns


def test_a_stop_is_counted_from_when_it_was_seen_first_and_forgotten_when_it_ends() -> None:
    signs = VitalSigns()
    seen = [signs.stopped(stopped, now) for stopped, now in ((True, 1), (True, 3), (False, 4), (True, 5))]

    assert seen == [0, 2, None, 0]


def test_a_silence_begins_anew_with_every_word() -> None:
    signs = VitalSigns()
    seen = [signs.silent(True, heard, now) for heard, now in ((0, 1), (0, 4), (5, 6), (5, 8))]

    assert seen == [0, 3, 0, 2]
    assert signs.silent(False, 5, 100) == 0


def test_a_late_pong_gives_the_others_the_time_that_they_were_held_up() -> None:
    signs = VitalSigns()
    signs.ping({}, 10.0)
    unanswered = signs.unanswered(10.0 + 2 * PONG_SECONDS)
    signs.pong(13.0)
    signs.settle(13.1)

    assert unanswered
    assert not signs.pinged
    assert (signs.held_up(9.0), signs.held_up(13.0)) == (3.0, 0.0)


def test_the_thread_that_gains_most_holds_the_gil() -> None:
    signs = VitalSigns()
    signs.ping({1: 5.0, 2: 1.0, 3: None}, 0.0)
    now = {1: 5.01, 2: 3.0, 3: 90.0, 4: 80.0}

    assert signs.gaining([1, 2, 3, 4], now.get) == 2
    assert signs.gaining([1], now.get) is None


def test_the_first_reason_for_a_kill_counts() -> None:
    life = Lifecycle(0.0)
    life.doom("its pipe broke", at_fault=True)
    life.doom("its run ended", at_fault=False)

    assert (life.killed_why, life.at_fault, life.ready) == ("its pipe broke", True, False)


def test_a_worker_that_has_grown_takes_nothing_more() -> None:
    life = Lifecycle(0.0)
    assert life.came_up(1.0)
    for size in (100, 150, 120):
        life.measure(size, most=49)

    assert life.retiring
    assert not life.came_up(2.0)
