"""`schedule`: runs that begin by themselves."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.core.people import Person, acting_as
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.recurrence import every
from jobs.runtime.core.schedules import ItemsSource, RunSchedule, SourceKind
from tests.cli.test_json_shapes import PAGE, keys_of
from tests.support.machine import until
from tests.support.pages import rows

_names = map("schedule {}".format, itertools.count(1))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "words.csv"
    path.write_text("text,note\na,1\nb,2\n", "utf-8")
    return path


@pytest.fixture
def name() -> Iterator[str]:
    """A name of this test's own; its schedule is removed after."""
    found = next(_names)
    yield found
    for one in client.schedules():
        if one.name == found:
            client.remove_schedule(found, one.owner)


def test_add_shows_the_next_five_times_by_the_clock_of_the_zone(fanout, table: Path, name: str) -> None:
    words = ("--cron", "30 2 * * *", "--zone", "America/New_York", "--voice", "loud", "--threads", "3")
    done = fanout("schedule", "add", "echo", name, str(table), *words)

    assert done.code == 0, done.err
    assert f"'{name}': echo over {table} (2 items now), 30 2 * * * (America/New_York)" in done.out
    times = [line.removeprefix("next:").strip() for line in done.out.splitlines() if " 02:30 " in line]
    assert len(times) == 5
    assert all(text.endswith(("-05:00", "-04:00")) for text in times)
    kept = fanout("schedule", "show", name, "--json").json
    assert (kept["params"], kept["run"], kept["owner"]) == ({"voice": "loud"}, {"threads": 3}, "admin")
    assert (kept["source"], kept["where"], kept["enabled"], len(kept["next"])) == ("file", str(table), True, 5)


def test_whose_a_schedule_is_may_be_said_where_several_have_one_of_the_name(fanout, table: Path, name: str) -> None:
    ann, bob = "ann@example.org", "bob@example.org"
    for owner, often in ((ann, "1 d"), (bob, "2 d")):
        with acting_as(Person(owner=owner)):
            client.save_schedule(schedule_of(table, name, often))
    refused = fanout("schedule", "pause", name)
    assert (refused.code, f"({ann}, {bob}): say whose it is, as owner" in refused.err) == (2, True)
    assert [line.split()[2] for line in fanout("schedule", "list").out.splitlines() if name in line] == [ann, bob]

    assert fanout("schedule", "pause", name, "--owner", "Bob@Example.org").code == 0

    for owner, seconds, enabled in ((ann, 86_400, True), (bob, 172_800, False)):
        shown = fanout("schedule", "show", name, "--owner", owner, "--json").json
        assert (shown["owner"], shown["every"], shown["enabled"]) == (owner, seconds, enabled)
        assert f"owner:        {owner}" in fanout("schedule", "show", name, "--owner", owner).out
        assert "finished run" in fanout("schedule", "changes", name, "--owner", owner).err
    assert fanout("schedule", "resume", name, "--owner", bob).code == 0
    assert fanout("schedule", "run-now", name, "--owner", bob).code == 0
    fired = next(one for one in client.audit_entries() if one.action == "fired")
    assert (fired.subject, fired.facts["owner"]) == (name, bob)
    assert fanout("schedule", "remove", name, "--owner", bob).code == 0
    assert fanout("schedule", "show", name, "--owner", bob).code == 2
    assert fanout("schedule", "show", name, "--json").json["owner"] == ann


@pytest.mark.parametrize("owner", ["nobody", "ann@", "a b@example.org"])
def test_what_is_no_owner_is_refused_and_not_looked_for(fanout, owner: str) -> None:
    done = fanout("schedule", "remove", "nightly", "--owner", owner)

    assert (done.code, "is no owner: want an e-mail address, or admin" in done.err) == (2, True)


def schedule_of(table: Path, name: str, often: str) -> RunSchedule:
    return RunSchedule(
        name=name,
        settings=RunPreset(name="", job="echo"),
        source=ItemsSource(kind=SourceKind.FILE, where=str(table)),
        recurrence=every(often, time.time()),
    )


