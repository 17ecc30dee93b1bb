"""Requests in the whole machine: rows of a table, a secret that stands nowhere, one row tried, an API that is busy."""

from __future__ import annotations

import csv
import io
import json
import threading
from pathlib import Path

import pytest

from jobs.runtime import client, inputs
from jobs.runtime.cli import main
from jobs.runtime.core.records import Run
from jobs.runtime.core.reuse import Reuse
from tests.request.conftest import Api, Asked
from tests.support.machine import Machine, until

REVIEWS = "data/sample_reviews.csv"
LABEL = {
    "url": "http://api.sample/v1/chat/completions",
    "method": "POST",
    "body": '{"model": "small", "messages": [{"role": "user", "content": "{review}"}]}',
    "extract": ["label: text = $.choices[0].message.content", "cost: float = $.usage.cost"],
    "answer_chars": 0,
}


def submit(content: bytes, reuse: Reuse | None = None, **params: object) -> Run:
    job = client.job_for("request", params)
    found = inputs.read(content, name="t.csv", job=job)
    return client.submit("request", found.items_iter(), params=params, table=found.table, reuse=reuse)


def test_each_row_gets_its_label_and_its_price_without_internet(machine: Machine) -> None:
    run = machine.finish(submit(Path(REVIEWS).read_bytes(), **LABEL))

    rows = [outcome.row or {} for outcome in machine.outcomes(run)]
    assert (run.ok, run.failed) == (8, 0)
    assert [row["label"] for row in rows[:4]] == ["complaint", "praise", "question", "other"]
    assert all(0 < row["cost"] < 0.001 for row in rows)


@pytest.mark.slow
def test_the_sample_of_a_language_model_says_label_and_price_of_each_review(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["sample", "request", "labels", "--out", "-"]) == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert main.main(["sample", "request", "nope"]) == 2

    assert [row["label"] for row in table[:4]] == ["complaint", "praise", "question", "other"]
    assert all(0 < float(row["price"]) < 0.001 for row in table)
    assert "job request has no sample 'nope' (it has places, labels)" in capsys.readouterr().err


def test_an_api_that_is_busy_is_asked_again_when_it_says_so(machine: Machine) -> None:
    run = machine.finish(submit(b"key\na\nb\n", url="http://api.sample/flaky?key={key}"))

    assert [(outcome.state, outcome.attempts) for outcome in machine.outcomes(run)] == [("ok", 2), ("ok", 2)]


@pytest.mark.parametrize(("repeatable", "came"), [(False, 1), (True, 2)])
@pytest.mark.parametrize("killed", ["worker", "runner"])
def test_a_post_that_was_being_sent_when_its_process_was_killed_is_sent_again_only_where_that_is_safe(
    machine: Machine, api: Api, monkeypatch: pytest.MonkeyPatch, killed: str, repeatable: bool, came: int
) -> None:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")
    monkeypatch.setenv("JOBS_HOME", str(machine.home))
    arrived, go_on = threading.Event(), threading.Event()

    def say(_asked: Asked) -> tuple[int, dict[str, str], object]:
        arrived.set()
        go_on.wait(20)
        return 200, {}, {"ok": True}

    api.say = say
    run = submit(b"text\na\n", url=api.url("/{text}"), method="POST", repeatable=repeatable)
    assert arrived.wait(30)
    if killed == "runner":
        machine.kill_runner()
        until(lambda: not machine.workers())
        client.ensure_runner()
    else:
        machine.workers()[0].kill()
    until(lambda: len(api.came) == came or client.run(run.id).done)
    go_on.set()

    (outcome,) = machine.outcomes(machine.finish(run))
    assert (outcome.code, len(api.came)) == ("" if repeatable else "not_repeated", came)
    if not repeatable:
        client.retry(run.id)
        (again,) = machine.outcomes(machine.finish(client.run(run.id)))
        assert (again.state, len(api.came)) == ("ok", 2)


def test_one_row_is_tried_and_shown_and_a_secret_stands_nowhere(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOBS_SECRET_LLM_KEY", "s3cr3t-value-of-the-key")
    words = ["run", "request", REVIEWS, "--url", "http://api.sample/echo", "--method", "POST", "--body", "{review}"]
    headers = ["--headers", "Authorization: Bearer {secret:LLM_KEY}"]

    assert main.main([*words, *headers, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert main.main([*words, *headers, "--dry-run", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)

    assert "POST /echo HTTP/1.1" in shown
    assert "Authorization: Bearer {secret:LLM_KEY}" in shown
    assert "8 items would run; nothing has, but for this one" in shown
    assert document["item"]["review"].startswith("The parcel came late")
    assert (document["items"], document["row"]["status"]) == (1, 200)
    assert "s3cr3t" not in shown + json.dumps(document)
    assert not any(b"s3cr3t" in path.read_bytes() for path in machine.home.rglob("*") if path.is_file())


def test_a_column_that_is_not_there_and_a_body_that_is_no_json_are_refused_before_the_run(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["run", "request", REVIEWS, "--url", "http://api.sample/{nowhere}"]) == 2
    assert "no column was found for nowhere" in capsys.readouterr().err
    assert main.main(["run", "request", REVIEWS, "--url", "http://api.sample/", "--method", "POST", "--body", "{"]) == 2
    assert "body: line 1, column 2: the template is no JSON" in capsys.readouterr().err
    assert client.runs() == []


def test_an_answer_that_has_not_changed_is_that_of_the_earlier_run(
    machine: Machine, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")
    monkeypatch.setenv("JOBS_HOME", str(machine.home))

    def say(asked: Asked) -> tuple[int, dict[str, str], object]:
        if asked.headers.get("if-none-match") == '"v1"':
            return 304, {}, b""
        return 200, {"ETag": '"v1"'}, {"price": 5}

    api.say = say
    params = {"url": api.url("/{text}"), "extract": ["price: int = $.price"], "show_request": True}
    reuse = Reuse(fresh=0.0, conditional=True)
    machine.finish(submit(b"text\na\nb\n", **params))

    second = machine.finish(submit(b"text\na\nb\nc\n", reuse, **params))
    posts = [machine.finish(submit(b"text\na\n", reuse, **{**params, "method": "POST"})) for _ in range(2)]

    found = machine.outcomes(second)
    assert [(outcome.code, (outcome.row or {})["price"]) for outcome in found] == [
        *[("not_modified", 5)] * 2,
        ("", 5),
    ]
    assert "If-None-Match" not in str((found[0].row or {})["request"])
    assert [machine.outcomes(run)[0].code for run in posts] == ["", ""]
