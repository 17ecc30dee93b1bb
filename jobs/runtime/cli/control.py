"""What a person does to a run: cancel, pause, resume, delete, retry, rename, pin, share; and `runner`."""

from __future__ import annotations

import sys
import time

import click

from jobs.runtime import client
from jobs.runtime.cli.budget_options import BudgetOptions, budget_options
from jobs.runtime.cli.report import SHORT
from jobs.runtime.cli.terminal import say, speakable, warn
from jobs.runtime.cli.verb import Verb
from jobs.runtime.core import program
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import CLUSTER, LOCAL
from jobs.runtime.core.units import age, count, duration, size

_CANCEL_WAIT = 30.0


@click.command("cancel", cls=Verb, examples=("cancel 1a2b3c4d",))
@click.argument("run")
def cancel(run: str) -> None:
    """Cancel RUN, and wait until nothing of it executes."""
    found = client.run(run)
    client.cancel(found.id)
    ended = client.wait(found.id, _CANCEL_WAIT)
    if not ended.state.terminal:
        raise Refused(f"run {found.id[:SHORT]} is still being cancelled ({program.NAME} show {found.id[:SHORT]})")
    took = f" in {duration(ended.cancel_seconds)}" if ended.cancel_seconds is not None else ""
    say(f"run {found.id[:SHORT]} is {ended.state}{took}")


@click.command("pause", cls=Verb, examples=("pause 1a2b3c4d",))
@click.argument("run")
def pause(run: str) -> None:
    """Start no more items of RUN until it is resumed."""
    found = client.run(run)
    client.pause(found.id)
    say(f"run {found.id[:SHORT]} is paused: what is in progress ends, nothing new starts")


@click.command("resume", cls=Verb, examples=("resume 1a2b3c4d", "resume 1a2b3c4d --on local"))
@click.argument("run")
@click.option("--on", type=click.Choice((LOCAL, CLUSTER)), help="With its workers there from now on.")
@budget_options
def resume(run: str, on: str | None, budget: BudgetOptions) -> None:
    """Go on with RUN, paused or interrupted; where its budget was reached, without that or with a higher one."""
    found = client.run(run)
    client.resume(found.id, budget.asked(), on=on or "")
    say(f"run {found.id[:SHORT]} goes on")


@click.command("delete", cls=Verb, examples=("delete 1a2b3c4d", "delete --older-than 30d"))
@click.argument("run", required=False)
@click.option("--older-than", help="Instead: all runs that ended longer ago, as in 30d, 12h or 90m.")
@click.option("--job", default="", help="Of these, only the runs of this job.")
@click.option("--yes", is_flag=True, help="Delete several runs without asking first.")
def delete(run: str | None, older_than: str | None, job: str, yes: bool) -> None:
    """Delete RUN with its outcomes and artifacts."""
    if (run is None) == (older_than is None) or (run is not None and job):
        raise Refused("give a run, or --older-than 30d (and with it --job)")
    if run is None:
        _delete_older(time.time() - _seconds(older_than or ""), job, yes)
        return
    name = client.full_name(run)
    freed = client.sizes(name)
    client.delete(name)
    say(f"run {name[:SHORT]} is deleted: {size(freed)} given back")


def _delete_older(moment: float, job: str, yes: bool) -> None:
    """Delete the runs that ended before a moment, after a count and a question."""
    old = [
        run for run in client.every_run(job=job) if run.state.terminal and (run.ended_at or run.submitted_at) < moment
    ]
    if not old:
        say("no run is that old: nothing is deleted")
        return
    freed = sum(client.sizes(run.id) for run in old)
    question = f"This deletes {count(len(old), 'run')} with {count(sum(run.items for run in old), 'item')}. Go on?"
    if not (yes or (sys.stdin.isatty() and click.confirm(question, err=True))):
        raise Refused(f"nothing is deleted: {count(len(old), 'run')} would be (--yes deletes without a question)")
    for run in old:
        client.delete(run.id)
    say(f"{count(len(old), 'run')} deleted: {size(freed)} given back")


def _seconds(text: str) -> float:
    """An age in seconds. Raises Refused."""
    try:
        return age(text)
    except ValueError as error:
        raise Refused(str(error)) from None


@click.command("retry", cls=Verb, examples=("retry 1a2b3c4d", "retry 1a2b3c4d --code timeout --code read_timeout"))
@click.argument("run")
@click.option("--code", "codes", multiple=True, help="Only items that ended with this code; may be repeated.")
def retry(run: str, codes: tuple[str, ...]) -> None:
    """Try the failed and cancelled items of RUN again."""
    found = client.run(run)
    client.retry(found.id, codes)
    say(f"run {found.id[:SHORT]} goes on: {program.NAME} show {found.id[:SHORT]}")


@click.command("rename", cls=Verb, examples=('rename 1a2b3c4d "second try"',))
@click.argument("run")
@click.argument("text")
def rename(run: str, text: str) -> None:
    """Call RUN something else."""
    found = client.run(run)
    client.rename(found.id, speakable(text))
    say(f"run {found.id[:SHORT]} is called {client.run(found.id).name}")


@click.command("pin", cls=Verb, examples=("pin 1a2b3c4d", "pin 1a2b3c4d --off"))
@click.argument("run")
@click.option("--off", is_flag=True, help="Let it go again when its time is over.")
def pin(run: str, off: bool) -> None:
    """Keep RUN, however old it becomes and whatever room it takes."""
    found = client.run(run)
    client.pin(found.id, pinned=not off)
    say(f"run {found.id[:SHORT]} {'may go when its time is over' if off else 'stays until it is deleted'}")


@click.command("share", cls=Verb, examples=("share 1a2b3c4d", "share 1a2b3c4d --take-back"))
@click.argument("run")
@click.option("--take-back", is_flag=True, help="Instead: let no link lead to it any more.")
def share(run: str, take_back: bool) -> None:
    """Make a link by which RUN is read for 30 days, without signing in; nothing is changed by it."""
    found = client.run(run)
    if take_back:
        say(f"run {found.id[:SHORT]}: {count(client.unshare_run(found.id), 'link')} taken back")
        return
    address = client.link_address(found.id, client.share_run(found.id))
    say(address)
    where = " It follows the page's own address, which JOBS_PAGE_URL does not say." if address[0] == "/" else ""
    warn(f"Keep it now: it is not shown again, and only its digest is stored.{where}")


@click.command("runner", cls=Verb, examples=("runner --idle 60",))
@click.option("--idle", type=float, help="Seconds without work after which it leaves.")
def runner(idle: float | None) -> int:
    """Be the background process; normally started for you."""
    from jobs.runtime import runner as room

    return room.main([] if idle is None else ["--idle", str(idle)])
