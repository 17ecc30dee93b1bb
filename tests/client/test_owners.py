"""Whose something is: each verb of the client as owner, stranger, admin, signed out, and by a link to one run."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.runtime import client, compare, overview, reader
from jobs.runtime.core.access import Scope
from jobs.runtime.core.errors import FanoutError, NotAllowed, Refused, UnknownPreset, UnknownRun, UnknownSchedule
from jobs.runtime.core.home_folder import STORE
from jobs.runtime.core.people import LOCAL_ADMIN, NOBODY, Person, acting_as
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import Item, Run
from jobs.runtime.core.recurrence import Recurrence
from jobs.runtime.core.result_filter import ALL_ROWS
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.core.schedules import ItemsSource, RunSchedule, SourceKind
from jobs.runtime.core.units import moment
from jobs.runtime.store import schema
from tests.support.machine import Machine
from tests.support.stage import Stage

ANN, BOB = Person(owner="ann@example.org"), Person(owner="bob@example.org")
BOSS = Person(owner="eve@example.org", admin=True)
ABSENT = "0" * 32

Verb = Callable[[str], Any]

READS: Mapping[str, Verb] = {
    "artifact": lambda run: client.artifact(run, "x"),
    "attempts": client.attempts,
    "attempts_of": lambda run: client.attempts_of(run, 1),
    "chain": client.chain,
    "download": lambda run: client.download(run, "csv").__enter__(),
    "events": client.events,
    "events_of": lambda run: client.events_of(run, "submitted"),
    "failures": client.failures,
    "full_name": client.full_name,
    "groups": lambda run: client.groups(run, 9),
    "item_seconds": client.item_seconds,
    "items": lambda run: list(client.items(run)),
    "last_attempts": lambda run: client.last_attempts(run, 1),
    "newest": client.newest,
    "outcome_counts": client.outcome_counts,
    "paces": client.paces,
    "pauses": client.pauses,
    "printed": lambda run: client.printed(run, 1),
    "progress": client.progress,
    "rows": lambda run: client.rows(run, 1, 1),
    "rows_after": client.rows_after,
    "run": client.run,
    "sample_rows": lambda run: list(client.sample_rows(run, 9)),
    "search": lambda run: list(client.search(run, ALL_ROWS)),
    "short_rows": lambda run: client.short_rows(run, 1, 1),
    "short_rows_at": lambda run: client.short_rows_at(run, [1]),
    "sizes": client.sizes,
    "snapshot": lambda run: client.snapshot(run).__enter__(),
    "spans": client.spans,
    "starts": client.starts,
    "wait": lambda run: client.wait(run, 0),
    "windows": lambda run: list(client.windows(run, 1, 1)),
    "windows_at": lambda run: list(client.windows_at(run, [1])),
}
"""What is read of one run."""

CHANGES: Mapping[str, Verb] = {
    "again": client.again,
    "cancel": client.cancel,
    "check_same": lambda run: client.check_same(run, job="factorial", params={}, items=[]),
    "delete": client.delete,
    "full_params": client.full_params,
    "pause": client.pause,
    "pin": client.pin,
    "rename": lambda run: client.rename(run, "another"),
    "resume": client.resume,
    "retry": client.retry,
    "share_run": client.share_run,
    "unshare_run": client.unshare_run,
    "links_to": client.links_to,
}
"""What changes a run, uses its secrets again or says who reads it: a link does not allow it."""

LISTS: Mapping[str, Callable[[], Any]] = {
    "all_tokens": lambda: len(client.all_tokens()),
    "count_runs": client.count_runs,
    "count_schedules": lambda: client.count_schedules()[0],
    "estimate": lambda: client.estimate("factorial", 1, client.defaults("factorial")[0]) is not None,
    "every_run": lambda: len(list(client.every_run())),
    "expiring": lambda: len(client.expiring()),
    "listing": lambda: len(client.listing().runs),
    "presets": lambda: len(client.presets()),
    "runs": lambda: len(client.runs()),
    "schedules": lambda: len(client.schedules()),
    "tallies": lambda: client.tallies()["finished"][0],
}
"""What counts or lists: of Ann's things one each, of Bob's none."""

NAMED: Mapping[str, Callable[[], Any]] = {
    "delete_preset": lambda: client.delete_preset("hers"),
    "fire_now": lambda: client.fire_now("hers"),
    "firings": lambda: client.firings("hers"),
    "finished_runs": lambda: client.finished_runs("hers"),
    "pause_schedule": lambda: client.pause_schedule("hers"),
    "preset": lambda: client.preset("hers"),
    "preset_named": lambda: client.preset_named("hers"),
    "remove_schedule": lambda: client.remove_schedule("hers"),
    "rename_preset": lambda: client.rename_preset("hers", "new"),
    "resume_schedule": lambda: client.resume_schedule("hers"),
    "revoke_token": lambda: client.revoke_token("hers"),
    "schedule": lambda: client.schedule("hers"),
}
"""What is done to a preset, a schedule or a token by its name."""

MAKES: Mapping[str, Callable[[], Any]] = {
    "already_there": lambda: client.already_there("factorial", [Item(cell="5")], params={}, asked=Reuse(fresh=9e9)),
    "check_schedule": lambda: client.check_schedule(_schedule("new", "1")),
    "new_token": lambda: client.new_token("new", Scope.READ),
    "save_preset": lambda: client.save_preset(RunPreset(name="new", job="factorial")),
    "save_presets": lambda: client.save_presets([RunPreset(name="new", job="factorial")]),
    "save_schedule": lambda: client.save_schedule(_schedule("new", "1")),
    "status": client.status,
    "submit": lambda: client.submit("factorial", [Item(cell="5")]),
}
"""What needs somebody whose it will be, or who has signed in."""

ADMINS: Mapping[str, Callable[[], Any]] = {
    "audit_entries": client.audit_entries,
    "backup": lambda: client.backup(Path("/nonexistent/x.zip")),
    "due_firing": lambda: client.due_firing(1, 1.0),
    "forget_half_submitted": lambda: client.forget_half_submitted("x"),
    "due_telling": lambda: client.due_telling(1, 1.0, 0),
    "note_sent": lambda: client.note_sent(None),  # type: ignore[arg-type]
    "note_never_taken": lambda: client.note_never_taken(None, ""),  # type: ignore[arg-type]
    "note_undelivered": lambda: client.note_undelivered(None, ""),  # type: ignore[arg-type]
    "note_unneeded": lambda: client.note_unneeded(None),  # type: ignore[arg-type]
    "restore": lambda: client.restore(Path("/nonexistent/x.zip")),
    "settle_firing": lambda: client.settle_firing(None, None),  # type: ignore[arg-type]
    "stop_runner": client.stop_runner,
}
"""What is the machine's, or all there is: for an admin alone."""

