"""`--new` and `--fresh`: what is said before the start, what stands in the documents, and what is refused."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest


def test_new_says_how_much_is_there_and_performs_the_rest(fanout, tmp_path: Path) -> None:
    first = fanout("run", "echo", "--item", "a", "--item", "bad", "--json").json

    done = fanout(
        *("run", "echo", "--item", "a", "--item", "bad", "--item", "new", "--new"),
        *("--fresh", "1w", "--out", str(tmp_path / "o.csv"), "--json"),
    )

    assert "1 of 3 items are there already, and are taken from earlier runs" in done.err
    found = done.json
    assert (done.code, found["ok"], found["reused"], found["failed"]) == (1, 2, 1, 1)
    assert found["fresh"] == 7 * 86_400.0
    with (tmp_path / "o.csv").open(encoding="utf-8", newline="") as lines:
        assert [row["reused_from"] for row in csv.DictReader(lines)] == [first["id"], "", ""]
    shown = fanout("show", found["id"])
    assert "1 from earlier runs (rows at most 7 days old)" in shown.out
    item = fanout("show", found["id"], "--position", "1")
    assert f"reused from:  {first['id']}" in item.out
    assert fanout("show", found["id"], "--position", "1", "--json").json["reused_from"] == first["id"]


def test_new_says_so_in_the_one_line_for_people(fanout) -> None:
    fanout("run", "echo", "--item", "a line")

    done = fanout("run", "echo", "--item", "a line", "--new")

    assert "1 item: 1 ok, 1 of them from earlier runs · finished in " in done.out


def test_a_dry_run_says_how_much_is_there(fanout) -> None:
    fanout("run", "echo", "--item", "dry")

    done = fanout("run", "echo", "--item", "dry", "--item", "drier", "--new", "--dry-run")

    assert "1 of 2 items are there already, and are taken from earlier runs" in done.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--fresh", "30d"),
            "--fresh says how old a row may be that --new takes: give --new too",
        ),
        (("--new", "--fresh", "soon"), "--fresh: 'soon' is no age: write it as in 30d, 12h or 90m"),
        (("--new", "--fresh", "-1d"), "is no age"),
        (("--new", "--fresh", "nan"), "is no age"),
        (("--conditional",), "echo cannot ask whether something has changed: leave --conditional out"),
        (("--new", "--out-columns", "nonsense", "--out", "o.csv"), "nonsense"),
    ],
)
def test_what_says_nothing_is_refused_before_anything_runs(fanout, words: tuple[str, ...], sentence: str) -> None:
    done = fanout("run", "echo", "--item", "a", *words)

    assert done.code == 2
    assert sentence in done.err
    assert done.out == ""


def test_conditional_beside_rows_of_any_age_is_refused_and_alone_says_what_is_asked(fanout) -> None:
    page = ("run", "scrape", "--item", "http://site-1.sample/delay/10/page-1", "--conditional")
    both, alone = fanout(*page, "--new"), fanout(*page, "--json")

    assert both.code == 2
    assert "--new takes rows of any age, so that nothing is left to be asked by --conditional" in both.err
    assert "of 0 of 1 item it is asked whether they have changed" in alone.err
    assert (alone.json["fresh"], alone.json["conditional"], alone.json["ok"]) == (0.0, True, 1)
