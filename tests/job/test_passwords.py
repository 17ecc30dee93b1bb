"""Passwords in addresses that are refused: nothing that is said, shown or written holds them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from jobs.runtime import catalog, client, inputs
from jobs.runtime.core.errors import ItemError
from jobs.runtime.core.passwords import without_password
from jobs.runtime.job.item_kinds import FLOAT, INTEGER, URL, Kind
from jobs.runtime.job.items import read_item
from tests.support.machine import Machine
from tests.support.processes import run_python

SECRET = "s3cretpw"
REFUSED = [
    "http://bob:s3cretpw@example.com/x",
    "http://s3cretpw@example.com/x",
    "HTTPS://bob:s3cretpw@EXAMPLE.com",
    "http://bob:s3cretpw@[::1/",
    "htp://bob:s3cretpw@example.com/",
    "ftp://bob:s3cretpw@example.com/",
    "//bob:s3cretpw@example.com/",
    "\\\\bob:s3cretpw@example.com",
    "http:\\\\bob:s3cretpw@example.com",
    "http:/bob:s3cretpw@example.com:99999",
    "http:bob:s3cretpw@example.com:x",
    "bob:s3cretpw@example.com",
    "s3cretpw@example.com:x/y",
    "http://bob:s3cretpw@exa mple.com/",
    "http://bob:x s3cretpw@example.com/",
    "http://bob:x/s3cretpw@example.com/",
    "http://bob:x?s3cretpw@example.com/",
    "http://bob:x#s3cretpw@example.com/",
    "http://bob:x@s3cretpw@example.com/",
    "http://bob:s3cretpw%40x@example.com/",
    "http://bob:s3cretpw%40example.com/",
    "http://bob%3As3cretpw@example.com/",
    "http://bob:s3cretpw＠example.com/",
    "http://bob:s3cretpw",
    "http://bob:s3cretpw/x",
    "http://b..b/?u=http://bob:s3cretpw@x",
    "http://a.org http://bob:s3cretpw@b.org",
    "<http://bob:s3cretpw@example.com>",
    "[text](http://bob:s3cretpw@example.com)",
    "see http://bob:s3cretpw@example.com",
    "http://bob:" + "long" * 30 + "s3cretpw@example.com/",
    "http://bob:s3cretpw@" + "x" * 70 + ".com/",
    "http://bob:s3cretpw\x01@example.com/",
    "http://bob:s3cretpw@example.com/\u202e",
    "mailto:bob:s3cretpw@example.com",
    "javascript://bob:s3cretpw@x/",
    "http://" + "a" * 600 + ":" + "s3cretpw" + "b" * 600 + "@example.com",
]


@pytest.mark.parametrize("cell", REFUSED)
@pytest.mark.parametrize("job", ["scrape", "factorial"])
def test_x26_no_reason_quotes_a_password(job: str, cell: str) -> None:
    with pytest.raises(ItemError) as raised:
        read_item(catalog.find().job(job), cell)

    assert SECRET not in f"{raised.value.message} {raised.value.detail} {raised.value!r}"


@pytest.mark.parametrize("cell", REFUSED)
@pytest.mark.parametrize("kind", [INTEGER, FLOAT], ids=lambda kind: kind.name)
def test_x26_no_kind_of_items_quotes_a_password(kind: Kind, cell: str) -> None:
    with pytest.raises(ValueError, match="is not a") as raised:
        kind.read(cell)

    assert SECRET not in f"{raised.value} {kind.quoted(cell)} {URL.quoted(cell)}"


@pytest.mark.slow
def test_x26_neither_the_report_nor_its_file_nor_the_command_line_holds_it(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["url"], ["http://example.com/"], *([cell] for cell in REFUSED)])
    found = inputs.read(path, name="list.csv", job=client.catalog().job("scrape"))

    assert found.invalid_count == len(REFUSED)
    assert SECRET not in json.dumps(found.json()) + io.BytesIO(inputs.invalid_as_csv(found)).read().decode()
    for words in (["check", "scrape", str(path)], ["check", "scrape", str(path), "--json"]):
        ended = run_python("-m", "jobs", *words)
        assert ended.returncode == 1
        assert SECRET not in ended.stdout + ended.stderr


def test_x26_no_row_and_no_log_of_a_run_tells_it(machine: Machine) -> None:
    run = machine.finish(machine.submit(REFUSED[:8], "scrape"))

    told = "".join(f"{outcome.error} {outcome.detail} {outcome.row}" for outcome in machine.outcomes(run))
    told += "".join(f"{event.text} {dict(event.facts)}" for event in client.events(run.id))
    told += machine.log() + run_python("-m", "jobs", "show", run.id).stdout

    assert run.failed == 8
    assert SECRET not in told


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://example.com/x", "http://example.com/x"),
        ("https://medium.com/@ann", "https://medium.com/@ann"),
        ("https://example.com/a?b=@c", "https://example.com/a?b=@c"),
        ("ann@example.com", "ann@example.com"),
        ("http://example.com:80/", "http://example.com:80/"),
        ("localhost:8000/x", "localhost:8000/x"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("http://ann:pw@example.com/x", "http://…@example.com/x"),
        ("http://example.com:pass/x", "http://example.com:…/x"),
        ("mailto:ann@example.com", "mailto:ann@example.com"),
        ("http://example.com:x/", "http://example.com:x/"),
        ("12:30", "12:30"),
        ("", ""),
    ],
)
def test_what_is_no_password_is_quoted_as_it_is(text: str, shown: str) -> None:
    assert without_password(text) == shown


def test_hiding_takes_time_by_the_length_of_the_text() -> None:
    for text in ("http://" + "a:" * 400_000, "@" * 400_000, "//" * 400_000, "%4" * 400_000, ":" * 400_000):
        without_password(text)
