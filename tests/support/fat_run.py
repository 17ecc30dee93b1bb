"""A run whose rows are as large as rows may be, and how much memory its readers take: for processes of their own.

python -m tests.support.fat_run make KIND ROWS     a finished run in JOBS_HOME; prints its id
python -m tests.support.fat_run read RUN           reads it in every way; prints by how many MB the process grew
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from jobs.runtime import client
from jobs.runtime.core import settings
from jobs.runtime.core.records import Column, Item, Limits, Pool, Run, RunState, Table
from jobs.runtime.home import artifacts
from jobs.runtime.job.decorator import Artifact
from jobs.runtime.store import items, outcomes, runs
from jobs.runtime.store.connection import Store
from jobs.runtime.worker.row_limit import MAX_ROW_BYTES
from jobs.ui.server.disk_file import PIECE
from tests.support.stage import BEGAN, outcome_row

ROOM = MAX_ROW_BYTES - 200
KINDS: dict[str, Callable[[int], Any]] = {
    "text": lambda place: f"{place:08d}" * (ROOM // 8),
    "emoji": lambda place: f"{place}🙂" + "a" * (ROOM - 20),
    "lists": lambda _place: [[]] * (ROOM // 3),
    "objects": lambda place: [{"a": place}] * (ROOM // 20),
}
"""What a cell holds: text; text of which Python makes four bytes a character; what it makes thirty times as large."""

FILE_BYTES = 2**20


def make(kind: str, rows: int) -> str:
    """A finished run of so many rows at the cap; each row names a file of 1 MiB of its own too."""
    run = Run(
        id="fa" * 16,
        job="act",
        name="large rows",
        state=RunState.SUBMITTING,
        items=0,
        params={},
        pool=Pool(processes=1, threads=1),
        limits=Limits(attempts=1, deadline=None, at_once=None, pause=0.0),
        table=Table(item_column="text"),
        columns=(
            Column(name="large", type="json" if kind in ("lists", "objects") else "str"),
            Column(name="page", type="file"),
        ),
        submitted_at=BEGAN,
    )
    store = Store(settings.home())
    with store.write() as db:
        number = runs.add(db, run, runs.JobTraits())
        items.add(db, number, 1, [Item(cell=str(place)) for place in range(1, rows + 1)])
        runs.queue(db, number, items=rows, sample=False, at=BEGAN)
        runs.move(db, number, RunState.RUNNING)
        runs.change(db, number, started_at=BEGAN)
    for place in range(1, rows + 1):
        row = {"large": KINDS[kind](place), "page": _file(run.id, place)}
        stored = outcome_row(place, json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        with store.write() as db:
            outcomes.add(db, number, [stored], duplicates=False)
    with store.write() as db:
        runs.move(db, number, RunState.FINISHED)
        runs.change(db, number, ended_at=BEGAN + 10)
    return run.id


def _file(run_id: str, place: int) -> str:
    return artifacts.write(settings.home(), run_id, str(place), Artifact("page.bin", iter([os.urandom(FILE_BYTES)])))


def _download(run_id: str, kind: str) -> None:
    from jobs.ui.run import downloads

    content = downloads.archive(run_id) if kind == "files" else downloads.content(run_id, kind)
    file = content().file
    assert sum(len(file.piece(place)) for place in range(0, file.size, PIECE)) == file.size > 0


def _table(run_id: str) -> None:
    from jobs.runtime import exports

    run = client.run(run_id)
    assert len(exports.frame(run, client.short_rows(run_id, 1, run.items))) == run.items
    assert len(exports.frame(run, client.newest(run_id, run.items))) == run.items
    assert client.failures(run_id) == []


def _search(run_id: str) -> None:
    from jobs.runtime.core.result_filter import ALL_ROWS, ResultFilter, ResultOrder

    assert list(client.search(run_id, ResultFilter(text="nowhere in it")))[-1][0].tolist() == []
    for order in (ResultOrder(column="state"), *(ResultOrder(column=name) for name in _sortable(run_id))):
        assert len(list(client.search(run_id, ALL_ROWS, order))[-1][0]) == client.run(run_id).items


def _sortable(run_id: str) -> list[str]:
    return [name for name in client.sortable(client.run(run_id)) if name == "large"]


def _compare(run_id: str) -> None:
    from jobs.runtime import compare

    run = client.run(run_id)
    assert compare.compare_runs(run, run).changed == 0


READERS: dict[str, Callable[[str], None]] = {
    **{kind: partial(_download, kind=kind) for kind in ("csv", "xlsx", "parquet", "jsonl", "files")},
    "table": _table,
    "search": _search,
    "compare": _compare,
}


def read(run_id: str) -> dict[str, float]:
    """Read the run in every way; the MB by which this process had grown at most, after each."""
    import pandas
    import pyarrow.parquet
    import streamlit
    import xlsxwriter

    assert all((pandas, pyarrow.parquet, streamlit, xlsxwriter))
    from jobs.runtime import compare, exports
    from jobs.ui.run import downloads, results

    assert all((compare, exports, downloads, results))
    before = peak_mb()
    grown = {}
    for name, reader in READERS.items():
        reader(run_id)
        grown[name] = peak_mb() - before
    return grown


def peak_mb(pid: int | str = "self") -> float:
    """The most that a process has ever had in memory, in MB of 2**20 bytes (Linux)."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def in_a_process(*words: str, home: Path) -> Any:
    """What this module prints when it is run with these words."""
    command = [sys.executable, "-m", "tests.support.fat_run", *words]
    environment = {**os.environ, "JOBS_HOME": str(home)}
    done = subprocess.run(command, cwd=settings.PROJECT, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main() -> None:
    verb, *words = sys.argv[1:]
    print(json.dumps(make(words[0], int(words[1])) if verb == "make" else read(words[0])))


if __name__ == "__main__":
    main()
