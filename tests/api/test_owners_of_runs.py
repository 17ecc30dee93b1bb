"""Whose a run or a schedule is, asked through the API: each route as owner, stranger, admin (nobody: `test_gate`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from jobs.runtime.api.endpoint import ApiEndpoint
from jobs.runtime.api.routes import ENDPOINTS
from jobs.runtime.core.access import Scope
from jobs.runtime.store.connection import Store
from tests.api.conftest import ApiServer, Program
from tests.api.test_gate import path_of
from tests.support.machine import Machine

OF_A_RUN = [endpoint for endpoint in ENDPOINTS if "{id}" in endpoint.path]
OF_A_SCHEDULE = [endpoint for endpoint in ENDPOINTS if "{name}" in endpoint.path]
OTHERS = {endpoint.name for endpoint in ENDPOINTS if endpoint not in (*OF_A_RUN, *OF_A_SCHEDULE)}
ABSENT = "0" * 32


@dataclass
class People:
    ann: Program
    bob: Program
    admin: Program


@pytest.fixture
def people(machine: Machine, api_server: ApiServer) -> People:
    ann, bob = (Program(api_server, Scope.ADMIN, f"{name}@example.org") for name in ("ann", "bob"))
    return People(ann, bob, Program(api_server, Scope.ADMIN))


def test_the_routes_of_no_run_and_no_schedule_are_known() -> None:
    """Each stands in a test below: a new one must."""
    schedules = {"list_schedules", "add_schedule", "check_schedule"}

    assert {"health", "describe", "list_jobs", "check_table", "metrics", "start_run", "list_runs"} | schedules == OTHERS


def test_a_stranger_is_told_what_is_told_of_a_run_that_is_not_there(people: People) -> None:
    run = people.ann.end(job="noop", items=["a"])["id"]

    for endpoint in OF_A_RUN:
        theirs, absent = (people.bob(endpoint.method, path_of(endpoint, one)) for one in (run, ABSENT))

        assert (theirs.status_code, absent.status_code) == (404, 404), endpoint.name
        assert theirs.text.replace(run, ABSENT) == absent.text
        assert _names(theirs) == _names(absent)
    assert people.ann("GET", f"/runs/{run}").json()["state"] == "finished"


def _names(answer: requests.Response) -> set[str]:
    return {name.lower() for name in answer.headers}


@pytest.mark.parametrize("who", ["ann", "admin"])
def test_owner_and_admin_reach_a_run(people: People, who: str) -> None:
    program: Program = getattr(people, who)
    run = people.ann.end(job="noop", items=["a"])["id"]

    for endpoint in sorted(OF_A_RUN, key=_deletes_last):
        assert program(endpoint.method, path_of(endpoint, run)).status_code in (200, 201, 204, 409), endpoint.name
    assert people.ann("GET", f"/runs/{run}").status_code == 404


def _deletes_last(endpoint: ApiEndpoint) -> bool:
    return endpoint.name in ("delete_run", "remove_schedule")


def test_a_stranger_and_its_owner_ask_for_a_run_at_once(people: People) -> None:
    """What is looked up once for all who ask is still told to those alone whom it concerns."""
    run = people.ann.end(job="noop", items=["a"])["id"]

    told = [
        program("GET", f"/runs/{run}").status_code for program in (people.bob, people.ann, people.bob, people.admin)
    ]

    assert told == [404, 200, 404, 200]


def test_the_beginning_of_an_id_tells_nothing_of_the_runs_of_others(people: People, home: Path) -> None:
    """Nor what is damaged of them, nor how many there are."""
    runs = [people.ann.end(job="noop", items=["a"])["id"] for _ in range(17)]  # two begin alike
    firsts = [run[0] for run in runs]
    with Store(home).write() as db:
        db.execute("UPDATE runs SET params = '{' WHERE id = ?", (runs[0],))

    for given in (*set(firsts), runs[1][:8], runs[0], runs[0][:8]):
        for path in ("", "/events"):
            told = people.bob("GET", f"/runs/{given}{path}")
            assert (told.status_code, told.json()["code"]) == (404, "unknown_run"), told.text
            assert f"there is no run {given} " in told.text
    assert people.ann("GET", f"/runs/{runs[0]}").json()["code"] != "unknown_run"


def test_lists_hold_ones_own_runs(people: People) -> None:
    run = people.ann.start(job="noop", items=["a"])

    assert run["owner"] == "ann@example.org"
    assert [len(program("GET", "/runs").json()["runs"]) for program in (people.ann, people.bob, people.admin)] == [
        1,
        0,
        1,
    ]


def test_a_schedule_is_its_owners_and_an_admins(people: People) -> None:
    run = people.ann.end(job="noop", items=["a"])["id"]
    asked = {"job": "noop", "name": "hers", "source": {"run": run}, "every": "1 d"}
    added = people.ann("POST", "/schedules", json=asked)
    assert (added.status_code, added.json()["owner"]) == (201, "ann@example.org"), added.text

    for endpoint in OF_A_SCHEDULE:
        theirs, absent = (people.bob(endpoint.method, endpoint.path.format(name=name)) for name in ("hers", "gone"))
        assert (theirs.status_code, absent.status_code) == (404, 404), endpoint.name
        assert theirs.text.replace("hers", "gone") == absent.text
    assert people.bob("POST", "/schedules/check", json=asked).status_code == 404
    lists = [program("GET", "/schedules").json()["schedules"] for program in (people.ann, people.bob, people.admin)]
    assert list(map(len, lists)) == [1, 0, 1]
    for endpoint in sorted(OF_A_SCHEDULE, key=_deletes_last):
        answer = people.admin(endpoint.method, endpoint.path.format(name="hers"))
        assert answer.status_code in (200, 201, 202, 204, 422), (endpoint.name, answer.text)
    assert people.ann("GET", "/schedules").json()["schedules"] == []


def test_a_key_is_its_owners(people: People) -> None:
    asked = {"json": {"job": "noop", "items": ["a"]}, "headers": {"Idempotency-Key": "one"}}

    runs = {program("POST", "/runs", **asked).json()["id"] for program in (people.ann, people.bob, people.ann)}

    assert len(runs) == 2


def test_the_figures_of_the_machine_are_for_an_admin(people: People) -> None:
    refused = people.ann("GET", "/metrics")

    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert people.admin("GET", "/metrics").status_code == 200
    assert people.ann("GET", "/jobs").status_code == 200
    assert people.ann("POST", "/check", json={"job": "noop", "items": ["a"]}).status_code == 200
