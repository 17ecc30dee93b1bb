"""Runs over HTTP: started, watched, looked through, taken home, steered and deleted; as `--json` has them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs.runtime import client
from jobs.runtime.core.people import NOBODY
from jobs.runtime.core.presets import RunPreset
from tests.api.conftest import Program, events_of
from tests.support.machine import Machine, until


def test_a_started_run_is_what_show_prints(program: Program) -> None:
    answer = program("POST", "/runs", json={"job": "noop", "items": ["a", 2, 0.5], "name": "mine"})

    started = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/runs/{started['id']}"
    shown = program("GET", f"/runs/{started['id']}?wait=60").json()
    assert shown.keys() == started.keys() == client.shown_run(client.progress(started["id"])).keys()
    assert (shown["state"], shown["ok"], shown["name"]) == ("finished", 3, "mine")
    assert [item.cell for item in client.items(started["id"])] == ["a", "2", "0.5"]


def test_rows_bring_their_columns_along(program: Program) -> None:
    ended = program.end(job="noop", rows=[{"text": "a", "n": 1}, {"text": "b", "ok": True}, {"n": None}], column="text")

    rows = program("GET", f"/runs/{ended['id']}/rows").json()["rows"]

    assert [row["item"] for row in rows] == ["a", "b", ""]
    assert [row["others"] for row in rows] == [{"n": "1", "ok": ""}, {"n": "", "ok": "true"}, {"n": "", "ok": ""}]


def test_rows_of_a_job_that_takes_rows_are_bound_to_its_fields(program: Program) -> None:
    rows = [{"who": "Ann", "age": 30}, {"who": "Bo", "age": "x"}]

    ended = program.end(job="person", rows=rows, fields={"name": "who"})

    assert (ended["ok"], ended["failed"], ended["codes"]) == (1, 1, {"invalid_item": 1})


def test_a_file_is_read_by_a_process_of_its_own(program: Program) -> None:
    files = {
        "run": (None, json.dumps({"job": "noop", "delimiter": ";"})),
        "file": ("../../a/b\\list.csv", b"n;text\n1;x\n2;y\n"),
    }

    checked = program("POST", "/check", files=files).json()
    started = program("POST", "/runs", files=files).json()

    assert (checked["rows"], checked["columns"], checked["delimiter"]) == (2, ["n", "text"], ";")
    assert client.run(started["id"]).table.source == "list.csv"
    assert client.run(started["id"]).table.columns == ("n", "text")


def test_a_key_that_comes_again_gives_the_same_run(program: Program) -> None:
    asked = {"job": "noop", "items": ["a", "b"]}
    first, again = (
        program("POST", "/runs", json=asked, headers={"Idempotency-Key": "k 1"}).json()["id"] for _ in range(2)
    )

    other = program("POST", "/runs", json=asked | {"items": ["a", "c"]}, headers={"Idempotency-Key": "k 1"})

    assert first == again
    assert client.count_runs() == 1
    assert other.status_code == 422
    assert f"started run {first}" in other.json()["detail"]
    assert program("POST", "/runs", json=asked, headers={"Idempotency-Key": "k 2"}).json()["id"] != first


@pytest.mark.parametrize("key", ["", "é".encode().decode("latin-1"), "x" * 256])
def test_what_cannot_be_a_key_starts_nothing(program: Program, key: str) -> None:
    answer = program("POST", "/runs", json={"job": "noop", "items": ["a"]}, headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json()["code"], client.count_runs()) == (400, "bad_key", 0)


def test_a_preset_says_what_the_request_does_not(program: Program) -> None:
    client.save_preset(RunPreset(name="gently", job="noop", how={"attempts": 7, "pause": 1.5}, column="b"))

    started = program.start(job="noop", preset="gently", rows=[{"a": "1", "b": "2"}], limits={"pause": 0})

    assert (started["limits"]["attempts"], started["limits"]["pause"]) == (7, 0)
    assert [item.cell for item in client.items(started["id"])] == ["2"]
    answer = program("POST", "/runs", json={"job": "noop", "preset": "none", "items": ["a"]})
    assert answer.status_code == 422
    assert "there is no preset 'none'" in answer.json()["detail"]


def test_how_it_runs_may_be_said(program: Program) -> None:
    started = program.start(
        job="noop",
        items=["a"],
        pool={"processes": 1, "threads": "auto"},
        limits={"attempts": 2, "deadline": None, "at_once": 5, "pause": 0.5},
    )

    assert started["pool"] == {"processes": 1, "threads": "auto"}
    assert started["limits"] == {"attempts": 2, "deadline": None, "at_once": 5, "pause": 0.5}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"job": "nobody", "items": ["a"]}, "nobody"),
        ({"job": "noop"}, "give the items in one way"),
        ({"job": "noop", "items": ["a"], "rows": [{"text": "a"}]}, "give the items in one way"),
        ({"job": "noop", "items": []}, "no item"),
        ({"job": "noop", "rows": []}, "no item"),
        ({"job": "noop", "rows": [{}, {}]}, "the rows have no columns"),
        ({"job": "noop", "rows": [{"a": "1"}], "column": "b"}, "no column 'b'"),
        ({"job": "noop", "items": ["a"], "fields": {"x": "y"}}, "say its column in column"),
        ({"job": "person", "items": ["a"], "column": "b"}, "in fields, not column"),
        ({"job": "noop", "items": ["a"], "params": {"nope": 1}}, "no param nope"),
        ({"job": "noop", "items": ["a"], "pool": {"processes": 0.5}}, "processes"),
        ({"job": "noop", "items": ["a"], "pool": {"processes": 65}}, "too large"),
        ({"job": "noop", "items": ["a"], "pool": {"threads": "many"}}, "enum"),
        ({"job": "noop", "items": ["a"], "limits": {"deadline": -1}}, "too small"),
        ({"job": "noop", "items": ["a"], "path": "/etc/passwd"}, "unknown field `path`"),
        ({"job": "noop", "items": [["a"]]}, "$.items[0]"),
        ({"job": 5, "items": ["a"]}, "$.job"),
        ({"job": "noop", "items": ["a"], "name": "x" * 1_001}, "length <= 1000"),
    ],
)
def test_what_cannot_be_run_is_refused_with_a_sentence(program: Program, asked: Any, sentence: str) -> None:
    answer = program("POST", "/runs", json=asked)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert sentence in answer.json()["detail"]
    assert client.count_runs() == 0


def test_a_budget_pauses_a_run_and_another_lets_it_go_on(program: Program) -> None:
    asked = {"job": "factorial", "items": [5] + [6] * 3, "pool": {"processes": 1, "threads": 1}}
    run = program.start(**asked, budget={"column": "digits", "sum": 3})["id"]
    until(lambda: program("GET", f"/runs/{run}").json()["state"] == "paused")

    unresumed = program("POST", f"/runs/{run}/resume", json={"budget": {"column": "nope", "sum": 3}})
    resumed = program("POST", f"/runs/{run}/resume", json={"budget": {"column": "digits", "sum": 1_000}})

    assert unresumed.status_code == 422
    assert resumed.status_code == 200
    assert program("GET", f"/runs/{run}?wait=60").json()["ok"] == 4
    refused = program("POST", "/runs", json={**asked, "budget": {"column": "nope", "sum": 3}})
    assert (refused.status_code, "nope" in refused.json()["detail"]) == (422, True)


def test_rows_that_are_there_are_taken_from_earlier_runs(program: Program) -> None:
    program.end(job="factorial", items=[5, 6])

    again = program.end(job="factorial", items=[5, 6, 7], reuse={"fresh": 3600})
    anew = program.end(job="factorial", items=[5, 6])
    odd = program("POST", "/runs", json={"job": "factorial", "items": [5], "reuse": {"conditional": True}})

    assert (again["ok"], again["reused"]) == (3, 2)
    assert anew["reused"] == 0
    assert (odd.status_code, "cannot ask" in odd.json()["detail"]) == (422, True)


def test_each_wrong_param_is_named(program: Program) -> None:
    answer = program("POST", "/runs", json={"job": "factorial", "items": [5], "params": {"engine": "steam"}})

    assert answer.status_code == 422
    assert list(answer.json()["faults"]) == ["engine"]


def test_a_secret_param_is_shown_to_nobody(program: Program) -> None:
    started = program.start(job="confide", items=["a"], params={"token": "opensesame"})

    assert started["params"]["token"] == "(hidden)"
    assert client.full_params(started["id"])["token"] == "opensesame"


def test_runs_come_page_by_page(program: Program) -> None:
    made = [program.start(job="noop", items=[str(number)])["id"] for number in range(5)]

    pages, after = [], ""
    while True:
        page = program("GET", f"/runs?limit=2{after}").json()
        pages.append([run["id"] for run in page["runs"]])
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    assert [run for page in pages for run in page] == made[::-1]
    assert max(map(len, pages)) == 2
    assert program("GET", "/runs?job=factorial").json() == {"runs": [], "damaged": [], "next": None}
    assert program("GET", "/runs?state=odd").status_code == 422


def test_rows_are_found_as_the_table_finds_them(program: Program) -> None:
    ended = program.end(job="factorial", items=[5, "x", 30, "y", 5])
    rows = f"/runs/{ended['id']}/rows"

    def found(words: str) -> list[int]:
        return [row["position"] for row in program("GET", f"{rows}?{words}").json()["rows"]]

    assert found("") == [1, 2, 3, 4, 5]
    assert found("state=failed") == [2, 4]
    assert found("state=ok&limit=1") == [1]
    assert found("code=invalid_item&after=2") == [4]
    assert found("text=265252859") == [3]
    assert found("value=digits: 33") == [3]
    first = program("GET", f"{rows}?limit=2").json()
    assert (first["next"], first["rows"][0]["row"]["value"]) == (2, "120")
    assert program("GET", f"{rows}?value=nothing: 3").status_code == 422


@pytest.mark.parametrize(
    "words",
    [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "after=-1",
        "after=x",
        "state=odd",
        "nope=1",
        "limit=1&limit=2",
        f"after={10**30}",
    ],
)
def test_words_that_cannot_be_are_refused(program: Program, words: str) -> None:
    run = program.start(job="noop", items=["a"])["id"]

    answer = program("GET", f"/runs/{run}/rows?{words}")

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_query")


def test_a_run_comes_home_in_every_format(program: Program) -> None:
    ended = program.end(job="factorial", items=[5, "x", 20_000])
    place = f"/runs/{ended['id']}/export"

    whole = program("GET", f"{place}.csv")
    table = list(csv.DictReader(io.StringIO(whole.text)))
    lines = [json.loads(line) for line in program("GET", f"{place}.jsonl?state=ok&columns=n,digits").text.splitlines()]
    parquet = pq.read_table(io.BytesIO(program("GET", f"{place}.parquet").content))
    book = zipfile.ZipFile(io.BytesIO(program("GET", f"{place}.xlsx").content))
    archive = zipfile.ZipFile(io.BytesIO(program("GET", f"{place}.zip").content))
    report = program("GET", f"{place}.html").text
    failed = program("GET", f"{place}.csv?only=input-of-failed&bom=true").content

    assert [row["code"] for row in table] == ["", "invalid_item", ""]
    assert ".csv" in whole.headers["Content-Disposition"]
    assert lines == [{"n": 5, "digits": 3}, {"n": 20_000, "digits": 77_338}]
    assert parquet.num_rows == 3
    assert "xl/workbook.xml" in book.namelist()
    assert len(archive.namelist()) == 2
    assert ended["id"][:8] in report
    assert failed == b"\xef\xbb\xbfn\nx\n"


@pytest.mark.parametrize("ending", ["exe", "csv?delimiter=.", "xlsx?delimiter=;", "csv?columns=nope", "warc.gz", "zip"])
def test_a_file_that_cannot_be_is_refused_before_it_begins(program: Program, ending: str) -> None:
    ended = program.end(job="noop", items=["a"])

    answer = program("GET", f"/runs/{ended['id']}/export.{ending}")

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")


def test_progress_is_heard_until_the_end(program: Program) -> None:
    started = program.start(
        job="act", items=["sleep 0.6", "sleep 0.6", "sleep 0.6"], pool={"processes": 1, "threads": 1}
    )

    heard = program("GET", f"/runs/{started['id']}/events")

    events = events_of(heard.text)
    assert heard.headers["Content-Type"].startswith("text/event-stream")
    assert [kind for kind, _ in events[:-1]] == ["progress"] * (len(events) - 1)
    assert (events[-1][0], events[-1][1]["state"], events[-1][1]["ok"]) == ("end", "finished", 3)
    assert len({document["ok"] for _, document in events}) > 1


def test_the_wait_for_an_end_has_an_end(program: Program) -> None:
    started = program.start(job="act", items=["sleep 60"])

    waited = program("GET", f"/runs/{started['id']}?wait=0.3")

    assert waited.json()["state"] in ("queued", "running")


def test_a_run_is_steered(program: Program, machine: Machine) -> None:
    run = program.start(job="act", items=["sleep 60", "sleep 60"], pool={"processes": 1, "threads": 1})["id"]
    until(lambda: program("GET", f"/runs/{run}").json()["state"] == "running")

    paused = program("POST", f"/runs/{run}/pause")
    seen = program("GET", f"/runs/{run}").json()["state"]
    resumed = program("POST", f"/runs/{run}/resume")
    undeleted = program("DELETE", f"/runs/{run}")
    cancelled = program("POST", f"/runs/{run}/cancel")
    ended = program("GET", f"/runs/{run}?wait=60").json()
    again = program("POST", f"/runs/{run}/cancel")
    unretried = program("POST", f"/runs/{run}/retry", json={"codes": ["bug"]})
    retried = program("POST", f"/runs/{run}/retry", json={"codes": ["cancelled"]})
    program("POST", f"/runs/{run}/cancel")

    assert (paused.status_code, seen) == (200, "paused")
    assert resumed.json()["state"] in ("running", "queued")
    assert (undeleted.status_code, undeleted.json()["code"]) == (409, "illegal_move")
    assert cancelled.status_code == 200
    assert (ended["state"], ended["cancelled"]) == ("cancelled", 2)
    assert again.status_code == 409
    assert unretried.status_code == 409
    assert (retried.status_code, retried.json()["cancelled"]) == (200, 0)


def test_a_run_is_shared_and_all_links_to_it_are_taken_back(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    run = program.end(job="noop", items=["a"])["id"]
    monkeypatch.setenv("JOBS_PAGE_URL", "https://jobs.example.org")

    made = program("POST", f"/runs/{run}/links")
    told = program("GET", f"/runs/{run}/links").json()

    assert (made.status_code, told) == (201, {"ends_at": [made.json()["ends_at"]]})
    address, _, secret = made.json()["link"].rpartition("=")
    assert address == f"https://jobs.example.org/run?run={run}&shared"
    assert client.reader_by_link(secret).shared == run
    assert program("DELETE", f"/runs/{run}/links").status_code == 204
    assert client.reader_by_link(secret) == NOBODY
    assert program("GET", f"/runs/{run}/links").json() == {"ends_at": []}
    noted = [(one.action, one.subject, one.channel) for one in client.audit_entries()[:2]]
    assert noted == [("unshared", run, "api"), ("shared", run, "api")]


def test_a_deleted_run_is_gone(program: Program) -> None:
    run = program.end(job="noop", items=["a"])["id"]

    gone = program("DELETE", f"/runs/{run}")

    assert (gone.status_code, gone.content) == (204, b"")
    for path in ("", "/rows", "/events", "/export.csv"):
        assert program("GET", f"/runs/{run}{path}").status_code == 404
    assert program("DELETE", f"/runs/{run}").status_code == 404


def test_a_run_is_named_by_its_whole_id_alone(program: Program) -> None:
    run = program.end(job="noop", items=["a"])["id"]

    for name in (
        run[:8],
        run[:-1],
        run.upper(),
        f"{run}0",
        "%231",
        "..",
        "%00",
        "%2e%2e%2f",
        "a" * 500,
        "%F0%9F%98%80",
    ):
        assert program("DELETE", f"/runs/{name}").status_code == 404, name
        assert program("GET", f"/runs/{name}").status_code in (404, 307), name
    assert client.count_runs() == 1


def test_a_damaged_run_is_told_and_may_be_deleted(program: Program, machine: Machine) -> None:
    run = program.end(job="noop", items=["a"])["id"]
    machine.sql(f"UPDATE runs SET params = 'no' WHERE id = '{run}' RETURNING 1")

    until(lambda: program("GET", f"/runs/{run}").status_code != 200)
    shown = program("GET", f"/runs/{run}")
    listed = program("GET", "/runs").json()
    gone = program("DELETE", f"/runs/{run}")

    assert (shown.status_code, shown.json()["code"]) == (409, "damaged_run")
    assert (listed["runs"], len(listed["damaged"])) == ([], 1)
    assert gone.status_code == 204