FREE = set(
    "LINK RUN_FIELDS SCHEMES budget_document catalog check_budget check_place check_reuse check_settings columns "
    "complete_preset defaults dry_run ensure_runner few_items file_of firing_document form_fields job_document "
    "job_for job_named joined_files limited link_address link_query limits_document limits_with live_processes "
    "log_path make_certificates new_job params_schema pool_document pool_with preset_of presets_from presets_toml "
    "sample sample_params samples settings_of_preset shown_params trouble unattended verbs_of_files with_preset "
    "write_presets".split()
)
"""What says something of jobs, of the machine or of what it is given, and reads no run, preset, schedule or token."""

GIVEN = set(
    "caller check_seen column_value count_presets last_peak listed_documents note_download note_sign_in reader_by_link "
    "row_document run_document run_of_firing schedule_document schedule_troubles shown_run sortable work_of".split()
)
"""What is given a record, or goes through the verbs above; each has a test here or where it is at home."""


def _schedule(name: str, run: str) -> RunSchedule:
    return RunSchedule(
        name=name,
        settings=RunPreset(name="", job="factorial"),
        source=ItemsSource(kind=SourceKind.RUN, where=run),
        recurrence=Recurrence(every=3600),
    )


@pytest.fixture
def hers(stage: Stage) -> Run:
    """A finished run of Ann's; she has a preset, a schedule and a token as well, each called hers."""
    run = stage.run(["5", "6"], owner=ANN.owner)
    with acting_as(ANN):
        client.save_preset(RunPreset(name="hers", job="factorial"))
        client.save_schedule(_schedule("hers", run.id))
        client.new_token("hers", Scope.ADMIN)
    return run


