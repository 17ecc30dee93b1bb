"""A message to a target that the admin has named, by Apprise: chats, phones, and whatever else that knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import unquote

from jobs.runtime.client.receivers import APPRISE_MISSING
from jobs.runtime.core import secrets, settings
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.people import OWNER
from jobs.runtime.core.receivers import Receiver
from jobs.runtime.core.text import in_one_line
from jobs.runtime.firing import letter
from jobs.runtime.firing.message import Message
from jobs.runtime.firing.time_limit import within

MOST_TEXT, MOST_SAID = 3_000, 200
"""Characters of a message (chats take some 4,000), and of why one was not taken."""

MOST_SECONDS = 60.0
"""How long all of it may take: Apprise bounds each silence alone."""

LEAST_PIECE = 6
"""Characters of a part of a URL that is a secret by itself: shorter ones stand in words of every sentence."""


def send(receiver: Receiver, message: Message) -> None:
    """Hand it to the target of that name. Raises Refused, BadSecret: it was not taken."""
    try:
        import apprise  # half a second, and more of its services: only where one is told
    except ImportError:
        raise Refused(APPRISE_MISSING) from None
    named = settings.value("JOBS_APPRISE").get(receiver.where)
    if named is None:
        raise Refused(f"JOBS_APPRISE names no target {receiver.where}")
    url = secrets.fill(named, partial(secrets.lookup, owner=OWNER))
    target = apprise.Apprise()
    if not target.add(url):
        raise Refused(f"what {named} stands for is no URL that Apprise knows")
    with _in_time(receiver.where), apprise.LogCapture(level=apprise.logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]
        taken = target.notify(
            title=letter.subject(message),
            body=letter.plain_text(message)[:MOST_TEXT],
            body_format=apprise.NotifyFormat.TEXT,
        )
        why = secrets.blotter((piece, named) for piece in _pieces(url)).text(" ".join(said.getvalue().split()))
    if not taken:
        raise Refused(f"{receiver.where} was not reached: {in_one_line(why)[:MOST_SAID] or 'no reason was given'}")


@contextmanager
def _in_time(where: str) -> Iterator[None]:
    """Raises Refused: it took too long."""
    try:
        with within(MOST_SECONDS):
            yield
    except TimeoutError as error:
        raise Refused(f"{where} was not reached: {error}") from None


def _pieces(url: str) -> Iterator[str]:
    """A URL, and what stands in it behind its scheme: tokens and passwords, as Apprise may name each alone."""
    yield url
    parts = re.split(r"[/:@?&=#,\s]+", url.partition("://")[2])
    yield from (form for part in parts if len(part) >= LEAST_PIECE for form in (part, unquote(part)))
