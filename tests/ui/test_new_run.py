"""The page New run."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from jobs.runtime import catalog, client, reader
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import AUTO, Limits, Pool, RunState, Table
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.store import runs
from jobs.ui.new_run.items_source import LARGEST
from tests.scrape.hostile import answer, serving
from tests.ui.conftest import Open, Stage, badges, checked, plain, texts

ALL_FIELDS = '''
"""Try every kind of field: **bold** [x](javascript:alert(1)) :red[x]"""
from typing import Annotated, Literal
from pydantic import Field
from jobs import job

@job(bound="cpu")
def fields(
    text: str,
    *,
    loud: Annotated[bool, Field(description="say it loud")] = True,
    least: Annotated[int, Field(ge=1, le=9, description="at least")] = 3,
    share: Annotated[float, Field(ge=0, le=1)] = 0.5,
    way: Literal["short", "long"] = "long",
    which: Literal["a", "b", "c", "d", "e"] = "b",
    words: list[str] = [],
    prefix: str | None = None,
    mood: Literal["glad", "sad"] | None = None,
    month: Literal["1", "2", "3", "4", "5"] | None = None,
    story: Annotated[str, Field(json_schema_extra={"multiline": True})] = "",
) -> str:
    return text
'''


@pytest.fixture
def own_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of jobs beside the program's own."""
    folder = tmp_path / "own jobs"
    folder.mkdir()
    monkeypatch.setenv("JOBS_PATH", str(folder))
    return folder


def start_of(app: AppTest) -> bool:
    """Whether the run can be started."""
    return not app.button(key="start").disabled


def typed(app: AppTest, job: str, text: str) -> AppTest:
    app.text_area(key=f"text:{job}").set_value(text)
    return checked(app.run())


def test_start_waits_for_items_and_says_so(new_run: Open) -> None:
    app = new_run()

    assert not start_of(app)
    assert "Nothing to run yet: type URLs, choose a file, or try the sample." in texts(app)


def test_the_job_comes_from_the_address(new_run: Open) -> None:
    app = new_run(job="factorial")

    assert app.segmented_control(key="job").value == "factorial"
    assert "Compute factorials with all their digits." in texts(app)


def test_a_job_that_is_not_there_leaves_the_first(new_run: Open) -> None:
    app = new_run(job="<script>")

    assert app.segmented_control(key="job").value == "scrape"


def test_typed_numbers_and_ranges_are_counted(new_run: Open) -> None:
    app = typed(new_run(job="factorial"), "factorial", "5000, 6000 7000\n1000..3000 step 1000")

    assert "6 whole numbers: all will run" in badges(app)
    assert start_of(app)


def test_one_bad_line_blocks_no_other(new_run: Open) -> None:
    app = typed(new_run(), "scrape", "https://example.org/\nhtp:/x\nhttps://example.org/")

    assert "3 rows: 1 will be fetched, 1 copied from a duplicate, 1 cannot run" in badges(app)
    table = next(frame.value for frame in app.dataframe if "reason" in frame.value)
    assert list(table["line"]) == [2]
    assert '"htp:/x"' in table["reason"][0]
    assert start_of(app)


def test_nothing_valid_disables_start_with_the_reason(new_run: Open) -> None:
    app = typed(new_run(job="factorial"), "factorial", "five\nsix")

    assert not start_of(app)
    assert "none of the 2 cells is an item" in texts(app)


def test_a_single_cell_that_is_no_item_is_said_in_the_singular(new_run: Open) -> None:
    app = typed(new_run(job="factorial"), "factorial", "five")

    assert "the only cell is no item" in texts(app)


def test_a_table_can_be_edited_in_place_of_text(new_run: Open) -> None:
    app = new_run(job="factorial")
    app.toggle(key="as_table:factorial").set_value(True)

    checked(app.run())

    assert list(app.data_editor[0].value.columns) == ["n"]
    assert not start_of(app)


def test_the_sample_can_be_taken_and_given_back(new_run: Open) -> None:
    app = new_run()

    app.button(key="sample").click()
    checked(app.run())

    assert "48 rows: 43 will be fetched, 3 copied from a duplicate, 2 cannot run" in badges(app)
    assert "sample_urls.csv" in texts(app)
    assert start_of(app)
    app.button(key="own").click()
    assert not start_of(checked(app.run()))


