"""Rows on the pages: each field's column is shown and chosen, one row is tried, results become the items of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from jobs.runtime import client
from jobs.runtime.core.records import RunState
from tests.ui.conftest import Open, Stage, checked, texts

ROWS = Path(__file__).parents[1] / "support" / "jobs"


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_PATH", str(ROWS))


def choice(app: AppTest, label: str) -> object:
    return next(box for box in app.selectbox if box.label == label)


def typed(app: AppTest, job: str, text: str) -> AppTest:
    app.text_area(key=f"text:{job}").set_value(text)
    return checked(app.run())


def test_each_field_of_a_row_has_a_column_that_is_found_and_can_be_changed(new_run: Open, rows: None) -> None:
    app = typed(new_run(job="person"), "person", "no,age,name\n1,30,Ann\n2,40,Bob\n")

    assert [choice(app, name).value for name in ("name", "age", "title")] == ["name", "age", ""]  # type: ignore[attr-defined]
    choice(app, "age").set_value("no")  # type: ignore[attr-defined]
    choice(app, "title").set_value("age")  # type: ignore[attr-defined]
    app = checked(app.run())

    app.button(key="start").click()
    checked(app.run())
    (run,) = client.runs()
    assert run.table.fields == {"name": "name", "age": "no", "title": "age"}
    assert json.loads(next(client.items(run.id)).cell) == {"name": "Ann", "age": "1", "title": "30"}


def test_a_field_without_a_column_keeps_start_back_and_its_choice_is_there(new_run: Open, rows: None) -> None:
    app = typed(new_run(job="person"), "person", "who,years\nAnn,30\nBob,40\n")

    assert app.button(key="start").disabled
    assert "no column was found for name" in texts(app)
    choice(app, "name").set_value("who")  # type: ignore[attr-defined]
    app = checked(app.run())

    assert not app.button(key="start").disabled
    assert choice(app, "age").value == "years"  # type: ignore[attr-defined]


def test_the_sample_of_requests_starts_as_it_stands_and_one_row_can_be_tried(new_run: Open, stage: Stage) -> None:
    app = new_run(job="request", sample="1")

    assert not app.button(key="start").disabled
    assert choice(app, "place").value == "place"  # type: ignore[attr-defined]
    app.button(key="dry_run").click()
    app = checked(app.run())

    (run,) = client.runs()
    assert (run.items, run.name, run.params["show_request"]) == (1, "dry run · sample_places.csv", True)
    assert "One row, tried" in texts(app)


def test_a_request_without_an_address_says_what_is_missing(new_run: Open) -> None:
    app = typed(new_run(job="request"), "request", "city\nBonn\n")

    assert app.button(key="start").disabled
    assert "url: give the address to ask" in texts(app)


def test_results_as_they_are_filtered_become_the_items_of_any_job(new_run: Open, stage: Stage) -> None:
    from jobs.runtime.core.result_filter import ResultFilter
    from jobs.runtime.reader import ResultSource
    from jobs.ui.new_run.items_source import GivenItems

    run = stage.run(job="factorial", cells=["5", "6", "7"], row={"digits": 3}, state=RunState.FINISHED)
    app = new_run(job="factorial")
    source = ResultSource(run=run.id, wanted=ResultFilter(state="ok"))
    app.session_state["taken_results"] = GivenItems(name="x", what="The results of run x", results=source)
    app = checked(app.run())

    app.button(key="start").click()
    checked(app.run())
    newest = client.runs()[0]
    assert (newest.table.from_run, newest.items) == (run.id, 3)
    assert "digits" in newest.table.columns
