"""`cluster`: what the machines of a cluster need."""

from __future__ import annotations

from pathlib import Path

import click

from jobs.runtime import client
from jobs.runtime.cli.terminal import say
from jobs.runtime.cli.verb import Verb
from jobs.runtime.core.units import count


@click.command("cluster", cls=Verb, examples=("cluster certificates ~/fanout-certificates",))
@click.argument("what", metavar="certificates", type=click.Choice(["certificates"]))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def cluster(what: str, folder: Path) -> None:  # noqa: ARG001 (there is one so far)
    """Make the certificates by which the machines of a cluster know each other."""
    made = client.make_certificates(folder.expanduser().absolute())
    say(f"{count(len(made), 'file')} in {folder}: authority.pem goes to all machines, scheduler*.pem and worker*.pem")
    say("to those of Dask, and authority-key.pem to nobody. Here: set JOBS_CLUSTER_CERTIFICATES to the folder.")