def chooser(app: AppTest, key: str) -> Selectbox:
    """The choice of a column or sheet, whatever the content of the file that it is kept under."""
    return next(box for box in app.selectbox if str(box.key).startswith(f"{key}:"))


def test_a_mended_file_of_the_same_name_is_read_anew(new_run: Open) -> None:
    app = new_run()
    for content in (b"id,url\n1,https://a.example/\n", b"id,link\n1,https://b.example/\n"):
        app.file_uploader(key="file:scrape").set_value(("d.csv", content, "text/csv"))
        checked(app.run())

    assert chooser(app, "column:scrape:d.csv").value == "link"
    assert start_of(app)


def test_a_file_that_differs_only_near_its_end_is_chosen_from_anew(new_run: Open) -> None:
    app = new_run(job="factorial")
    rows = b"n,m\n" + b"1,10\n" * 20_000
    app.file_uploader(key="file:factorial").set_value(("d.csv", rows + b"1,10\n", "text/csv"))
    checked(app.run())
    chooser(app, "column:factorial:d.csv").set_value("m")
    assert chooser(checked(app.run()), "column:factorial:d.csv").value == "m"

    app.file_uploader(key="file:factorial").set_value(("d.csv", rows + b"2,10\n", "text/csv"))
    checked(app.run())

    assert chooser(app, "column:factorial:d.csv").value == "n"


def test_an_upload_is_read_and_its_column_found(new_run: Open) -> None:
    content = b"company,home\nA,https://a.example/\nB,https://b.example/\nC,nothing\n"
    app = new_run()

    app.file_uploader(key="file:scrape").set_value(("companies.csv", content, "text/csv"))
    checked(app.run())

    assert chooser(app, "column:scrape:companies.csv").value == "home"
    assert "3 rows: 2 will be fetched, 1 cannot run" in badges(app)
    assert app.text_area(key="text:scrape").disabled


@pytest.mark.parametrize("job", ["scrape", "factorial"])
def test_no_caption_holds_code_which_would_fade_below_what_can_be_read(new_run: Open, job: str) -> None:
    captions = [entry.value for entry in new_run(job=job).caption]

    assert any(plain(caption) == f"Larger files: python -m jobs run {job} FILE" for caption in captions)
    assert [caption for caption in captions if "`" in caption] == []


def test_an_upload_is_read_once_however_often_the_page_is_drawn(new_run: Open) -> None:
    app = new_run()
    app.file_uploader(key="file:scrape").set_value(("a.csv", b"company,home\nA,https://a.example/\n", "text/csv"))
    checked(app.run())
    found, given = app.session_state["preflight"][-1], app.session_state["uploaded"][-1]

    app.segmented_control(key="way:scrape:").set_value("both")
    checked(app.run())
    checked(app.run())

    assert app.session_state["preflight"][-1] is found
    assert app.session_state["uploaded"][-1] is given


def test_another_sheet_has_columns_of_its_own(new_run: Open) -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        for name, column, number in (("first", "n", 10), ("second", "m", 20)):
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, ["who", column])
            sheet.write_row(1, 0, ["Ada", number])
    app = new_run(job="factorial")
    app.file_uploader(key="file:factorial").set_value(("two.xlsx", book.getvalue(), ""))
    checked(app.run())

    chooser(app, "sheet:factorial:two.xlsx").set_value("second")
    checked(app.run())
    checked(app.run())

    assert chooser(app, "column:second:factorial:two.xlsx").value == "m"
    app.button(key="start").click()
    checked(app.run())
    assert [item.cell for item in client.items(client.runs()[0].id)] == ["20"]


def test_another_column_can_be_chosen(new_run: Open) -> None:
    content = b"n,m\n1,10\n2,20\n"
    app = new_run(job="factorial")
    app.file_uploader(key="file:factorial").set_value(("two.csv", content, "text/csv"))
    checked(app.run())

    chooser(app, "column:factorial:two.csv").set_value("m")
    checked(app.run())
    app.button(key="start").click()
    checked(app.run())

    assert [item.cell for item in client.items(client.runs()[0].id)] == ["10", "20"]