def test_every_verb_stands_in_one_of_the_tables() -> None:
    verbs = {name for name in client.__all__ if not isinstance(getattr(client, name), type)}
    tables = [set(READS), set(CHANGES), set(LISTS), set(NAMED), set(MAKES), set(ADMINS), FREE, GIVEN]

    assert set().union(*tables) == verbs
    assert sum(map(len, tables)) == len(verbs)


@pytest.mark.parametrize("verb", READS)
def test_a_run_is_read_by_its_owner_an_admin_and_a_link(hers: Run, verb: str) -> None:
    for person in (ANN, BOSS, LOCAL_ADMIN, Person(owner="", shared=hers.id)):
        with acting_as(person):
            assert _reaches(READS[verb], hers.id), person


@pytest.mark.parametrize("verb", [*READS, *CHANGES])
@pytest.mark.parametrize("person", [BOB, NOBODY, Person(owner="", shared="f" * 32)])
def test_to_all_others_it_is_as_if_it_were_not_there(hers: Run, verb: str, person: Person) -> None:
    do = {**READS, **CHANGES}[verb]
    with acting_as(person):
        told = [_refusal(do, run) for run in (hers.id, ABSENT, hers.id[:8], "#1")]

    assert told[0].replace(hers.id, ABSENT) == told[1]
    assert told[2].replace(hers.id[:8], ABSENT[:8]) == told[1].replace(ABSENT, ABSENT[:8])
    assert told[3] == told[1].replace(ABSENT, "#1")
    assert client.run(hers.id) == hers


def _reaches(do: Verb, run: str) -> bool:
    """Whether a verb finds the run, be it to say that this cannot be done now."""
    try:
        do(run)
    except FanoutError as error:
        return not isinstance(error, UnknownRun | NotAllowed)
    return True


def _refusal(do: Verb, run: str) -> str:
    with pytest.raises(UnknownRun) as told:
        do(run)
    return str(told.value)


@pytest.mark.parametrize("verb", CHANGES)
def test_a_link_changes_nothing(hers: Run, verb: str) -> None:
    with acting_as(Person(owner="", shared=hers.id)), pytest.raises(UnknownRun):
        CHANGES[verb](hers.id)

    assert client.run(hers.id) == hers


@pytest.mark.slow
@pytest.mark.parametrize("person", [ANN, BOSS, LOCAL_ADMIN])
def test_owner_and_admin_change_a_run(machine: Machine, person: Person) -> None:
    with acting_as(ANN):
        run = machine.finish(machine.submit(["a"], job="noop"))

    with acting_as(person):
        for verb in sorted(CHANGES.keys() - {"delete"}):
            assert _reaches(CHANGES[verb], run.id), verb
        assert client.run(run.id).name == "another"
        again = next(found for found in client.runs() if found.id != run.id)
        assert again.owner == person.owner
        client.delete(machine.finish(run).id)
        with pytest.raises(UnknownRun):
            client.run(run.id)


