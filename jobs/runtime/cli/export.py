"""`export` and `files`: what a run has made, as files."""

from __future__ import annotations

from pathlib import Path

import click

from jobs.runtime import client
from jobs.runtime.cli.table_options import TableOptions, check_place, export_options, sentence
from jobs.runtime.cli.terminal import say
from jobs.runtime.cli.verb import Verb
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.units import count


@click.command(
    "export",
    cls=Verb,
    examples=(
        "export 1a2b3c4d --out table.xlsx",
        "export 1a2b3c4d --out report.html",
        "export 1a2b3c4d --out to_fix.csv --only input-of-failed",
    ),
)
@click.argument("run")
@export_options
def export(run: str, table: TableOptions) -> None:
    """Write the table of RUN to a file."""
    found = client.run(run)
    table.check(found.columns, found.job)
    if told := table.write(found):
        say(told)


@click.command("files", cls=Verb, examples=("files 1a2b3c4d --out files.zip",))
@click.argument("run")
@click.option("--out", required=True, help="Write the archive here: FILE.zip.")
def files(run: str, out: str) -> None:
    """Write the files of RUN (large values, pages) into a ZIP archive."""
    from jobs.runtime import exports

    found = client.run(run)
    if Path(out).suffix.lower() != ".zip":
        raise Refused(f"{out} is no archive: --out wants a name that ends with .zip")
    check_place(Path(out))
    with client.download(found.id, "zip") as (run_now, rows):
        written = exports.files(run_now, rows, client.artifact, Path(out))
    say(sentence(out, count(written.rows, "file"), written))
