"""What receivers are told where the store is damaged: as much as can be known, and that the rest cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from jobs.runtime.core.receivers import TellRule, Told
from tests.support.http_server import served
from tests.support.stage import Stage
from tests.support.tellings import came, hook, scheduled, tell, told


class Keeping(BaseHTTPRequestHandler):
    """Keeps what it is told."""

    told: list[dict[str, Any]] = []  # noqa: RUF012

    def do_POST(self) -> None:  # the name is http.server's
        Keeping.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    Keeping.told = []
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")
    with served(Keeping) as port:
        yield f"http://127.0.0.1:{port}/"


def told_after(stage: Stage, receiver: str, damage: str, rule: TellRule = TellRule.ALWAYS) -> None:
    """The third run of a schedule is told, of which there is another value each time."""
    schedule = scheduled(hook(receiver, rule=rule))
    for due in (1.0, 2.0, 3.0):
        firing = came(stage, schedule, stage.run(["5"], [{"digits": due}]), due)
    with stage.store.write() as db:
        db.execute(damage)
    tell(firing)


def test_an_earlier_run_that_is_damaged_is_passed_over(stage: Stage, receiver: str) -> None:
    told_after(stage, receiver, "UPDATE runs SET params = '[' WHERE number = 2")

    (said,) = Keeping.told
    assert [(one["before"], one["after"]) for one in said["changes"]] == [(1.0, 3.0)]


def test_that_a_run_is_damaged_is_said_and_not_tried_again(stage: Stage, receiver: str) -> None:
    told_after(stage, receiver, "UPDATE runs SET params = '[' WHERE number = 3")

    assert Keeping.told == []
    assert told(3.0).told is Told.FAILED
    assert "is damaged in the store" in told(3.0).open_because


@pytest.mark.parametrize("rule", [TellRule.ALWAYS, TellRule.CHANGE])
@pytest.mark.parametrize("number", [2, 3])
def test_where_a_row_is_damaged_that_is_told(stage: Stage, receiver: str, rule: TellRule, number: int) -> None:
    told_after(stage, receiver, f"UPDATE outcomes SET row = '{{' WHERE run = {number}", rule)

    (said,) = Keeping.told
    assert said["said"] == "Changed: not known: what is stored of the rows is damaged."
    assert (said["changes"], said["rows_changed"]) == ([], None)
    assert told(3.0).told is Told.SENT