def test_how_an_upload_is_written_can_be_said(new_run: Open) -> None:
    app = new_run(job="scrape")
    content = "https://a.example/é;x,y\nhttps://a.example/ß;y,z\n".encode("cp1252")
    app.file_uploader(key="file:scrape").set_value(("list.csv", content, "text/csv"))
    app = checked(app.run())
    said = {
        box.label: box for box in app.selectbox if box.label in ("Between cells", "The first filled line", "Encoding")
    }

    said["Between cells"].set_value("none")
    said["The first filled line"].set_value("is an item")
    said["Encoding"].set_value("cp1252")
    app = checked(app.run())

    found = app.session_state["preflight"][-1]
    assert (found.rows, found.delimiter, found.encoding) == (2, "", "cp1252")
    assert [item.cell for item in found.items_iter()] == ["https://a.example/é;x,y", "https://a.example/ß;y,z"]


def test_the_sitemaps_of_an_index_are_fetched_when_they_are_asked_for(new_run: Open) -> None:
    app = new_run(job="scrape")
    content = b"<sitemapindex><sitemap><loc>http://127.0.0.1:9/a.xml</loc></sitemap></sitemapindex>"
    app.file_uploader(key="file:scrape").set_value(("index.xml", content, "text/xml"))
    app = checked(app.run())
    (switch,) = (toggle for toggle in app.toggle if toggle.label == "Fetch its sitemaps")

    app = checked(switch.set_value(True).run())

    assert "none of its 1 sitemap gave an entry" in texts(app)
    assert [toggle.value for toggle in app.toggle if toggle.label == "Fetch its sitemaps"] == [True]


