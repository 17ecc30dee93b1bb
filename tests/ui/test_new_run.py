"""The page New run."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import xlsxwriter
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from jobs.runtime import client
from jobs.runtime.records import Limits, Pool, RunState, Table
from jobs.ui.source import LARGEST
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

    assert "6 whole numbers" in badges(app)
    assert start_of(app)


def test_one_bad_line_blocks_no_other(new_run: Open) -> None:
    app = typed(new_run(), "scrape", "https://example.org/\nhtp:/x\nhttps://example.org/")

    assert "3 URLs" in badges(app)
    assert "1 duplicate, performed once" in badges(app)
    assert "1 cannot run and stay in the table" in badges(app)
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

    assert "48 URLs" in badges(app)
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
    assert "3 URLs" in badges(app)
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


def test_an_upload_that_is_no_table_says_why(new_run: Open) -> None:
    app = new_run()

    app.file_uploader(key="file:scrape").set_value(("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100, ""))
    checked(app.run())

    assert not start_of(app)
    assert "save it as .xlsx or CSV" in texts(app)


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

    assert "python -m jobs run factorial big.csv" in texts(app)
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


def test_a_param_that_cannot_be_disables_start_with_the_reason(new_run: Open) -> None:
    app = typed(new_run(), "scrape", "https://example.org/")

    app.text_area(key="option:scrape:fields:").set_value("price = ((")
    checked(app.run())

    assert not start_of(app)
    assert "Options: fields" in texts(app)


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
    app.switch_page("jobs/ui/new_run.py")
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


def test_the_sample_is_offered_in_words_only_where_there_is_one(new_run: Open, own_jobs: Path) -> None:
    (own_jobs / "fields.py").write_text(ALL_FIELDS)

    assert "Nothing to run yet: type texts, or choose a file." in texts(new_run(job="fields"))
