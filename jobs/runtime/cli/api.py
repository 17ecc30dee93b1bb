"""`api`: the server of the API alone, without the page."""

from __future__ import annotations

import click

from jobs.runtime.cli.terminal import warn
from jobs.runtime.cli.verb import Verb

PORT = 8502


@click.command("api", cls=Verb, examples=("api --port 8502", "api --address 0.0.0.0 --host jobs.example.org"))
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, help=f"The port to listen on.  [default: {PORT}]")
@click.option("--address", default="127.0.0.1", help="The address to listen on.  [default: this machine alone]")
@click.option("--host", "hosts", multiple=True, help="A name that it answers to beside localhost; may be repeated.")
def api(port: int, address: str, hosts: tuple[str, ...]) -> None:
    """Serve the API without the page, until Ctrl-C; the page's server has it too."""
    from jobs.runtime.api import serve

    warn(f"The API is at http://{f'[{address}]' if ':' in address else address}:{port}/api (Ctrl-C ends it)")
    serve(port=port, address=address, hosts=hosts)
