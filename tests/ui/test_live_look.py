"""What is read once for all who look at a run that goes on, and told to those alone whom it concerns."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import DamagedRun, UnknownRun
from jobs.runtime.core.people import LOCAL_ADMIN, NOBODY, Person, acting_as
from jobs.runtime.core.records import Run, RunState
from jobs.runtime.store import runs
from jobs.ui.run import live_look
from jobs.ui.run.live_look import LiveLook, look
from tests.support.machine import until
from tests.ui.conftest import Open, Stage, texts

ANN, BOB = Person(owner="ann@example.org"), Person(owner="bob@example.org")


@pytest.fixture
def hers(stage: Stage) -> Run:
    run = stage.run(state=RunState.RUNNING, done=2)
    change(stage, run, "owner = 'ann@example.org'")
    return client.run(run.id)


def change(stage: Stage, run: Run, what: str) -> None:
    with stage.store.write() as db:
        db.execute(f"UPDATE runs SET {what} WHERE id = ?", (run.id,))


def test_it_is_read_once_for_all_of_a_moment(hers: Run) -> None:
    first = look(hers.id)
    with acting_as(ANN):
        second = look(hers.id, 60.0)

    assert second is first
    assert (first.run, [row.position for row in first.newest], len(first.seconds)) == (hers, [2, 1], 2)


def test_who_has_changed_something_sees_it_at_once_and_all_others_from_then_on(stage: Stage, hers: Run) -> None:
    look(hers.id)
    change(stage, hers, "name = 'another'")

    assert look(hers.id, 60.0).run.name == ""
    assert look(hers.id).run.name == "another"
    assert look(hers.id, 60.0).run.name == "another"
    change(stage, hers, "name = 'a third'")
    until(lambda: look(hers.id, 0.5).run.name == "a third")


def test_of_those_who_come_at_once_one_reads_for_all(hers: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for whom it was begun too early: the others have come since."""
    begun, go_on, came = threading.Event(), threading.Event(), []
    read, looks = live_look._read, live_look._looks

    def slowly(run_id: str) -> tuple[float, LiveLook]:
        found = read(run_id)
        begun.set()
        assert go_on.wait(60)
        return found

    class Gate:
        def see(self, run_id: str, oldest: float, *more) -> LiveLook:
            came.append(oldest)
            return looks.see(run_id, oldest, *more)

    monkeypatch.setattr(live_look, "_read", slowly)
    monkeypatch.setattr(live_look, "_looks", Gate())
    with ThreadPoolExecutor(8) as people:
        first = people.submit(look, hers.id)
        assert begun.wait(60)
        others = [people.submit(look, hers.id) for _ in range(7)]
        until(lambda: len(came) == 8)
        go_on.set()
        seen = [one.result(60) for one in others]

    assert {one.begun for one in seen} == {seen[0].begun}
    assert first.result().begun < max(came) < seen[0].begun


@pytest.mark.parametrize("person", [BOB, NOBODY, Person(owner="", shared="f" * 32)])
def test_what_others_have_just_seen_is_still_not_told_to_a_stranger(hers: Run, person: Person) -> None:
    for seen_by in (ANN, LOCAL_ADMIN, Person(owner="", shared=hers.id)):
        with acting_as(seen_by):
            assert look(hers.id, 60.0).run == hers
    told = []
    for run in (hers.id, "0" * 32):
        with acting_as(person), pytest.raises(UnknownRun) as refused:
            look(run, 60.0)
        told.append(str(refused.value).replace(run, ""))

    assert told[0] == told[1]


def test_that_a_run_is_damaged_is_told_to_its_owner_alone(stage: Stage, hers: Run) -> None:
    change(stage, hers, "params = '{'")

    with acting_as(BOB), pytest.raises(UnknownRun):
        look(hers.id)
    with acting_as(ANN), pytest.raises(DamagedRun):
        look(hers.id)


def test_an_ended_run_has_no_newest_rows(stage: Stage) -> None:
    found = look(stage.run().id)

    assert (found.newest, found.seconds, found.run.state) == ((), (), RunState.FINISHED)


def test_a_page_shows_at_once_what_who_sits_before_it_has_changed(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_look, "SHARED", 60.0)
    run = stage.run(state=RunState.RUNNING, done=1)
    assert "1 of 3 done" in texts(visit("run", run=run.id))
    with stage.store.write() as db:
        runs.move(db, runs.find(db, run.id).number, RunState.PAUSED)

    assert "Paused: nothing new starts until you resume it." in texts(visit("run", run=run.id))


def test_a_run_that_has_ended_is_still_so_until_it_is_changed_or_gone(stage: Stage) -> None:
    run = stage.run()
    seen = look(run.id)
    assert live_look.still(seen)

    change(stage, run, "name = 'another'")
    until(lambda: not live_look.still(seen))

    gone = replace(seen.run, id="0" * 32)
    assert not live_look.still(replace(seen, progress=replace(seen.progress, run=gone)))
