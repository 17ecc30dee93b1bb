"""A run as one HTML file: everything is there, nothing of others is markup, nothing comes from elsewhere."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from pathlib import Path

import pytest

from jobs.runtime import overview
from jobs.runtime.cli.table_options import TableOptions
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Event, RunState, Table
from tests.ui.conftest import BEGAN, HOSTILE, Open, Stage

TAGS = set(
    "html head meta title style body h1 h2 h3 p br div span table thead tbody tr th td svg rect line text".split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name class style viewbox role aria-label x y x1 x2 y1 y2 width height "
    "text-anchor".split()
)


class Reader(HTMLParser):
    """The tags, the attributes and the text of a document."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs if name != "/"}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def report(run_id: str) -> str:
    out = io.BytesIO()
    overview.write_report(run_id, out)
    return out.getvalue().decode()


def test_the_report_has_what_became_of_the_items_failures_settings_and_rows(stage: Stage) -> None:
    run = stage.run(failed={2: ("timeout", "not done within 2 s")}, row={"digits": 375}, name="numbers of May")
    stage.log(run, Event(at=BEGAN + 4, kind="pause", text="", facts={"since": BEGAN + 2, "until": BEGAN + 4}))

    text = " ".join(Reader(report(run.id)).text)

    for said in (
        "numbers of May",
        "2 ok, 1 failed",
        "not done within 2 s",
        "p95",
        "375",
        "paused",
        "Attempts",
        "All 3",
    ):
        assert said in text


def test_nothing_of_others_is_markup_and_nothing_comes_from_elsewhere(stage: Stage) -> None:
    hostile = f"{HOSTILE} ' \" </style></svg></td><base href=//rec.invalid/>\u202e"
    table = Table(source=hostile, columns=("url", hostile), item_column="url", notes=(hostile,))
    failed = {2: (hostile[:60], hostile)}
    cells = [f"http://a.example/{hostile}", "http://b.example/"]
    run = stage.run("scrape", cells, row={"title": hostile}, table=table, others=[hostile], failed=failed, name=hostile)

    document = report(run.id)
    read = Reader(document)

    assert read.tags <= TAGS
    assert read.attributes <= ATTRIBUTES
    assert "<script>alert(1)</script>" in "".join(read.text)
    assert "\u202e" not in document
    assert "default-src 'none'" in document


def test_the_first_thousand_rows_are_there(stage: Stage) -> None:
    run = stage.run(cells=[f"cell{place}" for place in range(1, 1_200)])

    document = report(run.id)

    assert "The first 1,000 of 1,199" in document
    assert ">cell1000<" in document
    assert ">cell1001<" not in document


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.CANCELLED])
def test_a_run_in_any_state_has_a_report(stage: Stage, state: RunState) -> None:
    run = stage.run(state=state, done=0 if state is RunState.QUEUED else 1)

    assert str(state) in report(run.id)


def test_the_command_line_writes_it_and_refuses_what_is_for_tables(stage: Stage, tmp_path: Path) -> None:
    run, out = stage.run(), tmp_path / "run.html"

    said = TableOptions(out=str(out)).write(run)

    assert "a report with 3 rows" in said
    assert out.read_text("utf-8").startswith("<!doctype html>")
    with pytest.raises(Refused, match="for tables"):
        TableOptions(out=str(out), only="ok").check(run.columns, run.job)


def test_the_page_offers_it(visit: Open, stage: Stage) -> None:
    app = visit("run", run=stage.run().id, tab="Overview")

    assert "Save as one HTML file" in [entry.proto.label for entry in app.get("download_button")]
