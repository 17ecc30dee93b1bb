"""What schedules tell by e-mail, through a real mail server: what stands in it, how it is sent, and what becomes of it
where it is not taken."""

from __future__ import annotations

import base64
import csv
import signal
import smtplib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from threading import Event, Thread

import pytest

from jobs.runtime import client
from jobs.runtime.core import settings
from jobs.runtime.core.errors import BadSetting, Refused
from jobs.runtime.core.receivers import Receiver, ReceiverKind, Told
from jobs.runtime.core.schedules import Firing, FiringState
from jobs.runtime.firing import letter
from jobs.runtime.firing import mail as mail_module
from jobs.runtime.store import schedules as schedules_table
from jobs.runtime.store import tellings
from tests.support.mail_server import PASSWORD, USER, Letters, mail_server
from tests.support.stage import Stage
from tests.support.tellings import came, scheduled, tell, told, wanted

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")

ANN = Receiver(kind=ReceiverKind.EMAIL, where="ann@example.org")


@pytest.fixture
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Letters]:
    with mail_server(tmp_path) as here:
        set_up(monkeypatch, here)
        yield here


def set_up(monkeypatch: pytest.MonkeyPatch, letters: Letters) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(letters.authority))
    monkeypatch.setenv("JOBS_SMTP", f"localhost:{letters.port}")
    monkeypatch.setenv("JOBS_SMTP_USER", USER)
    monkeypatch.setenv("JOBS_SMTP_PASSWORD", "{secret:MAIL}")
    monkeypatch.setenv("JOBS_SECRET_MAIL", PASSWORD)
    monkeypatch.setenv("JOBS_SMTP_FROM", "Fanout <jobs@example.org>")
    monkeypatch.setenv("JOBS_PAGE_URL", "https://jobs.example.org/")


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def attached(mail: EmailMessage) -> list[list[str]]:
    (file,) = mail.iter_attachments()
    return list(csv.reader(str(file.get_content()).splitlines()))


def told_of_a_change(stage: Stage, *receivers: Receiver, before: str = "1", after: str = "2") -> None:
    """A schedule whose second run has another value in one column."""
    schedule = scheduled(*receivers)
    came(stage, schedule, stage.run(["5"], [{"digits": before}]), 1.0)
    tell(came(stage, schedule, stage.run(["5"], [{"digits": after}]), 2.0))


def test_it_tells_what_changed_as_text_as_html_and_as_a_file(stage: Stage, letters: Letters) -> None:
    told_of_a_change(stage, ANN)

    (mail,) = letters.taken
    assert letters.envelopes == [(["ann@example.org"], True, USER.encode())]
    assert (mail["To"], mail["From"]) == ("ann@example.org", "Fanout <jobs@example.org>")
    assert mail["Subject"] == "nightly: 1 row changed"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "5 · digits: 1 → 2" in part(mail, "plain")
    assert "<td>digits</td><td>1</td><td>2</td>" in part(mail, "html")
    assert [row[3:] for row in attached(mail)] == [["what", "before", "after"], ["digits", "1", "2"]]
    run = client.firings("nightly")[0].run
    assert f"https://jobs.example.org/run?run={run}" in part(mail, "plain")
    assert f'href="https://jobs.example.org/run?run={run}"' in part(mail, "html")
    assert told(2.0).told is Told.SENT


