"""`token`: made, listed and revoked on the command line."""

from __future__ import annotations

import pytest

from jobs.runtime import client
from tests.cli.test_json_shapes import PAGE, keys_of
from tests.support.pages import rows


def test_a_new_token_is_printed_once_and_listed_without_it(fanout) -> None:
    made = fanout("token", "new", "nightly", "--scope", "run")
    text = made.out.strip()

    listed = fanout("token", "list", "--json")

    assert client.caller(text).scope == "run"
    assert "not shown again" in made.err
    assert [(one["name"], one["owner"], one["scope"]) for one in listed.json] == [("nightly", "admin", "run")]
    assert set(keys_of(listed.json[0])) == set(rows(PAGE, "token list"))
    assert text not in listed.out + fanout("token", "list").out
    assert "nightly" in fanout("token", "list").out
    assert fanout("token", "revoke", "nightly").code == 0
    assert fanout("token", "list").out == "No tokens yet.\n"


def test_a_new_token_may_read_unless_more_is_said(fanout) -> None:
    fanout("token", "new", "reader")

    assert [one["scope"] for one in fanout("token", "list", "--json").json] == ["read"]
    fanout("token", "revoke", "reader")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["new"], "token new wants a name"),
        (["revoke"], "token revoke wants a name"),
        (["list", "x"], "token list takes no name"),
        (["revoke", "nobody"], "there is no token nobody"),
        (["revoke", "x", "--scope", "run"], "--scope says"),
        (["new", "x", "--json"], "--json is for token list"),
        (["new", "a b"], "is no name of a token"),
        (["new", "x", "--scope", "all"], "'all' is not one of 'read', 'run', 'admin'"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(fanout, words: list[str], sentence: str) -> None:
    done = fanout("token", *words)

    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