def test_the_pages_of_the_sitemaps_of_an_index_are_the_items(new_run: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    sitemap = b"<urlset><url><loc>https://a.example/1</loc></url><url><loc>https://a.example/2</loc></url></urlset>"
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")
    with serving(lambda peer, _: peer.send(answer(sitemap)) is None) as server:
        app = new_run(job="scrape")
        index = f"<sitemapindex><sitemap><loc>http://127.0.0.1:{server.port}/a.xml</loc></sitemap></sitemapindex>"
        app.file_uploader(key="file:scrape").set_value(("index.xml", index.encode(), "text/xml"))
        app = checked(app.run())
        (switch,) = (toggle for toggle in app.toggle if toggle.label == "Fetch its sitemaps")
        app = checked(switch.set_value(True).run())

    found = app.session_state["preflight"][-1]
    assert [item.cell for item in found.items_iter()] == ["https://a.example/1", "https://a.example/2"]
    assert start_of(app)


def test_what_does_not_fit_an_upload_is_a_sentence_and_can_be_said_otherwise(new_run: Open) -> None:
    app = new_run(job="scrape")
    app.file_uploader(key="file:scrape").set_value(("list.csv", b"https://a.example/\xff\n", "text/csv"))
    app = checked(app.run())
    (encoding,) = (box for box in app.selectbox if box.label == "Encoding")

    app = checked(encoding.set_value("shift_jis").run())

    assert "what is not shift_jis was replaced" in texts(app)
    assert any(box.label == "Encoding" for box in app.selectbox)


def test_an_upload_that_is_no_table_says_why(new_run: Open) -> None:
    app = new_run()

    app.file_uploader(key="file:scrape").set_value(("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100, ""))
    checked(app.run())

    assert not start_of(app)
    assert "save it as .xlsx without, or CSV" in texts(app)


def test_an_upload_is_parsed_once_per_content(new_run: Open) -> None:
    app = new_run(job="factorial")
    app.file_uploader(key="file:factorial").set_value(("n.csv", b"n\n5\n6\n", "text/csv"))
    first = checked(app.run()).session_state["preflight"][1]

    app.toggle(key="as_table:factorial").set_value(True)
    second = checked(app.run()).session_state["preflight"][1]

    assert first is second


def test_too_large_an_upload_names_the_command_line(new_run: Open) -> None:
    app = new_run(job="factorial")

    app.file_uploader(key="file:factorial").set_value(("big.csv", b"1\n" * (LARGEST // 2 + 1), "text/csv"))
    checked(app.run())

    assert [code.value for code in app.code] == ["python -m jobs run factorial big.csv"]
    assert not start_of(app)


def test_an_empty_field_shows_an_example_of_what_it_takes(new_run: Open, own_jobs: Path) -> None:
    (own_jobs / "fields.py").write_text(ALL_FIELDS)

    shown = {
        job: new_run(job=job).text_area(key=f"text:{job}").placeholder for job in ("scrape", "factorial", "fields")
    }

    assert shown == {"scrape": "https://example.org/", "factorial": "5000, 6000, 7000, 80000", "fields": ""}


def test_the_form_has_every_kind_of_field(new_run: Open, own_jobs: Path) -> None:
    (own_jobs / "fields.py").write_text(ALL_FIELDS)
    app = typed(new_run(job="fields"), "fields", "one")

    app.toggle(key="option:fields:loud:").set_value(False)
    app.number_input(key="option:fields:least:").set_value(7)
    app.number_input(key="option:fields:share:").set_value(0.25)
    app.segmented_control(key="option:fields:way:").set_value("short")
    app.selectbox(key="option:fields:which:").set_value("e")
    app.selectbox(key="option:fields:month:").set_value("3")
    app.text_area(key="option:fields:words:").set_value("one\n\n two ")
    app.text_area(key="option:fields:story:").set_value("once\nupon")
    app.button(key="start").click()
    checked(app.run())

    assert client.runs()[0].params == {
        "loud": False,
        "least": 7,
        "share": 0.25,
        "way": "short",
        "which": "e",
        "words": ["one", "two"],
        "prefix": None,
        "mood": None,
        "month": "3",
        "story": "once\nupon",
    }


def test_a_title_of_others_is_shown_as_it_stands(new_run: Open, own_jobs: Path) -> None:
    (own_jobs / "fields.py").write_text(ALL_FIELDS)

    app = new_run(job="fields")

    assert "Try every kind of field: **bold** [x](javascript:alert(1)) :red[x]." in texts(app)


def test_a_broken_job_is_listed_and_harms_no_other(new_run: Open, own_jobs: Path) -> None:
    (own_jobs / "torn.py").write_text("def torn(:\n")

    app = new_run(job="factorial")

    assert "1 job file cannot be used: see why" in [entry.label for entry in app.expander]
    assert "torn" in badges(app)
    assert "torn.py, line 1" in texts(app)
    assert start_of(typed(app, "factorial", "5"))


def test_a_second_file_and_a_folder_that_is_not_there_are_listed_and_harm_nothing(
    new_run: Open, own_jobs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_jobs / "scrape.py").write_text("raise SystemExit")
    monkeypatch.setenv("JOBS_PATH", f"{own_jobs}{os.pathsep}{own_jobs / 'nowhere'}")

    app = new_run(job="scrape")

    assert "2 job files cannot be used: see why" in [entry.label for entry in app.expander]
    assert "scrape is the name of another job already" in texts(app)
    assert "is not there: make it, or take it out of JOBS_PATH" in texts(app)
    assert start_of(typed(app, "scrape", "https://example.org/"))


def test_a_param_that_cannot_be_disables_start_with_the_reason(new_run: Open) -> None:
    app = typed(new_run(), "scrape", "https://example.org/")

    app.text_area(key="option:scrape:fields:").set_value("price = ((")
    checked(app.run())

    assert not start_of(app)
    assert "Options: fields" in texts(app)


def test_a_line_is_put_together_from_its_parts(new_run: Open) -> None:
    app = typed(new_run(), "scrape", "https://example.org/")
    area = "option:scrape:fields:"
    app.text_area(key=area).set_value("price = .price\n")
    checked(app.run())

    app.text_input(key=f"part:{area}:name").set_value("tags")
    app.selectbox(key=f"part:{area}:which").set_value("all")
    app.selectbox(key=f"part:{area}:by").set_value("xpath")
    checked(add_line(app))
    assert app.text_area(key=area).value == "price = .price\n"
    assert "Nothing was added: fill in Looked for." in texts(app)

    app.text_input(key=f"part:{area}:looked_for").set_value("//a")
    checked(add_line(app))
    assert app.text_area(key=area).value == "price = .price\ntags = all xpath //a"
    assert app.text_input(key=f"part:{area}:looked_for").value == ""
    assert start_of(app)

    app.text_input(key=f"part:{area}:name").set_value("2")
    app.text_input(key=f"part:{area}:looked_for").set_value("//a")
    checked(add_line(app))
    assert "Options: fields: line 3:" in texts(app)


def add_line(app: AppTest) -> AppTest:
    """The button in the form of the parts, pressed."""
    return next(button for button in app.button if button.label == "Add").click().run()


def test_where_a_run_goes_is_asked_where_there_is_a_cluster(
    new_run: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = typed(new_run(job="factorial"), "factorial", "5 6 7")
    assert not [one for one in app.segmented_control if one.label == "Where"]

    monkeypatch.setenv("JOBS_CLUSTER", "processes://2")
    checked(app.run())
    app.segmented_control(key="on:factorial:").set_value("cluster")
    checked(app.run())
    assert "on the cluster" in texts(app)
    app.button(key="start").click()
    checked(app.run())

    assert client.runs()[0].on == "cluster"
    client.save_preset(RunPreset(name="there", job="factorial", on="cluster"))
    app = typed(new_run(job="factorial"), "factorial", "5 6 7")
    app.selectbox(key="preset_choice:factorial:0:").set_value("there")
    assert "on the cluster" in texts(checked(app.run()))


def test_start_makes_the_run_as_the_page_said_and_goes_over_to_it(new_run: Open, stage: Stage) -> None:
    app = typed(new_run(job="factorial"), "factorial", "5 6 7")
    app.segmented_control(key="way:factorial:").set_value("both")
    checked(app.run())
    app.number_input(key="processes:factorial:").set_value(3)
    app.number_input(key="threads:factorial:").set_value(2)
    app.number_input(key="attempts:factorial:").set_value(2)
    app.number_input(key="deadline:factorial:").set_value(12.5)
    checked(app.run())
    assert "3 processes × 2 threads" in texts(app)

    app.button(key="start").click()
    checked(app.run())

    run = client.runs()[0]
    assert client.count_runs() == 1
    assert (run.pool, run.items, run.state) == (Pool(processes=3, threads=2), 3, RunState.QUEUED)
    assert run.limits == Limits(attempts=2, deadline=12.5, at_once=None, pause=0.0)
    assert plain(app.header[0].value) == "Factorial · 3 whole numbers"


def test_politeness_sets_the_pace_of_a_job_with_groups(new_run: Open, stage: Stage) -> None:
    app = typed(new_run(), "scrape", "https://example.org/")
    app.segmented_control(key="politeness:scrape:").set_value("own")
    checked(app.run())

    app.button(key="start").click()
    checked(app.run())

    limits = client.runs()[0].limits
    assert (limits.at_once, limits.pause) == (16, 0.0)


def test_a_click_that_came_twice_starts_one_run(new_run: Open, stage: Stage) -> None:
    app = typed(new_run(job="factorial"), "factorial", "5 6")
    callback = app.button(key="start")
    callback.click()
    checked(app.run())
    first = client.runs()[0]

    again = client.submit("factorial", client.items(first.id), nonce=first.nonce)

    assert first.nonce
    assert again.id == first.id
    assert client.count_runs() == 1


@pytest.mark.parametrize(("job", "items"), [("scrape", "https://example.org/"), ("factorial", "5 6")])
def test_after_a_start_the_page_can_be_opened_again_as_it_was_left(
    new_run: Open, stage: Stage, job: str, items: str
) -> None:
    app = typed(new_run(job=job), job, items)
    app.button(key="start").click()
    checked(app.run())
    assert "New run" not in [header.value for header in app.header]

    app.session_state["started"] = (client.runs()[0].id, 0.0)  # long ago: no second click
    app.switch_page("jobs/ui/new_run/new_run.py")
    checked(app.run())

    assert [header.value for header in app.header] == ["New run"]
    assert (app.segmented_control(key="job").value, app.text_area(key=f"text:{job}").value) == (job, items)
    assert client.count_runs() == 1


def test_an_estimate_comes_from_earlier_runs_alone(new_run: Open, stage: Stage) -> None:
    app = typed(new_run(job="factorial"), "factorial", "5 6 7")
    assert "no estimate yet" in texts(app)

    stage.run("factorial", ["5", "6"])

    assert "expected, going by earlier runs of this job" in texts(checked(app.run()))


def test_an_earlier_run_fills_the_page(new_run: Open, stage: Stage) -> None:
    earlier = stage.run("factorial", ["5", "6"])

    app = new_run(again=earlier.id)

    assert app.text_area(key="text:factorial").value == "5\n6"
    assert app.segmented_control(key="job").value == "factorial"
    assert "again" not in app.query_params
    assert start_of(app)


@pytest.mark.parametrize(("attempts", "deadline"), [(100, 604_800.0), (1, 0.05)])
def test_an_earlier_run_with_any_limits_of_the_command_line_fills_the_page(
    new_run: Open, stage: Stage, attempts: int, deadline: float
) -> None:
    limits = Limits(attempts=attempts, deadline=deadline, at_once=None, pause=0.0)
    earlier = client.submit("factorial", client.items(stage.run("factorial", ["5"]).id), limits=limits)

    app = checked(new_run(again=earlier.id))

    values = {field.label: field.value for field in app.number_input}
    assert (values["Attempts"], values["Deadline, seconds"]) == (attempts, deadline)


def test_what_a_job_allows_no_more_is_not_filled_in(new_run: Open, stage: Stage, own_jobs: Path) -> None:
    (own_jobs / "fields.py").write_text(ALL_FIELDS)
    params = {"least": 9, "way": "short", "which": "e", "words": ["a"], "share": 0.25}
    earlier = client.submit("fields", client.items(stage.run("factorial", ["5"]).id), params=params)
    narrowed = ALL_FIELDS.replace("le=9", "le=4").replace('"short", "long"', '"tall", "long"').replace(', "e"]', "]")
    (own_jobs / "fields.py").write_text(narrowed.replace("words: list[str] = []", 'words: str = "none"'))

    app = checked(new_run(again=earlier.id))

    fields = [*app.number_input, *app.segmented_control, *app.selectbox, *app.text_input]
    values = {str(field.key).split(":")[2]: field.value for field in fields if str(field.key).startswith("option:")}
    assert {name: values[name] for name in ("least", "way", "which", "share", "words")} == {
        **{"least": 3, "way": "long", "which": "b", "share": 0.25, "words": "none"},
    }


def test_an_earlier_table_keeps_its_other_columns(new_run: Open, stage: Stage) -> None:
    table = Table(source="firms.xlsx", columns=("name", "n"), item_column="n")
    earlier = stage.run("factorial", ["5", "6"], table=table, others=["A, Inc."])
    app = new_run(again=earlier.id)

    app.button(key="start").click()
    checked(app.run())

    run = client.runs()[0]
    assert run.id != earlier.id
    assert run.table.columns == ("name", "n")
    assert [item.others for item in client.items(run.id)] == [("A, Inc.",), ("A, Inc.",)]


HOSTILE_CELLS = ["a\nb", "tab\there", "5, 6; 7", " edge ", "", "1..9", "\u2028", '"quoted"', "x\r\ny", "=1+1", "a", "a"]


@pytest.mark.parametrize("columns", [(), ("name", "text")])
def test_an_earlier_run_gives_the_very_same_items_whatever_is_in_its_cells(
    new_run: Open, stage: Stage, own_jobs: Path, columns: tuple[str, ...]
) -> None:
    (own_jobs / "fields.py").write_text(ALL_FIELDS)
    table = Table(source="list.csv", columns=columns, item_column="text")
    others = ["one\ntwo,\t three"] if columns else []
    earlier = stage.run("fields", HOSTILE_CELLS, table=table, others=others)
    app = new_run(again=earlier.id)

    app.button(key="start").click()
    checked(app.run())

    run = client.runs()[0]
    assert run.id != earlier.id
    assert list(client.items(run.id)) == list(client.items(earlier.id))
    assert run.table == earlier.table


@pytest.mark.parametrize("cell", HOSTILE_CELLS)
def test_each_cell_by_itself_comes_back_as_it_is(new_run: Open, stage: Stage, own_jobs: Path, cell: str) -> None:
    (own_jobs / "fields.py").write_text(ALL_FIELDS)
    earlier = stage.run("fields", [cell, "and another"], table=Table(item_column="text"))
    app = new_run(again=earlier.id)

    app.button(key="start").click()
    checked(app.run())

    run = client.runs()[0]
    assert run.id != earlier.id
    assert [item.cell for item in client.items(run.id)] == [cell, "and another"]


def test_an_unknown_earlier_run_is_a_sentence(new_run: Open) -> None:
    app = new_run(again="ffff")

    assert "There is no such run any more: its items cannot be taken over." in texts(app)
    assert "python -m jobs runs" not in texts(app)
    assert app.button(key="start").disabled


def test_the_list_as_it_stands_can_be_measured_each_way(new_run: Open) -> None:
    app = new_run(job="factorial", sample="1")

    app.button(key="measure").click()
    checked(app.run())

    assert app.selectbox(key="measure_items:factorial").value == "list"


def test_a_job_that_breaks_while_its_page_is_open_is_named_with_the_reason(new_run: Open, own_jobs: Path) -> None:
    file = own_jobs / "fields.py"
    file.write_text(ALL_FIELDS)
    app = typed(new_run(job="fields"), "fields", "a")
    file.write_text(f"{ALL_FIELDS}\ndef (\n")

    checked(app.button(key="start").click().run())

    assert "The job fields cannot be used: fields.py, line " in texts(app)
    assert client.count_runs() == 0


def test_a_job_that_is_not_there_is_said_and_another_offered(new_run: Open) -> None:
    app = new_run(job="**nobody**")

    assert "The job **nobody** is not there" in texts(app)
    assert app.segmented_control(key="job").value == "scrape"


def test_a_sample_waits_for_no_reader(new_run: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "read_apart", None)

    app = new_run(job="scrape", sample="1")

    assert "46 of 48 cells looked at read like a URL" in texts(app)


def test_the_sample_is_offered_in_words_only_where_there_is_one(new_run: Open, own_jobs: Path) -> None:
    (own_jobs / "fields.py").write_text(ALL_FIELDS)

    assert "Nothing to run yet: type texts, or choose a file." in texts(new_run(job="fields"))


def test_cells_of_which_none_is_an_item_are_not_called_items(new_run: Open) -> None:
    app = typed(new_run(), "scrape", "apples\npears")

    assert "2 cells, none a URL" in badges(app)
    assert "2 URLs" not in badges(app)
    assert "see why above" in texts(app)
    assert "measure" not in [button.key for button in app.button]


def test_what_a_job_gives_is_said_before_anything_runs(new_run: Open) -> None:
    captions = [plain(entry.value) for entry in new_run(job="factorial").caption]

    assert any(
        caption.startswith("One row for each whole number, with your own columns and n, digits") for caption in captions
    )


def test_a_first_visit_is_told_three_steps_and_a_second_none(new_run: Open, stage: Stage) -> None:
    app = new_run()
    steps = [entry.value for entry in app.text if entry.value[:1].isdigit()]
    assert [step[0] for step in steps] == ["1", "2", "3"]
    app.button(key="sample").click()
    assert start_of(checked(app.run()))

    stage.run()

    app = new_run()
    assert [entry.value for entry in app.text if entry.value[:1].isdigit()] == []
    assert app.button(key="sample").label == "Try the sample"


def test_of_several_samples_each_has_a_button_and_its_own_options(new_run: Open, stage: Stage) -> None:
    stage.run()
    app = new_run(job="request")
    buttons = [button for button in app.button if str(button.key).startswith("sample")]
    assert [plain(button.label) for button in buttons] == [
        "Try the sample: where each place is",
        "Try the sample: a language model's label for each review",
    ]

    asked = []
    for button in ("sample_labels", "own", "sample"):
        app.button(key=button).click()
        checked(app.run())
        asked += [entry.value for entry in app.text_input if entry.label == "Address"]

    assert (asked[0], asked[-1]) == ("http://api.sample/v1/chat/completions", "http://api.sample/geocode?q={place}")
    assert start_of(app)


def test_a_job_that_waits_finds_its_own_number_of_threads(new_run: Open, stage: Stage) -> None:
    before = texts(typed(new_run(job="scrape"), "scrape", "https://example.org/"))
    earlier = stage.run("scrape", ["https://example.org/"])
    with stage.store.write() as db:
        number = runs.find(db, earlier.id).number
        runs.change(db, number, peak_processes=1, peak_threads=96)
    app = typed(new_run(job="scrape"), "scrape", "https://example.org/a https://example.org/b")
    after = texts(app)

    assert "auto" in before
    assert "auto (last time: 96)" in after
    assert app.segmented_control(key="way:scrape:").value == "auto"

    app.button(key="start").click()
    checked(app.run())

    assert client.runs()[0].pool == Pool(processes=AUTO, threads=AUTO)


def test_a_job_that_computes_may_follow_the_cores_that_are_free(new_run: Open) -> None:
    app = typed(new_run(job="factorial"), "factorial", "5 6 7")
    app.segmented_control(key="way:factorial:").set_value("auto")
    checked(app.run())
    app.button(key="start").click()
    checked(app.run())

    assert client.runs()[0].pool == Pool(processes=AUTO, threads=1)


def test_only_what_is_new_says_how_much_is_there_and_is_taken_over(new_run: Open, stage: Stage) -> None:
    earlier = stage.run("factorial", ("5", "6", "7"), failed={3: ("bug", "no")})
    with stage.store.write() as db:
        number = runs.find(db, earlier.id).number
        db.execute("UPDATE runs SET params = ? WHERE number = ?", (json.dumps(dict(_params_of("factorial"))), number))
        runs.change(db, number, code_hash=catalog.code_hash())
    app = typed(new_run(job="factorial"), "factorial", "5\n6\n7\n8")

    app = checked(app.toggle(key="only_new:factorial:").set_value(True).run())
    assert "2 of 4 items are there already · " in texts(app)
    app = checked(app.number_input(key="fresh:factorial:").set_value(0.01).run())
    assert "2 of 4 items are there already · " in texts(app)
    app = checked(app.button(key="start").click().run())

    assert client.runs()[0].reuse == Reuse(fresh=864.0)
    again = checked(new_run(again=client.runs()[0].id))
    assert [entry.value for entry in again.toggle if entry.label == "Only what is new"] == [True]


def _params_of(job: str) -> Mapping[str, Any]:
    return client.shown_params(job, {})


def test_whether_pages_have_changed_is_asked_where_the_job_can(new_run: Open, stage: Stage) -> None:
    app = typed(new_run(job="scrape"), "scrape", "https://a.org")
    app = checked(app.toggle(key="conditional:scrape:").set_value(True).run())

    assert "of 0 it is asked whether they have changed · " in texts(app)
    checked(app.button(key="start").click().run())
    assert client.runs()[0].reuse == Reuse(fresh=0.0, conditional=True)
    other = new_run(job="factorial")
    assert "Ask only whether it has changed" not in [entry.label for entry in other.toggle]


def test_a_budget_is_asked_for_and_taken_over(new_run: Open, stage: Stage) -> None:
    app = typed(new_run(job="scrape"), "scrape", "https://a.org")
    app.number_input(key="most_requests:scrape:").set_value(1_000.0)
    app.selectbox(key="sum_column:scrape:").set_value("bytes")
    app.number_input(key="most_sum:scrape:").set_value(5e9)
    checked(app.run())
    checked(app.button(key="start").click().run())

    budget = Budget(requests=1_000, column="bytes", total=5e9)
    assert client.runs()[0].budget == budget
    again = checked(new_run(again=client.runs()[0].id))
    assert [entry.value for entry in again.number_input if entry.label == "Requests"] == [1_000.0]