def test_without_an_address_of_the_page_there_is_no_link(
    stage: Stage, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOBS_PAGE_URL")

    told_of_a_change(stage, ANN)

    assert "://" not in part(letters.taken[0], "plain")
    assert "href" not in part(letters.taken[0], "html")


def test_that_no_run_could_be_begun_is_told_without_a_file(stage: Stage, letters: Letters) -> None:
    tell(came(stage, scheduled(ANN), None, 1.0, "items.csv is not there"))

    (mail,) = letters.taken
    assert mail["Subject"] == "nightly: no run could be begun"
    assert "items.csv is not there" in part(mail, "plain")
    assert list(mail.iter_attachments()) == []


def test_who_gets_it_twice_can_tell(stage: Stage, letters: Letters) -> None:
    schedule = scheduled(ANN, Receiver(kind=ReceiverKind.EMAIL, where="bob@example.org"))
    firing = came(stage, schedule, None, 1.0, "gone")
    due = client.due_telling(*firing.tellings[0].key)
    assert due is not None
    tell(firing)

    with stage.store.write() as db:  # as after a kill between the server's answer and the note of it
        db.execute("UPDATE tellings SET told = 'due'")
    tell(firing)

    sent = [(mail["To"], mail["Message-ID"]) for mail in letters.taken]
    assert len(sent) == 4
    assert sent[:2] == sent[2:]
    assert sent[0][1] != sent[1][1]


def test_of_many_changes_the_file_has_whole_lines_up_to_its_cap(
    stage: Stage, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letter, "MOST_ATTACHED", 3_000)
    schedule, cells = scheduled(ANN), [str(number) for number in range(150)]
    came(stage, schedule, stage.run(cells, [{"digits": 1}] * 150), 1.0)
    tell(came(stage, schedule, stage.run(cells, [{"digits": 22}] * 150), 2.0))

    (mail,) = letters.taken
    lines = attached(mail)
    assert 100 < len(lines) < 150
    assert {len(line) for line in lines} == {6}
    said = f"the first 100 of 150 changes. The file attached has the first {len(lines) - 1}"
    assert said in " ".join(part(mail, "plain").split())
    assert part(mail, "plain").count("digits: 1 → 22") == 100


HOSTILE = "x\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script><img src=https://example.org/p.png>"


@pytest.mark.parametrize("name", ["=?utf-8?q?a=0ABcc:_eve@example.org?=", "a =?utf-8?b?CkJjYzogZXZl?= b"])
def test_an_encoded_word_in_a_name_adds_no_header(stage: Stage, letters: Letters, name: str) -> None:
    schedule = replace(wanted(ANN), name=name)
    kept = client.save_schedule(schedule)
    with stage.store.write() as db:
        firing = Firing(schedule=kept.number, due=1.0, at=1.0, state=FiringState.DUE)
        schedules_table.note(db, firing)
        schedules_table.settle(db, firing, FiringState.FAILED, said="gone")
        (noted,) = schedules_table.firings(db, kept.number, 1)

    tell(noted)

    (mail,) = letters.taken
    assert mail["Bcc"] is None
    assert mail["Subject"] == f"{name.replace('=?', '= ?')}: no run could be begun"


def test_no_text_of_others_adds_a_header_or_markup(stage: Stage, letters: Letters) -> None:
    schedule = scheduled(ANN)
    came(stage, schedule, stage.run(["5"], [{"digits": "1"}]), 1.0)
    with stage.store.write() as db:
        db.execute("UPDATE schedules SET name = ?", (HOSTILE,))
        found = schedules_table.get(db, schedule.number)
    assert found is not None
    run = stage.run(["5"], [{"digits": HOSTILE}])
    with stage.store.write() as db:
        firing = schedules_table.Firing(schedule=found.number, due=2.0, at=2.0, state=schedules_table.FiringState.DUE)
        schedules_table.note(db, firing)
        schedules_table.settle(db, firing, schedules_table.FiringState.SUBMITTED, run=run.id, said=HOSTILE)
        noted = schedules_table.firings(db, found.number, 1)[0]

    tell(noted)

    (mail,) = letters.taken
    assert letters.envelopes[0][0] == ["ann@example.org"]
    assert mail["Bcc"] is None
    assert {"Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"} == set(
        mail.keys()
    )
    assert "<script>" in part(mail, "plain")
    assert "<script" not in part(mail, "html")
    assert "<img" not in part(mail, "html")


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@example.org", "ann@example..org", "a@b, c@d", "ann@example.org\r\nBcc: eve@example.org"]
    + ["Ann <ann@example.org>", "änn@example.org", "ann@exämple.org", "ann example@x.org", "a" * 250 + "@example.org"],
)
def test_what_is_no_address_is_refused(stage: Stage, letters: Letters, address: str) -> None:
    with pytest.raises(Refused, match="is no address of e-mail"):
        scheduled(Receiver(kind=ReceiverKind.EMAIL, where=address))


