"""Tokens: shown once, kept as a digest, known until they are revoked; and what each scope allows."""

from __future__ import annotations

import hashlib
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.client import tokens
from jobs.runtime.core import access
from jobs.runtime.core.access import Caller, Deed, Scope
from jobs.runtime.core.errors import BadToken, NotAllowed, Refused
from jobs.runtime.core.home_folder import STORE


def test_a_token_is_known_and_kept_as_a_digest_alone(home: Path) -> None:
    text = client.new_token("nightly", Scope.RUN)

    known = client.caller(text)

    assert known == Caller(name="nightly", owner="admin", scope=Scope.RUN)
    assert len(text.removeprefix(tokens.PREFIX)) == 43  # 256 bits
    with closing(sqlite3.connect(home / STORE)) as db:
        assert db.execute("SELECT digest FROM tokens").fetchone()[0] == hashlib.sha256(text.encode()).digest()
    assert not any(text.encode() in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_two_tokens_are_never_the_same(home: Path) -> None:
    assert client.new_token("a", Scope.READ) != client.new_token("b", Scope.READ)


@pytest.mark.parametrize("text", ["", "fanout_", "fanout_" + "A" * 43, "\udcff", "x" * 10_000, "nightly"])
def test_what_is_no_token_is_not_known(home: Path, text: str) -> None:
    client.new_token("nightly", Scope.RUN)

    with pytest.raises(BadToken):
        client.caller(text)


def test_a_revoked_token_is_not_known_any_more(home: Path) -> None:
    text = client.new_token("nightly", Scope.RUN)

    client.revoke_token("nightly")

    with pytest.raises(BadToken):
        client.caller(text)
    assert client.all_tokens() == []
    with pytest.raises(Refused, match="there is no token nightly"):
        client.revoke_token("nightly")


def test_a_name_is_given_once(home: Path) -> None:
    text = client.new_token("nightly", Scope.READ)

    with pytest.raises(Refused, match="there is a token nightly already"):
        client.new_token("nightly", Scope.ADMIN)
    assert client.caller(text).scope is Scope.READ


@pytest.mark.parametrize("name", ["", " ", "-x", "a b", "a\nb", "é", "x" * 65, "a/b"])
def test_what_is_no_name_is_refused(home: Path, name: str) -> None:
    with pytest.raises(Refused, match="is no name of a token"):
        client.new_token(name, Scope.READ)


def test_when_it_was_used_last_is_told_to_the_minute(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = client.new_token("nightly", Scope.READ)
    unused = client.all_tokens()[0].used_at
    client.caller(text)
    first = client.all_tokens()[0].used_at
    client.caller(text)
    again = client.all_tokens()[0].used_at
    monkeypatch.setattr(tokens, "NOTED_EVERY", 0.0)
    client.caller(text)

    assert unused is None
    assert first is not None
    assert again == first
    assert (client.all_tokens()[0].used_at or 0) > first


def test_a_token_is_known_while_another_process_writes(home: Path) -> None:
    text = client.new_token("nightly", Scope.READ)
    with closing(sqlite3.connect(home / STORE, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")

        assert client.caller(text).name == "nightly"

    assert client.all_tokens()[0].used_at is None


def test_a_backup_holds_no_token(home: Path, tmp_path: Path) -> None:
    text = client.new_token("nightly", Scope.ADMIN)
    digest = hashlib.sha256(text.encode()).digest()
    client.backup(tmp_path / "runs.zip")

    with zipfile.ZipFile(tmp_path / "runs.zip") as archive:
        kept = archive.read(STORE)

    assert digest not in kept
    assert client.caller(text).name == "nightly"


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.READ, {Deed.SEE}),
        (Scope.RUN, {Deed.SEE, Deed.START, Deed.STEER}),
        (Scope.ADMIN, set(Deed)),
    ],
)
def test_a_scope_allows_what_it_says(scope: Scope, allowed: set[Deed]) -> None:
    caller = Caller(name="nightly", owner="admin", scope=scope)

    assert {deed for deed in Deed if access.may(caller, deed)} == allowed
    for deed in set(Deed) - allowed:
        with pytest.raises(NotAllowed, match=f"nightly has the scope {scope}"):
            access.check(caller, deed)
