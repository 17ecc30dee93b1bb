"""`cancel`, `pause`, `resume`, `delete`, `retry`, `rename` and `runner`: what a person does to a run."""

from __future__ import annotations

import click

from jobs.runtime import client
from jobs.runtime.cli.report import SHORT
from jobs.runtime.cli.terminal import duration, say, speakable
from jobs.runtime.errors import Refused
from jobs.runtime.records import size

_CANCEL_WAIT = 30.0


@click.command("cancel")
@click.argument("run")
def cancel(run: str) -> None:
    """Cancel RUN, and wait until nothing of it executes."""
    found = client.run(run)
    client.cancel(found.id)
    ended = client.wait(found.id, _CANCEL_WAIT)
    if not ended.state.terminal:
        raise Refused(f"run {found.id[:SHORT]} is still being cancelled (python -m jobs show {found.id[:SHORT]})")
    took = f" in {duration(ended.cancel_seconds)}" if ended.cancel_seconds is not None else ""
    say(f"run {found.id[:SHORT]} is {ended.state}{took}")


@click.command("pause")
@click.argument("run")
def pause(run: str) -> None:
    """Start no more items of RUN until it is resumed."""
    found = client.run(run)
    client.pause(found.id)
    say(f"run {found.id[:SHORT]} is paused: what is in progress ends, nothing new starts")


@click.command("resume")
@click.argument("run")
def resume(run: str) -> None:
    """Go on with RUN, paused or interrupted."""
    found = client.run(run)
    client.resume(found.id)
    say(f"run {found.id[:SHORT]} goes on")


@click.command("delete")
@click.argument("run")
def delete(run: str) -> None:
    """Delete RUN with its outcomes and artifacts."""
    found = client.run(run)
    freed = client.sizes(found.id)
    client.delete(found.id)
    say(f"run {found.id[:SHORT]} is deleted: {size(freed)} given back")


@click.command("retry")
@click.argument("run")
@click.option("--code", "codes", multiple=True, help="Only items that ended with this code; may be repeated.")
def retry(run: str, codes: tuple[str, ...]) -> None:
    """Try the failed and cancelled items of RUN again."""
    found = client.run(run)
    client.retry(found.id, codes)
    say(f"run {found.id[:SHORT]} goes on: python -m jobs show {found.id[:SHORT]}")


@click.command("rename")
@click.argument("run")
@click.argument("text")
def rename(run: str, text: str) -> None:
    """Call RUN something else."""
    found = client.run(run)
    client.rename(found.id, speakable(text))
    say(f"run {found.id[:SHORT]} is called {client.run(found.id).name}")


@click.command("runner")
@click.option("--idle", type=float, help="Seconds without work after which it leaves.")
def runner(idle: float | None) -> int:
    """Be the background process; normally started for you."""
    from jobs.runtime import runner as room

    return room.main([] if idle is None else ["--idle", str(idle)])
