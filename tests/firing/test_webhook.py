"""Who is told of a run of a schedule: what, when, how it is signed, and what becomes of it where nobody takes it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from jobs.runtime import client
from jobs.runtime.client.schedules import MOST_TELLINGS
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import Run, RunState
from jobs.runtime.core.recurrence import every
from jobs.runtime.core.schedules import (
    Firing,
    FiringState,
    ItemsSource,
    RunSchedule,
    SourceKind,
    TellRule,
    Told,
    Webhook,
)
from jobs.runtime.firing import webhook
from jobs.runtime.store import runs as runs_table
from jobs.runtime.store import schedules as schedules_table
from jobs.runtime.store.connection import Store
from tests.support.machine import Machine, until
from tests.support.stage import Stage

MOST = MOST_TELLINGS


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is told, and answers as the test says."""

    told: list[tuple[dict[str, str], bytes]] = []  # noqa: RUF012
    status = 204

    def do_POST(self) -> None:  # the name is http.server's
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.told.append((dict(self.headers), body))
        self.send_response(Receiver.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")
    Receiver.told, Receiver.status = [], 204
    here = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=here.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{here.server_port}/hook"
    here.shutdown()
    thread.join()
    here.server_close()


def messages() -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in Receiver.told]


def scheduled(hook: Webhook, where: str = "https://example.org/items.csv", job: str = "factorial") -> RunSchedule:
    kind = SourceKind.URL if "://" in where else SourceKind.FILE
    schedule = RunSchedule(
        name="nightly",
        owner="admin",
        settings=RunPreset(name="", job=job),
        source=ItemsSource(kind=kind, where=where),
        recurrence=every("1 d", time.time()),
        webhook=hook,
    )
    return client.save_schedule(schedule)


def came(stage: Stage, schedule: RunSchedule, run: Run | None, due: float, said: str = "") -> Firing:
    """A time of it, settled as the process does that begins its run."""
    with stage.store.write() as db:
        firing = Firing(schedule=schedule.number, due=due, at=due, state=FiringState.DUE)
        schedules_table.note(db, firing)
        state = FiringState.FAILED if run is None else FiringState.SUBMITTED
        schedules_table.settle(db, firing, state, run=run.id if run else "", said=said)
    return at(due)


def at(due: float) -> Firing:
    return next(one for one in client.firings("nightly") if one.due == due)


ROWS = [{"digits": 1}, {"digits": 3}]


def test_it_is_told_what_changed_since_the_run_before(stage: Stage, receiver: str) -> None:
    schedule = scheduled(Webhook(url=receiver))
    before, run = stage.run(["5", "6"], ROWS), stage.run(["5", "7"], [{"digits": 2}, "bug"])
    came(stage, schedule, before, 1.0)

    webhook.tell(schedule, came(stage, schedule, run, 2.0))

    (said,) = messages()
    assert (said["schedule"], said["job"], said["state"]) == ("nightly", "factorial", "submitted")
    assert (said["run"]["id"], said["run"]["failed"], said["since"]) == (run.id, 1, before.id)
    assert {(one["item"], one["what"]): (one["before"], one["after"]) for one in said["changes"]} == {
        ("5", "digits"): (1, 2),
        ("6", "only in the first run"): ("ok", None),
        ("7", "only in the second run"): (None, "failed"),
    }
    assert (said["rows_changed"], said["changes_in_all"]) == (3, 3)
    assert at(2.0).told is Told.SENT


