"""Secrets of runs: named, looked up by the worker, and in nothing that is kept or shown but their name."""

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jobs.runtime import client, exports
from jobs.runtime.core.errors import BadParams, BadSecret
from jobs.runtime.core.people import LOCAL_ADMIN, Person, acting_as
from jobs.runtime.core.records import Item, Run
from tests.support.machine import Machine, until

VALUE = "s3cret-0f/mine"
NAMED = "{secret:TOKEN}"
WAYS_OUT = ["row", "bug", "note", "known", "later", "quiet"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "secrets"
    path.touch(0o600)
    path.write_text(f"TOKEN={VALUE}\nPIN=4711\nOWN={VALUE}-own\n")
    monkeypatch.setenv("JOBS_SECRETS", str(path))
    return path


def told(machine: Machine, run: Run) -> str:
    """All that is kept or shown of a run, but for the file of what was given as it is."""
    places = (machine.home, machine.home / "artifacts" / run.id)
    files = [path for place in places if place.is_dir() for path in place.iterdir() if path.is_file()]
    files += (path for path in (machine.home / "workers").iterdir() if path.is_file())
    shown: list[Any] = [client.run(run.id), client.events(run.id), client.rows(run.id, 1, run.items)]
    shown += [client.attempts(run.id), client.progress(run.id), client.printed(run.id, 1)]
    return repr(shown) + "".join(path.read_bytes().decode("utf-8", "replace") for path in files if path.exists())


@pytest.mark.parametrize("param", ["token", "greeting", "template"])
def test_a_named_secret_reaches_the_item_and_nothing_else(machine: Machine, file: Path, param: str) -> None:
    given = [f"Authorization: Bearer {NAMED}"] if param == "greeting" else NAMED

    outcomes = machine.perform(["length", *WAYS_OUT], "confide", params={param: given}, attempts=2)

    run = client.runs()[0]
    assert outcomes[0].row is not None
    assert outcomes[0].row["anything"][1] == len(VALUE) + (len("Authorization: Bearer ") if param == "greeting" else 0)
    assert [outcome.state.value for outcome in outcomes] == ["ok", "ok", "failed", "failed", "failed", "ok", "ok"]
    assert outcomes[1].row is not None
    assert NAMED in outcomes[1].row["said"]
    assert NAMED in outcomes[2].error
    assert run.params[param] == given
    assert VALUE[:8] not in told(machine, run)
    assert not (machine.home / "secrets").exists()


@pytest.mark.parametrize("format", ["csv", "jsonl", "xlsx", "parquet"])
def test_an_export_holds_the_name(machine: Machine, file: Path, tmp_path: Path, format: str) -> None:
    machine.perform(["length", *WAYS_OUT], "confide", params={"token": NAMED}, attempts=2)
    out = tmp_path / f"out.{format}"

    with client.snapshot(client.runs()[0].id) as (run, rows), out.open("wb") as stream:
        exports.export(run, rows, stream, format=format)

    read = {
        "csv": pd.read_csv,
        "jsonl": partial(pd.read_json, lines=True),
        "xlsx": partial(pd.read_excel, engine="calamine"),
    }
    shown = read.get(format, pd.read_parquet)(out).to_csv()
    assert NAMED in shown
    assert VALUE[:8] not in shown


def test_what_an_item_prints_holds_the_name(machine: Machine, file: Path) -> None:
    run = machine.finish(machine.submit(["print"], "confide", params={"token": NAMED}))

    def logged() -> str:
        return "".join(path.read_text() for path in (machine.home / "workers").glob("confide-*.log"))

    until(lambda: "ZeroDivisionError" in logged())
    ((kept,),) = [[one.printed.text for one in client.printed(run.id, 1)]]
    for beginning in ("out ", "err ", "log ", "warned ", "bytes ", "parts "):
        assert f"{beginning}{NAMED}" in kept
    assert VALUE not in told(machine, run) + kept


def test_what_a_killed_item_printed_holds_the_name(machine: Machine, file: Path) -> None:
    run = machine.finish(machine.submit(["print and die"], "confide", params={"token": NAMED}))

    kept = [one.printed.text for one in client.printed(run.id, 1)]
    assert kept == [f"out {NAMED}\nbytes {NAMED}\nparts {NAMED}"] * 3
    assert VALUE not in told(machine, run)


def test_a_secret_may_be_a_number(machine: Machine, file: Path) -> None:
    (outcome,) = machine.perform(["length"], "confide", params={"pin": "{secret:PIN}"})

    assert outcome.row == {"anything": ["SecretStr", 0, 4711]}


@pytest.mark.parametrize(("param", "given"), [("token", VALUE), ("greeting", [f"X-Key: {VALUE}", "X-Other: 1"])])
def test_what_is_given_as_it_is_reaches_the_items_of_the_run_and_its_repetition(
    machine: Machine, param: str, given: Any
) -> None:
    first = machine.finish(machine.submit(["length", *WAYS_OUT], "confide", params={param: given}))
    again = machine.finish(client.again(first.id))

    assert [outcome.row for outcome in machine.outcomes(first)] == [outcome.row for outcome in machine.outcomes(again)]
    assert machine.outcomes(first)[0].row == {
        "anything": ["SecretStr", len("".join(given)), 0],
    }
    kept = list((machine.home / "secrets").iterdir())
    assert {path.name for path in kept} == {f"{first.id}.json", f"{again.id}.json"}
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert first.params[param] == "(hidden)"
    assert VALUE not in told(machine, first) + told(machine, again)


def test_what_was_given_as_it_is_goes_with_its_run(machine: Machine) -> None:
    run = machine.finish(machine.submit(["length"], "confide", params={"token": VALUE}))

    client.delete(run.id)

    until(lambda: not list((machine.home / "secrets").iterdir()))


def test_a_repetition_whose_value_is_not_kept_any_more_says_so(machine: Machine) -> None:
    run = machine.finish(machine.submit(["length"], "confide", params={"token": VALUE}))
    (machine.home / "secrets" / f"{run.id}.json").unlink()

    with pytest.raises(BadParams, match="token: the value of the earlier run is not shown to anybody: give it again"):
        client.again(run.id)


def test_a_secret_is_looked_up_when_it_is_used(machine: Machine, file: Path) -> None:
    first = machine.finish(machine.submit(["length"], "confide", params={"token": NAMED}))
    file.write_text("TOKEN=another\n")

    again = machine.finish(client.again(first.id))

    rows = [machine.outcomes(run)[0].row or {} for run in (first, again)]
    assert [row["anything"][1] for row in rows] == [len(VALUE), len("another")]


@pytest.mark.parametrize(
    ("lines", "mode", "reason"),
    [
        ("OTHER=x", 0o600, "there is no secret TOKEN: write TOKEN=… in "),
        (f"TOKEN={VALUE}", 0o644, "others may open the secrets file"),
    ],
)
def test_a_run_whose_secret_cannot_be_had_fails_with_the_reason(
    machine: Machine, file: Path, lines: str, mode: int, reason: str
) -> None:
    file.write_text(lines)
    file.chmod(mode)

    run = machine.finish(machine.submit(["length"], "confide", params={"token": NAMED}))

    assert run.state == "failed"
    assert reason in run.error
    assert VALUE not in told(machine, run)


def test_a_value_that_does_not_fit_is_shown_on_no_path(machine: Machine, file: Path) -> None:
    file.write_text("TOKEN=abcd\nPIN=77xx88\n")
    for params in ({"checked": NAMED}, {"pin": "{secret:PIN}"}):
        run = machine.finish(machine.submit(["length"], "confide", params=params))

        assert run.state == "failed"
        assert next(iter(params)) in run.error
        assert "input" not in run.error
        assert "abcd" not in told(machine, run)
        assert "77xx88" not in told(machine, run)


@pytest.mark.parametrize(
    "params", [{"checked": "abcd"}, {"pin": "77xx88"}, {"token": 77_88_99}, {"greeting": "77xx88"}]
)
def test_a_wrong_value_given_as_it_is_is_refused_without_it(machine: Machine, params: dict[str, Any]) -> None:
    with pytest.raises(BadParams) as refused:
        client.columns("confide", params)

    assert "abcd" not in str(refused.value)
    assert "77" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_name_that_cannot_be_one_is_refused_before_the_run(machine: Machine) -> None:
    with pytest.raises(BadSecret, match="is no name of a secret"):
        client.submit("confide", [Item(cell="row")], params={"token": "{secret:no name}"})


def test_a_secret_that_a_jobs_code_asks_for_is_blotted_too(machine: Machine, file: Path) -> None:
    (outcome,) = machine.perform(["own"], "confide")

    assert outcome.row == {"said": "{secret:OWN}"}


def test_a_secret_is_its_owners(machine: Machine, file: Path) -> None:
    """Also in a process that has just performed a run of another, and by a job that asks for a secret by its name."""
    file.write_text(f"TOKEN={VALUE}\nKEY={VALUE}\n[Ann@example.org]\nTOKEN=the one of Ann\n")
    ann, bob = Person(owner="ann@example.org"), Person(owner="bob@example.org")

    def perform(person: Person, cell: str, name: str) -> Run:
        with acting_as(person):
            run = machine.submit([cell], "confide", params={"token": f"{{secret:{name}}}"}, pool=(1, 1))
            return machine.finish(run)

    ended = [
        perform(LOCAL_ADMIN, "length", "TOKEN"),
        perform(ann, "length", "TOKEN"),
        perform(ann, "length", "KEY"),
        perform(bob, "length", "TOKEN"),
        perform(LOCAL_ADMIN, "length", "TOKEN"),
    ]

    assert [run.state.value for run in ended] == ["finished", "finished", "failed", "failed", "finished"]
    lengths = [machine.outcomes(run)[0].row for run in ended if run.state == "finished"]
    assert [row and row["anything"][1] for row in lengths] == [len(VALUE), len("the one of Ann"), len(VALUE)]
    assert "there is no secret KEY of ann@example.org" in ended[2].error
    assert "there is no secret TOKEN of bob@example.org" in ended[3].error
    assert str(file) not in ended[3].error
