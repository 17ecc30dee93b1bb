"""Runs that take from earlier ones what is there already: which rows, of which runs, and what becomes of files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from jobs.runtime import client
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Outcome, Run
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.store import reuse, runs
from jobs.runtime.store.connection import Store
from tests.support.machine import Machine, until


def again(machine: Machine, cells: list[str], job: str = "act", *, fresh: float | None = None, **more: Any) -> Run:
    """A run of what is new, that has ended."""
    asked = Reuse() if fresh is None else Reuse(fresh=fresh)
    return machine.finish(machine.submit(cells, job, reuse=asked, **more))


def origins(machine: Machine, run: Run) -> list[str]:
    return [outcome.reused_from for outcome in machine.outcomes(run)]


def there(cells: list[str], job: str = "act", params: Mapping[str, Any] | None = None) -> int:
    items = [client.submission.Item(cell=cell) for cell in cells]  # type: ignore[attr-defined]
    return client.already_there(job, items, params=params or {}, asked=Reuse()).taken


def forged(machine: Machine, run: Run, **values: Any) -> None:
    """Fields of a run as another time would have left them."""
    with Store(machine.home).write() as db:
        runs.change(db, runs.find(db, run.id).number, **values)


def test_what_was_done_ok_is_taken_and_what_failed_or_is_new_is_performed(machine: Machine) -> None:
    first = machine.finish(machine.submit(["ok@a", "fail", "ok@b"]))
    counted = there(["ok@new", "ok@b", "fail", "ok@a"])

    second = again(machine, ["ok@new", "ok@b", "fail", "ok@a"])

    assert counted == second.reused == 2
    assert (second.ok, second.failed, second.done_itself) == (3, 1, 2)
    assert origins(machine, second) == ["", first.id, "", first.id]
    machine.check_books(second)
    taken, original = machine.outcomes(second)[1], machine.outcomes(first)[2]
    assert (taken.row, taken.code, taken.started_at) == (original.row, "", original.started_at)
    assert (taken.attempts, taken.worker, taken.seconds) == (0, None, None)
    assert any("2 of 4 items were there already" in event.text for event in client.events(second.id))


def test_equal_items_are_found_by_the_key_of_their_job(machine: Machine) -> None:
    first = machine.finish(machine.submit(["ab", "AB", "cd", "alone", "alone"], "keyed"))

    second = again(machine, ["Ab", "aB", "alone", "CD", "9", "ef"], "keyed")

    assert origins(machine, second) == [first.id, first.id, "", first.id, "", ""]
    assert [outcome.code for outcome in machine.outcomes(second)] == ["", "", "", "", "over_budget", ""]
    assert there(["AB", "alone", "9", "ef", "zz"], "keyed") == 2


def test_a_run_of_taken_rows_hands_them_on_with_the_run_that_performed_them(machine: Machine) -> None:
    for job, cell in (("act", "ok@a"), ("keyed", "ab")):
        first = machine.finish(machine.submit([cell], job))
        second = again(machine, [cell], job)
        client.delete(first.id)
        until(lambda gone=first.id: machine.sql(f"SELECT count(*) FROM runs WHERE id = '{gone}'") == [(0,)])

        third = again(machine, [cell], job)

        assert origins(machine, second) == origins(machine, third) == [first.id]


def test_a_long_run_of_taken_rows_hands_all_of_them_on(machine: Machine) -> None:
    cells = [f"key {number}" for number in range(1_300)]
    first = machine.finish(machine.submit(cells, "keyed"))
    second = again(machine, [*cells, "key new"], "keyed")
    client.delete(first.id)
    until(lambda: machine.sql("SELECT count(*) FROM runs") == [(1,)])

    third = again(machine, cells, "keyed")

    assert (second.reused, third.reused) == (1_300, 1_300)
    machine.check_books(third)


def test_other_params_or_other_code_is_another_row(machine: Machine) -> None:
    first = machine.finish(machine.submit(["ok"], params={"prefix": "a"}))
    other = again(machine, ["ok"], params={"prefix": "b"})
    machine.finish(machine.submit(["ok"], params={"prefix": "c"}))
    newest = client.runs()[0]
    forged(machine, newest, code_hash="0" * 16)

    of_other_code = again(machine, ["ok"], params={"prefix": "c"})
    same = again(machine, ["ok"], params={"prefix": "a"}, pool=(2, 1), attempts=1)

    assert (other.reused, of_other_code.reused, same.reused) == (0, 0, 1)
    assert origins(machine, same) == [first.id]


def test_secrets_by_name_are_the_same_by_name_and_those_given_by_value(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_SECRET_A", "value one")
    monkeypatch.setenv("JOBS_SECRET_B", "value two")
    given = ["{secret:A}", "{secret:A}", "{secret:B}", "in clear", "in clear", "another"]

    reused = [again(machine, ["x"], "confide", params={"token": token}).reused for token in given]

    assert reused == [0, 1, 0, 0, 1, 0]


def test_rows_older_than_asked_are_performed_again_however_often_they_were_taken(machine: Machine) -> None:
    first = machine.finish(machine.submit(["ok@a", "ok@b"]))
    machine.sql(f"UPDATE outcomes SET started_at = {time.time() - 3 * 86_400} WHERE position = 1")
    again(machine, ["ok@a", "ok@b"])

    second = again(machine, ["ok@a", "ok@b"], fresh=86_400.0)

    assert origins(machine, second) == ["", first.id]


def test_rows_that_a_run_has_of_other_code_than_it_ended_with_do_not_count(machine: Machine) -> None:
    first = machine.finish(machine.submit(["ok@a", "ok@b"]))
    began = machine.outcomes(first)[1].started_at
    machine.sql("UPDATE outcomes SET started_at = started_at - 5 WHERE position = 1")
    forged(machine, first, coded_at=(began or 0) - 1)

    assert origins(machine, again(machine, ["ok@a", "ok@b"])) == ["", first.id]


@pytest.mark.slow
def test_a_run_taken_up_with_other_code_notes_since_when(machine: Machine) -> None:
    run = machine.submit(["ok@a", "sleep 60"])
    until(lambda: client.run(run.id).ok >= 1)
    client.pause(run.id)
    client.stop_runner()
    forged(machine, run, code_hash="0" * 16)
    client.resume(run.id)
    until(lambda: client.run(run.id).code_hash != "0" * 16)

    assert machine.sql("SELECT coded_at > started_at FROM runs") == [(1,)]


def test_a_run_that_another_runner_goes_on_with_notes_its_code(machine: Machine) -> None:
    run = machine.submit(["ok@a", "sleep 60"])
    until(lambda: client.run(run.id).ok >= 1)
    code = client.run(run.id).code_hash
    machine.kill_runner()
    forged(machine, run, code_hash="0" * 16)
    client.ensure_runner()
    until(lambda: client.run(run.id).code_hash != "0" * 16)

    assert client.run(run.id).code_hash == code
    assert machine.sql("SELECT coded_at > started_at FROM runs") == [(1,)]


@pytest.mark.parametrize(
    ("change", "is_told"),
    [("code_hash = code_hash", True), ("code_hash = 'other'", False), ("coded_at = ended_at + 1", False)],
)
def test_a_row_of_other_code_is_not_asked_about(machine: Machine, change: str, is_told: bool) -> None:
    run = machine.finish(machine.submit(["ok@a"]))
    machine.sql("UPDATE outcomes SET kept = '{}'")
    machine.sql(f"UPDATE runs SET {change}")

    with Store(machine.home).read() as db:
        assert (reuse.told(db, runs.find(db, run.id).number, 1, run.code_hash) is not None) is is_told


def test_what_is_kept_of_a_row_and_is_no_json_is_not_told(machine: Machine) -> None:
    run = machine.finish(machine.submit(["ok@a"]))
    machine.sql("UPDATE outcomes SET kept = '{\"cut'")

    with Store(machine.home).read() as db:
        assert reuse.told(db, runs.find(db, run.id).number, 1, run.code_hash) is None


def test_what_a_run_that_goes_on_has_so_far_is_taken(machine: Machine) -> None:
    running = machine.submit(["ok@a", "sleep 60", "ok@b"])
    until(lambda: client.run(running.id).ok >= 1)

    second = again(machine, ["ok@a"])

    assert origins(machine, second) == [running.id]


def test_two_equal_runs_at_once_end_with_one_outcome_for_each_item(machine: Machine) -> None:
    cells = [f"ok@{number}" for number in range(300)]
    machine.finish(machine.submit(cells[:150]))

    both = [machine.submit(cells, reuse=Reuse()) for _ in range(2)]

    for run in both:
        ended = machine.finish(run)
        machine.check_books(ended)
        assert ended.reused >= 150


def test_nothing_is_taken_from_a_run_that_is_being_deleted(machine: Machine) -> None:
    first = machine.finish(machine.submit(["ok"]))
    with Store(machine.home).write() as db:
        runs.withdraw(db, runs.find(db, first.id).number)

    assert there(["ok"]) == 0


def test_files_of_taken_rows_outlive_the_run_that_wrote_them(machine: Machine) -> None:
    first = machine.finish(machine.submit(["return file", "return file@2"]))
    second = again(machine, ["return file@2", "return file"])
    files = [str((outcome.row or {})["file"]) for outcome in machine.outcomes(second)]
    sizes = client.status().artifact_bytes
    client.delete(first.id)
    until(lambda: machine.sql("SELECT count(*) FROM runs") == [(1,)])

    assert second.reused == 2
    assert [client.artifact(second.id, file).read_bytes() for file in files] == [b"abcabcabc"] * 2
    assert sizes == client.status().artifact_bytes == 18
    client.delete(second.id)
    until(lambda: client.status().artifact_bytes == 0)


def test_a_row_whose_file_is_gone_is_performed_again(machine: Machine) -> None:
    first = machine.finish(machine.submit(["return file"]))
    (outcome,) = machine.outcomes(first)
    client.artifact(first.id, str((outcome.row or {})["file"])).unlink()

    second = again(machine, ["return file"])

    assert (second.reused, second.ok) == (0, 1)


@pytest.mark.parametrize("row", ["{", "[]", '"text"', '{"file": 5}', '{"file": ["x"]}', '{"file": "../../x"}'])
def test_a_row_that_is_damaged_is_performed_again(machine: Machine, row: str) -> None:
    machine.finish(machine.submit(["return file"]))
    with Store(machine.home).write() as db:
        db.execute("UPDATE outcomes SET row = ?", (row,))

    second = again(machine, ["return file"])

    assert (second.reused, second.ok) == (0, 1)


def test_a_retry_of_such_a_run_performs_what_failed(machine: Machine) -> None:
    machine.finish(machine.submit(["ok"]))
    run = again(machine, ["ok", "fail", "fail_first 0"])
    client.retry(run.id)

    ended = machine.finish(run)

    assert (ended.reused, ended.ok, ended.failed) == (1, 2, 1)
    machine.check_books(ended)


def test_again_performs_all_of_it(machine: Machine) -> None:
    machine.finish(machine.submit(["ok"]))
    second = again(machine, ["ok"])

    third = machine.finish(client.again(second.id))

    assert (second.reused, third.reused, third.reuse) == (1, 0, None)


def test_a_param_that_cannot_be_is_refused_before_anything_is_counted(machine: Machine) -> None:
    with pytest.raises(Refused, match="no param nonsense"):
        there(["ok"], params={"nonsense": 1})


def test_the_newest_of_several_runs_is_taken(machine: Machine) -> None:
    found: list[Outcome] = []
    for _ in range(2):
        ended = machine.finish(machine.submit(["ok"]))
        found += [replace(machine.outcomes(ended)[0], reused_from=ended.id)]

    assert origins(machine, again(machine, ["ok"])) == [found[1].reused_from]
