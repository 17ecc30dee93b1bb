"""`page`: the server of the page; also what `fanout` alone does."""

from __future__ import annotations

import click

from jobs.runtime.cli.verb import Verb
from jobs.runtime.core import program
from jobs.runtime.core.errors import Refused


@click.command(
    "page",
    cls=Verb,
    context_settings={"ignore_unknown_options": True},
    examples=("page", "page --port 8600 --no-browser", "page --server.maxUploadSize 50"),
)
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on.  [default: 8501, or the next free]")
@click.option("--address", help="The address to listen on.  [default: this machine alone]")
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def page(port: int | None, address: str | None, no_browser: bool, options: tuple[str, ...]) -> None:
    """Serve the page and open it in the browser, until Ctrl-C.

    OPTIONS are further ones of `streamlit run`. Runs go on when the page is closed.
    """
    from jobs.ui.server import serve

    stray = _stray(options)
    if stray:
        raise Refused(f"{stray!r} is no option of the page: {program.NAME} page --help")
    given = [f"--server.port={port}"] if port is not None else []
    given += [f"--server.address={address}"] if address is not None else []
    given += ["--server.headless=true"] if no_browser else []
    serve([*given, *options])


def _stray(options: tuple[str, ...]) -> str:
    """The first word that is neither an option nor the value of one; empty: there is none."""
    words = iter(options)
    for word in words:
        if not word.startswith("--"):
            return word
        if "=" not in word:
            next(words, None)
    return ""
