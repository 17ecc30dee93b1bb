"""The tab Results: rows are found, put in order and downloaded where they are seen, over all of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pytest
from streamlit.testing.v1 import AppTest

from jobs.runtime import client, exports
from jobs.runtime.client import result_search
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.printed import MOST, Printed
from jobs.runtime.core.records import Run, RunState, Table
from jobs.runtime.core.result_filter import ResultFilter, ResultOrder
from jobs.runtime.store import printed, runs
from jobs.runtime.store.printed import NewPrinted
from jobs.ui.run import downloads, newest_rows, result_columns, results, shown_rows
from tests.ui.conftest import Open, Stage, checked, texts

UPLOADED = Table(source="shops.csv", columns=("who", "n"), item_column="n")
FAILED = {3: ("timeout", "not done within 2 s"), 4: ("bug", "Straße: 100 % broken")}


def positions(run: Run, order: ResultOrder = ResultOrder(), **wanted: str) -> list[int]:  # noqa: B008
    *_, (found, _) = client.search(run.id, ResultFilter(**wanted), order)
    return list(found)


def shown(app: AppTest) -> list[int]:
    return next(list(frame.value["position"]) for frame in app.dataframe if "cpu_seconds" in frame.value)


def choose(app: AppTest, **values: str) -> AppTest:
    for key, value in values.items():
        app.text_input(key=key).set_value(value) if key == "q" else app.selectbox(key=key).set_value(value)
    return checked(app.run())


def a_run(stage: Stage, **more: object) -> Run:
    row = {"digits": 3, "value": 'He said "Öl"', "first_digits": "abc\\d"}
    return stage.run(cells=["50", "6", "seven", "800"], failed=FAILED, row=row, table=UPLOADED, others=["Ada"], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"state": "ok"}, [1, 2]),
        ({"state": "failed"}, [3, 4]),
        ({"state": "failed", "code": "bug"}, [4]),
        ({"code": "timeout"}, [3]),
        ({"state": "waiting"}, []),
        ({"text": "SEVEN"}, [3]),
        ({"text": "ada"}, [1, 2, 3, 4]),
        ({"text": "öl"}, [1, 2]),
        ({"text": 'said "'}, [1, 2]),
        ({"text": "abc\\d"}, [1, 2]),
        ({"text": "straße: 100 %"}, [4]),
        ({"text": "%"}, [4]),
        ({"text": "_"}, []),
        ({"text": "!"}, []),
        ({"text": "said%"}, []),
        ({"text": "first_digits"}, []),
        ({"text": "'; DROP TABLE items; --"}, []),
        ({"text": "ada", "state": "failed"}, [3, 4]),
    ],
)
def test_rows_are_found_by_what_is_in_them(stage: Stage, wanted: dict[str, str], expected: list[int]) -> None:
    assert positions(a_run(stage), **wanted) == expected


@pytest.mark.parametrize(
    ("column", "descending", "expected"),
    [
        ("n", False, [2, 1, 4, 3]),
        ("n", True, [3, 4, 1, 2]),
        ("code", False, [1, 2, 4, 3]),
        ("", True, [4, 3, 2, 1]),
        ("digits", True, [1, 2, 3, 4]),
        ("who", False, [1, 2, 3, 4]),
        ("seconds", False, [1, 2, 3, 4]),
    ],
)
def test_all_rows_are_put_in_order(stage: Stage, column: str, descending: bool, expected: list[int]) -> None:
    name = "input.n" if column == "n" else column

    assert positions(a_run(stage), ResultOrder(column=name, descending=descending)) == expected


def test_an_order_by_what_is_no_column_is_refused(stage: Stage) -> None:
    run = a_run(stage)

    with pytest.raises(Refused, match="cannot be put in order by"):
        positions(run, ResultOrder(column="1; DROP TABLE items"))


def test_a_text_that_is_too_long_to_look_for_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="at most 8,000 characters"):
        positions(a_run(stage), text="é" * 8_001)


@pytest.mark.parametrize("text", ["é%" * 4_000, "\x01" * 8_000, "\U0001f600" * 8_000, "!_" * 4_000])
def test_a_text_that_is_as_long_as_it_may_be_is_looked_for(stage: Stage, text: str) -> None:
    assert positions(a_run(stage), text=text) == []


def test_rows_of_a_group_are_found(stage: Stage) -> None:
    run = stage.run("scrape", ["http://a.example/", "http://b.example/", "http://a.example/x"])
    with stage.store.write() as db:
        number = runs.find(db, run.id).number
        for place, group in enumerate(("a.example", "b.example", "a.example"), start=1):
            db.execute("INSERT INTO plans (run, position, grp) VALUES (?,?,?)", (number, place, group))

    assert client.groups(run.id) == [("a.example", 2), ("b.example", 1)]
    assert positions(run, group="a.example") == [1, 3]


def test_the_table_shows_what_is_asked_for_wherever_it_stands(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "MOST_ROWS", 2)
    app = visit("run", run=a_run(stage).id)
    assert shown(app) == [1, 2]

    assert shown(choose(app, q="seven")) == [3]
    assert shown(choose(app, q="", row_state="failed")) == [3, 4]
    assert shown(choose(app, row_code="bug")) == [4]


def test_a_filter_is_kept_in_the_address(visit: Open, stage: Stage) -> None:
    app = visit("run", run=a_run(stage).id, row_state="failed", sort="input.n")

    assert shown(app) == [4, 3]


def test_what_is_found_is_counted_and_can_be_given_up(visit: Open, stage: Stage) -> None:
    app = visit("run", run=a_run(stage).id, q="seven")
    assert "1 of 4 rows found" in [entry.value for entry in app.caption]

    app.button(key="show_all").click()

    assert shown(checked(app.run())) == [1, 2, 3, 4]


def test_what_is_filtered_is_what_is_downloaded_and_the_button_says_so(visit: Open, stage: Stage) -> None:
    run = a_run(stage)

    app = visit("run", run=run.id, row_state="failed")

    assert [button.label for button in app.download_button][:2] == ["CSV · 2 rows", "Excel · 2 rows"]
    written = downloads.content(run.id, "csv", wanted=ResultFilter(state="failed"))().file.piece(0)
    rows: Iterable[dict[str, str]] = csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline=""))
    assert [row["position"] for row in rows] == ["3", "4"]


def test_nothing_found_is_said_and_leaves_the_filter(visit: Open, stage: Stage) -> None:
    app = visit("run", run=a_run(stage).id, q="nowhere")

    assert "0 of 4 rows found" in [entry.value for entry in app.caption]
    assert app.text_input(key="q").value == "nowhere"


def test_no_index_is_written_by_a_search(stage: Stage) -> None:
    run = a_run(stage, state=RunState.RUNNING, done=2)
    with stage.store.read() as db:
        before = [tuple(row) for row in db.execute("SELECT name, sql FROM sqlite_master")]

    positions(run, text="seven")

    with stage.store.read() as db:
        assert [tuple(row) for row in db.execute("SELECT name, sql FROM sqlite_master")] == before


def test_state_item_and_reason_are_pinned_and_titles_come_before_etags(stage: Stage) -> None:
    table_of = Table(source="a.csv", columns=("who", "url", "notes"), item_column="url")
    run = stage.run(
        "scrape", ["http://a.example/", "x"], failed={2: ("invalid_url", "no")}, table=table_of, others=["A", "B"]
    )
    frame = shown_rows.for_people(run, exports.frame(run, client.rows(run.id, 1, 2)))

    pinned = result_columns.pinned(run, frame)
    order = result_columns.in_reading_order(run, frame, pinned)
    config = result_columns.config(run, frame, pinned)

    assert order[:5] == ["state", "url", "error", "who", "notes"]
    assert sorted(order) == sorted(frame.columns)
    assert order.index("title") < order.index("encoding")
    assert order.index("title") < order.index("etag")
    assert [name for name, shown in config.items() if shown.get("pinned")] == ["url", "state", "error"]


def test_the_chosen_columns_hold_for_the_next_run_of_the_job(visit: Open, stage: Stage) -> None:
    app = visit("run", run=a_run(stage).id)

    app.button(key="columns_reasons").click()
    checked(app.run())

    assert app.multiselect(key="columns:factorial").value == ["state", "input.n", "error", "code", "attempts"]
    app.button(key="columns_all").click()
    assert app.multiselect(key="columns:factorial").value == [] or checked(app.run())


def test_the_detail_shows_what_the_item_printed_by_attempt(visit: Open, stage: Stage) -> None:
    run = a_run(stage)
    said = [Printed(b"first **words**", 15), Printed(b"x" * MOST, MOST + 1)]
    with stage.store.write() as db:
        number = runs.find(db, run.id).number
        printed.add(db, number, [NewPrinted(1, at, at == 1, one) for at, one in enumerate(said, start=1)])
    app = visit("run", run=run.id)
    app.session_state["results"] = {"selection": {"rows": [0], "columns": []}}

    shown = texts(checked(app.run()))

    assert "Printed by attempt 1, whose worker was lost or ended: 15 characters" in shown
    assert "first **words**" in [code.value for code in app.code]
    assert any("[… 1 byte left out …]" in code.value for code in app.code)


def test_the_detail_leads_to_the_next_and_the_previous_of_what_is_found(visit: Open, stage: Stage) -> None:
    app = visit("run", run=a_run(stage).id)
    app.session_state["results"] = {"selection": {"rows": [1], "columns": []}}
    assert "Position 2" in texts(checked(app.run()))

    app.button(key="detail_next").click()
    assert "Position 3" in texts(checked(app.run()))
    app.button(key="detail_previous").click()
    assert "Position 2" in texts(checked(app.run()))


def test_a_run_that_goes_on_is_filtered_too(visit: Open, stage: Stage) -> None:
    run = a_run(stage, state=RunState.RUNNING, done=3)
    app = visit("run", run=run.id, tab="Results")
    assert sorted(shown(app)) == [1, 2, 3]
    assert "The newest 3 of 3; all when the run ends." in [entry.value for entry in app.caption]

    assert shown(choose(app, row_state="failed")) == [3]
    assert "1 row found so far" in [entry.value for entry in app.caption]
    app.button(key="show_all").click()
    assert sorted(shown(checked(app.run()))) == [1, 2, 3]


@pytest.mark.parametrize("job", ["scrape", "factorial"])
def test_a_run_that_goes_on_has_each_widget_where_it_is_at_the_end(visit: Open, stage: Stage, job: str) -> None:
    """So nothing moves at the turn; what has no sense yet, or nothing to choose from, is disabled."""
    cells = ["http://site-1.sample/1", "http://site-1.sample/2"] if job == "scrape" else ["5", "6"]
    going = visit("run", run=stage.run(job, cells, state=RunState.RUNNING, done=1).id, tab="Results")
    ended = visit("run", run=stage.run(job, cells).id, tab="Results")

    named = ("State", "Code", "Host", "Sort all rows by", "Largest first", "Use these results")

    def above(app: AppTest) -> list[str]:
        return [entry.label for entry in [*app.selectbox, *app.checkbox, *app.button] if entry.label in named]

    assert above(going) == above(ended)
    assert ("Host" in above(going)) == (job == "scrape")
    assert (going.button(key="use_results").disabled, ended.button(key="use_results").disabled) == (True, False)
    assert going.selectbox(key="sort_later").disabled
    assert going.selectbox(key="row_code").disabled


def test_the_columns_of_a_run_that_goes_on_are_chosen_too(visit: Open, stage: Stage) -> None:
    app = visit("run", run=a_run(stage, state=RunState.RUNNING, done=3).id, tab="Results")

    app.multiselect(key="columns:factorial").set_value(["digits", "position"])
    checked(app.run())

    [table] = [frame.proto for frame in app.dataframe if "position" in frame.value and "state" in frame.value]
    assert list(table.column_order) == ["digits", "position"]


def test_a_long_run_that_goes_on_is_looked_through_for_a_moment_only(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest_rows, "GLANCE", 0.0)
    monkeypatch.setattr(result_search, "WINDOW", 2)
    run = a_run(stage, state=RunState.RUNNING, done=3)

    app = visit("run", run=run.id, tab="Results", q="ada")

    assert shown(app) == [1, 2]
    assert "2 rows found so far, up to position 2" in [entry.value for entry in app.caption]


def test_a_long_cell_is_cut_in_the_table_and_whole_in_the_detail(visit: Open, stage: Stage) -> None:
    run = stage.run(cells=["5"], row={"digits": 3, "value": "7" * 30_000})
    app = visit("run", run=run.id)
    cells = next(frame.value["value"][0] for frame in app.dataframe if "cpu_seconds" in frame.value)
    app.session_state["results"] = {"selection": {"rows": [0], "columns": []}}

    assert (len(cells), cells[-10:]) == (2_000, "77… [cut]"[-10:].rjust(10, "7"))
    assert "Cells that end with … [cut] are whole there" in " ".join(entry.value for entry in app.caption)
    assert "All of value" in [button.label for button in checked(app.run()).download_button]