@pytest.mark.parametrize("verb", LISTS)
def test_lists_and_counts_hold_ones_own_things(hers: Run, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_KEEP_DAYS", "1")
    found = {}
    for person in (ANN, BOSS, BOB, NOBODY, Person(owner="", shared=ABSENT)):
        with acting_as(person):
            found[person] = LISTS[verb]()

    assert list(found.values()) == [1, 1, 0, 0, 0]


@pytest.mark.parametrize("verb", NAMED)
def test_what_has_a_name_is_found_by_its_owner_and_an_admin_alone(hers: Run, verb: str) -> None:
    for person in (BOB, NOBODY, Person(owner="", shared=hers.id)):
        with acting_as(person), pytest.raises(Refused, match="there is no ") as told:
            NAMED[verb]()
        assert "hers" in str(told.value)
        assert isinstance(told.value, UnknownPreset) is ("preset" in verb)
    for person in (ANN, BOSS)[: 1 if verb.startswith(("delete", "remove", "rename", "revoke", "fire")) else 2]:
        with acting_as(person):
            NAMED[verb]()


@pytest.mark.parametrize("verb", MAKES)
def test_who_has_not_signed_in_makes_nothing(hers: Run, verb: str) -> None:
    for person in (NOBODY, Person(owner="", shared=hers.id)):
        with acting_as(person), pytest.raises(NotAllowed, match="sign in first"):
            MAKES[verb]()

    assert client.count_runs() == 1


@pytest.mark.parametrize("verb", ADMINS)
def test_what_is_the_machines_is_for_an_admin(hers: Run, verb: str) -> None:
    for person in (ANN, NOBODY):
        with acting_as(person), pytest.raises(NotAllowed, match="for an admin alone"):
            ADMINS[verb]()


def test_each_owner_has_names_of_ones_own(hers: Run) -> None:
    with acting_as(BOB):
        client.save_preset(RunPreset(name="hers", job="factorial", params={"engine": "python"}))
        client.new_token("hers", Scope.READ)
        his = client.preset("hers")
    with acting_as(ANN):
        assert client.preset("hers") != his
        client.delete_preset("hers")
        client.revoke_token("hers")

    with acting_as(BOB):
        assert client.preset("hers") == his
        assert [token.owner for token in client.all_tokens()] == [BOB.owner]


def test_an_admin_is_asked_which_where_two_have_the_same_name(hers: Run) -> None:
    with acting_as(BOB):
        client.save_preset(RunPreset(name="hers", job="factorial"))

    with acting_as(BOSS), pytest.raises(Refused, match=r"several owners .*ann@example.org, bob@example.org"):
        client.delete_preset("hers")


def test_an_admin_says_whose_preset_where_two_have_the_same_name(hers: Run) -> None:
    with acting_as(BOB):
        client.save_preset(RunPreset(name="hers", job="factorial", column="n"))
        with pytest.raises(UnknownPreset):
            client.preset("hers", owner=ANN.owner)

    with acting_as(BOSS):
        assert client.preset("hers", owner=ANN.owner).column == ""
        assert client.preset_named("hers", BOB.owner).column == "n"
        assert client.rename_preset("hers", "his", BOB.owner).owner == BOB.owner
        assert client.delete_preset("his", BOB.owner).column == "n"
    with acting_as(ANN):
        assert [one.name for one in client.presets()] == ["hers"]


def test_a_preset_that_an_admin_saves_over_stays_its_owners(hers: Run) -> None:
    with acting_as(BOSS):
        there = client.preset("hers")
        client.save_preset(RunPreset(name="hers", job="factorial", column="n"), over=there)

    with acting_as(ANN):
        assert client.preset("hers").column == "n"
    assert client.count_presets() == 1


def test_a_token_acts_for_its_owner_and_an_admin_may_make_one_for_another(hers: Run) -> None:
    text = client.new_token("for-bob", Scope.ADMIN, " Bob@Example.org ")

    assert client.caller(text).person == BOB
    with acting_as(ANN):
        assert client.caller(client.new_token("own", Scope.ADMIN)).person == ANN
        with pytest.raises(NotAllowed, match="a token for another"):
            client.new_token("x", Scope.READ, BOB.owner)
    with pytest.raises(Refused, match="no owner"):
        client.new_token("x", Scope.READ, "somebody")


def test_a_schedule_reads_what_its_owner_may(hers: Run) -> None:
    with acting_as(BOB), pytest.raises(UnknownRun):
        client.save_schedule(_schedule("his", hers.id))
    with acting_as(BOSS), pytest.raises(UnknownRun):  # it would act for her alone where nobody sits there
        client.save_schedule(_schedule("his", hers.id))
    assert client.save_schedule(_schedule("of the admin", hers.id)).owner == "admin"


def test_an_admin_sees_and_steers_schedules_of_one_name(hers: Run) -> None:
    with acting_as(BOB):
        client.save_schedule(replace(_schedule("hers", ""), source=ItemsSource(kind=SourceKind.URL, where="http://x/")))
    told = {}
    for owner in (ANN.owner, BOB.owner):
        told[owner] = client.fire_now("hers", owner)[1].due

    documents = {one.owner: client.schedule_document(one) for one in client.schedules()}
    client.pause_schedule("hers", BOB.owner)

    assert {owner: [one["due"] for one in said["firings"]] for owner, said in documents.items()} == {
        owner: [moment(due)] for owner, due in told.items()
    }
    assert {one.owner: one.enabled for one in client.schedules()} == {ANN.owner: True, BOB.owner: False}
    with pytest.raises(Refused, match="several owners have one"):
        client.pause_schedule("hers")
    with acting_as(BOB), pytest.raises(UnknownSchedule):
        client.pause_schedule("hers", ANN.owner)


def test_what_is_given_a_record_looks_who_acts(hers: Run) -> None:
    with acting_as(BOB):
        assert client.last_peak("factorial") is None
        assert list(client.listed_documents(client.Listing(runs=(hers,)))) == []
        with pytest.raises(UnknownRun):
            client.check_seen(hers)
    with acting_as(Person(owner="", shared=hers.id)):
        client.check_seen(hers)


@pytest.mark.parametrize(
    "read",
    [
        compare.compare_runs,
        lambda run, _: overview.of_run(run.id),
        lambda run, _: overview.write_report(run.id, io.BytesIO()),
        lambda run, _: reader.read_results(
            reader.ResultSource(run=run.id), job=client.job_for("factorial", {}), column="number"
        ),
    ],
)
def test_what_stands_on_the_client_reads_no_run_of_another(stage: Stage, hers: Run, read: Any) -> None:
    his = stage.run(["5"], owner=BOB.owner)

    with acting_as(BOB), pytest.raises(UnknownRun):
        read(hers, his)


def test_earlier_rows_are_ones_own(machine: Machine) -> None:
    counted = {"params": {}, "asked": Reuse(fresh=9e9)}
    with acting_as(ANN):
        machine.finish(machine.submit(["a"], job="noop"))
        own = client.already_there("noop", [Item(cell="a")], **counted)
    with acting_as(BOB):
        others = client.already_there("noop", [Item(cell="a")], **counted)
        his = machine.finish(machine.submit(["a"], job="noop", reuse=Reuse(fresh=9e9)))
    admins = client.already_there("noop", [Item(cell="b")], **counted)
    with acting_as(ANN):
        again = machine.finish(machine.submit(["a"], job="noop", reuse=Reuse(fresh=9e9)))

    assert (own.taken, others.taken, admins.taken) == (1, 0, 0)
    assert (his.reused, again.reused) == (0, 1)


def test_a_nonce_of_another_gives_no_run(machine: Machine) -> None:
    with acting_as(ANN):
        run = machine.submit(["a"], job="noop", nonce="n")
        assert machine.submit(["a"], job="noop", nonce="n").id == run.id

    with acting_as(BOB), pytest.raises(Refused, match="take a new key"):
        machine.submit(["a"], job="noop", nonce="n")


def test_a_store_from_before_owners_belongs_to_the_admin(home: Path) -> None:
    home.mkdir(mode=0o700)
    before = next(n for n, steps in enumerate(schema.MIGRATIONS) if "ADD COLUMN owner" in steps[0])
    with closing(sqlite3.connect(home / STORE)) as db:
        for statement in (line for steps in schema.MIGRATIONS[:before] for line in steps):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {before}")
        db.execute('INSERT INTO presets VALUES (\'old\', \'factorial\', \'{"name": "old", "job": "factorial"}\', 1)')
        db.execute("INSERT INTO tokens VALUES ('old', 'admin', 'read', x'00', 1, NULL)")
        db.execute(
            "INSERT INTO schedules (number, name, job, enabled, made_at, body) VALUES (7, 'old', 'factorial', 0, 1, '')"
        )
        db.execute(
            "INSERT INTO firings (schedule, due, at, state, run, said, tries) VALUES (7, 5, 5, 'skipped', '', 's', 0)"
        )
        db.execute("INSERT INTO receivers VALUES (7, 0, 'webhook', 'http://x.example', 'always', '', '')")
        db.execute("INSERT INTO tellings (schedule, due, place, told) VALUES (7, 5, 0, 'sent')")
        db.commit()
    (home / STORE).chmod(0o600)

    assert [preset.owner for preset in client.presets()] == ["admin"]
    assert [token.owner for token in client.all_tokens()] == ["admin"]
    assert [(one.owner, one.number) for one in client.schedules()] == [("admin", 7)]
    assert [(firing.said, len(firing.tellings)) for firing in client.firings("old")] == [("s", 1)]
    with closing(sqlite3.connect(home / STORE)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        made = " ".join(text for (text,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
        assert "owned_" not in made
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("DELETE FROM firings")
        assert db.execute("SELECT count(*) FROM tellings").fetchone() == (0,)
    with acting_as(BOB):
        assert (client.presets(), client.all_tokens(), client.schedules()) == ([], [], [])
