"""`audit`: who did what, as the audit log has it."""

from __future__ import annotations

import time

import click

from jobs.runtime import client
from jobs.runtime.cli.options import owner_option
from jobs.runtime.cli.terminal import say, say_json, say_table
from jobs.runtime.cli.verb import Verb
from jobs.runtime.core.audit import AuditEntry
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.text import in_one_line
from jobs.runtime.core.units import age, moment

_COLUMNS = ("when", "who", "did", "what", "by", "more")
_SHOWN = ("name", "job", "items", "what", "owner", "codes", "scope", "source", "when", "text", "on")
"""Facts that are told in the table, by these; all are in the JSON."""


@click.command("audit", cls=Verb, examples=("audit", "audit --owner ann@example.org --since 7d --json"))
@owner_option("Only what this person did.")
@click.option("--since", default="30d", metavar="AGE", help="Since when, as in 30d, 12h or 90m.  [default: 30d]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def audit(owner: str, since: str, as_json: bool) -> None:
    """List who started, steered, deleted, downloaded or shared what, newest first."""
    try:
        begin = time.time() - age(since)
    except ValueError as error:
        raise Refused(f"--since: {error}") from None
    found = client.audit_entries(begin, owner)
    if as_json:
        say_json([{**entry.plain(), "at": moment(entry.at)} for entry in found])
    elif not found:
        say("Nothing was noted.")
    else:
        say_table(_COLUMNS, list(map(_line, found)))


def _line(entry: AuditEntry) -> tuple[str, ...]:
    more = ", ".join(f"{name} {entry.facts[name]}" for name in _SHOWN if entry.facts.get(name))
    what = entry.subject[:8] if entry.kind == "run" else entry.subject
    return (
        (moment(entry.at) or "")[:19].replace("T", " "),
        entry.owner or "–",
        entry.action,
        f"{entry.kind} {in_one_line(what)[:60]}",
        f"{entry.channel} {in_one_line(entry.means)}".strip(),
        in_one_line(more)[:100],
    )
