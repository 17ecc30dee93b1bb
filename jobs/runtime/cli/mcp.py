"""`mcp`: the operations of the API as tools for models, over standard input and output."""

from __future__ import annotations

import click

from jobs.runtime.cli.verb import Verb


@click.command("mcp", cls=Verb, examples=("mcp",))
def mcp() -> None:
    """Serve jobs and runs as tools for models (MCP), over standard input and output."""
    from jobs.runtime.api import serve_tools

    serve_tools()
