"""The settings that a run was started with, each with its value and what it is."""

from __future__ import annotations

from typing import NamedTuple

from jobs.runtime import client
from jobs.runtime.core.records import CLUSTER, Run, Table
from jobs.runtime.core.setting_words import preset_sentence
from jobs.runtime.core.units import UNMEASURED, count, duration, figure, size


class RunSetting(NamedTuple):
    """One of them, in words."""

    name: str
    value: str
    meaning: str


def run_settings(run: Run) -> list[RunSetting]:
    """All of them, the params of the job among them; a secret one says only that it is hidden."""
    limits, job = run.limits, client.catalog().jobs.get(run.job)
    meanings = {param.name: param.help for param in job.params} if job else {}
    rows = [
        ("Job", run.job, job.title if job else "not there any more"),
        *((name, _plain(value), meanings.get(name, "")) for name, value in run.params.items()),
        ("Pool", run.pool_words, run.pool.way),
        *_place_of(run),
        ("Attempts", str(limits.attempts), "per item"),
        ("Deadline", "none" if limits.deadline is None else duration(limits.deadline), "per attempt"),
        ("At once", "any number" if limits.at_once is None else str(limits.at_once), "per group, for a URL its host"),
        ("Pause", f"{limits.pause:g} s", "between two starts of a group; 0: no pause and no throttling"),
        *_reuse_of(run),
        *_budget_of(run),
        ("Source", run.table.source or "typed", "; ".join(run.table.notes) or "where the items came from"),
        *_columns_of(run.table),
        *_chain_of(run),
        *_preset_of(run),
        *([("Schedule", run.schedule, "which began it by itself")] if run.schedule else []),
        ("Code", run.code_hash or UNMEASURED, "a name for the code it ran with"),
        ("Run", run.id, "its id, which the command line takes too"),
    ]
    return [RunSetting(*row) for row in rows]


def _place_of(run: Run) -> list[tuple[str, str, str]]:
    """Where its workers are, if that is not here."""
    return [("On", "cluster", "its workers are on the machines of a cluster")] if run.on == CLUSTER else []


def _reuse_of(run: Run) -> list[tuple[str, str, str]]:
    """What it takes from earlier runs."""
    if run.reuse is None:
        return []
    return [("From earlier runs", str(run.reuse), "what is taken from there in place of performing it")]


def _budget_of(run: Run) -> list[tuple[str, str, str]]:
    """At what it is paused, and what it has spent."""
    spent = f"{count(run.spent.requests, 'HTTP request')}, {size(run.spent.bytes)} read"
    rows = [("Spent", spent, "requests sent and answers read by the run itself")] if run.spent.requests else []
    if run.budget.column:
        rows.append((f"Sum of {run.budget.column}", figure(run.spent.total, 6), "of the rows that it performed itself"))
    return [*([("Pause at", str(run.budget), "what is out by then ends")] if run.budget else []), *rows]


def _columns_of(table: Table) -> list[tuple[str, str, str]]:
    """The column of the source that holds the items; of rows, the one of each field."""
    if table.fields:
        return [(f"Field {field}", column, "the column it is read from") for field, column in table.fields.items()]
    named = table.item_column or UNMEASURED
    return [("Item column", named, "the column of the source that holds the items")]


def _preset_of(run: Run) -> list[tuple[str, str, str]]:
    """The preset that it came from, and in what it differs."""
    return [("Preset", run.preset.name, preset_sentence(run))] if run.preset else []


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return UNMEASURED if value in (None, [], "") else str(value)


def _chain_of(run: Run) -> list[tuple[str, str, str]]:
    """The runs that the items come from, the nearest first."""
    chain = client.chain(run.id)
    words = " ← ".join(f"{source[:8]} {name or '(deleted)'}" for source, name in chain)
    return [("Made of the results of", words, "the runs that its items come from, the nearest first")] if chain else []
