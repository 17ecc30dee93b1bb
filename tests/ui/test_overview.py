"""A run at a glance: its figures are those of its rows, and what is clicked asks for them."""

from __future__ import annotations

import pytest

from jobs.runtime import client, overview
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Event, RunState, Table
from jobs.runtime.core.result_filter import ColumnValue, ResultFilter
from jobs.ui.run import overview_related, overview_tab
from tests.ui.conftest import BEGAN, HOSTILE, Open, Stage, checked, marked_up, texts

TWO_FAILED = {2: ("timeout", "not done within 2 s"), 3: ("bug", "ValueError: no")}
USERS = Table(columns=("n", "note"), item_column="n")


def found(run_id: str, wanted: ResultFilter) -> list[int]:
    *_, (places, _) = client.search(run_id, wanted)
    return list(places)


def test_the_outcomes_are_counted_by_state_and_code(stage: Stage) -> None:
    run = stage.run(cells=["5", "6", "7", "8"], failed=TWO_FAILED)

    counts = overview.of_run(run.id).outcomes

    assert [(one.state, one.code, one.items) for one in counts] == [
        ("ok", "", 2),
        ("failed", "bug", 1),
        ("failed", "timeout", 1),
    ]
    assert counts[2].meaning == "not done at its deadline"


def test_the_seconds_and_the_throughput_are_of_all_items(stage: Stage) -> None:
    run = stage.run(cells=[str(cell) for cell in range(50)])

    glance = overview.of_run(run.id)

    assert glance.durations is not None
    assert (glance.durations.items, glance.durations.median, glance.durations.longest) == (50, 1.0, 1.0)
    assert glance.throughput is not None
    assert sum(glance.throughput.ok) == 50


def test_a_column_tells_how_full_it_is_and_its_commonest_values(stage: Stage) -> None:
    run = stage.run(cells=["5", "6", "7"], row={"n": 5, "digits": 3, "first_digits": ""}, table=USERS, others=["red"])

    facets = {facet.column: facet for facet in overview.of_run(run.id).facets}

    assert facets["note"].commonest == (overview.FacetValue(value="red", rows=3),)
    assert (facets["digits"].full, facets["digits"].distinct, facets["digits"].least) == (3, 1, 3.0)
    assert facets["first_digits"].full == 0
    assert facets["input.n"].commonest == ()
    assert "seconds" not in facets


def test_seconds_are_drawn_against_what_the_mark_names(stage: Stage) -> None:
    run = stage.run(row={"n": 5, "digits": 3})

    sizes = overview.of_run(run.id).sizes

    assert sizes is not None
    assert sizes.column == "digits"
    assert [point[0] for point in sizes.points] == [3.0, 3.0, 3.0]
    assert overview.of_run(stage.run("scrape", ["http://a.example/"], row={"status": 200}).id).sizes is None


def test_holds_and_pauses_are_marked(stage: Stage) -> None:
    run = stage.run()
    pause = Event(at=BEGAN + 4, kind="pause", text="stood still", facts={"since": BEGAN + 2, "until": BEGAN + 4})
    stage.log(run, Event(at=BEGAN + 1, kind="hold", text="a.example waits", facts={"group": "a.example"}), pause)

    went = overview.of_run(run.id).throughput

    assert went is not None
    assert went.holds == ((pytest.approx(1.0), "a.example waits"),)
    assert went.pauses == ((pytest.approx(2.0), pytest.approx(4.0)),)


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (ColumnValue(column="digits", value=3), [1, 3]),
        (ColumnValue(column="digits", value=4), []),
        (ColumnValue(column="digits", value="3"), []),
        (ColumnValue(column="note", value="red"), [1, 2, 3]),
        (ColumnValue(column="note", value="re"), []),
        (ColumnValue(column="input.n", value="6"), [2]),
    ],
)
def test_rows_are_found_by_the_value_of_a_column(stage: Stage, value: ColumnValue, places: list[int]) -> None:
    run = stage.run(row={"digits": 3}, failed={2: ("bug", "no")}, table=USERS, others=["red"])

    assert found(run.id, ResultFilter(value=value)) == places


@pytest.mark.parametrize("column", ["", "nothing", "state", "$", '"', "a.b"])
def test_a_column_that_is_not_there_is_refused(stage: Stage, column: str) -> None:
    with pytest.raises(Refused, match="no column"):
        found(stage.run().id, ResultFilter(value=ColumnValue(column=column, value="x")))