def test_a_key_does_not_sign_an_e_mail(stage: Stage, letters: Letters) -> None:
    with pytest.raises(Refused, match="signs what a webhook is told"):
        scheduled(Receiver(kind=ReceiverKind.EMAIL, where="ann@example.org", key="{secret:KEY}"))


def test_without_a_mail_server_an_address_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="names a mail server in JOBS_SMTP"):
        scheduled(ANN)


def test_only_whom_the_setting_names_is_written_to(
    stage: Stage, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_SMTP_TO", "example.org, eve@example.net")
    scheduled(Receiver(kind=ReceiverKind.EMAIL, where="Ann@Example.org"))
    with pytest.raises(Refused, match="JOBS_SMTP_TO names who may"):
        scheduled(Receiver(kind=ReceiverKind.EMAIL, where="bob@sub.example.org"))

    monkeypatch.setenv("JOBS_SMTP_TO", "example.net")
    tell(came(stage, client.schedule("nightly"), None, 1.0, "gone"))

    assert letters.taken == []
    assert "may not be written to" in told().open_because


def test_what_the_server_does_not_take_is_tried_again_and_said(stage: Stage, letters: Letters) -> None:
    firing = came(stage, scheduled(ANN), None, 1.0, "gone")
    letters.answer = "452 no room\x1b[31m"
    tell(firing)
    refused = told()
    letters.answer = "250 OK"
    tell(firing)

    assert (refused.told, refused.open_because) == (
        Told.DUE,
        f"the mail server localhost:{letters.port} answered 452 no room\\x1b[31m",
    )
    assert told().told is Told.SENT
    assert [bool(one.why) for one in told().attempts] == [True, False]


def test_a_wrong_password_is_said_and_not_shown(
    stage: Stage, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_SECRET_MAIL", "tunafish-of-mail")

    tell(came(stage, scheduled(ANN), None, 1.0, "gone"))

    assert "does not let the user in: 535" in told().open_because
    assert "tunafish" not in told().open_because
    assert letters.taken == []


def test_a_server_that_offers_no_tls_is_told_nothing(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(tmp_path, starttls=False) as open_one:
        set_up(monkeypatch, open_one)
        tell(came(stage, scheduled(ANN), None, 1.0, "gone"))
        wanted = told().open_because
        monkeypatch.setenv("JOBS_SMTP_TLS", "none")
        tell(came(stage, client.schedule("nightly"), None, 2.0, "gone"))
        with_password = told(2.0).open_because
        monkeypatch.delenv("JOBS_SMTP_USER")
        tell(came(stage, client.schedule("nightly"), None, 3.0, "gone"))

    assert "cannot be used: STARTTLS extension not supported" in wanted
    assert "a password is not sent over a connection that others can read" in with_password
    assert [envelope[1:] for envelope in open_one.envelopes] == [(False, b"")]
    assert told(3.0).told is Told.SENT


def test_a_server_that_nobody_vouches_for_is_told_nothing(
    stage: Stage, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    tell(came(stage, scheduled(ANN), None, 1.0, "gone"))

    assert "is not known to be the one it says" in told().open_because
    assert letters.taken == []


def test_a_server_that_is_not_there_is_said(stage: Stage, letters: Letters, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_SMTP", "127.0.0.1:64999")

    tell(came(stage, scheduled(ANN), None, 1.0, "gone"))

    assert told().open_because == "the mail server 127.0.0.1:64999 cannot be reached: Connection refused"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("JOBS_SMTP", "smtp://mail.example.org"),
        ("JOBS_SMTP", "user:swordfish@mail.example.org"),
        ("JOBS_SMTP", "mail.example.org:99999"),
        ("JOBS_SMTP_TLS", "ssl"),
        ("JOBS_SMTP_PASSWORD", "swordfish"),
        ("JOBS_SMTP_FROM", "jobs"),
        ("JOBS_SMTP_FROM", "x\ny <jobs@example.org>"),
        ("JOBS_SMTP_TO", "ann@example.org @bob"),
        ("JOBS_PAGE_URL", "jobs.example.org"),
        ("JOBS_PAGE_URL", "javascript://x"),
    ],
)
def test_a_setting_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)

    with pytest.raises(BadSetting, match=name) as refused:
        settings.value(name)

    assert "swordfish" not in str(refused.value)


@contextmanager
def dripping() -> Iterator[int]:
    """The port of a server whose greeting never ends: each line of it comes soon after the one before."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = Event()

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                while not over.wait(0.05):
                    connection.sendall(b"220-wait\r\n")

        thread = Thread(target=drip)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            over.set()
            thread.join()


def test_a_server_that_never_comes_to_an_end_is_left(
    stage: Stage, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_module, "MOST_SECONDS", 0.5)
    with dripping() as port:
        monkeypatch.setenv("JOBS_SMTP", f"127.0.0.1:{port}")
        tell(came(stage, scheduled(ANN), None, 1.0, "gone"))

    assert told().open_because.endswith("cannot be reached: it took longer than 500 ms in all")
    assert told().told is Told.DUE
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("step", "said"),
    [("rcpt", "does not take mail for this address: 550 unknown"), ("data", "answered 550 unknown")],
)
def test_what_is_refused_for_good_is_said_and_not_sent_again(
    stage: Stage, letters: Letters, step: str, said: str
) -> None:
    firing = came(stage, scheduled(ANN), None, 1.0, "gone")
    setattr(letters, "answer" if step == "data" else "answer_to_address", "550 unknown")

    tell(firing)

    assert told().told is Told.FAILED
    assert told().open_because == f"the mail server localhost:{letters.port} {said}"
    assert len(told().attempts) == 1


def test_an_address_that_is_refused_for_now_is_written_to_again(stage: Stage, letters: Letters) -> None:
    firing = came(stage, scheduled(ANN), None, 1.0, "gone")
    letters.answer_to_address = "450 greylisted"
    tell(firing)
    for_now = told().told
    letters.answer_to_address = ""
    tell(firing)

    assert (for_now, told().told) == (Told.DUE, Told.SENT)


def test_what_was_taken_is_not_sent_again_whatever_the_server_says_in_leaving(
    stage: Stage, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.answer_to_quit = "421 too busy to say good-bye"

    tell(came(stage, scheduled(ANN), None, 1.0, "gone"))

    assert len(letters.taken) == 1
    assert told().told is Told.SENT


def test_a_password_that_is_cut_off_in_an_answer_is_not_shown_in_part(stage: Stage, letters: Letters) -> None:
    letters.answer = f"452 {'x' * (mail_module.MOST_SAID - 6)}{PASSWORD}"

    tell(came(stage, scheduled(ANN), None, 1.0, "gone"))

    assert "xxx(hid" in told().open_because
    assert PASSWORD[:4] not in told().open_because


def test_what_the_server_was_sent_to_sign_in_is_not_shown(letters: Letters) -> None:
    sent = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())

    with pytest.raises(Refused) as refused, mail_module._said_without(PASSWORD, "localhost"):
        raise smtplib.SMTPAuthenticationError(535, b"unknown: AUTH PLAIN " + sent)

    assert str(refused.value).endswith("535 unknown: AUTH PLAIN (hidden)=")


def test_of_a_password_that_is_not_ascii_no_sign_is_told(
    stage: Stage, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_SECRET_MAIL", "swordfish-ü")

    tell(came(stage, scheduled(ANN), None, 1.0, "gone"))

    assert "are sent as ASCII" in told().open_because
    assert "xfc" not in told().open_because
    assert "ü" not in told().open_because


def test_a_receiver_that_is_damaged_is_given_up(stage: Stage, letters: Letters) -> None:
    firing = came(stage, scheduled(ANN), None, 1.0, "gone")
    with stage.store.write() as db:
        db.execute("UPDATE receivers SET kind = 'pigeon'")

    tell(firing)

    assert (told().told, told().open_because) == (Told.FAILED, "What is stored of its receivers is damaged.")
    with stage.store.read() as db:
        assert tellings.waiting(db, time.time(), 10) == []
