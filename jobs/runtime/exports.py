"""Outcomes as files (CSV, XLSX, Parquet, JSON Lines) and as a pandas frame: read and written window by window."""

from __future__ import annotations

import os
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jobs.runtime.errors import Refused
from jobs.runtime.records import Column, ItemState, Run, count
from jobs.runtime.results.archive import references, write_archive, write_joined
from jobs.runtime.results.table import Found, ResultColumn, ResultTable, input_table, result_table
from jobs.runtime.results.writers import TooLargeError, Writer

if TYPE_CHECKING:
    import pandas as pd

Rows = Callable[[int, int], list[Found]]
"""Items with their outcomes, from one position to another, both included."""

FORMATS = {"csv": "CSV", "xlsx": "Excel", "parquet": "Parquet", "jsonl": "JSON Lines"}
"""Each format by the ending of its files, and what people call it."""

MIME_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/x-ndjson",
}

_SAVED = "(for scrape: run it with --save-pages)"

INPUT_OF_FAILED = "input-of-failed"
ONLY = ("", "ok", "failed", INPUT_OF_FAILED)
"""What may be asked for: everything, the ok or the failed rows, or the user's own columns of the failed ones: those
come back as they were given, to be fixed and given again."""

FIRST_WINDOW, LARGEST_WINDOW = 100, 4_000
WINDOW_CHARACTERS = 8 * 2**20
"""A window holds so much text at most: rows may have up to 8 MiB each."""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written: rows (or files), bytes, and a sentence where the run was not done, or something is missing or
    was cut."""

    rows: int
    bytes: int
    snapshot_note: str = ""


def export(
    run: Run,
    rows: Rows,
    out: Path | IO[bytes],
    *,
    format: str,
    only: str = "",
    raw: bool = False,
    bom: bool = False,
) -> Exported:
    """Write the result table of a run, whatever its state; an item without an outcome is `waiting`.

    A path gets its file whole or not at all: what was there before stays when writing fails. `raw` and `bom` are
    CSV's. Raises Refused: an unknown format or part, or the disk says no.
    """
    if format not in FORMATS:
        raise Refused(f"there is no format {format!r}: {_offer()}")
    if only not in ONLY:
        raise Refused(f"only {only!r} is not known: ok, failed or input-of-failed")
    part = _Part(run=run, rows=rows, only=only, table=result_table(run))
    with _opened(out) as stream:
        begin = stream.tell()
        _write(part, stream, format, raw=raw, bom=bom)
        size = stream.tell() - begin
    notes = filter(None, (_snapshot_note(run, part.done), part.note))
    return Exported(rows=part.written, bytes=size, snapshot_note="; ".join(notes))


def digits(
    run: Run, rows: Rows, artifact: Callable[[str, str], Path], out: Path | IO[bytes], *, name: str = ""
) -> Exported:
    """Write the files of a run (of its `file` columns) as one ZIP; with `name`, only the one of that name.

    `artifact(run id, reference)` is the file behind a reference. Raises Refused when there is none.
    """
    table = result_table(run)
    places = [place for place, column in enumerate(table.columns) if column.type == "file"]
    found = references((row for window in _windows(run, rows) for row in table.rows(window)), places)
    wanted = (reference for reference in found if not name or reference.rpartition("/")[2] == name)
    with _opened(out) as stream:
        begin = stream.tell()
        written, gone = write_archive(wanted, lambda reference: artifact(run.id, reference), stream)
        size = stream.tell() - begin
        if not written:
            raise Refused(f"run {run.id} has no file" + (f" {name!r}" if name else "s: its job wrote none"))
    note = f"{count(len(gone), 'file')} no longer there: {', '.join(gone[:5])}" if gone else ""
    return Exported(rows=written, bytes=size, snapshot_note=note)


def joined(
    run: Run, rows: Rows, artifact: Callable[[str, str], Path], out: Path | IO[bytes], *, ending: str
) -> Exported:
    """Write the files of the columns whose files make one with this ending (`.warc.gz`), one after the other.

    `artifact` as for `digits`. Raises Refused when there is none.
    """
    wanted = {column.name for column in run.columns if column.joined == ending and ending}
    table = result_table(run)
    places = [place for place, column in enumerate(table.columns) if column.type == "file" and column.name in wanted]
    found = references((row for window in _windows(run, rows) for row in table.rows(window)), places)
    with _opened(out) as stream:
        begin = stream.tell()
        written, gone = write_joined(found, lambda reference: artifact(run.id, reference), stream)
        size = stream.tell() - begin
        if not written:
            raise Refused(f"run {run.id} has no files that make a {ending} {_SAVED}")
    note = f"{count(len(gone), 'file')} no longer there: {', '.join(gone[:5])}" if gone else ""
    return Exported(rows=written, bytes=size, snapshot_note=note)


def joined_ending(columns: Iterable[Column], name: str) -> str:
    """The ending of a file's name that asks for the joined files of one of these columns; else an empty text."""
    endings = {column.joined for column in columns if column.joined}
    return next((ending for ending in sorted(endings) if name.lower().endswith(ending)), "")


def frame(run: Run, found: Iterable[Found]) -> pd.DataFrame:
    """Some items of a run as a pandas frame in the order given, with types that know empty cells."""
    from jobs.runtime.results.frames import frame_of_rows

    table = result_table(run)
    return frame_of_rows(table.columns, list(table.rows(found)))


