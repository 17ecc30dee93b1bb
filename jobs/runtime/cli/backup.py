"""`backup` and `restore`: all runs as one file, and back."""

from __future__ import annotations

import os
from pathlib import Path

import click

from jobs.runtime import client
from jobs.runtime.cli.terminal import say
from jobs.runtime.cli.verb import Verb
from jobs.runtime.core.units import count, size

_KIND = 10
"""How far a backup stands back behind the runs that go on (nice)."""


@click.command("backup", cls=Verb, examples=("backup runs.zip",))
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write all runs with their artifacts, and all presets, to FILE; what runs goes on."""
    if hasattr(os, "nice"):
        os.nice(_KIND)
    say(f"{file} holds {_told(client.backup(file))}")


@click.command("restore", cls=Verb, examples=("restore runs.zip",))
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Bring the runs of FILE, a backup, into a JOBS_HOME without runs and presets."""
    say(f"{_told(client.restore(file))} restored; what was not over is paused")


def _told(kept: client.Kept) -> str:
    return f"{count(kept.runs, 'run')} with {count(kept.files, 'file')} ({size(kept.size)})"
