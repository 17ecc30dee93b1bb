"""What is read once for all who look at a run that goes on, and told to those alone whom it concerns."""

from __future__ import annotations

import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import DamagedRun, UnknownRun
from jobs.runtime.core.people import LOCAL_ADMIN, NOBODY, Person, acting_as
from jobs.runtime.core.records import Run, RunState
from jobs.runtime.store import runs
from jobs.ui.run.live_look import look
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
    first = look(hers.id, anew=True)
    with acting_as(ANN):
        second = look(hers.id)

    assert second.number in (first.number, first.number + 1)  # read again where half a second went by
    assert (second.run, [row.position for row in second.newest], len(second.seconds)) == (hers, [2, 1], 2)


def test_who_has_changed_something_sees_it_at_once_and_all_others_a_moment_later(stage: Stage, hers: Run) -> None:
    look(hers.id)
    change(stage, hers, "name = 'another'")

    assert look(hers.id, anew=True).run.name == "another"
    assert look(hers.id).run.name == "another"
    change(stage, hers, "name = 'a third'")
    until(lambda: look(hers.id).run.name == "a third")


@pytest.mark.parametrize("person", [BOB, NOBODY, Person(owner="", shared="f" * 32)])
def test_what_others_have_just_seen_is_still_not_told_to_a_stranger(hers: Run, person: Person) -> None:
    for seen_by in (ANN, LOCAL_ADMIN, Person(owner="", shared=hers.id)):
        with acting_as(seen_by):
            assert look(hers.id).run == hers
    told = []
    for run in (hers.id, "0" * 32):
        with acting_as(person), pytest.raises(UnknownRun) as refused:
            look(run)
        told.append(str(refused.value).replace(run, ""))

    assert told[0] == told[1]


def test_that_a_run_is_damaged_is_told_to_its_owner_alone(stage: Stage, hers: Run) -> None:
    change(stage, hers, "params = '{'")

    with acting_as(BOB), pytest.raises(UnknownRun):
        look(hers.id, anew=True)
    with acting_as(ANN), pytest.raises(DamagedRun):
        look(hers.id, anew=True)


def test_an_ended_run_has_no_newest_rows(stage: Stage) -> None:
    found = look(stage.run().id)

    assert (found.newest, found.seconds, found.run.state) == ((), (), RunState.FINISHED)


def test_a_page_that_is_opened_shows_the_run_as_it_is_now(visit: Open, stage: Stage) -> None:
    run = stage.run(state=RunState.RUNNING, done=1)
    assert "1 of 3 done" in texts(visit("run", run=run.id))
    with stage.store.write() as db:
        runs.move(db, runs.find(db, run.id).number, RunState.PAUSED)

    assert "Paused: nothing new starts until you resume it." in texts(visit("run", run=run.id))
