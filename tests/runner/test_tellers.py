"""Who is told by which process: one for each server, so that one that does not answer holds up itself alone."""

from __future__ import annotations

import pytest

from jobs.runtime.core.receivers import MOST_TELLINGS, DeliveryAttempt, OpenTarget, Receiver, ReceiverKind, Told
from jobs.runtime.core.schedules import FiringState
from jobs.runtime.runner import firings as firings_room
from jobs.runtime.store import tellings
from tests.support.clockwork import BEGAN, HOUR, Clockwork, webhook


def places(clockwork: Clockwork) -> list[list[int]]:
    """What each process that lives was given, by the receivers' places."""
    return [[one.key[-1] for one in given] for process, given in clockwork.started if process.returncode is None]


def not_taken(clockwork: Clockwork, number: int, place: int) -> None:
    """A receiver was asked, and did not answer."""
    with clockwork.state.store.write() as db:
        telling = tellings.find(db, number, BEGAN, place)
        assert telling is not None
        attempt = DeliveryAttempt(at=clockwork.now, why="busy")
        tellings.note_failed(db, telling, attempt, until=clockwork.now + 1, most=MOST_TELLINGS)


def test_webhooks_that_do_not_answer_hold_up_no_run(clockwork: Clockwork) -> None:
    clockwork.to_tell(*(webhook(f"http://127.0.0.1:{port}/") for port in range(1, 9)))
    clockwork.look()
    telling = len(clockwork.started)

    late = clockwork.add("late")
    clockwork.look(HOUR)

    assert telling == firings_room.MOST_TELLERS
    assert [[one.schedule for one in given] for _, given in clockwork.started[telling:]] == [[late]]


def test_each_server_has_a_process_of_its_own(clockwork: Clockwork) -> None:
    mail = [Receiver(kind=ReceiverKind.EMAIL, where=f"{name}@example.org") for name in ("ann", "bob")]
    team = Receiver(kind=ReceiverKind.APPRISE, where="team")
    clockwork.to_tell(webhook("https://a.example/1"), mail[0], webhook("https://a.example/2"), team, mail[1])

    clockwork.look()

    assert sorted(places(clockwork)) == [[0, 2], [1, 4], [3]]


def test_a_server_that_is_being_told_is_told_nothing_more_and_another_at_once(clockwork: Clockwork) -> None:
    clockwork.to_tell(*(webhook(f"https://hangs.example/{number}") for number in range(10)))
    clockwork.look()

    clockwork.to_tell(webhook("https://hangs.example/0"), webhook("https://sound.example/"), name="another")
    clockwork.look()

    assert places(clockwork) == [list(range(10)), [1]]


def test_servers_that_took_nothing_leave_room_for_the_others(clockwork: Clockwork) -> None:
    hanging = [webhook(f"https://hangs{number}.example/") for number in range(6)]
    number = clockwork.to_tell(*hanging)
    for place in range(len(hanging)):
        not_taken(clockwork, number, place)
    clockwork.look(60)
    doubtful = len(places(clockwork))

    clockwork.to_tell(webhook("https://sound.example/"), webhook("https://other.example/"), name="another")
    clockwork.look()

    assert doubtful == firings_room.MOST_DOUBTFUL
    assert places(clockwork)[doubtful:] == [[0], [1]]


def test_servers_that_took_nothing_are_asked_in_turn(clockwork: Clockwork) -> None:
    hanging = [webhook(f"https://hangs{number}.example/") for number in range(3)]
    number = clockwork.to_tell(*hanging)
    for place in range(len(hanging)):
        not_taken(clockwork, number, place)
    asked = []
    for _ in range(3):
        clockwork.look(60)
        asked += [place for given in places(clockwork) for place in given]
        for process, given in clockwork.started:
            if process.returncode is None:
                not_taken(clockwork, number, given[0].key[-1])
                process.returncode = 0

    assert sorted(asked) == [0, 0, 1, 1, 2, 2]


def test_what_one_process_was_given_and_left_is_given_to_the_next(clockwork: Clockwork) -> None:
    number = clockwork.to_tell(webhook("https://slow.example/1"), webhook("https://slow.example/2"))
    clockwork.look()
    with clockwork.state.store.write() as db:
        (first, _) = tellings.waiting(db, BEGAN, 9)
        tellings.settle(db, first, Told.SENT, DeliveryAttempt(at=BEGAN))
    clockwork.started[-1][0].returncode = 0

    clockwork.look()

    assert [one.key for one in clockwork.started[-1][1]] == [(number, BEGAN, 1)]


@pytest.mark.parametrize(
    ("kind", "where", "server"),
    [
        ("webhook", "https://example.org:8443/a?b", "webhook example.org:8443"),
        ("webhook", "https://[::1/", "webhook https://[::1/"),
        ("webhook", "https://{secret:HOST}/x", "webhook {secret:HOST}"),
        ("email", "ann@example.org", "email"),
        ("apprise", "team", "apprise team"),
        ("", "", " "),
    ],
)
def test_a_server_is_known_by_what_several_receivers_share(kind: str, where: str, server: str) -> None:
    assert OpenTarget(kind=kind, where=where, waits=True, failed=False).server == server


def test_one_whose_receiver_is_gone_is_given_out_to_be_settled(clockwork: Clockwork) -> None:
    number = clockwork.to_tell(webhook("https://example.org/"))
    with clockwork.state.store.write() as db:
        db.execute("DELETE FROM receivers")

    clockwork.look()

    assert [one.key for _, given in clockwork.started for one in given] == [(number, BEGAN, 0)]


def test_a_kill_of_the_process_that_tells_counts_as_one_try_among_others(clockwork: Clockwork) -> None:
    number = clockwork.to_tell(webhook("http://127.0.0.1/"))
    for _ in range(firings_room.MOST_TRIES - 1):
        not_taken(clockwork, number, 0)
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


def test_that_one_was_paused_is_told_to_its_receivers(clockwork: Clockwork) -> None:
    number = clockwork.add()
    with clockwork.state.store.write() as db:
        tellings.add_receivers(db, number, (webhook("https://example.org/"),) * 2)
        db.execute("UPDATE schedules SET body = '{'")

    clockwork.look(HOUR)

    given = [one.key for _, errands in clockwork.started for one in errands]
    assert given == [(number, BEGAN + HOUR, 0), (number, BEGAN + HOUR, 1)]
    assert [state for _, state, _ in clockwork.told(number)] == [FiringState.FAILED]
