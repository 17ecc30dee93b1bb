"""`compare`: two runs of a job, their settings and figures, and what changed row by row."""

from __future__ import annotations

import time
from typing import Any

import click

from jobs.runtime import client, compare
from jobs.runtime.cli.report import SHORT
from jobs.runtime.cli.terminal import say, say_json, say_table
from jobs.runtime.cli.verb import Verb
from jobs.runtime.compare import Difference
from jobs.runtime.core.records import Run
from jobs.runtime.core.text import in_one_line
from jobs.runtime.core.units import count, duration

_SHOWN = 20
"""Changes shown as text; JSON has more."""

_IN_JSON = 100_000


@click.command("compare", cls=Verb, examples=("compare 1a2b3c4d 5e6f7a8b",))
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def compare_runs(first: str, second: str, as_json: bool) -> None:
    """Compare two runs of a job: settings, figures, and what changed row by row."""
    tell(client.run(first), client.run(second), as_json=as_json)


def tell(first: Run, second: Run, *, as_json: bool) -> None:
    """What changed from the first to the second, on standard output."""
    found = compare.compare_runs(first, second, most=_IN_JSON if as_json else _SHOWN)
    if as_json:
        say_json(_document(found))
    else:
        _say_difference(found)


def _document(found: Difference) -> dict[str, Any]:
    runs = (found.first, found.second)
    return {
        "runs": [_run(run) for run in runs],
        "settings": [{"setting": name, "values": values} for name, values in compare.settings_that_differ(runs)],
        "rows_in_both": found.both,
        "rows_changed": found.changed,
        "changes_by_column": dict(found.counts),
        "changes_in_all": found.total,
        "not_compared": dict(found.left_out),
        "changes": [
            {
                "item": change.item,
                "positions": [change.first, change.second],
                "what": change.what,
                "before": change.before,
                "after": change.after,
            }
            for change in found.changes
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "job": run.job,
        "state": str(run.state),
        "items": run.items,
        "ok": run.ok,
        "failed": run.failed,
        "cancelled": run.cancelled,
        "seconds": round(run.seconds(time.time()), 6),
        "pool": client.pool_document(run.pool),
        "peak_pool": client.pool_document(run.peak or run.pool),
        "item_seconds": run.item_seconds,
        "cpu_seconds": run.cpu_seconds,
    }


def _say_difference(found: Difference) -> None:
    runs = (found.first, found.second)
    figures = [
        ("name", *(run.name for run in runs)),
        ("state", *(str(run.state) for run in runs)),
        ("items", *(f"{run.items:,}" for run in runs)),
        ("ok", *(f"{run.ok:,}" for run in runs)),
        ("failed", *(f"{run.failed:,}" for run in runs)),
        ("took", *(duration(run.seconds(time.time())) for run in runs)),
        ("sum of items' seconds", *(duration(run.item_seconds) for run in runs)),
        ("processor time", *(duration(run.cpu_seconds) for run in runs)),
    ]
    differing = [(name, *values) for name, values in compare.settings_that_differ(runs)]
    say_table(("", *(run.id[:SHORT] for run in runs)), [*figures, *differing])
    say(f"{count(found.both, 'item')} in both runs, {count(found.changed, 'row')} changed" + _by_column(found))
    for change in found.changes:
        say(in_one_line(f"  {change.item[:60]}: {change.what}: {_value(change.before)} → {_value(change.after)}"))
    if found.total > len(found.changes):
        say(f"  … and {found.total - len(found.changes):,} more (--json has them)")
    if found.left_out:
        say(f"not compared: {', '.join(found.left_out)} (times, and files that every run names anew)")


def _by_column(found: Difference) -> str:
    return ": " + ", ".join(f"{what} × {number:,}" for what, number in found.counts.items()) if found.counts else ""


def _value(value: Any) -> str:
    text = "–" if value in (None, "") else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
