"""Schedules over HTTP: added, shown, paused, resumed, begun now, removed, as `schedule list --json` has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from jobs.runtime import client
from jobs.runtime.api.schedule_request import ScheduleRequest
from jobs.runtime.core.access import Scope
from tests.api.conftest import ApiServer, Program
from tests.support.machine import Machine, until
from tests.support.pages import rows

DAILY = {"every": "1 d"}


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file in a folder whose files may be read."""
    monkeypatch.setenv("JOBS_FILES", str(tmp_path))
    path = tmp_path / "words.csv"
    path.write_text("text,note\na,1\nb,2\n", "utf-8")
    return str(path)


def wanted(table: str, **said: Any) -> dict[str, Any]:
    return {"name": "nightly", "job": "noop", "source": {"file": table}, **DAILY, **said}


def add(program: Program, table: str, **said: Any) -> Any:
    answer = program("POST", "/schedules", json=wanted(table, **said))
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_an_added_schedule_is_what_the_command_line_shows(program: Program, table: str) -> None:
    cron = {"every": "", "cron": "30 2 * * *", "zone": "America/New_York"}

    answer = program(
        "POST",
        "/schedules",
        json=wanted(table, **cron, pool={"threads": 3}, limits={"deadline": None, "attempts": 2}, column="text"),
    )

    added = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, "/api/schedules/nightly")
    assert added.pop("items") == 2
    assert added == client.schedule_document(client.schedule("nightly"))
    assert program("GET", "/schedules/nightly").json() == added
    assert program("GET", "/schedules?text=NIGHT").json() == {"schedules": [added]}
    assert program("GET", "/schedules?text=daily").json() == {"schedules": []}
    assert (added["cron"], added["zone"], len(added["next"])) == ("30 2 * * *", "America/New_York", 5)
    assert added["run"] == {"threads": 3, "deadline": None, "attempts": 2}
    assert client.schedule("nightly").settings.column == "text"


def test_a_checked_schedule_is_read_and_not_kept(program: Program, table: str) -> None:
    answer = program("POST", "/schedules/check", json=wanted(table))

    assert (answer.status_code, answer.json()["items"], len(answer.json()["next"])) == (200, 2, 5)
    assert client.schedules() == []


def test_a_life_of_a_schedule(program: Program, table: str) -> None:
    path = "/schedules/" + quote("night/ly ü", safe="")
    assert add(program, table, name="night/ly ü", paused=True)["enabled"] is False

    assert program("POST", f"{path}/resume").json()["enabled"] is True
    assert program("POST", f"{path}/pause").json()["next"] == []
    begun = program("POST", f"{path}/run")
    assert (begun.status_code, begun.json()["state"]) == (200, "due")
    until(lambda: (program("GET", path).json()["last"] or {}).get("run_state") == "finished", 90)
    run = program("GET", path).json()["last"]["run"]
    assert program("GET", f"/runs/{run}").json()["schedule"] == "night/ly ü"
    assert program("DELETE", path).status_code == 204

    gone = program("GET", path)
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_schedule")
    assert program("GET", f"/runs/{run}").json()["ok"] == 2


def test_results_of_a_run_are_a_source_by_its_whole_id(program: Program) -> None:
    run = program.end(job="noop", items=["a", "b", "c"])["id"]
    asked = {"name": "again", "job": "noop", "source": {"run": run, "only": "ok", "filter": {"text": "b"}}, **DAILY}

    added = program("POST", "/schedules", json=asked)
    short = program("POST", "/schedules", json={**asked, "name": "b", "source": {"run": run[:8]}})

    assert (added.json()["source"], added.json()["where"], added.json()["items"]) == ("run", run, 1)
    assert (short.status_code, short.json()["code"]) == (404, "unknown_run")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"source": {}}, "Give one of url, run and file"),
        ({"source": {"url": "https://example.org/a.csv", "file": "a.csv"}}, "Give one of url, run and file"),
        ({"source": {"url": "ftp://example.org/a.csv"}}, "want http:// or https://"),
        ({"source": {"url": "https://example.org/a.csv", "only": "ok"}}, "which results of a run"),
        ({"source": {"file": "/etc/passwd"}}, "in none of the folders"),
        ({"every": ""}, "when?"),
        ({"cron": "0 6 * * *"}, "when?"),
        ({"zone": "UTC"}, "zone is for cron alone"),
        ({"every": "1 s"}, "give a time from 1 min"),
        ({"job": "nobody"}, "nobody"),
        ({"name": " "}, "needs a name"),
        ({"params": {"x": 1}}, "no param x"),
        ({"pool": {"threads": 5_000}}, "too large"),
        ({"preset": "none"}, "no preset 'none'"),
        ({"receivers": [{"where": "https://example.org/", "tell": "never"}]}, "'never' is no rule"),
        ({"receivers": [{"where": "https://example.org/", "sign": "swordfish"}]}, "by its name alone"),
        ({"receivers": [{"where": "https://example.org/"}] * 2}, "named twice"),
        ({"receivers": [{"kind": "email", "where": "ann@example.org"}]}, "no e-mail is sent from here"),
        ({"reuse": {"conditional": True}}, "cannot ask whether"),
        ({"fields": {"a": "b"}}, "is one cell"),
    ],
    ids=str,
)
def test_what_could_not_begin_a_run_is_refused(program: Program, table: str, said: dict[str, Any], why: str) -> None:
    answer = program("POST", "/schedules", json=wanted(table, **said))

    assert answer.status_code == 422, answer.text
    assert why in answer.json()["detail"]
    assert client.schedules() == []


