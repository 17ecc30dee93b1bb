"""What is noted of each verb: who, what, to what, by which way; and that what changes something is noted at all."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.runtime import client, exports, overview
from jobs.runtime.client import noted_runs, noted_verbs
from jobs.runtime.core.access import Scope
from jobs.runtime.core.audit import AuditEntry
from jobs.runtime.core.channel import Channel, acting_through
from jobs.runtime.core.errors import IllegalMove, NotAllowed, Refused, StoreError, UnknownRun
from jobs.runtime.core.people import LOCAL_ADMIN, Person, acting_as
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import Item, RunState
from jobs.runtime.core.recurrence import Recurrence
from jobs.runtime.core.schedules import ItemsSource, RunSchedule, SourceKind
from tests.client import test_owners
from tests.support.machine import Machine, until

ANN = Person(owner="ann@example.org")
BOSS = Person(owner="eve@example.org", admin=True)

READ_ONLY = (
    set(test_owners.READS) | set(test_owners.LISTS) | {"preset", "preset_named", "schedule", "firings", "finished_runs"}
) - {"download"}
CHANGES_NOTHING_KEPT = {
    "already_there",
    "check_schedule",
    "check_same",
    "full_params",
    "links_to",
    "status",
    "audit_entries",
}
OF_THE_MACHINE = {name for name in test_owners.ADMINS if name not in ("backup", "restore")}


def said() -> list[tuple[Any, ...]]:
    """All that was noted, oldest first."""
    with acting_as(LOCAL_ADMIN):
        return [
            (one.owner, one.action, one.kind, one.subject, one.channel, one.means)
            for one in reversed(client.audit_entries())
        ]


def newest() -> AuditEntry:
    with acting_as(LOCAL_ADMIN):
        return client.audit_entries()[0]


def a_schedule(run: str) -> RunSchedule:
    return RunSchedule(
        name="daily",
        settings=RunPreset(name="", job="noop"),
        source=ItemsSource(kind=SourceKind.RUN, where=run),
        recurrence=Recurrence(every=86_400.0),
        enabled=False,
    )


def places(name: str) -> list[object]:
    """What the rooms of noted verbs have under a name."""
    return [found for room in (noted_runs, noted_verbs) if (found := getattr(room, name, None)) is not None]


def test_each_verb_that_changes_something_is_noted_or_said_not_to_be() -> None:
    tables = [set(getattr(test_owners, name)) for name in ("READS", "CHANGES", "LISTS", "NAMED", "MAKES", "ADMINS")]
    changing = set().union(*tables) - READ_ONLY - CHANGES_NOTHING_KEPT - OF_THE_MACHINE

    assert {name for name in changing if getattr(client, name) not in places(name)} == set()
    assert client.dry_run is noted_runs.dry_run


def test_the_life_of_a_run_is_noted(machine: Machine, tmp_path: Path) -> None:
    with acting_as(ANN):
        run = machine.submit(["sleep 60"]).id
        until(lambda: client.run(run).state is RunState.RUNNING)
        client.pause(run[:8])
        client.rename(run, "another")
        client.resume(run)
        client.cancel(run)
        client.wait(run, 60)
        client.retry(run, ["cancelled"])
    with acting_as(BOSS), acting_through(Channel.API, "nightly"):
        client.cancel(run)
        client.wait(run, 60)
        client.pin(run, pinned=False)
        with client.download(run, "csv") as (now, rows):
            exports.export(now, rows, tmp_path / "a.csv", format="csv")
        overview.write_report(run, io.BytesIO())
        client.delete(run)

    ann, boss = ("ann@example.org", "command line", ""), ("eve@example.org", "api", "nightly")
    wanted = [(ann, did) for did in ("started", "paused", "renamed", "resumed", "cancelled", "retried")]
    wanted += [(boss, did) for did in ("cancelled", "pinned", "downloaded", "downloaded", "deleted")]
    assert said() == [(who, did, "run", run, way, means) for (who, way, means), did in wanted]
    assert newest().facts == {"job": "act", "name": "another", "items": 1, "owner": "ann@example.org"}
    with acting_as(LOCAL_ADMIN):
        facts = [one.facts for one in client.audit_entries()]
    assert [one.get("what") for one in facts[1:3]] == ["report", "csv"]
    assert facts[5]["codes"] == ["cancelled"]


def test_what_is_kept_under_names_is_noted(machine: Machine, tmp_path: Path) -> None:
    with acting_as(ANN):
        run = machine.submit(["ok"]).id
        client.wait(run, 60)
        client.save_preset(RunPreset(name="gentle", job="noop"))
        client.rename_preset("gentle", "gentler")
        client.delete_preset("gentler")
        client.save_schedule(a_schedule(run))
        client.resume_schedule("daily")
        client.pause_schedule("daily")
        client.fire_now("daily")
        client.remove_schedule("daily")
        client.new_token("nightly", Scope.RUN)
        client.revoke_token("nightly")
    client.backup(tmp_path / "runs.zip")

    told = [(who, did, kind, what) for who, did, kind, what, *_ in said()[1:] if kind != "run"]
    assert told == [
        ("ann@example.org", "saved", "preset", "gentle"),
        ("ann@example.org", "renamed", "preset", "gentle"),
        ("ann@example.org", "deleted", "preset", "gentler"),
        ("ann@example.org", "saved", "schedule", "daily"),
        ("ann@example.org", "resumed", "schedule", "daily"),
        ("ann@example.org", "paused", "schedule", "daily"),
        ("ann@example.org", "fired", "schedule", "daily"),
        ("ann@example.org", "deleted", "schedule", "daily"),
        ("ann@example.org", "saved", "token", "nightly"),
        ("ann@example.org", "revoked", "token", "nightly"),
        ("admin", "backed up", "store", str(tmp_path / "runs.zip")),
    ]


def test_whose_a_thing_is_that_an_admin_changes_is_noted(machine: Machine) -> None:
    with acting_as(ANN):
        run = machine.submit(["ok"]).id
        client.wait(run, 60)
        client.save_preset(RunPreset(name="hers", job="noop"))
        client.save_schedule(a_schedule(run))
        client.new_token("hers", Scope.RUN)
    with acting_as(BOSS):
        client.pause_schedule("daily")
        client.remove_schedule("daily")
        client.save_preset(client.preset("hers"), over=client.preset("hers"))
        client.rename_preset("hers", "other")
        client.delete_preset("other")
        client.revoke_token("hers")

    assert [entry.facts.get("owner") for entry in client.audit_entries(owner=BOSS.owner)] == [ANN.owner] * 6


def test_an_admin_revokes_whichever_of_several_tokens_of_one_name(home: Path) -> None:
    texts = {owner: client.new_token("nightly", Scope.RUN, owner) for owner in (ANN.owner, "bob@example.org", "")}

    client.revoke_token("nightly", "Bob@Example.org")
    client.revoke_token("nightly")

    assert [one.owner for one in client.all_tokens()] == [ANN.owner]
    assert client.caller(texts[ANN.owner]).owner == ANN.owner
    with acting_as(ANN), pytest.raises(Refused, match="no token"):
        client.revoke_token("nightly", "bob@example.org")
    client.revoke_token("nightly", ANN.owner)
    assert [one.facts.get("owner", "") for one in client.audit_entries()[:3]] == [ANN.owner, "", "bob@example.org"]


def test_a_run_that_a_schedule_begins_is_its_owners_and_says_so(machine: Machine) -> None:
    with acting_as(ANN):
        run = machine.submit(["ok"]).id
        client.wait(run, 60)
        client.save_schedule(a_schedule(run))
        client.fire_now("daily")
        until(lambda: client.firings("daily")[0].run, 60)
        begun = client.firings("daily")[0].run

    until(lambda: newest().subject == begun)
    assert said()[-1] == ("ann@example.org", "started", "run", begun, "schedule", "daily")


def test_the_same_submit_again_is_noted_once(machine: Machine) -> None:
    for _ in range(2):
        client.submit("noop", [Item(cell="a")], nonce="the same")

    assert len(said()) == 1


def test_what_was_refused_is_not_noted(machine: Machine) -> None:
    run = machine.submit(["ok"]).id
    client.wait(run, 60)

    for refused, error in ((lambda: client.cancel(run), IllegalMove), (lambda: client.cancel("0" * 32), UnknownRun)):
        with pytest.raises(error):
            refused()

    assert [did for _, did, *_ in said()] == ["started"]


@pytest.mark.parametrize(
    "verb", [client.cancel, client.pause, client.delete, lambda run: client.download(run, "csv").__enter__()]
)
def test_what_could_not_be_noted_is_not_begun(machine: Machine, verb: Callable[[str], object]) -> None:
    run = machine.submit(["sleep 60"]).id
    folder = machine.home / "audit"
    folder.rename(machine.home / "audit.aside")
    folder.touch()

    with pytest.raises(StoreError, match="audit"):
        verb(run)
    with pytest.raises(StoreError, match="audit"):
        client.submit("noop", [Item(cell="a")])

    assert not client.run(run).state.terminal
    assert client.count_runs() == 1


def test_who_comes_by_a_link_is_noted_as_such(machine: Machine) -> None:
    run = machine.submit(["ok"]).id
    client.wait(run, 60)

    with acting_as(Person(owner="", shared=run)), client.download(run, "csv"):
        pass

    assert (newest().owner, newest().facts["link"], newest().facts["owner"]) == ("", True, "admin")


def test_only_an_admin_reads_it(machine: Machine) -> None:
    with acting_as(ANN):
        run = machine.submit(["ok"]).id
        with pytest.raises(NotAllowed, match="admin"):
            client.audit_entries()
    with acting_as(BOSS):
        assert [one.subject for one in client.audit_entries(owner=ANN.owner)] == [run]
        assert client.audit_entries(owner="bob@example.org") == []