def test_the_tab_shows_pictures_with_words_for_them(visit: Open, stage: Stage) -> None:
    run = stage.run(failed=TWO_FAILED, row={"digits": 3})

    app = visit("run", run=run.id, tab="Overview")

    charts = [chart.proto.alt for chart in app.get("vega_lite_chart")]
    assert charts[0] == "Bars of how many items ended how: 1 item ok; 1 item failed · bug; 1 item failed · timeout"
    assert any(alt.startswith("Histogram of seconds per item: half took at most 1.00 s (p50)") for alt in charts)
    assert any(alt.startswith("Digits against seconds") for alt in charts)
    columns = next(frame.value for frame in app.dataframe if "commonest" in frame.value)
    assert list(columns.loc[columns["column"] == "digits", "commonest"]) == [""]


def test_pages_that_are_alike_or_linked_are_told_where_the_columns_are_there(visit: Open, stage: Stage) -> None:
    urls = ["https://a.example/", "https://a.example/b"]
    row = {"simhash": "0" * 16, "links_to": urls[:1]}
    run = stage.run("scrape", urls, row=row, params={"columns": "seo"})

    app = visit("run", run=run.id, tab="Overview")

    charts = [chart.proto.alt for chart in app.get("vega_lite_chart")]
    assert "Pages that most others are nearly alike to: https://a.example/ 1" in charts
    assert "Pages of this run that most others of it lead to: https://a.example/ 1" in charts
    said = "2 of 2 pages nearly alike to another: at most 3 of the 64 bits of their SimHash differ."
    assert said in [caption.value for caption in app.caption]
    other = visit("run", run=stage.run("scrape", urls, row={"status": 200}).id, tab="Overview")
    assert not any("nearly alike" in caption.value for caption in other.caption)


def test_of_many_rows_what_pages_are_to_each_other_is_found_when_it_is_asked_for(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview_related, "AT_ONCE", 1)
    run = stage.run("scrape", ["https://a.example/"] * 2, row={"simhash": "0" * 16}, params={"columns": "seo"})

    app = visit("run", run=run.id, tab="Overview")

    assert not any("nearly alike" in caption.value for caption in app.caption)
    checked(app.button(key="find_related").click().run())
    assert any(caption.value.startswith("2 of 2 pages nearly alike") for caption in app.caption)


def test_what_is_clicked_is_what_the_table_shows(visit: Open, stage: Stage) -> None:
    run = stage.run(row={"digits": 3}, failed={2: ("bug", "no")})

    app = visit("run", run=run.id, value="digits: 3")

    assert list(next(frame.value for frame in app.dataframe if "cpu_seconds" in frame.value)["position"]) == [1, 3]
    assert app.selectbox(key="value").value == "digits: 3"
    app.selectbox(key="value").set_value("any value")
    checked(app.run())
    assert list(next(frame.value for frame in app.dataframe if "cpu_seconds" in frame.value)["position"]) == [1, 2, 3]


@pytest.mark.parametrize(
    "said", ["{", "any value", "digits: ", "digits: [1]", "digits: 1e999", f"digits: {10**30}", "state: 3", "no: 3"]
)
def test_a_value_that_is_none_asks_for_nothing(visit: Open, stage: Stage, said: str) -> None:
    app = visit("run", run=stage.run(row={"digits": 3}).id, value=said)

    assert not app.error


def test_a_run_that_goes_on_has_no_overview_yet(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run(state=RunState.RUNNING, done=1).id, tab="Overview")

    assert "The overview comes when the run ends." in texts(app)


def test_nothing_that_a_page_contains_happens(visit: Open, stage: Stage) -> None:
    table = Table(columns=("url", HOSTILE), item_column="url")
    run = stage.run("scrape", ["http://a.example/", "http://b.example/"], row={"title": HOSTILE}, table=table,
                    others=[HOSTILE])  # fmt: skip

    app = visit("run", run=run.id, tab="Overview")

    assert "<script>" not in marked_up(app)
    assert overview_tab.PLACES


def test_a_sample_of_rows_is_spread_over_all(stage: Stage) -> None:
    run = stage.run(cells=[str(cell) for cell in range(1_000)])

    places = [row.position for window in client.sample_rows(run.id, 100) for row in window]

    assert 90 <= len(places) <= 100
    assert all(any(first <= place < first + 100 for place in places) for first in range(1, 1_000, 100))
    assert {place % 10 for place in places} == set(range(10))  # no period
