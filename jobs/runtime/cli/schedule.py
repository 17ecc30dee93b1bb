"""`schedule`: runs that begin by themselves: added, listed, shown, paused, resumed, begun now, removed."""

from __future__ import annotations

import time
from typing import Any

import click

from jobs.runtime import client
from jobs.runtime.cli import compare
from jobs.runtime.cli.input_options import InputOptions, schedule_input_options
from jobs.runtime.cli.job_options import JobCommand, split_params
from jobs.runtime.cli.options import owner_option
from jobs.runtime.cli.receiver_options import ReceiverOptions, receiver_options
from jobs.runtime.cli.reuse_options import ReuseOptions, reuse_options
from jobs.runtime.cli.run_options import finite_how, limit_options, on_option, pool_options
from jobs.runtime.cli.terminal import say, say_json, say_table, speakable, warn
from jobs.runtime.cli.verb import Verb, VerbGroup
from jobs.runtime.core import program
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.people import OWNER
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.recurrence import UTC_ZONE, Recurrence, cron_line, every
from jobs.runtime.core.schedules import ItemsSource, RunSchedule, SourceKind
from jobs.runtime.core.text import in_one_line
from jobs.runtime.core.units import count

SHOWN = 5
"""Times that are shown before a schedule is saved."""

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_NAME = click.argument("name")
_OWNER = owner_option()


@click.group("schedule", cls=VerbGroup)
def schedule() -> None:
    """Have runs begin by themselves: a job, where its items come from, and when."""


@schedule.command(
    "add",
    cls=JobCommand,
    examples=(
        'schedule add {job} nightly items.csv --cron "0 6 * * 1-5" --zone Europe/Berlin',
        'schedule add {job} often https://example.org/table.csv --every "6 h"',
    ),
)
@click.argument("job")
@_NAME
@click.argument("source_of_items", metavar="[FILE]", required=False)
@click.option("--cron", default="", help="When: a cron line, as in '0 6 * * 1-5' (Monday to Friday at 6).")
@click.option("--zone", help="The time zone of the cron line, as in Europe/Berlin.  [default: UTC]")
@click.option("--every", "often", default="", help="When: every so often from now on, as in '6 h', '30 min' or '1 w'.")
@click.option(
    "--preset", default="", help="Begin with this preset, as it is each time; what else is given goes before."
)
@pool_options
@limit_options
@on_option
@schedule_input_options
@reuse_options
@receiver_options
@click.option("--overlap", is_flag=True, help="Begin a run although the one before is still at work.")
@click.option("--paused", is_flag=True, help="Begin no run until it is resumed.")
@click.option("--dry-run", is_flag=True, help="Read the source and show the next times; save nothing.")
@_JSON
def add(job: str, name: str, dry_run: bool, as_json: bool, **options: Any) -> None:
    """Have JOB run by itself over the items of FILE, or of the table at a URL, read anew each time.

    The source is read once before it is saved, and the next five times are shown.
    """
    from jobs.runtime import firing  # what reads tables and asks servers: of this verb alone

    asked = firing.check_schedule(_asked(job, speakable(name), options))
    items = firing.read_source(asked, client.work_of(asked)).items
    kept = asked if dry_run else client.save_schedule(asked)
    if as_json:
        say_json({**client.schedule_document(kept), "items": items})
        return
    say(f"{kept.title}: {job} over {in_one_line(str(kept.source))} ({count(items, 'item')} now), {kept.recurrence}")
    _say_next(kept.recurrence)
    if dry_run:
        say("Nothing is saved.")
    elif kept.enabled:
        say(f"Saved. A runner must live then: {program.NAME} runner, begun with the machine (docs/hosting.md).")
    else:
        say(f"Saved, and paused: {program.NAME} schedule resume begins it.")


@schedule.command("list", cls=Verb, examples=("schedule list", "schedule list --json"))
@_JSON
def list_schedules(as_json: bool) -> None:
    """List the schedules: when each comes next, what became of the last time, and what is wrong with it."""
    found = client.schedules()
    if as_json:
        say_json([client.schedule_document(one) for one in found])
        return
    if not found:
        say("No schedules yet.")
        return
    documents = [client.schedule_document(one) for one in found]
    owned = any(one.owner != OWNER for one in found)
    headings = ("schedule", *(["owner"] if owned else []), "job", "when", "next", "last")
    lines = [_line(one, document, owned) for one, document in zip(found, documents, strict=True)]
    say_table(headings, lines)
    for one, document in zip(found, documents, strict=True):
        for trouble in client.schedule_troubles(one, document):
            say(f"{one.title}: {in_one_line(trouble)}")
    if any(one.enabled for one in found) and client.unattended():
        warn(f"No runner lives: nothing begins by itself until one does ({program.NAME} runner)")


