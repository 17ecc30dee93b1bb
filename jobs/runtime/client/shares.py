"""Links by which somebody without an account reads one run: made, taken back, and followed."""

from __future__ import annotations

import secrets
import time

from jobs.runtime.client import ownership
from jobs.runtime.client.runner_process import store
from jobs.runtime.core import settings
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.people import NOBODY, Person, digest_of
from jobs.runtime.store import shares

SECONDS = 30 * 86_400.0
"""How long a link leads to its run."""

MOST = 50
"""Links to one run at a time."""

LINK = "shared"
"""What stands behind `?` in a link, before what is secret in it."""


def share_run(run_id: str) -> str:
    """Make a link to a run, which ends after 30 days; returns what is secret in it, which nobody can do again: of its
    256 random bits only the SHA-256 is kept. Raises UnknownRun, Refused."""
    text, now = secrets.token_urlsafe(32), time.time()
    with store().write() as db:
        number, _ = ownership.own_named(db, run_id)
        if len(shares.ends(db, number, now)) >= MOST:
            raise Refused(f"there are {MOST} links to this run already: take them back first")
        shares.add(db, digest_of(text), number, at=now, until=now + SECONDS)
    return text


def link_query(run_id: str, text: str) -> str:
    """What stands behind `?` of a link to this run (its whole id): `text` is what is secret in it."""
    return f"run={run_id}&{LINK}={text}"


def link_address(run_id: str, text: str) -> str:
    """A link to this run as it is sent to somebody, on the page that JOBS_PAGE_URL names; without that, what follows
    the page's own address, with its first slash."""
    return f"{settings.value('JOBS_PAGE_URL')}/run?{link_query(run_id, text)}"


def unshare_run(run_id: str) -> int:
    """Take all links to a run back; returns how many. Raises UnknownRun."""
    with store().write() as db:
        return shares.remove(db, ownership.own_named(db, run_id)[0])


def links_to(run_id: str) -> list[float]:
    """When each link to a run ends (Unix seconds), the first to end first. Raises UnknownRun."""
    with store().read() as db:
        return shares.ends(db, ownership.own_named(db, run_id)[0], time.time())


def reader_by_link(text: str) -> Person:
    """Who may read that one run and nothing else; `NOBODY`: the link has ended, was taken back, or is none."""
    with store().read() as db:
        found = shares.run_of(db, digest_of(text), time.time())
    return Person(owner="", shared=found) if found else NOBODY
