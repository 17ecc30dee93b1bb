"""`audit`: who did what, on the command line."""

from __future__ import annotations

import re
from dataclasses import fields

from jobs.runtime.core.audit import AuditAction, AuditEntry, AuditKind
from jobs.runtime.core.channel import Channel
from tests.cli.test_json_shapes import PAGE
from tests.support.pages import rows, section


def test_what_was_done_is_listed_newest_first(fanout) -> None:
    run = fanout("run", "echo", "--item", "a", "--name", "mine", "--json").json["id"]
    assert fanout("delete", run).code == 0

    found = [one for one in fanout("audit", "--json").json if one["subject"] == run]
    listed = fanout("audit").out

    assert [one["action"] for one in found] == ["deleted", "started"]
    assert set(found[0]) == {"at", "owner", "action", "kind", "subject", "channel", "means", "facts"}
    assert (found[0]["owner"], found[0]["channel"], found[0]["facts"]["name"]) == ("admin", "command line", "mine")
    assert re.search(rf"admin +deleted +run {run[:8]} +command line +name mine, job echo", listed)


def test_all_that_can_be_noted_is_told_in_the_page() -> None:
    told = section(PAGE, "audit")

    assert set(rows(PAGE, "audit")) == {field.name for field in fields(AuditEntry)}
    assert {one for one in (*AuditAction, *AuditKind, *Channel) if f"`{one}`" not in told} == set()


def test_it_can_be_asked_of_one_person_and_since_when(fanout) -> None:
    fanout("run", "echo", "--item", "a")

    assert fanout("audit", "--owner", "bob@example.org", "--json").json == []
    assert fanout("audit", "--owner", "bob@example.org").out == "Nothing was noted.\n"
    assert fanout("audit", "--owner", "Admin", "--json").json
    assert fanout("audit", "--since", "soon").err.startswith("--since: 'soon' is no age")
    assert "no owner" in fanout("audit", "--owner", "bob").err
