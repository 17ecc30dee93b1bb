"""`token`: by what programs are known to the API."""

from __future__ import annotations

from typing import Any

import click

from jobs.runtime import client
from jobs.runtime.cli.options import owner_option
from jobs.runtime.cli.terminal import say, say_json, say_table, warn
from jobs.runtime.cli.verb import Verb
from jobs.runtime.core.access import Scope, Token
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.units import moment

_COLUMNS = ("token", "scope", "owner", "made", "last used")


@click.command(
    "token", cls=Verb, examples=("token new nightly --scope run", "token list --json", "token revoke nightly")
)
@click.argument("what", metavar="new|list|revoke", type=click.Choice(["new", "list", "revoke"]))
@click.argument("name", required=False)
@click.option(
    "--scope", type=click.Choice([str(scope) for scope in Scope]), help="What a new token allows.  [default: read]"
)
@owner_option("For whom a new token acts, or whose is revoked.  [default: the admin]")
@click.option("--json", "as_json", is_flag=True, help="Print the list as one JSON document.")
def token(what: str, name: str | None, scope: str | None, owner: str, as_json: bool) -> None:
    """Make a token by which a program is known to the API, list them, or revoke one."""
    if (what == "list") != (name is None):
        raise Refused(f"token {what} takes no name" if name else f"token {what} wants a name: token {what} NAME")
    if what != "new" and scope:
        raise Refused("--scope says what a new token allows: token new NAME --scope run")
    if what == "list" and owner:
        raise Refused("--owner says for whom a new token acts, or whose is revoked: token list has those of all")
    if what != "list" and as_json:
        raise Refused("--json is for token list alone")
    if what == "new":
        say(client.new_token(name or "", Scope(scope or Scope.READ), owner))
        warn("Keep it now: it is not shown again, and only its digest is stored.")
    elif what == "revoke":
        client.revoke_token(name or "", owner)
        say(f"token {name} is revoked: no program is known by it any more")
    else:
        _list(as_json)


def _list(as_json: bool) -> None:
    found = client.all_tokens()
    if as_json:
        say_json([_document(one) for one in found])
    elif not found:
        say("No tokens yet.")
    else:
        say_table(_COLUMNS, [(one.name, one.scope, one.owner, *_moments(one)) for one in found])


def _moments(one: Token) -> tuple[str, str]:
    return _short(moment(one.made_at)), _short(moment(one.used_at))


def _short(text: str | None) -> str:
    return (text or "–")[:16].replace("T", " ")


def _document(one: Token) -> dict[str, Any]:
    return {
        "name": one.name,
        "owner": one.owner,
        "scope": str(one.scope),
        "made_at": moment(one.made_at),
        "used_at": moment(one.used_at),
    }
