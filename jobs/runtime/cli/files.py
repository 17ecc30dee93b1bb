"""Files that the command line reads and writes: `export`, `digits`, and what `run` and `check` share with them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobs.runtime import client
from jobs.runtime.cli.terminal import say, speakable
from jobs.runtime.errors import Refused
from jobs.runtime.records import Column, Run, count, size

if TYPE_CHECKING:
    from jobs.runtime.exports import Exported
    from jobs.runtime.inputs import Preflight


MOST_PIPED = 2**29
"""Bytes of standard input, which is held in memory; files are not."""


@click.command("export")
@click.argument("run")
@click.option("--out", required=True, help="Write the table: .csv, .xlsx, .parquet, .jsonl; or its pages: .warc.gz.")
@click.option(
    "--only",
    type=click.Choice(["ok", "failed", "input-of-failed"]),
    help="Only these rows; input-of-failed: your own columns of the failed ones, as they were, to fix and run again.",
)
@click.option("--raw", is_flag=True, help="Write cells as they are, spreadsheet formulas included.")
@click.option("--bom", is_flag=True, help="Begin a CSV file with a byte order mark, for old spreadsheets.")
def export(run: str, out: str, only: str | None, raw: bool, bom: bool) -> None:
    """Write the table of RUN to a file."""
    found = client.run(run)
    check_out(out, found.columns)
    say(write_table(found, out, only=only or "", raw=raw, bom=bom))


@click.command("digits")
@click.argument("run")
@click.option("--out", required=True, help="Write the archive here: FILE.zip.")
def digits(run: str, out: str) -> None:
    """Write the large values of RUN as text files in a ZIP archive."""
    from jobs.runtime import exports

    found = client.run(run)
    if Path(out).suffix.lower() != ".zip":
        raise Refused(f"{out} is no archive: --out wants a name that ends with .zip")
    _check_place(Path(out))
    with client.snapshot(found.id) as (run_now, rows):
        written = exports.digits(run_now, rows, client.artifact, Path(out))
    say(_told(out, count(written.rows, "file"), written))


def preflight(job: str, file: str, column: str, sheet: str) -> Preflight:
    """What a file holds for a job; `-` is standard input. Raises BadInput and NoItems."""
    from jobs.runtime import inputs

    found = client.catalog().job(job)
    if file == "-":
        return inputs.read(_standard_input(), name="standard input", job=found, column=column, sheet=sheet)
    return inputs.read(Path(file), name=speakable(Path(file).name or file), job=found, column=column, sheet=sheet)


def _standard_input() -> bytes:
    given = sys.stdin.buffer.read(MOST_PIPED + 1)
    if len(given) > MOST_PIPED:
        raise Refused(f"standard input holds more than {MOST_PIPED:,} bytes: save it to a file, and give its name")
    return given


def preflight_of_cells(job: str, cells: tuple[str, ...]) -> Preflight:
    """The same for items given one by one."""
    from jobs.runtime import inputs

    return inputs.read_items([speakable(cell) for cell in cells], job=client.catalog().job(job))


def check_out(out: str, columns: Iterable[Column]) -> None:
    """Refuse a file that could not be written, or whose ending names no format of a run with these columns."""
    from jobs.runtime import exports

    if not out:
        raise Refused("--out needs the name of a file, and was given an empty one")
    if not exports.joined_ending(columns, out):
        exports.format_of(Path(out))
    _check_place(Path(out))


def write_table(run: Run, out: str, *, only: str = "", raw: bool = False, bom: bool = False) -> str:
    """Write the table of a run to a file, or its joined files; a sentence that says what was written."""
    from jobs.runtime import exports

    path, ending = Path(out), exports.joined_ending(run.columns, out)
    with client.snapshot(run.id) as (now, rows):
        if ending:
            written = exports.joined(now, rows, client.artifact, path, ending=ending)
        else:
            format = exports.format_of(path)
            written = exports.export(now, rows, path, format=format, only=only, raw=raw, bom=bom)
    return _told(out, count(written.rows, "file" if ending else "row"), written)


def _told(out: str, counted: str, written: Exported) -> str:
    note = f" ({written.snapshot_note})" if written.snapshot_note else ""
    return f"{out}: {counted}, {size(written.bytes)}{note}"


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise Refused(f"{path} is a folder: --out wants a file")
    if not path.absolute().parent.is_dir():
        raise Refused(f"there is no folder {path.absolute().parent} to write {path.name} in: make it first")
