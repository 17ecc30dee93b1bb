"""`status`, `runs` and `show`: what is, and what was."""

from __future__ import annotations

import dataclasses
import shlex
import time
from typing import Any

import click

from jobs.runtime import client
from jobs.runtime.cli import item, report
from jobs.runtime.cli.terminal import say, say_json, say_table, warn
from jobs.runtime.cli.verb import Verb
from jobs.runtime.core import program
from jobs.runtime.core.records import Run, RunState
from jobs.runtime.core.units import count, duration, moment, size

_PAGE = 50
_COLUMNS = ("run", "state", "job", "items", "failed", "submitted", "took", "name")
_FAILURES = 10
PATIENCE = 2.1
"""Seconds of looking at another program that writes the store, until it is said that it does."""


@click.command("status", cls=Verb, examples=("status",))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(as_json: bool) -> None:
    """Show the runner, its workers, what waits, and the store's size."""
    now = client.status(PATIENCE)
    if as_json:
        say_json(_status(now))
        return
    since = f", since {moment(now.runner_since)}" if now.runner_since else ""
    say(
        f"runner:  process {now.runner_pid}{since}{', stopped' if now.runner_stopped else ''}"
        if now.runner_pid
        else "runner:  none (it starts when there is work)"
    )
    for worker, job, resident in now.workers:
        say(f"worker:  process {worker}, {job}, {size(resident)}")
    for line in _cluster_lines(now.cluster):
        say(line)
    say(f"work:    {count(now.running, 'run')} in progress, {count(now.waiting, 'item')} waiting")
    _, enabled, following = client.count_schedules()
    if enabled:
        first = (moment(following) or "never")[:16].replace("T", " ")
        say(f"timed:   {count(enabled, 'schedule')} enabled, the next at {first}; the runner stays for it")
    say(f"store:   {size(now.store_bytes)} and {size(now.artifact_bytes)} of artifacts in {now.home}")
    for setting, ends in _ends().items():
        first = (moment(ends[0]) or "")[:16].replace("T", " ")
        say(f"expiry:  {count(len(ends), 'run')} will go by {setting}, the first at {first} (pin keeps one)")
    say(f"log:     {now.log}")
    if now.trouble:
        say(f"trouble: {now.trouble}")


@click.command("runs", cls=Verb, examples=("runs --state running", "runs --json"))
@click.option("--state", type=click.Choice([str(state) for state in RunState]), help="Only runs in this state.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of all runs as one JSON document.")
def runs(state: str | None, as_json: bool) -> None:
    """List the runs, newest first."""
    if as_json:
        say_json(_all(state or ""))
        return
    found = client.listing(state=state or "", limit=_PAGE)
    if found.end is None:
        say("No runs yet." if not state else f"No run is {state}.")
        return
    say_table(_COLUMNS, [_line(run) for run in found.runs])
    _warn_of_damaged(found)
    older = client.count_runs(state=state or "") - len(found.runs) - len(found.damaged)
    if older > 0:
        say(f"… and {older:,} older (--json has them all)")


@click.command("show", cls=Verb, examples=("show 1a2b3c4d", "show 1a2b3c4d --position 7"))
@click.argument("run")
@click.option("--position", type=int, help="Show this item alone: its outcome, its attempts, and what it printed.")
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON document.")
def show(run: str, position: int | None, as_json: bool) -> None:
    """Show RUN: its state, counts, settings, how far its long items are, and first failures."""
    found = client.run(run)
    if position is not None:
        item.show(found, position, as_json=as_json)
        return
    progress = client.progress(found.id)
    if as_json:
        say_json(client.shown_run(progress))
        return
    failures = [outcome for _, _, outcome in client.failures(progress.run.id, most=_FAILURES) if outcome]
    report.page(
        progress,
        failures,
        client.paces(progress.run.id),
        "" if progress.run.state.terminal else client.trouble(PATIENCE),
        client.chain(progress.run.id),
    )


def _ends() -> dict[str, list[float]]:
    """When runs go by themselves, by the setting that says so."""
    found: dict[str, list[float]] = {}
    for expiry in client.expiring():
        found.setdefault(expiry.setting, []).append(expiry.at)
    return found


def _all(state: str) -> list[client.RunDocument]:
    found: list[client.RunDocument] = []
    page = client.listing(state=state, limit=_PAGE)
    while page.end is not None:
        found += [document for _, document in client.listed_documents(page)]
        _warn_of_damaged(page)
        page = client.listing(state=state, limit=_PAGE, after=page.end)
    return found


def _warn_of_damaged(found: client.Listing) -> None:
    for damaged in found.damaged:
        warn(f"{damaged} ({program.NAME} delete {shlex.quote(damaged.name[: report.SHORT])})")


def _line(run: Run) -> tuple[str, ...]:
    submitted = (moment(run.submitted_at) or "")[:19].replace("T", " ")
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


def _cluster_lines(cluster: client.ClusterState) -> list[str]:
    """How the cluster stands, where one is in use."""
    if not cluster.address:
        return []
    waiting = f", {count(cluster.waiting, 'worker')} without a place" if cluster.waiting else ""
    seen = f", dashboard {cluster.dashboard}" if cluster.dashboard else ""
    lines = [f"cluster: {cluster.address}{waiting}{seen}"]
    lines += [f"cluster: {cluster.trouble}"] if cluster.trouble else []
    for one in cluster.machines:
        away = f"{duration(one.round_trip)} away"
        lines.append(f"machine: {one.machine}, {count(one.workers, 'worker')}, {size(one.bytes)}, {away}")
        if one.aside:
            lines.append(f"machine: {one.machine} is set aside for {duration(one.aside)}: a worker there {one.why}")
    return lines


def _status(now: client.Status) -> dict[str, Any]:
    _, enabled, following = client.count_schedules()
    return {
        "runner": now.runner_pid,
        "runner_stopped": now.runner_stopped,
        "runner_since": moment(now.runner_since),
        "workers": [{"process": worker, "job": job, "bytes": resident} for worker, job, resident in now.workers],
        "cluster": dataclasses.asdict(now.cluster),
        "running": now.running,
        "waiting": now.waiting,
        "schedules": enabled,
        "next_at": moment(following),
        "store_bytes": now.store_bytes,
        "artifact_bytes": now.artifact_bytes,
        "home": str(now.home),
        "log": str(now.log),
        "expiring": [
            {"setting": setting, "runs": len(ends), "first": moment(ends[0])} for setting, ends in _ends().items()
        ],
        "trouble": now.trouble,
    }
