"""`list` and `check`: what there is to run, and what a file holds; nothing runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jobs.runtime import client
from jobs.runtime.cli.terminal import say, say_json, say_table
from jobs.runtime.records import count

if TYPE_CHECKING:
    from jobs.runtime.inputs import Preflight

_SHOWN = 20
"""Cells that cannot be items, shown as text; JSON has them all."""


@click.command("list")
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


@click.command("check")
@click.argument("job")
@click.argument("file")
@click.option("--column", default="", help="The column that holds the items.  [default: found by its content]")
@click.option("--sheet", default="", help="The sheet of a workbook.  [default: the first]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(job: str, file: str, column: str, sheet: str, as_json: bool) -> int:
    """Report what FILE holds for JOB; nothing runs.

    Exits with 0 when every cell can be an item, 1 when some cannot, 2 when FILE is no table.
    """
    from jobs.runtime.cli.files import preflight

    client.catalog().job(job)
    found = preflight(job, file, column, sheet)
    if as_json:
        say_json(found.json())
    else:
        _say_preflight(found)
    return 1 if found.invalid_count else 0


def _line(name: str) -> tuple[str, str, str, str]:
    job = client.catalog().job(name)
    work = "waiting (threads)" if job.bound == "io" else "computing (processes)"
    return name, job.kind.name, work, job.title


def _documents() -> list[dict[str, Any]]:
    found = client.catalog()
    jobs = [_document(name) for name in found.shown]
    return jobs + [{"name": name, "broken": broken.reason} for name, broken in found.broken.items()]


def _document(name: str) -> dict[str, Any]:
    job = client.catalog().job(name)
    return {
        "name": name,
        "title": job.title,
        "bound": job.bound,
        "item": job.item_name,
        "kind": job.kind.name,
        "params": {field.name: _plain(field.default) for field in client.form_fields(name)},
        "columns": [column.name for column in client.columns(name, {})],
        "codes": dict(job.codes),
    }


def _plain(default: Any) -> Any:
    return getattr(default, "value", default)


def _say_preflight(found: Preflight) -> None:
    facts = found.json()
    facts["column"] = f"{found.column} ({found.column_reason})"
    for name in ("rows", "items", "duplicates", "column", "encoding", "delimiter", "sheet"):
        if facts.get(name) not in (None, ""):
            say(f"{name + ':':<12}{facts[name]!r}" if name == "delimiter" else f"{name + ':':<12}{facts[name]}")
    for note in found.notes:
        say(note)
    if found.invalid_count:
        say(f"{count(found.invalid_count, 'cell')} cannot run, and will stay in the table as failed:")
    for entry in found.invalid[:_SHOWN]:
        say(f"  line {entry.line:,}: {entry.reason}")
    if found.invalid_count > _SHOWN:
        say(f"  … and {found.invalid_count - _SHOWN:,} more (--json has them)")
