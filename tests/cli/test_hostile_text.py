"""Names, cells, sheets and errors that steer a terminal or turn its text: shown as escapes, in JSON as JSON's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import xlsxwriter
from streamlit.testing.v1 import AppTest

from jobs.runtime import client
from jobs.runtime.core.text import UNSEEN
from tests.faults.test_broken_stores import page
from tests.support.machine import Machine
from tests.support.processes import run_python

HOSTILE = "a\x9b31mb\u202ec\x1b]0;d\x07\u2066e\x85f\u2028g"


def check_output(*words: str) -> str:
    ended = run_python("-m", "jobs", *words)
    for text in (ended.stdout, ended.stderr):
        assert UNSEEN.search(text) is None, (words, text)
    return ended.stdout + ended.stderr


@pytest.mark.slow
def test_x15_nothing_hostile_reaches_a_terminal(machine: Machine, tmp_path: Path) -> None:
    listed = tmp_path / f"list {HOSTILE.replace('/', '')}.csv"
    listed.write_text(f"number,note{HOSTILE}\n5,{HOSTILE}\nx{HOSTILE},{HOSTILE}\n", encoding="utf-8")
    run = machine.finish(machine.submit([f"return {HOSTILE}", f"bug {HOSTILE}", f"fail {HOSTILE}"], name=HOSTILE))
    forged = machine.finish(machine.submit(["fail x"]))

    for words in (["runs"], ["show", run.id], ["check", "factorial", str(listed)], ["run", "factorial", str(listed)]):
        check_output(*words)
        told = check_output(*words, "--json")
        json.loads(told[: told.rindex("}" if words[0] != "runs" else "]") + 1])
    for words in (
        ["compare", run.id, forged.id],
        ["rename", run.id, f"{HOSTILE}2"],
        ["run", "factorial", "--item", HOSTILE],
        ["run", f"no{HOSTILE}", "--item", "a"],
        ["run", "factorial", f"nothing{HOSTILE}.csv"],
        ["export", run.id, "--out", f"{tmp_path}/no{HOSTILE}/x.csv"],
        ["list", f"--no{HOSTILE}"],
    ):
        check_output(*words)
    assert "\\u202ec" in check_output("runs")
    assert UNSEEN.search(client.log_path().read_text("utf-8")) is None


@pytest.mark.slow
def test_x15_a_hostile_sheet_is_shown_as_what_it_is(machine: Machine, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(book) as workbook:
        for name in ("one\u202etwo", "three\u2066four"):
            workbook.add_worksheet(name).write_column(0, 0, ["number", 5, 6])

    told = check_output("check", "factorial", str(book))
    document = run_python("-m", "jobs", "check", "factorial", str(book), "--json").stdout

    assert "one\\u202etwo" in told
    assert json.loads(document)["sheet"] == "one\u202etwo"
    assert UNSEEN.search(document) is None


def test_x15_an_error_of_several_lines_is_one_line_of_a_page(machine: Machine) -> None:
    run = machine.finish(machine.submit(["bad\nstate:        finished well"], "noop"))
    other = machine.finish(machine.submit(["raise_lines"]))

    shown = check_output("show", run.id) + check_output("show", other.id)

    assert "\nstate:        finished well" not in shown


def frames(app: AppTest) -> str:
    return "\n".join(f"{list(table.value.columns)} {table.value.to_numpy().tolist()}" for table in app.dataframe)


@pytest.mark.parametrize("tab", ["Results", "Failures", "Log", "Settings", "Timings"])
def test_x15_tables_of_the_page_show_it(machine: Machine, tab: str) -> None:
    run = machine.finish(
        machine.submit([f"return {HOSTILE}", f"fail {HOSTILE}"], name=HOSTILE, params={"prefix": HOSTILE})
    )

    shown = page("run", run=run.id, tab=tab)

    texts = [frames(shown), *(text.value for text in shown.text), *(head.value for head in shown.header)]
    assert [text for text in texts if UNSEEN.search(text.replace("\u2068", "").replace("\u2069", ""))] == []
    assert shown.dataframe


def test_x15_the_history_shows_it(machine: Machine) -> None:
    machine.finish(machine.submit(["ok"], name=HOSTILE))

    shown = page("runs")

    table = next(entry.proto for entry in shown.get("bidi_component") if entry.proto.component_name == "history_table")
    texts = str(json.loads(table.json))
    assert UNSEEN.search(texts) is None
    assert "\\u202ec" in texts
