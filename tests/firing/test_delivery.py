"""Who is told of a run of a schedule: what, when, how it is signed, and what becomes of it where nobody takes it."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from itertools import chain
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from jobs.runtime import client, compare
from jobs.runtime import firing as firing_room
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.receivers import MOST_TELLINGS, DeliveryAttempt, Receiver, TellRule, Told
from jobs.runtime.core.records import RunState
from jobs.runtime.core.schedules import Firing, FiringState
from jobs.runtime.store import runs as runs_table
from jobs.runtime.store import schedules as schedules_table
from jobs.runtime.store import tellings
from jobs.runtime.store.connection import FILE, Store
from jobs.runtime.store.schema import MIGRATIONS
from tests.support.http_server import served
from tests.support.machine import Machine, until
from tests.support.stage import Stage
from tests.support.tellings import at, came, hook, scheduled, tell, tell_in_a_process, told, wanted

MOST = MOST_TELLINGS


class Answering(BaseHTTPRequestHandler):
    """Keeps what it is told, and answers as the test says."""

    told: list[tuple[dict[str, str], bytes]] = []  # noqa: RUF012
    status = 204
    gate = Event()
    """It answers once this is set."""

    def do_POST(self) -> None:  # the name is http.server's
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Answering.told.append((dict(self.headers), body))
        Answering.gate.wait(60)
        self.send_response(Answering.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")
    Answering.told, Answering.status, Answering.gate = [], 204, Event()
    Answering.gate.set()
    with served(Answering) as port:
        yield f"http://127.0.0.1:{port}/hook"


def messages() -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in Answering.told]


ROWS = [{"digits": 1}, {"digits": 3}]


def test_it_is_told_what_changed_since_the_run_before(stage: Stage, receiver: str) -> None:
    schedule = scheduled(hook(receiver))
    before, run = stage.run(["5", "6"], ROWS), stage.run(["5", "7"], [{"digits": 2}, "bug"])
    came(stage, schedule, before, 1.0)

    tell(came(stage, schedule, run, 2.0))

    (said,) = messages()
    assert (said["schedule"], said["job"], said["state"]) == ("nightly", "factorial", "submitted")
    assert (said["run"]["id"], said["run"]["failed"], said["since"]) == (run.id, 1, before.id)
    assert {(one["item"], one["what"]): (one["before"], one["after"]) for one in said["changes"]} == {
        ("5", "digits"): (1, 2),
        ("6", "only in the first run"): ("ok", None),
        ("7", "only in the second run"): (None, "failed"),
    }
    assert (said["rows_changed"], said["changes_in_all"]) == (3, 3)
    assert told(2.0).told is Told.SENT


def test_it_is_signed_by_a_secret(stage: Stage, receiver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_SECRET_KEY", "swordfish")
    schedule = scheduled(hook(receiver, key="{secret:KEY}"))

    tell(came(stage, schedule, stage.run(["5"]), 1.0))

    ((headers, body),) = Answering.told
    moment, signed = (part.partition("=")[2] for part in headers["X-Fanout-Signature"].split(","))
    assert signed == hmac.new(b"swordfish", moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert abs(time.time() - int(moment)) < 60
    assert b"swordfish" not in body


CHANGED = [{"digits": 1, "trailing_zeros": 1}, {"digits": 3}]


@pytest.mark.parametrize(
    ("rule", "column", "rows", "wanted"),
    [
        (TellRule.ALWAYS, "", ROWS, True),
        (TellRule.FAILURE, "", ROWS, False),
        (TellRule.FAILURE, "", [ROWS[0], "bug"], True),
        (TellRule.CHANGE, "", ROWS, False),
        (TellRule.CHANGE, "", CHANGED, True),
        (TellRule.CHANGE, "digits", CHANGED, False),
        (TellRule.CHANGE, "trailing_zeros", CHANGED, True),
    ],
)
def test_a_rule_says_of_which_runs_it_is_told(
    stage: Stage, receiver: str, rule: TellRule, column: str, rows: list[Any], wanted: bool
) -> None:
    schedule = scheduled(hook(receiver, rule=rule, column=column))
    came(stage, schedule, stage.run(["5", "6"], ROWS), 1.0)

    tell(came(stage, schedule, stage.run(["5", "6"], rows), 2.0))

    assert told(2.0).told is (Told.SENT if wanted else Told.UNNEEDED)
    assert len(Answering.told) == wanted


def test_that_no_run_could_be_begun_is_told_by_every_rule(stage: Stage, receiver: str) -> None:
    schedule = scheduled(hook(receiver, rule=TellRule.CHANGE, column="digits"))

    tell(came(stage, schedule, None, 1.0, "items.csv is not there"))

    (said,) = messages()
    assert (said["state"], said["said"], said["run"]) == ("failed", "items.csv is not there", None)


def test_that_a_damaged_schedule_was_paused_is_told(stage: Stage, receiver: str) -> None:
    schedule = scheduled(hook(receiver, rule=TellRule.FAILURE))
    with stage.store.write() as db:
        db.execute("UPDATE schedules SET body = '{'")

    tell(came(stage, schedule, None, 1.0, "Paused: it is damaged"))

    (said,) = messages()
    assert (said["schedule"], said["job"], said["said"]) == ("nightly", "factorial", "Paused: it is damaged")
    assert told().told is Told.SENT


def test_what_is_not_taken_is_tried_again_ever_later_and_given_up_in_the_end(stage: Stage, receiver: str) -> None:
    schedule = scheduled(hook(receiver))
    came(stage, schedule, stage.run(["5"]), 1.0)
    Answering.status = 500
    pauses = []
    for _ in range(MOST):
        tell(at(1.0))
        with stage.store.read() as db:
            (row,) = db.execute("SELECT tell_at FROM tellings").fetchall()
        pauses.append(round((row[0] - time.time()) / 30))
    tell(at(1.0))

    assert pauses == [4**place for place in range(MOST)]
    assert (told().told, len(told().attempts)) == (Told.FAILED, MOST)
    assert {one.why for one in told().attempts} == {"127.0.0.1 answered 500"}
    assert len(Answering.told) == MOST
    found = client.schedule("nightly")
    (trouble,) = client.schedule_troubles(found, client.schedule_document(found))
    assert f"{receiver} was not told of 1970-01-01" in trouble
    assert "(given up): 127.0.0.1 answered 500" in trouble


def test_each_receiver_has_a_rule_and_attempts_of_its_own(stage: Stage, receiver: str) -> None:
    closed = hook("http://127.0.0.1:64999/closed")
    schedule = scheduled(hook(receiver), hook(receiver, rule=TellRule.FAILURE), closed)

    tell(came(stage, schedule, stage.run(["5"]), 1.0))
    tell(at(1.0))

    assert [told(place=place).told for place in range(3)] == [Told.SENT, Told.UNNEEDED, Told.DUE]
    assert [len(told(place=place).attempts) for place in range(3)] == [1, 0, 2]
    assert (told().open_because, told(place=2).open_because) == ("", "127.0.0.1 refused the connection at port 64999")
    assert len(messages()) == 1


def test_the_comparison_is_made_once_for_all_receivers(
    stage: Stage, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    compare_runs = compare.compare_runs
    monkeypatch.setattr(
        compare, "compare_runs", lambda *of, **how: (made.append(of[1].id), compare_runs(*of, **how))[1]
    )
    schedule = scheduled(hook(receiver), hook(receiver, rule=TellRule.CHANGE), hook(receiver + "?x"))
    came(stage, schedule, stage.run(["5"], ROWS[:1]), 1.0)
    run = stage.run(["5"], [{"digits": 2}])

    tell(came(stage, schedule, run, 2.0))

    assert made == [run.id]
    assert len(messages()) == 3


def test_a_store_of_before_keeps_its_webhook_and_what_it_was_to_be_told(home: Path) -> None:
    """Of each schedule one webhook stood in its body, and what it was told in its times."""
    home.mkdir(mode=0o700)
    before_it = next(number for number, made in enumerate(MIGRATIONS) if "TABLE tellings" in str(made))
    body = {"webhook": {"url": "https://example.org/", "rule": "change", "column": "digits", "key": "{secret:K}"}}
    with closing(sqlite3.connect(home / FILE)) as db:
        for statement in chain.from_iterable(MIGRATIONS[:before_it]):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {before_it}")
        rows = enumerate([json.dumps(body), json.dumps({"webhook": None}), "{", "{}"], start=1)
        db.executemany("INSERT INTO schedules VALUES (?, 'n' || ?1, 'admin', 'noop', 0, 0, NULL, ?)", rows)
        for due, state in enumerate(["", "due", "sent", "not needed", "not delivered"]):
            db.execute("INSERT INTO firings VALUES (1, ?, 0, 'failed', '', '', 0, ?, 90, 2, 'busy')", (due, state))
        db.commit()

    with Store(home).read() as db:
        kept = [tellings.receivers(db, number) for number in (1, 2, 3, 4)]
        before = tellings.of_schedule(db, 1, 0.0)
        due = [one.key for one in tellings.waiting(db, 100.0, 9)]

    assert kept == [
        (hook("https://example.org/", rule=TellRule.CHANGE, column="digits", key="{secret:K}"),),
        *[()] * 3,
    ]
    assert {due: one.told for due, (one,) in before.items()} == dict(enumerate(Told, start=1))
    assert due == [(1, 1.0, 0)]
    assert before[1.0][0].attempts == (DeliveryAttempt(at=60.0, why="busy"),)


def test_a_private_address_is_not_asked(stage: Stage, receiver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS_ALLOW_NETS")
    schedule = scheduled(hook(receiver))

    tell(came(stage, schedule, stage.run(["5"]), 1.0))

    assert Answering.told == []
    assert "JOBS_ALLOW_NETS" in told().open_because


def test_a_secret_in_the_url_is_kept_out_of_what_is_said(
    stage: Stage, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_SECRET_HOOK", "swordfish.invalid")
    schedule = scheduled(hook("http://{secret:HOOK}/x"))

    tell(came(stage, schedule, stage.run(["5"]), 1.0))

    assert told().told is Told.DUE
    assert "swordfish" not in told().open_because


def test_a_secret_host_that_refuses_is_kept_out_of_what_is_said(
    stage: Stage, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Answering.status = 500
    monkeypatch.setenv("JOBS_SECRET_HOOK", "127.0.0.1")
    schedule = scheduled(hook(receiver.replace("127.0.0.1", "{secret:HOOK}")))

    tell(came(stage, schedule, stage.run(["5"]), 1.0))

    assert len(messages()) == 1
    assert told().open_because == "{secret:HOOK} answered 500"


def test_nobody_is_told_where_there_is_no_webhook(stage: Stage, receiver: str) -> None:
    schedule = scheduled()

    assert came(stage, schedule, stage.run(["5"]), 1.0).tellings == ()


@pytest.mark.parametrize(
    ("receiver", "why"),
    [
        (hook("ftp://example.org"), "is no URL of a webhook"),
        (hook("https://[example/"), "is no URL of a webhook"),
        (hook("https://a:b@example.org/"), "a URL with a password is not kept"),
        (hook("https://example.org/", key="swordfish"), "is kept by its name alone"),
    ],
)
def test_what_cannot_be_told_is_refused(stage: Stage, receiver: Receiver, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        scheduled(receiver)

    assert "swordfish" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1/hook", "JOBS_ALLOW_NETS"),
        ("http://localhost/hook", "JOBS_ALLOW_NETS"),
        ("http://[::ffff:10.0.0.1]/", "JOBS_ALLOW_NETS"),
        ("https://example.org:25/", "port 25 is not one of a web server"),
        ("https://example.org:99999/", "no webhook can be told there"),
        ("https://exa mple.org/", "no webhook can be told there"),
        ("https://a..example.org/", "no webhook can be told there"),
    ],
)
def test_a_url_that_can_never_be_asked_is_refused_when_it_is_saved(stage: Stage, url: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        firing_room.check_schedule(wanted(hook(url)))


@pytest.mark.parametrize("url", ["https://example.org:8443/x", "http://93.184.216.34/", "https://{secret:HOST}:25/"])
def test_what_may_be_asked_some_day_is_kept(stage: Stage, url: str) -> None:
    assert firing_room.check_schedule(wanted(hook(url))).receivers == (hook(url),)


def test_what_was_to_be_told_is_not_told_by_the_copy_of_a_backup(stage: Stage, receiver: str) -> None:
    schedule = scheduled(hook(receiver))
    came(stage, schedule, None, 1.0, "gone")
    with stage.store.write() as db:
        schedules_table.pause_all(db)
        assert tellings.waiting(db, time.time(), 9) == []


def test_what_was_to_be_told_when_the_runner_was_killed_is_told_by_the_next(
    machine: Machine, receiver: str, tmp_path: Path
) -> None:
    table = tmp_path / "items.csv"
    table.write_text("text\na\n", "utf-8")
    schedule = scheduled(hook(receiver), where=str(table), job="noop")
    client.stop_runner()
    run = machine.submit_only(["a"], "noop")
    with Store(machine.home).write() as db:
        firing = Firing(schedule=schedule.number, due=1.0, at=1.0, state=FiringState.DUE)
        schedules_table.note(db, firing)
        schedules_table.settle(db, firing, FiringState.SUBMITTED, run=run.id)
        assert tellings.waiting(db, time.time(), 9) == []  # its run is not over
        assert runs_table.find(db, run.id).run.state is RunState.QUEUED

    client.ensure_runner()
    until(lambda: told().told is Told.SENT, 90)

    assert [said["run"]["id"] for said in messages()] == [run.id]


class Hanging(Answering):
    """Answers once the test is over."""

    gate = Event()

    def do_POST(self) -> None:  # the name is http.server's
        Hanging.gate.wait(60)
        self.close_connection = True


@pytest.fixture
def hanging() -> Iterator[str]:
    Hanging.gate = Event()
    with served(Hanging) as port:
        yield f"http://127.0.0.1:{port}/"
        Hanging.gate.set()


def test_a_receiver_that_hangs_holds_up_itself_alone(machine: Machine, receiver: str, hanging: str) -> None:
    """Nine messages wait for it before the one to another, and each takes its whole time limit."""
    schedule = scheduled(*(hook(f"{hanging}{number}") for number in range(9)), hook(receiver), job="noop")
    client.stop_runner()
    with Store(machine.home).write() as db:
        firing = Firing(schedule=schedule.number, due=1.0, at=1.0, state=FiringState.DUE)
        schedules_table.note(db, firing)
        schedules_table.settle(db, firing, FiringState.FAILED, said="gone")

    client.ensure_runner()
    until(lambda: told(place=9).told is Told.SENT, 90)

    assert sum(len(told(place=place).attempts) for place in range(9)) <= 1  # the first has its limit, no other
    assert len(messages()) == 1


def test_a_process_that_had_to_wait_leaves_the_others_to_the_next(stage: Stage, receiver: str) -> None:
    schedule = scheduled(*(hook(f"{receiver}?{number}") for number in range(3)))
    firing = came(stage, schedule, None, 1.0, "gone")

    code = tell_in_a_process(firing, "main.MOST_WAITED = 1e-9")

    assert (code, len(messages())) == (0, 1)
    assert [told(place=place).told for place in range(3)] == [Told.SENT, Told.DUE, Told.DUE]


@pytest.mark.slow
def test_a_runner_that_is_killed_while_a_message_is_sent_loses_none(
    machine: Machine, receiver: str, tmp_path: Path
) -> None:
    """The receiver has it, and says so to nobody."""
    table = tmp_path / "items.csv"
    table.write_text("text\na\n", "utf-8")
    Answering.gate = Event()
    scheduled(hook(receiver), hook(receiver + "?other"), where=str(table), job="noop")
    client.fire_now("nightly")
    until(lambda: Answering.told, 90)
    machine.kill_runner()
    Answering.gate.set()
    (firing,) = client.firings("nightly")
    assert [one.told for one in firing.tellings] == [Told.DUE, Told.DUE]

    client.ensure_runner()
    until(lambda: all(one.told is Told.SENT for one in client.firings("nightly")[0].tellings), 90)

    assert {said["run"]["id"] for said in messages()} == {firing.run}
    assert len(messages()) >= 3
