"""What schedules tell by Apprise, to targets that the admin has named."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

import apprise
import pytest

from jobs.runtime.client import receivers
from jobs.runtime.core import settings
from jobs.runtime.core.errors import BadSetting, Refused
from jobs.runtime.core.receivers import Receiver, ReceiverKind, Told
from tests.support.http_server import served
from tests.support.stage import Stage
from tests.support.tellings import came, scheduled, tell, tell_in_a_process, told

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of modules that Apprise loads

TEAM = Receiver(kind=ReceiverKind.APPRISE, where="team")


class Chat(BaseHTTPRequestHandler):
    """Keeps what it is told, as Apprise's json:// sends it."""

    told: list[dict[str, Any]] = []  # noqa: RUF012
    status = 200

    def do_POST(self) -> None:  # the name is http.server's
        Chat.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(Chat.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    Chat.told, Chat.status = [], 200
    monkeypatch.setenv("JOBS_APPRISE", "team={secret:TEAM}, ops={secret:OPS}")
    with served(Chat) as port:
        monkeypatch.setenv("JOBS_SECRET_TEAM", f"json://127.0.0.1:{port}/swordfish")
        yield


def test_a_target_is_told_what_changed(stage: Stage, chat: None) -> None:
    schedule = scheduled(TEAM)
    came(stage, schedule, stage.run(["5"], [{"digits": 1}]), 1.0)

    tell(came(stage, schedule, stage.run(["5"], [{"digits": 2}]), 2.0))

    (said,) = Chat.told
    assert said["title"] == "nightly: 1 row changed"
    assert "5 · digits: 1 → 2" in said["message"]
    assert told(2.0).told is Told.SENT


def test_what_a_target_does_not_take_is_tried_again_and_its_secret_not_shown(stage: Stage, chat: None) -> None:
    Chat.status = 500

    tell(came(stage, scheduled(TEAM), None, 1.0, "gone"))

    assert len(Chat.told) == 1
    assert told().told is Told.DUE
    assert told().open_because.startswith("team was not reached: ")
    assert "swordfish" not in told().open_because


@pytest.mark.parametrize(("url", "why"), [("nonsense://x", "no URL that Apprise knows"), ("", "there is no secret")])
def test_a_target_that_is_none_is_said(
    stage: Stage, chat: None, monkeypatch: pytest.MonkeyPatch, url: str, why: str
) -> None:
    if url:
        monkeypatch.setenv("JOBS_SECRET_TEAM", url)
    else:
        monkeypatch.delenv("JOBS_SECRET_TEAM")

    tell(came(stage, scheduled(TEAM), None, 1.0, "gone"))

    assert why in told().open_because


def test_a_target_that_nobody_has_named_is_refused(stage: Stage, chat: None) -> None:
    with pytest.raises(Refused, match="names no target 'tema': it names team, ops"):
        scheduled(Receiver(kind=ReceiverKind.APPRISE, where="tema"))


def test_without_the_package_that_is_a_sentence(stage: Stage, chat: None, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = scheduled(TEAM)
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setattr(receivers, "find_spec", lambda _: None)

    with pytest.raises(Refused, match=r"pip install 'fanout-jobs\[apprise\]'"):
        scheduled(TEAM)
    tell(came(stage, schedule, None, 1.0, "gone"))

    assert "pip install 'fanout-jobs[apprise]'" in told().open_because


@pytest.mark.parametrize(
    "text", ["team=slack://swordfish", "{secret:TEAM}", "team={secret:a b}", "t={secret:T}swordfish"]
)
def test_a_target_is_named_by_a_secret_alone(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("JOBS_APPRISE", text)

    with pytest.raises(BadSetting, match=r"want NAME=\{secret:NAME\}") as refused:
        settings.value("JOBS_APPRISE")

    assert "swordfish" not in str(refused.value)


class Dripping(Chat):
    """Answers for as long as it is heard, a sign of a head after the other."""

    over = Event()

    def do_POST(self) -> None:  # the name is http.server's
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        with suppress(OSError):
            while not Dripping.over.wait(0.3):
                self.wfile.write(b"X")
        self.close_connection = True


@pytest.fixture
def dripping() -> Iterator[str]:
    Dripping.over = Event()
    with served(Dripping) as port:
        yield f"json://127.0.0.1:{port}/"
        Dripping.over.set()


@pytest.mark.parametrize("services", [1, 3])
def test_a_target_that_never_comes_to_an_end_does_not_keep_the_process(
    stage: Stage, chat: None, dripping: str, monkeypatch: pytest.MonkeyPatch, services: int
) -> None:
    """Of several services Apprise asks each in a thread of its own, which no limit of ours reaches."""
    monkeypatch.setenv("JOBS_SECRET_TEAM", ", ".join(f"{dripping}{number}" for number in range(services)))
    firing = came(stage, scheduled(TEAM), None, 1.0, "gone")

    code = tell_in_a_process(firing, "apprise_target.MOST_SECONDS = 1.0")

    assert code == 0
    assert told().told is Told.DUE
    assert told().open_because.startswith("team was not reached: ")


def test_of_a_target_no_part_is_told(stage: Stage, chat: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> bool:
        apprise.logging.getLogger("apprise").warning("the token 'gold/fish' of swordfish@host was not taken")
        return False

    monkeypatch.setattr(apprise.Apprise, "notify", refuse)
    monkeypatch.setenv("JOBS_SECRET_TEAM", "json://swordfish:gold%2Ffish@127.0.0.1/")

    tell(came(stage, scheduled(TEAM), None, 1.0, "gone"))

    assert told().open_because == "team was not reached: the token '{secret:TEAM}' of {secret:TEAM}@host was not taken"