def test_a_file_is_read_where_the_server_names_its_folder_alone(
    program: Program, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOBS_FILES")

    answer = program("POST", "/schedules", json=wanted(table))

    assert answer.status_code == 422
    assert "JOBS_FILES" in answer.json()["detail"]


def test_what_a_schedule_says_is_told_in_the_page() -> None:
    as_of_runs = {"job", "preset", "params", "column", "fields", "pool", "limits", "reuse"}

    assert set(rows("docs/api.md", "A schedule as a request")) == set(ScheduleRequest.__struct_fields__) - as_of_runs
    assert as_of_runs < set(ScheduleRequest.__struct_fields__)


def test_whom_it_tells_is_kept_in_order(program: Program, table: str) -> None:
    told = [{"where": "https://example.org/b", "tell": "change"}, {"kind": "webhook", "where": "https://example.org/a"}]

    assert add(program, table, receivers=told)["receivers"] == [
        {"kind": "webhook", "where": "https://example.org/b", "tell": "change"},
        {"kind": "webhook", "where": "https://example.org/a", "tell": "always"},
    ]


def test_a_name_is_given_once(program: Program, table: str) -> None:
    add(program, table)

    again = program("POST", "/schedules", json=wanted(table))

    assert (again.status_code, "already" in again.json()["detail"]) == (422, True)


def test_a_run_token_adds_and_steers_and_does_not_remove(machine: Machine, api_server: ApiServer, table: str) -> None:
    program, reader = Program(api_server, Scope.RUN), Program(api_server, Scope.READ)
    add(program, table)

    told = {
        "list": reader("GET", "/schedules").status_code,
        "add": reader("POST", "/schedules", json=wanted(table, name="b")).status_code,
        "check": reader("POST", "/schedules/check", json=wanted(table, name="b")).status_code,
        "pause": reader("POST", "/schedules/nightly/pause").status_code,
        "remove": program("DELETE", "/schedules/nightly").status_code,
    }

    assert told == {"list": 200, "add": 403, "check": 403, "pause": 403, "remove": 403}
    assert program("POST", "/schedules/nightly/pause").status_code == 200


def test_an_admin_says_whose_schedule_is_meant_and_nobody_else_reaches_it_so(
    api_server: ApiServer, program: Program, table: str
) -> None:
    ann, bob = (Program(api_server, Scope.ADMIN, owner) for owner in ("ann@example.org", "bob@example.org"))
    for theirs in (ann, bob):
        add(theirs, table)
    refused = program("GET", "/schedules/nightly")
    assert (refused.status_code, "say whose it is, as owner" in refused.json()["detail"]) == (422, True)

    paused = program("POST", "/schedules/nightly/pause?owner=Bob@Example.org").json()

    assert (paused["owner"], paused["enabled"]) == ("bob@example.org", False)
    assert program("GET", "/schedules/nightly?owner=ann@example.org").json()["enabled"]
    assert program("GET", "/schedules/nightly?owner=nobody").status_code == 422
    assert ann("GET", "/schedules/nightly?owner=bob@example.org").status_code == 404
    assert ann("DELETE", "/schedules/nightly?owner=bob@example.org").status_code == 404
    assert program("POST", "/schedules/nightly/resume?owner=bob@example.org").json()["enabled"]
    assert program("POST", "/schedules/nightly/run?owner=bob@example.org").json()["due"] is not None
    assert program("DELETE", "/schedules/nightly?owner=bob@example.org").status_code == 204
    assert program("GET", "/schedules/nightly").json()["owner"] == "ann@example.org"