def format_of(path: Path) -> str:
    """The format that a file's ending names. Raises Refused for another, naming the four."""
    format = path.suffix.lower().removeprefix(".")
    if path.name.lower().endswith(".warc.gz"):
        raise Refused(f"{path.name}: a run that keeps no pages has none to write {_SAVED}")
    if format not in FORMATS:
        raise Refused(f"{path.name} has no ending that names a format: {_offer()}")
    return format


def file_name(run: Run, format: str, *, now: float | None = None, token: str = "") -> str:
    """A name for a download: safe everywhere, new each time, and with what is done while not all is.

    `now` is Unix seconds.
    """
    words = unicodedata.normalize("NFKD", run.name or run.job).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")[:60].strip("-") or run.job
    done = "" if run.done >= run.items else f"-{run.done}-of-{run.items}"
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    return f"{name}-{run.id[:8]}{done}-{stamp}-{token or secrets.token_hex(2)}.{format}"


def _offer() -> str:
    return f"choose {', '.join(f'.{ending}' for ending in list(FORMATS)[:-1])} or .jsonl"


def _snapshot_note(run: Run, done: int) -> str:
    if done >= run.items:
        return ""
    return f"a snapshot: {done:,} of {run.items:,} done when it was written"


@dataclass(kw_only=True)
class _Part:
    """The rows that are asked for, how many were written and were done, and what the format could not hold."""

    run: Run
    rows: Rows
    only: str
    table: ResultTable
    written: int = 0
    done: int = 0
    note: str = ""

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        return input_table(self.run) if self.only == INPUT_OF_FAILED else self.table.columns

    def windows(self) -> Iterator[list[list[Any]]]:
        """The rows, window by window, from the start."""
        self.written = self.done = 0
        for window in _windows(self.run, self.rows):
            self.done += sum(outcome is not None for _, _, outcome in window)
            cells = self._cells([found for found in window if self._asked(found)])
            self.written += len(cells)
            yield cells

    def _asked(self, found: Found) -> bool:
        if not self.only:
            return True
        state = ItemState.OK if self.only == "ok" else ItemState.FAILED
        return found[2] is not None and found[2].state is state

    def _cells(self, asked: list[Found]) -> list[list[Any]]:
        if self.only == INPUT_OF_FAILED:
            return [self.table.users_cells(item) for _, item, _ in asked]
        return list(self.table.rows(asked))


def _windows(run: Run, rows: Rows) -> Iterator[list[Found]]:
    """All items in windows of some MiB, so that a run of large rows needs no more memory than one of small ones."""
    first, size = 1, FIRST_WINDOW
    while first <= run.items:
        window = rows(first, min(run.items, first + size - 1))
        yield window
        first += size
        looked = window[:: 1 + len(window) // 100]
        mean = sum(map(_weight, looked)) / max(1, len(looked))
        size = int(max(1, min(LARGEST_WINDOW, size * 4, WINDOW_CHARACTERS / max(1, mean))))


def _weight(found: Found) -> int:
    """About how many characters an item and its row hold."""
    row = found[2].row if found[2] is not None else None
    texts = sum(len(cell) for cell in row.values() if isinstance(cell, str | list | dict)) if row else 0
    return len(found[1].cell) + sum(map(len, found[1].others)) + texts


def _write(part: _Part, stream: IO[bytes], format: str, *, raw: bool, bom: bool) -> None:
    """Write all rows; begun again, with text instead of numbers, where a column's numbers prove too large."""
    begin = stream.tell()
    wide: frozenset[str] = frozenset()
    while (larger := _try(part, stream, format, raw=raw, bom=bom, wide=wide)) not in {"", *wide}:
        wide |= {larger}
        stream.seek(begin)
        stream.truncate()


def _try(part: _Part, stream: IO[bytes], format: str, *, raw: bool, bom: bool, wide: frozenset[str]) -> str:
    """Write all rows; the name of the column whose numbers prove too large, empty when all is written."""
    writer = _writer(part, stream, format, raw=raw, bom=bom, wide=wide)
    complete = False
    try:
        for cells in part.windows():
            writer.write(cells)
        part.note = writer.note
        writer.close()
        complete = True
    except TooLargeError as error:
        return error.column
    finally:
        if not complete:
            writer.abandon()
    return ""


def _writer(part: _Part, stream: IO[bytes], format: str, *, raw: bool, bom: bool, wide: frozenset[str]) -> Writer:
    if format == "xlsx":
        from jobs.runtime.results.workbook import MAX_ROWS, WorkbookWriter

        return WorkbookWriter(stream, part.columns, large=part.run.items >= MAX_ROWS)
    if format == "parquet":
        from jobs.runtime.results.parquet import ParquetWriter

        return ParquetWriter(stream, part.columns, wide=wide)
    if format == "jsonl":
        from jobs.runtime.results.jsonlines import JsonLinesWriter

        return JsonLinesWriter(stream, part.columns)
    from jobs.runtime.results.delimited import DelimitedWriter

    return DelimitedWriter(stream, part.columns, raw=raw or part.only == INPUT_OF_FAILED, bom=bom)


@contextmanager
def _opened(out: Path | IO[bytes]) -> Iterator[IO[bytes]]:
    """The stream to write to; behind a path a temporary file that takes its place when it is whole and on disk."""
    if not isinstance(out, Path):
        yield out
        return
    target = out.resolve()
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with partial.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
