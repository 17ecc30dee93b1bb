"""`status`, `runs` and `show`: what is, and what was."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import click

from jobs.runtime import client
from jobs.runtime.cli import report
from jobs.runtime.cli.terminal import duration, say, say_json, say_table
from jobs.runtime.records import Run, RunState, count, size

_PAGE = 50
_FAILURES = 10


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(as_json: bool) -> None:
    """Show the runner, its workers, what waits, and the store's size."""
    now = client.status()
    if as_json:
        say_json(_status(now))
        return
    since = f", since {report.moment(now.runner_since)}" if now.runner_since else ""
    say(
        f"runner:  process {now.runner_pid}{since}"
        if now.runner_pid
        else "runner:  none (it starts when there is work)"
    )
    for worker, job, resident in now.workers:
        say(f"worker:  process {worker}, {job}, {size(resident)}")
    say(f"work:    {count(now.running, 'run')} in progress, {count(now.waiting, 'item')} waiting")
    say(f"store:   {size(now.store_bytes)} and {size(now.artifact_bytes)} of artifacts in {now.home}")
    say(f"log:     {now.log}")
    if now.trouble:
        say(f"trouble: {report.nothing_stored(now.trouble)}")


@click.command("runs")
@click.option("--state", type=click.Choice([str(state) for state in RunState]), help="Only runs in this state.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of all runs as one JSON document.")
def runs(state: str | None, as_json: bool) -> None:
    """List the runs, newest first."""
    if as_json:
        say_json([_document(run) for run in _all(state or "")])
        return
    found = client.runs(state=state or "", limit=_PAGE)
    if not found:
        say("No runs yet." if not state else f"No run is {state}.")
        return
    say_table(("run", "state", "job", "items", "failed", "submitted", "took", "name"), [_line(run) for run in found])
    older = client.count_runs(state=state or "") - len(found)
    if older > 0:
        say(f"… and {older:,} older (--json has them all)")


@click.command("show")
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print the run as one JSON document.")
def show(run: str, as_json: bool) -> None:
    """Show RUN: its state, counts, settings, how far its long items are, and first failures."""
    progress = client.progress(client.run(run).id)
    if as_json:
        document = report.document(progress.run, progress.codes, interrupted=progress.interrupted)
        say_json(document | {"doing": [asdict(doing) for doing in progress.telling]})
        return
    failures = [outcome for _, _, outcome in client.failures(progress.run.id, most=_FAILURES)]
    report.page(progress, failures, client.trouble())


def _all(state: str) -> list[Run]:
    found: list[Run] = []
    page = client.runs(state=state, limit=_PAGE)
    while page:
        found += page
        page = client.runs(state=state, limit=_PAGE, before=(page[-1].submitted_at, page[-1].id))
    return found


def _document(run: Run) -> dict[str, Any]:
    progress = client.progress(run.id)
    return report.document(progress.run, progress.codes, interrupted=progress.interrupted)


def _line(run: Run) -> tuple[str, ...]:
    submitted = (report.moment(run.submitted_at) or "")[:19].replace("T", " ")
    took = duration(run.seconds(time.time()))
    return (
        run.id[: report.SHORT],
        str(run.state),
        run.job,
        f"{run.items:,}",
        f"{run.failed:,}",
        submitted,
        took,
        run.name,
    )


def _status(now: client.Status) -> dict[str, Any]:
    return {
        "runner": now.runner_pid,
        "runner_since": report.moment(now.runner_since),
        "workers": [{"process": worker, "job": job, "bytes": resident} for worker, job, resident in now.workers],
        "running": now.running,
        "waiting": now.waiting,
        "store_bytes": now.store_bytes,
        "artifact_bytes": now.artifact_bytes,
        "home": str(now.home),
        "log": str(now.log),
        "trouble": now.trouble,
    }