def test_it_is_signed_by_a_secret(stage: Stage, receiver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_SECRET_KEY", "swordfish")
    schedule = scheduled(Webhook(url=receiver, key="{secret:KEY}"))

    webhook.tell(schedule, came(stage, schedule, stage.run(["5"]), 1.0))

    ((headers, body),) = Receiver.told
    moment, signed = (part.partition("=")[2] for part in headers["X-Fanout-Signature"].split(","))
    assert signed == hmac.new(b"swordfish", moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert abs(time.time() - int(moment)) < 60
    assert b"swordfish" not in body


CHANGED = [{"digits": 1, "trailing_zeros": 1}, {"digits": 3}]


@pytest.mark.parametrize(
    ("rule", "column", "rows", "told"),
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
    stage: Stage, receiver: str, rule: TellRule, column: str, rows: list[Any], told: bool
) -> None:
    schedule = scheduled(Webhook(url=receiver, rule=rule, column=column))
    came(stage, schedule, stage.run(["5", "6"], ROWS), 1.0)

    webhook.tell(schedule, came(stage, schedule, stage.run(["5", "6"], rows), 2.0))

    assert at(2.0).told is (Told.SENT if told else Told.UNNEEDED)
    assert len(Receiver.told) == told


def test_that_no_run_could_be_begun_is_told_by_every_rule(stage: Stage, receiver: str) -> None:
    schedule = scheduled(Webhook(url=receiver, rule=TellRule.CHANGE, column="digits"))

    webhook.tell(schedule, came(stage, schedule, None, 1.0, "items.csv is not there"))

    (said,) = messages()
    assert (said["state"], said["said"], said["run"]) == ("failed", "items.csv is not there", None)


def test_what_is_not_taken_is_tried_again_ever_later_and_given_up_in_the_end(stage: Stage, receiver: str) -> None:
    schedule = scheduled(Webhook(url=receiver))
    came(stage, schedule, stage.run(["5"]), 1.0)
    Receiver.status = 500
    pauses = []
    for _ in range(MOST):
        webhook.tell(schedule, at(1.0))
        with stage.store.read() as db:
            (row,) = db.execute("SELECT tell_at FROM firings").fetchall()
        pauses.append(round((row[0] - time.time()) / 30))
    webhook.tell(schedule, at(1.0))

    assert pauses == [4**place for place in range(MOST)]
    assert (at(1.0).told, at(1.0).tellings, at(1.0).untold) == (Told.FAILED, MOST, "127.0.0.1 answered 500")
    assert len(Receiver.told) == MOST
    found = client.schedule("nightly")
    (trouble,) = client.schedule_troubles(found, client.schedule_document(found))
    assert "its webhook was not told of 1970-01-01" in trouble
    assert "(given up): 127.0.0.1 answered 500" in trouble


def test_a_private_address_is_not_asked(stage: Stage, receiver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS_ALLOW_NETS")
    schedule = scheduled(Webhook(url=receiver))

    webhook.tell(schedule, came(stage, schedule, stage.run(["5"]), 1.0))

    assert Receiver.told == []
    assert "JOBS_ALLOW_NETS" in at(1.0).untold


def test_a_secret_in_the_url_is_kept_out_of_what_is_said(
    stage: Stage, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_SECRET_HOOK", "swordfish.invalid")
    schedule = scheduled(Webhook(url="http://{secret:HOOK}/x"))

    webhook.tell(schedule, came(stage, schedule, stage.run(["5"]), 1.0))

    assert at(1.0).told is Told.DUE
    assert "swordfish" not in at(1.0).untold


def test_a_secret_host_that_refuses_is_kept_out_of_what_is_said(
    stage: Stage, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Receiver.status = 500
    monkeypatch.setenv("JOBS_SECRET_HOOK", "127.0.0.1")
    schedule = scheduled(Webhook(url=receiver.replace("127.0.0.1", "{secret:HOOK}")))

    webhook.tell(schedule, came(stage, schedule, stage.run(["5"]), 1.0))

    assert len(messages()) == 1
    assert at(1.0).untold == "{secret:HOOK} answered 500"


def test_nobody_is_told_where_there_is_no_webhook(stage: Stage, receiver: str) -> None:
    schedule = scheduled(Webhook(url=receiver))
    with stage.store.write() as db:
        db.execute("UPDATE schedules SET body = json_set(body, '$.webhook', NULL)")

    assert came(stage, schedule, stage.run(["5"]), 1.0).told is Told.NOBODY


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        (Webhook(url="ftp://example.org"), "is no URL of a webhook"),
        (Webhook(url="https://[example/"), "is no URL of a webhook"),
        (Webhook(url="https://a:b@example.org/"), "a URL with a password is not kept"),
        (Webhook(url="https://example.org/", key="swordfish"), "is kept by its name alone"),
    ],
)
def test_what_cannot_be_told_is_refused(stage: Stage, hook: Webhook, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        scheduled(hook)

    assert "swordfish" not in str(refused.value)


def test_what_was_to_be_told_is_not_told_by_the_copy_of_a_backup(stage: Stage, receiver: str) -> None:
    schedule = scheduled(Webhook(url=receiver))
    came(stage, schedule, None, 1.0, "gone")
    with stage.store.write() as db:
        schedules_table.pause_all(db)
        assert schedules_table.to_tell(db, time.time(), 9) == []


def test_what_was_to_be_told_when_the_runner_was_killed_is_told_by_the_next(
    machine: Machine, receiver: str, tmp_path: Path
) -> None:
    table = tmp_path / "items.csv"
    table.write_text("text\na\n", "utf-8")
    schedule = scheduled(Webhook(url=receiver), str(table), "noop")
    client.stop_runner()
    run = machine.submit_only(["a"], "noop")
    with Store(machine.home).write() as db:
        firing = Firing(schedule=schedule.number, due=1.0, at=1.0, state=FiringState.DUE)
        schedules_table.note(db, firing)
        schedules_table.settle(db, firing, FiringState.SUBMITTED, run=run.id)
        assert schedules_table.to_tell(db, time.time(), 9) == []  # its run is not over
        assert runs_table.find(db, run.id).run.state is RunState.QUEUED

    client.ensure_runner()
    until(lambda: at(1.0).told is Told.SENT, 90)

    assert [said["run"]["id"] for said in messages()] == [run.id]