def test_a_dry_run_saves_nothing(fanout, table: Path, name: str) -> None:
    done = fanout("schedule", "add", "echo", name, str(table), "--every", "6 h", "--dry-run")

    assert (done.code, "Nothing is saved." in done.out) == (0, True)
    assert fanout("schedule", "show", name).code == 2


def test_a_life_of_a_schedule(fanout, table: Path, name: str) -> None:
    assert fanout("schedule", "add", "echo", name, str(table), "--every", "1 d", "--paused").code == 0
    assert "paused" in fanout("schedule", "list").out
    assert fanout("schedule", "run-now", name).code == 0
    until(lambda: fanout("schedule", "show", name, "--json").json["last"]["run_state"] == "finished", 90)
    assert "has 1 finished run so far: two can be compared" in fanout("schedule", "changes", name).err
    run = fanout("schedule", "show", name, "--json").json["last"]["run"]
    assert fanout("show", run, "--json").json["schedule"] == name
    assert f"schedule:     {name}" in fanout("show", run).out
    assert name in fanout("schedule", "list").out
    assert "next:" in fanout("schedule", "resume", name).out
    assert "timed:   1 schedule enabled, the next at " in fanout("status").out
    assert (fanout("status", "--json").json["schedules"], fanout("status", "--json").json["next_at"] is None) == (
        1,
        False,
    )
    assert fanout("schedule", "pause", name).code == 0
    assert "submitted" in fanout("schedule", "show", name).out

    assert fanout("schedule", "remove", name).code == 0

    assert fanout("schedule", "remove", name).err.startswith(f"there is no schedule '{name}'")
    assert fanout("show", run).code == 0


