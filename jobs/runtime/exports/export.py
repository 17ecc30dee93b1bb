"""Outcomes as files (CSV, XLSX, Parquet, JSON Lines) and as a pandas frame: read and written window by window."""

from __future__ import annotations

import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jobs.runtime.core.errors import Refused, TooLargeError
from jobs.runtime.core.records import Column, ItemResult, ItemState, Run
from jobs.runtime.core.units import count
from jobs.runtime.exports import output_file
from jobs.runtime.exports.archive import references, write_archive, write_joined
from jobs.runtime.exports.relations import PARTIAL, relations_of
from jobs.runtime.exports.result_table import ResultColumn, ResultTable, input_table, result_table
from jobs.runtime.exports.table_shape import USUAL, TableShape
from jobs.runtime.exports.writer import Writer

if TYPE_CHECKING:
    import pandas as pd

Rows = Callable[[int, int], Iterable[list[ItemResult]]]
"""Items with their outcomes, from one position to another, both included, in lists of some MiB whatever they hold."""

FORMATS = {"csv": "CSV", "xlsx": "Excel", "parquet": "Parquet", "jsonl": "JSON Lines"}
"""Each format by the ending of its files, and what people call it."""

MIME_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/x-ndjson",
    "html": "text/html",
}

REPORT = "html"
"""The ending of a run's report, which is no table (`overview.write_report`)."""

INPUT_OF_FAILED = "input-of-failed"
ONLY = ("", "ok", "failed", INPUT_OF_FAILED)
"""What may be asked for: everything, the ok or the failed rows, or the user's own columns of the failed ones: those
come back as they were given, to be fixed and given again."""


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
    shape: TableShape = USUAL,
) -> Exported:
    """Write the result table of a run, whatever its state; an item without an outcome is `waiting`.

    A path gets its file whole or not at all: what was there before stays when writing fails. `raw`, `bom` and the
    signs of `shape` are CSV's. Raises Refused: an unknown format, part or column, no column that tells how rows are
    related where that is asked for, or the disk says no.
    """
    if format not in FORMATS:
        raise Refused(f"there is no format {format!r}: {_offer(FORMATS)}")
    if only not in ONLY:
        raise Refused(f"only {only!r} is not known: ok, failed or input-of-failed")
    check_shape(format, shape)
    known = relations_of(run, rows) if shape.related else None
    table = result_table(run, printed=shape.printed, relations=known)
    part = _Part(run=run, rows=rows, only=only, table=table, shape=shape)
    part.columns  # noqa: B018 (a column that is not there is refused before anything is written)
    with stream_to(out) as stream:
        begin = stream.tell()
        _write(part, stream, format, raw=raw, bom=bom)
        size = stream.tell() - begin
    partial = known is not None and known.duplicates is not None and known.duplicates.partial
    notes = filter(None, (_snapshot_note(run, part.done), part.note, PARTIAL * partial))
    return Exported(rows=part.written, bytes=size, snapshot_note="; ".join(notes))


def check_shape(format: str, shape: TableShape) -> None:
    """Raises Refused for a shape that a format cannot have."""
    if format != "csv" and (shape.delimiter, shape.decimal) != (USUAL.delimiter, USUAL.decimal):
        raise Refused(f"a .{format} file has no delimiter and no decimal sign to choose: they are those of .csv")


def files(
    run: Run, rows: Rows, artifact: Callable[[str, str], Path], out: Path | IO[bytes], *, name: str = ""
) -> Exported:
    """Write the files of a run (of its `file` columns) as one ZIP; with `name`, only the one of that name.

    `artifact(run id, reference)` is the file behind a reference. Raises Refused when there is none.
    """
    table = result_table(run)
    places = [place for place, column in enumerate(table.columns) if column.type == "file"]
    found = references((row for window in rows(1, run.items) for row in table.rows(window)), places)
    wanted = (reference for reference in found if not name or reference.rpartition("/")[2] == name)
    with stream_to(out) as stream:
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

    `artifact` as for `files`. Raises Refused when there is none.
    """
    wanted = {column.name for column in run.columns if column.joined == ending and ending}
    table = result_table(run)
    places = [place for place, column in enumerate(table.columns) if column.type == "file" and column.name in wanted]
    found = references((row for window in rows(1, run.items) for row in table.rows(window)), places)
    with stream_to(out) as stream:
        begin = stream.tell()
        written, gone = write_joined(found, lambda reference: artifact(run.id, reference), stream)
        size = stream.tell() - begin
        if not written:
            raise Refused(f"run {run.id} has no files that make a {ending}")
    note = f"{count(len(gone), 'file')} no longer there: {', '.join(gone[:5])}" if gone else ""
    return Exported(rows=written, bytes=size, snapshot_note=note)


def joined_ending(columns: Iterable[Column], name: str) -> str:
    """The ending of a file's name that asks for the joined files of one of these columns; else an empty text."""
    endings = {column.joined for column in columns if column.joined}
    return next((ending for ending in sorted(endings) if name.lower().endswith(ending)), "")


