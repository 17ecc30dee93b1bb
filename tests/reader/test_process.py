"""A file is read in a process of its own: what it does there it does to nobody else, and it is told in a sentence."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import xlsxwriter

from jobs.runtime import inputs, reader
from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.reader import ReadLimits, read_apart
from tests.inputs.conftest import job_of
from tests.support.machine import until

WRECK = '''
"""A job whose key does to the reader what its item says."""
import os, signal
from jobs import job

def key(text):
    if text == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if text == "abort":
        os.abort()
    if text == "leave":
        os._exit(7)
    if text == "spin":
        while True:
            pass
    if text == "print":
        print("x" * 100_000)
    return text

@job(bound="io", key=key)
def wreck(text: str) -> str:
    return text
'''
TEXTS = job_of("text: str")
SMALL = ReadLimits(memory=96 * 2**20, cpu=1, output=2**20, seconds=60)


@pytest.fixture
def wreck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "wreck.py").write_text(WRECK, "utf-8")
    monkeypatch.setenv("JOBS_PATH", str(tmp_path))
    return "wreck"


def workbook(sheet: str, *, shared: str = "", path: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A workbook with this XML between the tags of its sheet's data, and these shared strings."""
    made, stream = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        book.add_worksheet().write("A1", "a string, so that there is a table of them")
    with zipfile.ZipFile(made) as known, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in known.namelist():
            text = known.read(name).decode().replace("worksheets/sheet1.xml", path.removeprefix("xl/"))
            text = re.sub("<sheetData>.*</sheetData>", lambda _: f"<sheetData>{sheet}</sheetData>", text)
            text = re.sub("<si>.*</si>", lambda _: shared, text) if name == "xl/sharedStrings.xml" else text
            archive.writestr(path if name == "xl/worksheets/sheet1.xml" else name, text)
    return stream.getvalue()


def test_a_reader_gives_what_is_read_at_once(tmp_path: Path) -> None:
    rows = "\n".join(f"https://a.example/{n},x{n}" for n in range(5_000))
    content = f"url,note\n{rows}\nnonsense,é\n".encode()
    (tmp_path / "list.csv").write_bytes(content)

    apart = read_apart(content, name="list.csv", job="scrape")
    of_path = read_apart(tmp_path / "list.csv", name="list.csv", job="scrape")

    from jobs.runtime import catalog

    here = inputs.read(content, name="list.csv", job=catalog.load("scrape"))
    assert apart == here == of_path
    assert list(apart.items_iter()) == list(here.items_iter()) == list(apart.items_iter())
    assert apart.preview() == here.preview()


def test_items_that_are_read_by_two_at_once_are_the_same() -> None:
    found = read_apart("\n".join(map(str, range(9_000))).encode(), name="n.txt", job="factorial")

    pairs = list(zip(found.items_iter(), found.items_iter(), strict=True))

    assert len(pairs) == 9_000
    assert all(one == other for one, other in pairs)