def test_the_shape_of_a_schedule_is_that_told(fanout, table: Path, name: str) -> None:
    told = set(rows(PAGE, "schedule add, list, show"))
    words = ("--every", "1 d", "--paused", "--webhook", "http://{secret:NOWHERE}/", "--json")
    added = fanout("schedule", "add", "echo", name, str(table), *words).json
    fanout("schedule", "run-now", name)
    until(lambda: any(one["attempts"] for one in fanout("schedule", "show", name, "--json").json["last"]["told"]), 90)
    shown = fanout("schedule", "show", name, "--json").json

    assert set(added) - {"last", "firings", "receivers"} <= told
    assert set(keys_of(shown)) == told - {"items"}
    assert set(keys_of(next(one for one in fanout("schedule", "list", "--json").json if one["name"] == name))) == set(
        keys_of(shown)
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "when? Give --cron"),
        (("--cron", "0 6 * * *", "--every", "6 h"), "when? Give --cron"),
        (("--every", "6 h", "--zone", "UTC"), "--zone is for --cron alone"),
        (("--cron", "6 o'clock"), "is no cron line: it has five fields"),
        (("--cron", "0 6 * * *", "--zone", "Europe/Berlni"), "did you mean Europe/Berlin"),
        (("--every", "10 s"), "give a time from 1 min to 366 d"),
        (("--every", "6 h", "--preset", "not there"), "there is no preset 'not there'"),
        (("--every", "6 h", "--times", "99"), "times"),
        (("--every", "6 h", "--column", "nope"), "nope"),
        (("--every", "6 h", "--from", "1a2b"), "over what? Give a file"),
        (("--every", "6 h", "--only", "ok"), "say which results of --from RUN"),
        (("--every", "6 h", "--fresh", "3d"), "give --new too"),
        (("--every", "6 h", "--tell", "change"), "name whom (--email, --webhook"),
        (
            ("--every", "6 h", "--webhook", "https://example.org/", "--tell", "never"),
            "'never' is no rule: give always, failure, change",
        ),
        (("--every", "6 h", "--webhook", "https://example.org/", "--tell", "failure:x"), "change:COLUMN as in"),
        (("--every", "6 h", "--webhook", "https://example.org/", "--tell", "change:nosuch"), "no such column (state"),
        (("--every", "6 h", "--webhook", "example.org"), "is no URL of a webhook"),
        (("--every", "6 h", *("--webhook", "https://example.org/") * 2), "is named twice with one rule"),
        (("--every", "6 h", "--webhook", "https://example.org/ x"), "'x' is no rule"),
        (("--every", "6 h", "--sign", "{secret:KEY}"), "give --webhook URL"),
        (("--every", "6 h", "--email", "ann"), "'ann' is no address of e-mail"),
        (("--every", "6 h", "--email", "ann@example.org failure"), "no e-mail is sent from here"),
        (("--every", "6 h", "--webhook", "https://example.org/", "--sign", "swordfish"), "by its name alone"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_saved(
    fanout, table: Path, name: str, words: tuple[str, ...], why: str
) -> None:
    done = fanout("schedule", "add", "echo", name, str(table), *words)

    assert (done.code, done.out) == (2, "")
    assert why in done.err
    assert fanout("schedule", "show", name).code == 2


@pytest.mark.parametrize(
    ("where", "why"),
    [
        (None, "over what? Give a file"),
        ("-", "standard input is gone"),
        ("/not/there.csv", "is not there"),
        ("https://", "is no URL of a table"),
    ],
)
def test_a_source_that_is_none_is_refused(fanout, name: str, where: str | None, why: str) -> None:
    done = fanout("schedule", "add", "echo", name, *([where] if where else []), "--every", "6 h")

    assert done.code == 2
    assert why in done.err


def test_a_name_that_is_taken_is_refused(fanout, table: Path, name: str) -> None:
    words = ("schedule", "add", "echo", name, str(table), "--every", "6 h", "--paused")
    assert fanout(*words).code == 0

    done = fanout(*words)

    assert done.err.startswith(f"there is a schedule '{name}' already")


def test_a_broken_schedule_says_so_in_the_list(fanout, table: Path, name: str) -> None:
    fanout("schedule", "add", "echo", name, str(table), "--every", "6 h", "--paused")
    table.unlink()

    assert f"'{name}': it cannot begin a run: {table} is not there" in fanout("schedule", "list").out


def test_a_secret_is_kept_by_its_name_alone(fanout, tmp_path: Path, name: str) -> None:
    table = tmp_path / "places.csv"
    table.write_text("url\nhttp://api.sample/echo\n", "utf-8")
    words = ("schedule", "add", "request", name, str(table), "--every", "6 h", "--url", "{url}")

    done = fanout(*words, "--headers", "Authorization: Bearer abcdefgh")

    assert done.code == 2
    assert "{secret:NAME}" in done.err
    assert "abcdefgh" not in done.err


def test_what_changed_since_the_run_before_is_told(fanout, table: Path, name: str) -> None:
    fanout("schedule", "add", "echo", name, str(table), "--every", "1 d", "--paused")
    runs = []
    for cells in ("a,1\nb,2\n", "bad,1\nb,2\nc,3\n"):
        table.write_text(f"text,note\n{cells}", "utf-8")
        assert fanout("schedule", "run-now", name).code == 0
        until(lambda: fanout("schedule", "show", name, "--json").json["last"]["run_state"] == "finished", 90)
        runs.append(fanout("schedule", "show", name, "--json").json["last"]["run"])

    found = fanout("schedule", "changes", name, "--json").json

    assert [run["id"] for run in found["runs"]] == runs
    assert found["rows_in_both"] == 1
    assert {(change["item"], change["what"]) for change in found["changes"]} == {
        ("a", "only in the first run"),
        ("bad", "only in the second run"),
        ("c", "only in the second run"),
    }
    assert found == fanout("compare", *runs, "--json").json


def test_whom_a_schedule_tells_is_shown(fanout, table: Path, name: str) -> None:
    hooks = ("https://example.org/hook", "https://example.org/other change:only in the second run")
    words = (
        *(word for hook in hooks for word in ("--webhook", hook)),
        "--tell",
        "change:said",
        "--sign",
        "{secret:KEY}",
    )
    fanout("schedule", "add", "echo", name, str(table), "--every", "6 h", "--paused", *words)

    assert fanout("schedule", "show", name, "--json").json["receivers"] == [
        {"kind": "webhook", "where": "https://example.org/hook", "tell": "change:said"},
        {"kind": "webhook", "where": "https://example.org/other", "tell": "change:only in the second run"},
    ]
    told = "https://example.org/hook (change:said), https://example.org/other (change:only in the second run)"
    assert f"told:         {told}" in fanout("schedule", "show", name).out