@schedule.command("show", cls=Verb, examples=("schedule show nightly",))
@_NAME
@_OWNER
@_JSON
def show(name: str, owner: str, as_json: bool) -> None:
    """Show schedule NAME: what it begins, its next times, and what became of the last ones."""
    found = client.schedule(speakable(name), owner)
    document = client.schedule_document(found)
    if as_json:
        say_json(document)
        return
    lines = {
        "schedule": found.name,
        "owner": "" if found.owner == OWNER else found.owner,
        "job": found.job,
        "items": str(found.source),
        "when": str(found.recurrence) + ("" if found.enabled else ", paused"),
        "preset": found.preset,
        "params": ", ".join(f"{key} = {value}" for key, value in found.settings.params.items()),
        "run": ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in document["run"].items()),
        "on": found.settings.on,
        "reused": "" if found.reuse is None else str(found.reuse),
        "told": ", ".join(f"{one.where} ({one.spoken})" for one in found.receivers),
        "overlap": "a run begins although the one before is at work" if found.overlap else "",
    }
    for label, text in lines.items():
        if text:
            say(f"{label + ':':<14}{in_one_line(text)}")
    if found.enabled:
        _say_next(found.recurrence)
    for trouble in client.schedule_troubles(found, document):
        say(in_one_line(trouble))
    say_table(
        ("due", "what", "run", ""),
        [
            (found.recurrence.spoken(firing.due), firing.state, firing.run[:8] or "–", firing.said)
            for firing in client.firings(found.name, owner=found.owner)
        ],
    )


@schedule.command("changes", cls=Verb, examples=("schedule changes nightly", "schedule changes nightly --json"))
@_NAME
@_OWNER
@_JSON
def changes(name: str, owner: str, as_json: bool) -> None:
    """Compare the last finished run of schedule NAME with the one before: what changed, row by row."""
    found = client.finished_runs(speakable(name), owner=owner)
    if len(found) < 2:
        raise Refused(f"'{in_one_line(name)}' has {count(len(found), 'finished run')} so far: two can be compared")
    later, earlier = found
    compare.tell(earlier, later, as_json=as_json)


@schedule.command("pause", cls=Verb, examples=("schedule pause nightly",))
@_NAME
@_OWNER
def pause(name: str, owner: str) -> None:
    """Have schedule NAME begin no more runs; one at work goes on."""
    say(f"{client.pause_schedule(speakable(name), owner).title} is paused: it begins no run until it is resumed")


@schedule.command("resume", cls=Verb, examples=("schedule resume nightly",))
@_NAME
@_OWNER
def resume(name: str, owner: str) -> None:
    """Have schedule NAME begin runs again; what it missed meanwhile is not made up for."""
    found = client.resume_schedule(speakable(name), owner)
    say(f"{found.title} goes on")
    _say_next(found.recurrence)


@schedule.command("run-now", cls=Verb, examples=("schedule run-now nightly",))
@_NAME
@_OWNER
def run_now(name: str, owner: str) -> None:
    """Have schedule NAME begin a run now, also where it is paused."""
    client.fire_now(speakable(name), owner)
    say(f"'{in_one_line(name)}' begins a run ({program.NAME} schedule show {in_one_line(name)})")


@schedule.command("remove", cls=Verb, examples=("schedule remove nightly",))
@_NAME
@_OWNER
def remove(name: str, owner: str) -> None:
    """Forget schedule NAME; its runs stay, and one at work goes on."""
    client.remove_schedule(speakable(name), owner)
    say(f"'{in_one_line(name)}' is removed")


def _asked(job: str, name: str, options: dict[str, Any]) -> RunSchedule:
    """A schedule of what was given. Raises Refused."""
    params, source = split_params(options), options.pop("source")
    reuse: ReuseOptions = options.pop("reuse")
    where, preset = options.pop("source_of_items"), options.pop("preset")
    overlap, paused, on = options.pop("overlap"), options.pop("paused"), options.pop("on") or ""
    told: ReceiverOptions = options.pop("receivers")
    when = _when(options.pop("cron"), options.pop("often"), options.pop("zone"))
    column, fields = source.choice(client.job_named(job))
    how = finite_how(options)
    settings = RunPreset(name="", job=job, params=params, how=how, on=on, column=column, fields=fields)
    return RunSchedule(
        name=name,
        settings=settings,
        preset=speakable(preset),
        source=_source(where, source),
        recurrence=when,
        overlap=overlap,
        receivers=told.asked(),
        reuse=reuse.asked(job),
        enabled=not paused,
    )


def _when(cron: str, often: str, zone: str | None) -> Recurrence:
    if bool(cron) == bool(often):
        raise Refused("when? Give --cron '0 6 * * 1-5' with --zone Europe/Berlin, or --every '6 h'")
    if often:
        if zone:
            raise Refused("--zone is for --cron alone: --every goes by the time that passes")
        return every(often, time.time())
    return cron_line(cron, zone or UTC_ZONE)


def _source(where: str | None, given: InputOptions) -> ItemsSource:
    if (where is None) == (not given.from_run):
        raise Refused("over what? Give a file, the URL of a table, or --from RUN")
    if where is None:
        return ItemsSource(kind=SourceKind.RUN, where=given.from_run, options=given.result_options())
    if where == "-":
        raise Refused("standard input is gone when the schedule comes: give a file, or the URL of a table")
    kind = SourceKind.URL if where.partition("://")[0].lower() in client.SCHEMES else SourceKind.FILE
    return ItemsSource(kind=kind, where=speakable(where), options=given.file_options())


def _say_next(when: Recurrence) -> None:
    """The next times, by the clock of the time zone."""
    for place, moment in enumerate(when.next_times(time.time(), SHOWN)):
        say(f"{'next:' if place == 0 else '':<14}{when.spoken(moment)}")


def _line(one: RunSchedule, document: client.ScheduleDocument, owned: bool) -> tuple[str, ...]:
    following = "paused" if not one.enabled else "–" if one.next_at is None else one.recurrence.spoken(one.next_at)
    last = document["last"]
    became = "–" if last is None else last["run_state"] or last["state"]
    return one.name, *([one.owner] if owned else []), one.job, str(one.recurrence), following, became
