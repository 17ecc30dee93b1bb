"""A schedule before it is saved: also what only who asks servers can tell of it."""

from __future__ import annotations

from jobs.runtime import client
from jobs.runtime.core import secrets
from jobs.runtime.core.errors import ItemError, Refused
from jobs.runtime.core.receivers import ReceiverKind
from jobs.runtime.core.schedules import RunSchedule
from jobs.web import urls
from jobs.web.guard import Guard
from jobs.web.resolver import Resolver


def check_schedule(schedule: RunSchedule) -> RunSchedule:
    """A schedule as it may be saved, with the time at which it comes first. Raises Refused, BadParams."""
    found = client.check_schedule(schedule)
    for receiver in found.receivers:
        if receiver.kind is ReceiverKind.WEBHOOK:
            _check_webhook(receiver.where)
    return found


def _check_webhook(url: str) -> None:
    """Refuse a URL that can never be asked: one that browsers cannot read, a port of other services, a private address
    that is not allowed. Where a name leads, and what a secret stands for, is seen when it is sent."""
    if secrets.names_in(url):
        return
    try:
        target = urls.target(url)
        Guard(_NamesUnasked()).place(target.scheme, target.host, target.port, 0.0)
    except ItemError as error:
        raise Refused(f"no webhook can be told there: {error}") from None


class _NamesUnasked(Resolver):
    """Looks no name up."""

    def addresses(self, host: str, port: int, seconds: float) -> tuple[str, ...]:  # noqa: ARG002
        """None is known, and none is wrong."""
        return ()
