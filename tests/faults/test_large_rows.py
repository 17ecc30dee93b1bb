"""A run whose rows are as large as rows may be: the page, its downloads and all that reads rows work in bounded memory
(X19). Measured as the most that a process has ever had, over what it had before."""

from __future__ import annotations

import faulthandler
import sys
from pathlib import Path

import pytest

from jobs.runtime.core.records import Item, ItemResult, ItemState, Outcome
from jobs.runtime.exports import short_rows
from jobs.runtime.store import outcomes, runs
from tests.support import fat_run
from tests.support.page_server import serving
from tests.support.stage import Stage
from tests.ui.server.test_start import PAGE, environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/PID/status")

MOST_MB = 400
"""What 1,000 rows of 1 MiB may cost, and any number of them: the pages, every format and the archive together."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "rows", "most"),
    [
        ("emoji", 40, 250),
        pytest.param("text", 1_000, MOST_MB, marks=pytest.mark.soak),
        pytest.param("emoji", 1_000, MOST_MB, marks=pytest.mark.soak),
        pytest.param("objects", 100, MOST_MB, marks=pytest.mark.soak),
        pytest.param("lists", 50, MOST_MB, marks=pytest.mark.soak),
    ],
)
def test_all_that_reads_rows_takes_the_same_memory_however_many_they_are(
    tmp_path: Path, kind: str, rows: int, most: int
) -> None:
    faulthandler.cancel_dump_traceback_later()  # a thousand rows may take minutes
    run_id = fat_run.in_a_process("make", kind, str(rows), home=tmp_path)

    grown = fat_run.in_a_process("read", run_id, home=tmp_path)

    assert max(grown.values()) < most, grown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "most"),
    [
        pytest.param(120, 300, id="120"),
        pytest.param(1_000, MOST_MB, id="1000", marks=pytest.mark.soak),
    ],
)
def test_the_pages_server_shows_and_serves_them_in_bounded_memory(tmp_path: Path, rows: int, most: int) -> None:
    faulthandler.cancel_dump_traceback_later()
    folder = tmp_path / "empty"
    folder.mkdir()
    run_id = fat_run.in_a_process("make", "text", str(rows), home=tmp_path / "home")

    with serving(PAGE, folder, environment(tmp_path)) as server:
        with server.open_page():
            before = fat_run.peak_mb(server.process.pid)
        with server.open_page("run", f"run={run_id}") as page:
            opened = fat_run.peak_mb(server.process.pid) - before
            labels = ("CSV", "Excel", "Parquet", "JSON Lines", "Files (ZIP)")
            got = {label: page.download(label) for label in labels}
        grown = fat_run.peak_mb(server.process.pid) - before

    assert any("dataframe" in str(kind) or "arrow" in str(kind) for kind in page.drawn), page.drawn
    assert got["CSV"][1] > rows * fat_run.ROOM
    assert got["Files (ZIP)"][1] > rows * fat_run.FILE_BYTES
    assert all(int(headers["Content-Length"]) == size for headers, size in got.values())
    assert all(headers["Content-Disposition"].startswith("attachment") for headers, _ in got.values())
    assert max(opened, grown) < most, (opened, grown)


def test_rows_are_read_by_weight(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "WINDOW_CHARACTERS", 1_000)
    monkeypatch.setattr(outcomes, "WINDOW_ROWS", 4)
    sizes = [10] * 6 + [950, 10, 2_000, 10]
    run = stage.run([str(place) for place in range(10)], [{"digits": "7" * size} for size in sizes])

    with stage.store.read() as db:
        number = runs.find(db, run.id).number
        windows = [[row.position for row in window] for window in outcomes.windows(db, number, 1, 10)]

    assert windows == [[1, 2, 3, 4], [5, 6], [7, 8], [9], [10]]


def a_row(position: int, **cells: object) -> ItemResult:
    outcome = Outcome(position=position, state=ItemState.OK, row=cells)
    return ItemResult(position, Item(cell=str(position)), outcome)


def test_short_rows_are_as_they_were() -> None:
    rows = [a_row(place, title="x" * 2_000, n=place, ratio=0.5, seen=None) for place in range(1, 100)]

    assert short_rows(rows) == rows


def test_long_cells_are_cut_and_marked_and_the_more_the_more_there_are() -> None:
    few = short_rows([a_row(1, title="x" * 5_000, links=["a" * 3_000], n=7)])
    many = short_rows([a_row(place, **{str(n): "x" * 5_000 for n in range(50)}) for place in range(1, 2_001)])

    assert few[0].outcome is not None
    assert few[0].outcome.row is not None
    assert [len(str(cell)) for cell in few[0].outcome.row.values()] == [2_000, 2_000, 1]
    assert str(few[0].outcome.row["links"]).startswith('["aaa')
    texts = [str(cell) for _, _, outcome in many if outcome for cell in (outcome.row or {}).values()]
    assert sum(map(len, texts)) <= 4 * 2**20
    assert all(text.endswith("… [cut]") and text.count("…") == 1 for text in texts)
    assert len({len(text) for text in texts}) == 1
