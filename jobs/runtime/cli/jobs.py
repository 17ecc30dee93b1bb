"""`list`, `check` and `new`: what there is to run, what a file holds, and a job to begin with; nothing runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jobs.runtime import client
from jobs.runtime.cli.input_options import InputOptions, file_options
from jobs.runtime.cli.job_options import JobCommand, split_params
from jobs.runtime.cli.terminal import say, say_json, say_table
from jobs.runtime.cli.verb import Verb
from jobs.runtime.core import program
from jobs.runtime.core.text import in_one_line
from jobs.runtime.core.units import count

if TYPE_CHECKING:
    from jobs.runtime.inputs import Preflight

_SHOWN = 20
"""Cells that cannot be items, shown as text; JSON has them all."""


@click.command("list", cls=Verb, examples=("list", "list --json"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_jobs(as_json: bool) -> None:
    """List the jobs, and the broken ones with the reason."""
    found = client.catalog()
    if as_json:
        say_json(_documents())
        return
    say_table(("job", "item", "work", "title"), [_line(name) for name in found.shown])
    for name, broken in found.broken.items():
        say(f"{name} is broken: {broken.reason}")


@click.command(
    "check", cls=JobCommand, examples=("check {job} list.csv", "check {job} book.xlsx --sheet Numbers --column n")
)
@click.argument("job")
@click.argument("file")
@file_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(job: str, file: str, source: InputOptions, as_json: bool, **options: Any) -> int:
    """Report what FILE holds for JOB; nothing runs.

    Exits with 0 when every cell can be an item, 1 when some cannot, 2 when FILE is no table.
    """
    found = source.preflight(job, file, split_params(options))
    if as_json:
        say_json(found.json())
    else:
        _say_preflight(found)
    return 1 if found.invalid_count else 0


@click.command("new", cls=Verb, examples=("new word_count",))
@click.argument("name")
def new(name: str) -> None:
    """Write the first file of a job called NAME: one that runs as it is, to be changed.

    It goes into the first folder of JOBS_PATH, or else where this program looks for jobs of one's own.
    """
    path = client.new_job(name)
    say(f"{path} is written: a job that counts letters, to be changed into what you need.")
    say(f'It runs as it is, here and on the page: {program.NAME} run {name} --item "two words"')


def _line(name: str) -> tuple[str, str, str, str]:
    job = client.job_named(name)
    work = "waiting (threads)" if job.bound == "io" else "computing (processes)"
    return name, job.kind.name, work, job.title


def _documents() -> list[dict[str, Any]]:
    found = client.catalog()
    jobs: list[Any] = [client.job_document(name) for name in found.shown]
    return jobs + [{"name": name, "broken": broken.reason} for name, broken in found.broken.items()]


def _say_preflight(found: Preflight) -> None:
    from jobs.runtime.inputs import INDEX_NOTE

    facts = found.json()
    facts["column"] = "" if found.fields is not None else f"{found.column} ({found.column_reason})"
    for name in ("rows", "items", "duplicates", "column", "encoding", "delimiter", "sheet"):
        if facts.get(name) not in (None, ""):
            say(f"{name + ':':<12}{facts[name]!r}" if name == "delimiter" else f"{name + ':':<12}{facts[name]}")
    for told in found.fields or ():
        say(f"  {told.field}: {told.column or '–'} ({told.reason})")
    for note in found.notes:
        say(in_one_line(note))
    if INDEX_NOTE in found.notes:
        say("with --sitemaps they are fetched, and their pages are the items")
    if found.invalid_count:
        say(f"{count(found.invalid_count, 'cell')} cannot run, and will stay in the table as failed:")
    for entry in found.invalid[:_SHOWN]:
        say(f"  line {entry.line:,}: {in_one_line(entry.reason)}")
    if found.invalid_count > _SHOWN:
        say(f"  … and {found.invalid_count - _SHOWN:,} more (--json has them)")
