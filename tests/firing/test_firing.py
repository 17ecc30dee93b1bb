"""A schedule that has come: its source is read anew, one run begins whatever is killed when, and failures are said."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from jobs.runtime import client, firing
from jobs.runtime.core.errors import BadInput, BadParams, Refused, UnknownPreset
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import RunState
from jobs.runtime.core.recurrence import every
from jobs.runtime.core.schedules import Firing, FiringState, ItemsSource, RunSchedule, SourceKind
from jobs.runtime.home import runner_lock
from jobs.runtime.store import items, runs, schedules
from jobs.runtime.store.connection import Store
from tests.support.http_server import served
from tests.support.machine import Machine, stays, unstored, until

Scheduled = Callable[..., RunSchedule]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "items.csv"
    path.write_text("text,note\na,1\nb,2\n", "utf-8")
    return path


def described(source: ItemsSource, **said: Any) -> RunSchedule:
    given = {"name": "nightly", "settings": RunPreset(name="", job="noop"), **said}
    return RunSchedule(owner="admin", source=source, recurrence=every("1 d", time.time()), **given)


def file(path: Path) -> ItemsSource:
    return ItemsSource(kind=SourceKind.FILE, where=str(path))


def last(name: str = "nightly") -> Firing:
    return client.firings(name)[0]


def begun(name: str = "nightly") -> str:
    """The id of the run that its last time has begun."""
    until(lambda: client.firings(name) and last(name).state is not FiringState.DUE, 60)
    found = last(name)
    assert found.state is FiringState.SUBMITTED, found
    return found.run


def failure(name: str = "nightly") -> str:
    until(lambda: last(name).state is FiringState.FAILED, 60)
    return last(name).said


def test_a_run_begins_with_what_the_source_holds_then(machine: Machine, table: Path) -> None:
    client.save_preset(RunPreset(name="two", job="noop", how={"threads": 2, "processes": 1}))
    client.save_schedule(described(file(table), preset="two"))
    client.fire_now("nightly")
    first = machine.finish(client.run(begun()))
    table.write_text("text,note\na,1\nb,2\nc,3\n", "utf-8")
    client.fire_now("nightly")
    second = machine.finish(client.run(begun()))

    assert (first.items, second.items) == (2, 3)
    assert (second.schedule, second.name, second.table.source) == ("nightly", "nightly", "items.csv")
    assert (second.pool.threads, second.preset and second.preset.name) == (2, "two")
    assert client.run_document(second, {})["schedule"] == "nightly"


def test_a_schedule_begins_its_run_where_it_or_its_preset_says(
    machine: Machine, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = RunPreset(name="", job="noop", on="cluster")
    with pytest.raises(Refused, match="set JOBS_CLUSTER"):
        client.save_schedule(described(file(table), settings=settings))
    monkeypatch.setenv("JOBS_CLUSTER", "processes://1")
    client.save_preset(RunPreset(name="there", job="noop", on="cluster"))
    here = client.check_schedule(described(file(table), preset="there", settings=replace(settings, on="local")))
    client.save_schedule(described(file(table), preset="there"))
    client.fire_now("nightly")
    run = machine.finish(client.run(begun()), 60)

    assert client.work_of(here).on == "local"
    assert (run.on, run.ok) == ("cluster", 2)


def test_no_second_run_begins_by_hand_while_one_is_at_work(machine: Machine, table: Path) -> None:
    table.write_text("text\nsleep 600\n", "utf-8")
    client.save_schedule(described(file(table), settings=RunPreset(name="", job="act")))
    client.fire_now("nightly")
    with pytest.raises(Refused, match="still at work"):
        client.fire_now("nightly")
    run = begun()

    with pytest.raises(Refused, match=f"its run {run[:8]} is still at work"):
        client.fire_now("nightly")


@pytest.mark.slow
@pytest.mark.parametrize("left", ["nothing", "half", "whole"])
def test_a_runner_that_is_killed_as_it_fires_neither_loses_nor_doubles_the_run(
    machine: Machine, table: Path, left: str
) -> None:
    """What a kill leaves: a time that is due, and of its run nothing, its first items, or all of it."""
    number = client.save_schedule(described(file(table))).number
    until(lambda: runner_lock.alive(machine.home))
    machine.kill_runner()
    due = Firing(schedule=number, due=1_700_000_000.0, at=1_700_000_000.0, state=FiringState.DUE)
    with Store(machine.home).write() as db:
        schedules.note(db, due)
        if left != "nothing":
            given = runs.add(db, replace(unstored("feed01"), nonce=due.nonce), runs.JobTraits())
            items.add(db, given, 1, [client.submission.Item(cell="a")])  # type: ignore[attr-defined]
            runs.touch(db, given, 1, time.time())
            if left == "whole":
                runs.queue(db, given, items=1, sample=False, at=time.time())

    client.ensure_runner()
    run = machine.finish(client.run(begun()))

    assert [one.id for one in client.runs()] == [run.id]
    assert (run.items, run.id == "feed01") == ((1, True) if left == "whole" else (2, False))
    assert run.nonce == due.nonce


@pytest.mark.slow
def test_runners_killed_one_after_the_other_begin_each_run_once(machine: Machine, table: Path) -> None:
    client.save_schedule(described(file(table)))
    for _ in range(4):
        client.fire_now("nightly")
        time.sleep(0.3)  # somewhere between the firing and the end of its run
        machine.kill_runner()
        client.ensure_runner()
        machine.finish(client.run(begun()))

    came = client.firings("nightly")
    assert len({one.run for one in came}) == len(came) == len(client.runs()) == 4


def test_what_was_missed_while_no_runner_lived_is_made_up_once_and_said(machine: Machine, table: Path) -> None:
    number = client.save_schedule(described(file(table))).number
    until(lambda: runner_lock.alive(machine.home))
    machine.kill_runner()
    with Store(machine.home).write() as db:
        schedules.set_next(db, {number: time.time() - 3 * 86_400})

    client.ensure_runner()
    begun()

    (only,) = client.firings("nightly")
    assert only.said.startswith("Missed, and made up for 72 h 0 min later")
    found = client.schedule("nightly")
    assert (found.next_at or 0.0) > time.time()
    assert client.schedule_troubles(found, client.schedule_document(found))[0].endswith(only.said)


def test_the_runner_stays_while_a_schedule_is_enabled_and_leaves_after(
    machine: Machine, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_IDLE", "0")
    client.save_schedule(described(file(table)))
    until(lambda: runner_lock.alive(machine.home))
    stays(lambda: runner_lock.alive(machine.home), 1.5)

    client.pause_schedule("nightly")

    until(lambda: not runner_lock.alive(machine.home))
    assert not client.unattended()
    client.resume_schedule("nightly")
    until(lambda: runner_lock.alive(machine.home))
    machine.kill_runner()
    assert client.unattended()


@pytest.mark.slow
def test_one_that_cannot_begin_a_run_says_so_where_it_is_listed_and_goes_on(machine: Machine, table: Path) -> None:
    client.save_preset(RunPreset(name="two", job="noop", how={"attempts": 2}))
    client.save_schedule(described(file(table), preset="two"))
    client.delete_preset("two")
    client.fire_now("nightly")

    assert failure().startswith("there is no preset 'two'")
    (found,) = client.schedules()
    assert (found.enabled, found.fault.startswith("there is no preset 'two'")) == (True, True)

    client.save_preset(RunPreset(name="two", job="noop", how={"attempts": 2}))
    table.unlink()
    assert client.schedules()[0].fault == f"{table} is not there, or is no file: put it there, or name another"
    table.write_text("", "utf-8")
    client.fire_now("nightly")
    until(lambda: len(client.firings("nightly")) == 2)
    assert "items.csv" in failure()


def test_the_results_of_a_run_are_a_source(machine: Machine) -> None:
    run = machine.finish(machine.submit(["a", "b", "c"], "noop"))
    client.save_schedule(described(ItemsSource(kind=SourceKind.RUN, where=run.id[:10])))
    client.fire_now("nightly")

    again = machine.finish(client.run(begun()))

    assert (again.items, again.table.from_run) == (3, run.id)
    client.delete(run.id)
    assert "there is no run" in client.schedules()[0].fault


# URLs


class Table(BaseHTTPRequestHandler):
    """A table that grows by a row with each question; `/gone` is not there."""

    asked = 0

    def do_GET(self) -> None:  # the name is http.server's
        Table.asked += 1
        found = "/table.csv" in self.path
        self.send_response(200 if found else 404)
        self.end_headers()
        if found:
            self.wfile.write(b"text\n" + b"row\n" * Table.asked)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Table.asked = 0
    with served(Table) as port:
        yield f"http://127.0.0.1:{port}"


def url(text: str) -> RunSchedule:
    return described(ItemsSource(kind=SourceKind.URL, where=text))


def read(schedule: RunSchedule) -> int:
    return firing.read_source(schedule, client.work_of(schedule)).items


def test_a_url_is_fetched_anew_each_time(home: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")
    monkeypatch.setenv("JOBS_PATH", str(Path(__file__).parents[1] / "support/jobs"))
    monkeypatch.setenv("JOBS_SECRET_KEY", "table.csv")
    schedule = client.check_schedule(url(f"{server}/{{secret:KEY}}?format=csv"))

    assert [read(schedule), read(schedule)] == [1, 2]
    with pytest.raises(BadInput, match="answered 404"):
        read(url(f"{server}/gone"))


def test_a_private_url_is_refused(home: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_PATH", str(Path(__file__).parents[1] / "support/jobs"))

    with pytest.raises(BadInput, match="JOBS_ALLOW_NETS"):
        read(url(f"{server}/table.csv"))
    assert Table.asked == 0


# What is refused before it is saved


@pytest.fixture
def jobs_of_tests(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_PATH", str(Path(__file__).parents[1] / "support/jobs"))


@pytest.mark.usefixtures("jobs_of_tests")
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ftp://example.org/x.csv", "want http:// or https://"),
        ("http://", "want http:// or https://"),
        ("http://[::1/x.csv", "want http:// or https://"),
        ("https://ann:pass@example.org/x.csv", "a URL with a password is not kept"),
    ],
)
def test_what_is_no_url_of_a_table_is_refused(text: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        client.check_schedule(url(text))

    assert "pass@" not in str(refused.value)


@pytest.mark.usefixtures("jobs_of_tests")
def test_settings_that_the_job_does_not_take_are_refused(table: Path) -> None:
    with pytest.raises(BadParams, match="nope"):
        client.check_schedule(described(file(table), settings=RunPreset(name="", job="noop", params={"nope": 1})))
    with pytest.raises(UnknownPreset):
        client.check_schedule(described(file(table), preset="not there"))
    with pytest.raises(Refused, match="a schedule needs a name"):
        client.check_schedule(described(file(table), name=" \n "))


@pytest.mark.usefixtures("jobs_of_tests")
def test_files_are_those_of_the_folders_that_are_named(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "named"
    named.mkdir()
    inside = named / "items.csv"
    inside.write_bytes(table.read_bytes())
    (named / "link.csv").symlink_to(table)
    os.mkfifo(named / "pipe.csv")

    assert client.check_schedule(described(file(table)))
    with pytest.raises(Refused, match="JOBS_FILES names: none yet"):
        client.check_schedule(described(file(inside), on_page=True))
    monkeypatch.setenv("JOBS_FILES", str(named))
    assert client.check_schedule(described(file(inside), on_page=True))
    for outside in (table, named / "link.csv", named / ".." / "items.csv"):
        with pytest.raises(Refused, match="is in none of the folders"):
            client.check_schedule(described(file(outside)))
    with pytest.raises(Refused, match="is no file"):
        client.check_schedule(described(file(named / "pipe.csv")))


@pytest.mark.usefixtures("jobs_of_tests")
@pytest.mark.parametrize("name", ["a" * 5_000, "a\0b", "~nobody-of-this-name/x", "loop"])
def test_a_path_that_cannot_be_looked_at_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    path = Path(name) if name.startswith("~") else tmp_path / name

    with pytest.raises(Refused, match=r"cannot be looked at|is no file"):
        client.check_schedule(described(file(path)))


@pytest.mark.usefixtures("jobs_of_tests")
def test_a_file_in_a_folder_that_was_closed_is_a_fault_of_its_schedule_alone(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.save_schedule(described(file(table)))
    is_file = Path.is_file

    def closed(path: Path) -> bool:
        if path == table:
            raise PermissionError(13, "Permission denied")
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", closed)

    (found,) = client.schedules()

    assert "cannot be looked at (Permission denied)" in found.fault


def test_a_backup_brings_schedules_paused_and_a_home_that_has_some_is_not_overwritten(
    machine: Machine, table: Path, tmp_path: Path
) -> None:
    client.save_schedule(described(file(table)))
    client.fire_now("nightly")
    run = machine.finish(client.run(begun()))
    client.backup(tmp_path / "runs.zip")
    machine.end()
    with pytest.raises(Refused, match="has runs already"):
        client.restore(tmp_path / "runs.zip")
    machine.move_to(tmp_path / "elsewhere")

    client.restore(tmp_path / "runs.zip")

    (found,) = client.schedules()
    assert (found.enabled, found.next_at, last().run) == (False, None, run.id)
    assert client.run(run.id).state is RunState.FINISHED