def frame(run: Run, found: Iterable[ItemResult]) -> pd.DataFrame:
    """Some items of a run as a pandas frame in the order given, with types that know empty cells."""
    from jobs.runtime.exports.dataframe import frame_of_rows

    table = result_table(run)
    return frame_of_rows(table.columns, list(table.rows(found)))


def format_of(path: Path, *, joined: Mapping[str, str] | None = None) -> str:
    """The format that a file's ending names, or REPORT. Raises Refused for another, naming those there are; for one of
    `joined`, the endings that the job's files may make, with what a run needs for it."""
    format = path.suffix.lower().removeprefix(".")
    for ending, needed in (joined or {}).items():
        if path.name.lower().endswith(ending):
            raise Refused(f"{path.name}: this run has no files that make a {ending} (run it with {needed})")
    if format not in (*FORMATS, REPORT):
        raise Refused(f"{path.name} has no ending that names a format: {_offer(MIME_TYPES)}")
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


def _offer(endings: Iterable[str]) -> str:
    *others, last = (f".{ending}" for ending in endings)
    return f"choose {', '.join(others)} or {last}"


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
    shape: TableShape
    written: int = 0
    done: int = 0
    note: str = ""

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        return tuple(self._all_columns[place] for place in self._places)

    @property
    def _all_columns(self) -> tuple[ResultColumn, ...]:
        return input_table(self.run) if self.only == INPUT_OF_FAILED else self.table.columns

    @property
    def _places(self) -> list[int]:
        return self.shape.places([column.name for column in self._all_columns])

    def windows(self) -> Iterator[list[list[Any]]]:
        """The rows, window by window, from the start."""
        self.written = self.done = 0
        for window in self.rows(1, self.run.items):
            self.done += sum(outcome is not None for _, _, outcome in window)
            cells = self._cells([found for found in window if self._asked(found)])
            if self.shape.columns:
                places = self._places
                cells = [[row[place] for place in places] for row in cells]
            self.written += len(cells)
            yield cells

    def _asked(self, found: ItemResult) -> bool:
        if not self.only:
            return True
        state = ItemState.OK if self.only == "ok" else ItemState.FAILED
        return found.outcome is not None and found.outcome.state is state

    def _cells(self, asked: list[ItemResult]) -> list[list[Any]]:
        if self.only == INPUT_OF_FAILED:
            return [self.table.users_cells(item) for _, item, _ in asked]
        return list(self.table.rows(asked))


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
        from jobs.runtime.exports.xlsx_writer import MAX_ROWS, WorkbookWriter

        return WorkbookWriter(stream, part.columns, large=part.run.items >= MAX_ROWS)
    if format == "parquet":
        from jobs.runtime.exports.parquet_writer import ParquetWriter

        return ParquetWriter(stream, part.columns, wide=wide)
    if format == "jsonl":
        from jobs.runtime.exports.jsonl_writer import JsonLinesWriter

        return JsonLinesWriter(stream, part.columns)
    from jobs.runtime.exports.csv_writer import DelimitedWriter

    raw = raw or part.only == INPUT_OF_FAILED
    return DelimitedWriter(stream, part.columns, raw=raw, bom=bom, shape=part.shape)


@contextmanager
def stream_to(out: Path | IO[bytes]) -> Iterator[IO[bytes]]:
    """The stream to write to: the one that was given, or one to a file that is there whole or not at all."""
    if isinstance(out, Path):
        with output_file.opened(out) as stream:
            yield stream
    else:
        yield out
