"""`run --dry-run`: the first item that can run, alone, and all that is known of it then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime import client
from jobs.runtime.cli import report, reuse_options
from jobs.runtime.cli.terminal import say, say_json, warn
from jobs.runtime.core import row_cells
from jobs.runtime.core.records import ItemState
from jobs.runtime.core.text import visible
from jobs.runtime.core.units import count

if TYPE_CHECKING:
    from jobs.runtime.cli.run_options import RunOptions
    from jobs.runtime.inputs import Preflight


def perform(job: str, found: Preflight, asked: RunOptions) -> int:
    """Run the first item as a run of its own, and print what it gave; 0: it is ok, 1: it failed, 3: the run did."""
    limits = asked.how(job)[1]
    run = client.dry_run(job, found.items_iter(), params=asked.params, limits=limits, table=found.table)
    run = client.wait(run.id)
    ((_, item, outcome),) = client.rows(run.id, 1, 1)
    if asked.as_json:
        told = {"item": row_cells.value(item.cell, run.table), "row": outcome and outcome.row}
        say_json({**client.run_document(client.run(run.id), client.progress(run.id).codes), **told})
    elif run.error:
        warn(run.error)
    else:
        say(f"item: {visible(row_cells.label(item.cell, run.table))}")
        for name, value in ((outcome.row if outcome else None) or {}).items():
            _say(name, value)
        if outcome is not None and outcome.error:
            say(f"{outcome.state}: {outcome.code}: {visible(outcome.error)}")
        there = reuse_options.sentence(job, found, asked.params, asked.wanted_reuse(job))
        if there:
            say(there)
        say(f"{count(found.items, 'item')} would run; nothing has, but for this one (run {run.id[: report.SHORT]})")
    if run.error:
        return 3
    return 0 if outcome is not None and outcome.state is ItemState.OK else 1


def _say(name: str, value: object) -> None:
    text = visible("–" if value is None else str(value))
    if "\n" not in text:
        say(f"{name}: {text}")
        return
    say(f"{name}:")
    for line in text.split("\n"):
        say(f"    {line}")
