"""Who may reach the page: what it refuses to be, and by what it knows people."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.people import LOCAL_ADMIN, NOBODY, Person, acting_as
from jobs.ui.server import signed_in
from tests.support.page_server import free_port
from tests.support.processes import PROJECT

HEADER = b"x-forwarded-email"


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "unix:///run/fanout.sock"])
def test_a_page_on_this_machine_needs_no_signing_in(address: str) -> None:
    signed_in.check_served(address)

    assert signed_in.who() == LOCAL_ADMIN


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.0.2.1", "jobs.example.org"])
def test_a_page_for_others_names_both_remedies(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match=r"JOBS_SIGN_IN=openid.*JOBS_OPEN=1"):
        signed_in.check_served(address)

    monkeypatch.setenv("JOBS_OPEN", "1")
    signed_in.check_served(address)
    monkeypatch.setenv("JOBS_OPEN", "0")
    for way in ("openid", "header X-Forwarded-Email"):
        monkeypatch.setenv("JOBS_SIGN_IN", way)
        signed_in.check_served(address)


def test_a_missing_extra_is_one_sentence_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_SIGN_IN", "openid")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    with pytest.raises(Refused, match=r"pip install 'fanout-jobs\[service\]'"):
        signed_in.check_served("localhost")


def test_where_no_page_is_drawn_nobody_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_SIGN_IN", "header X-Forwarded-Email")

    assert signed_in.who() == NOBODY


@pytest.mark.parametrize(
    ("peer", "headers", "kept"),
    [
        ("127.0.0.1", [(HEADER, b"a@b.c")], True),
        ("::1", [(HEADER, b"a@b.c")], True),
        ("10.1.2.3", [(HEADER, b"a@b.c")], True),
        ("10.2.0.1", [(HEADER, b"a@b.c")], False),
        ("192.0.2.1", [(HEADER, b"a@b.c")], False),
        ("", [(HEADER, b"a@b.c")], False),
        ("127.0.0.1", [(HEADER, b"a@b.c"), (HEADER, b"boss@b.c")], False),
        ("127.0.0.1", [(b"other", b"1")], False),
    ],
)
def test_a_proxy_alone_names_a_person(
    monkeypatch: pytest.MonkeyPatch, peer: str, headers: list[tuple[bytes, bytes]], kept: bool
) -> None:
    monkeypatch.setenv("JOBS_SIGN_IN", "header X-Forwarded-Email")
    monkeypatch.setenv("JOBS_PROXIES", "10.1.0.0/16")
    scope = {"type": "websocket", "client": (peer, 1), "headers": list(headers)}

    signed_in.drop_claims(scope)

    assert [value for name, value in scope["headers"] if name == HEADER] == [b"a@b.c"] * kept


def test_a_network_of_proxies_may_be_named_by_any_of_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_SIGN_IN", "header X-Forwarded-Email")
    monkeypatch.setenv("JOBS_PROXIES", "10.1.2.3/16 fd00::5/8")
    scopes = [
        {"type": "http", "client": (peer, 1), "headers": [(HEADER, b"a@b.c")]} for peer in ("10.1.9.9", "fd00::9")
    ]

    for scope in scopes:
        signed_in.drop_claims(scope)

    assert [scope["headers"] for scope in scopes] == [[(HEADER, b"a@b.c")]] * 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["-m", "jobs", "page", "--no-browser", "--address", "0.0.0.0"],
        ["-m", "streamlit", "run", str(PROJECT / "streamlit_app.py"), "--server.address", "0.0.0.0"],
    ],
    ids=["page", "streamlit run"],
)
def test_an_open_page_is_not_served(command: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "JOBS_HOME": str(tmp_path / "home"), "STREAMLIT_SERVER_PORT": str(free_port())}
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(PROJECT), "STREAMLIT_SERVER_HEADLESS": "true"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode not in (0, None)
    assert "JOBS_OPEN=1 for a network of friends" in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr


def test_each_signing_in_is_noted_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_in, "_noted", {})
    ann, bob = Person(owner="ann@example.org"), Person(owner="bob@example.org")
    told = {"iat": 1}
    monkeypatch.setattr(signed_in.st, "user", told)

    def noted() -> list[tuple[str, str, str]]:
        with acting_as(LOCAL_ADMIN):
            return [(one.action, one.kind, one.subject) for one in reversed(client.audit_entries())]

    def seen(person: Person) -> None:
        with acting_as(person):
            signed_in.note_sign_in(person)

    seen(ann)
    assert noted() == []  # nobody signs in on this page
    monkeypatch.setenv("JOBS_SIGN_IN", "openid")
    for person in (ann, ann, bob, ann):
        seen(person)
    told["iat"] = 2
    seen(ann)
    monkeypatch.setenv("JOBS_SIGN_IN", "header X-Forwarded-Email")
    seen(ann), seen(ann)

    assert noted() == [
        ("signed in", "person", owner)
        for owner in ("ann@example.org", "bob@example.org", "ann@example.org", "ann@example.org")
    ]
