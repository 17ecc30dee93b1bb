"""Where the table of a run is written, and how: for `run`, `sample` and `export`."""

from __future__ import annotations

import csv
import io
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobs.runtime import client
from jobs.runtime.cli.options import packing
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Column, Run, Table
from jobs.runtime.core.units import count, size

if TYPE_CHECKING:
    from jobs.runtime.exports import Exported, TableShape

STANDARD_OUTPUT = "-"


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """What is said of the table; `out` None: it is not written."""

    out: str | None = None
    only: str | None = None
    raw: bool = False
    bom: bool = False
    out_delimiter: str = ","
    out_decimal: str = "."
    out_columns: str = ""
    printed: bool = False
    related: bool = False

    @property
    def piped(self) -> bool:
        """Whether it goes to standard output."""
        return self.out == STANDARD_OUTPUT

    def shape(self) -> TableShape:
        """How the table is written. Raises Refused for what cannot be read back."""
        from jobs.runtime.exports import TableShape

        columns = tuple(next(csv.reader([self.out_columns], skipinitialspace=True), []))
        return TableShape(
            delimiter=self.out_delimiter,
            decimal=self.out_decimal,
            columns=columns,
            printed=self.printed,
            related=self.related,
        )

    def showing(self, columns: Sequence[str]) -> TableOptions:
        """The same with these columns, where a table is written and nothing is said of its columns."""
        from jobs.runtime import exports

        tables = {f".{ending}" for ending in exports.MIME_TYPES} - {f".{exports.REPORT}"}
        written = self.out is not None and (self.piped or Path(self.out).suffix.lower() in tables)
        if self.out_columns or not written:
            return self
        line = io.StringIO()
        csv.writer(line, lineterminator="", quoting=csv.QUOTE_ALL).writerow(columns)
        return replace(self, out_columns=line.getvalue())

    def check(self, columns: Iterable[Column], job: str) -> None:
        """Refuse what could not be written, before anything runs: a run of a job with these columns."""
        from jobs.runtime import exports

        shape = self.shape()
        if self.out == "":
            raise Refused("--out needs the name of a file, and was given an empty one")
        if self.out is None:
            if self != TableOptions(raw=self.raw):
                raise Refused("--out-delimiter, --out-decimal and --out-columns say how --out is written: give it too")
            return
        if self.piped:
            return
        ending = exports.joined_ending(columns, self.out).removeprefix(".")
        format = ending or exports.format_of(Path(self.out), joined=client.joined_files(job))
        if format == exports.REPORT and self != TableOptions(out=self.out):
            raise Refused(f"{self.out} would be a report of the whole run: all that says how is for tables")
        exports.check_shape(format, shape)
        if ending and shape.columns:
            raise Refused(f"a .{ending} file has no columns to choose: leave --out-columns out")
        check_place(Path(self.out))

    def check_columns(self, columns: Iterable[Column], table: Table, *, keyed: bool, reused: bool) -> None:
        """Refuse columns that the table of a run over this input would not have."""
        from jobs.runtime import exports

        headings = exports.headings(tuple(columns), table, keyed=keyed, reused=reused, printed=self.printed)
        self.shape().places(list(headings))

    def write(self, run: Run) -> str:
        """Write the table of a run, or its joined files; a sentence that says what was written; empty: to standard
        output."""
        if self.out is None or self.piped:
            self._pipe(run)
            return ""
        from jobs.runtime import exports

        ending = exports.joined_ending(run.columns, self.out)
        if not ending and exports.format_of(Path(self.out)) == exports.REPORT:
            return _write_report(run, self.out)
        what = ending.removeprefix(".") or exports.format_of(Path(self.out))
        with client.download(run.id, what, printed=self.printed) as (now, rows):
            if ending:
                written = exports.joined(now, rows, client.artifact, Path(self.out), ending=ending)
            else:
                written = exports.export(
                    now,
                    rows,
                    Path(self.out),
                    format=exports.format_of(Path(self.out)),
                    only=self.only or "",
                    raw=self.raw,
                    bom=self.bom,
                    shape=self.shape(),
                )
        return sentence(self.out, count(written.rows, "file" if ending else "row"), written)

    def _pipe(self, run: Run) -> None:
        """Write the table as CSV, whole or not at all."""
        from jobs.runtime import exports

        only, shape = self.only or "", self.shape()
        with tempfile.TemporaryFile() as kept:
            with client.download(run.id, "csv", printed=self.printed) as (now, rows):
                exports.export(now, rows, kept, format="csv", only=only, raw=self.raw, bom=self.bom, shape=shape)
            kept.seek(0)
            shutil.copyfileobj(kept, sys.stdout.buffer)
            sys.stdout.buffer.flush()


def _write_report(run: Run, out: str) -> str:
    from jobs.runtime import overview

    written = overview.write_report(run.id, Path(out))
    return sentence(out, f"a report with {count(written.rows, 'row')}", written)


def sentence(out: str, counted: str, written: Exported) -> str:
    """What was written where."""
    note = f" ({written.snapshot_note})" if written.snapshot_note else ""
    return f"{out}: {counted}, {size(written.bytes)}{note}"


def check_place(path: Path) -> None:
    """Refuse a path where no file could be written."""
    from jobs.runtime import exports

    if path.is_dir():
        raise Refused(f"{path} is a folder: --out wants a file")
    exports.check_kind(path)
    if not path.absolute().parent.is_dir():
        raise Refused(f"there is no folder {path.absolute().parent} to write {path.name} in: make it first")


_HOW = (
    click.option("--raw", is_flag=True, help="Write cells as they are, spreadsheet formulas included."),
    click.option("--out-delimiter", default=",", help="What parts cells of CSV: a comma, a semicolon, a bar or tab."),
    click.option("--out-decimal", default=".", help="What parts the decimals of CSV: a point or a comma."),
    click.option("--out-columns", default="", help="Only these columns, in this order, with commas between."),
)
_OUT = click.option(
    "--out",
    help="Write the table here: .csv, .xlsx, .parquet or .jsonl; or a report: .html; -: CSV to standard output.",
)
_OUT_OR_PAGES = click.option(
    "--out",
    required=True,
    help="Write the table: .csv, .xlsx, .parquet, .jsonl; a report: .html; or its pages: .warc.gz; -: CSV to "
    "standard output.",
)
_ONLY = click.option(
    "--only",
    type=click.Choice(["ok", "failed", "input-of-failed"]),
    help="Only these rows; input-of-failed: your own columns of the failed ones, as they were, to fix and run again.",
)
_PRINTED = click.option("--printed", is_flag=True, help="Add a column with what each item printed.")
_RELATED = click.option(
    "--related",
    is_flag=True,
    help="Add columns of each row's near-duplicates, and of the pages of the run that lead to it.",
)
_BOM = click.option("--bom", is_flag=True, help="Begin a CSV file with a byte order mark, for old spreadsheets.")

table_options = packing(TableOptions, "table", (_OUT, *_HOW))
"""Decorates `run` and `sample`."""

export_options = packing(TableOptions, "table", (_OUT_OR_PAGES, _ONLY, _BOM, *_HOW, _PRINTED, _RELATED))
"""Decorates `export`."""