def test_what_cannot_be_read_is_refused_as_ever() -> None:
    with pytest.raises(NoItems, match="empty"):
        read_apart(b"", name="e.csv", job="scrape")
    with pytest.raises(BadInput, match="no column"):
        read_apart(b"url\nhttp://a.example/\n", name="e.csv", job="scrape", column="other")


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("die", "its reader ended with SIGKILL|takes more than"),
        ("abort", "its reader ended with SIGABRT"),
        ("leave", "its reader ended with exit code 7"),
        ("spin", "takes more than 1 s of processor time"),
    ],
)
def test_the_death_of_a_reader_is_a_sentence(wreck: str, what: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        read_apart(f"text\na\n{what}\n".encode(), name="list.csv", job=wreck, limits=SMALL)

    assert str(caught.value).startswith("list.csv cannot be read")


def test_what_a_job_prints_is_no_part_of_what_is_read(wreck: str) -> None:
    found = read_apart(b"text\na\nprint\nb\n", name="list.csv", job=wreck)

    assert [item.cell for item in found.items_iter()] == ["a", "print", "b"]


def test_a_table_that_swells_beyond_the_room_is_refused(tmp_path: Path) -> None:
    long = "y" * 30_000
    row = '<row r="{0}"><c r="A{0}" t="s"><v>0</v></c><c r="B{0}" t="s"><v>1</v></c></row>'
    cells = "".join(row.format(number) for number in range(1, 400))
    content = workbook(cells, shared=f"<si><t>https://a.example/</t></si><si><t>{long}</t></si>")

    with pytest.raises(BadInput, match=r"no room \(at most 1 MiB"):
        read_apart(content, name="s.xlsx", job="scrape", limits=SMALL)


FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'
FAR = '<c r="XFD1048576"><v>1</v></c>'
CELL, BEHIND = "<c", "<c x='>'"
HOSTILE = {
    "far cell": workbook(f'{FIRST}<row r="1048576">{FAR}</row>'),
    "far cell behind an attribute": workbook(f"{FIRST}<row x='a>b' r='9'>{FAR.replace(CELL, BEHIND)}</row>"),
    "sheet elsewhere": workbook(f"{FIRST}<row>{FAR}</row>", path="xl/other/s.xml"),
    "cells in cells": workbook("<c " * 30_000),
    "cells with quotes": workbook("<c '" * 30_000),
    "strings that swell": workbook(
        "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 20_000)),
        shared=f"<si><t>{'z' * 1_000_000}</t></si>",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_costs_its_reader_alone(name: str) -> None:
    before = psutil.Process().memory_info().rss

    limits = ReadLimits(memory=256 * 2**20, cpu=20, output=2**27)
    with pytest.raises(BadInput) as caught:
        read_apart(HOSTILE[name], name="list.xlsx", job="scrape", limits=limits)

    assert "list.xlsx" in str(caught.value)
    assert psutil.Process().memory_info().rss - before < 100 * 2**20


@pytest.mark.parametrize("form", ["<c ", "<c '", '<c r="', '<c x=">" ', "<row r = "])
def test_a_workbook_is_inspected_in_linear_time(form: str) -> None:
    def seconds(times: int) -> float:
        content, began = workbook(form * times), time.process_time()
        with pytest.raises(BadInput):
            inputs.read(content, name="list.xlsx", job=TEXTS)
        return time.process_time() - began

    least = [min(seconds(40_000 * size) for _ in range(2)) for size in (1, 4)]

    assert least[1] < 12 * max(least[0], 0.02)  # by its square it would be 16


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_other_user_sees_what_is_read(wreck: str) -> None:
    reading = threading.Thread(
        target=suppressing(BadInput, read_apart),
        args=(b"text,note\nspin,x\n",),
        kwargs={"name": "salaries.csv", "job": wreck, "column": "text", "limits": SMALL},
    )
    reading.start()
    until(lambda: any("jobs.runtime.reader.main" in words for words in arguments_of_children()))

    seen = arguments_of_children()
    reading.join()

    assert not any("salaries" in words or "text" in words for words in seen)


def arguments_of_children() -> list[str]:
    """What `ps` shows to anybody of the processes that this one has started."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(OSError):
            found.append(Path(f"/proc/{child.pid}/cmdline").read_bytes().decode())
    return found


def suppressing(error: type[Exception], call: Callable[..., object]) -> Callable[..., None]:
    def run(*args: object, **kwargs: object) -> None:
        with contextlib.suppress(error):
            call(*args, **kwargs)

    return run


def test_a_reader_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    children = len(psutil.Process().children())

    found = read_apart(b"5\n6\n", name="n.txt", job="factorial")

    assert found.items == 2
    assert list(tmp_path.iterdir()) == []
    assert len(psutil.Process().children()) == children


def test_limits_are_those_of_an_upload_unless_a_file_is_named() -> None:
    assert (reader.UPLOAD.memory, reader.UPLOAD.cpu) == (512 * 2**20, 20)
    assert (reader.FILE.memory, reader.FILE.cpu) == (2**30, None)


@pytest.mark.slow
@pytest.mark.soak
def test_a_million_rows_of_a_file_are_read(tmp_path: Path) -> None:
    file = tmp_path / "million.csv"
    with file.open("w") as table:
        table.write("url,note\n")
        table.writelines(f"https://a.example/{number},x{number}\n" for number in range(1_000_000))

    found = read_apart(file, name=file.name, job="scrape", limits=reader.FILE)

    assert (found.items, sum(1 for _ in found.items_iter())) == (1_000_000, 1_000_000)
