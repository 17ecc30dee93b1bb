"""One request and its answer as they happen: its guard, its limit, its times; found by thread, below requests and
urllib3."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.web.deadline import Deadline
from jobs.web.guard import Guard


@dataclass(kw_only=True)
class PhaseSeconds:
    """Where the time of an item goes, in seconds; each exchange adds its own as it happens, also when it fails."""

    dns: float = 0.0
    connect: float = 0.0
    tls: float = 0.0
    first_byte: float = 0.0
    download: float = 0.0

    @property
    def opening(self) -> float:
        """What it took until something could be asked."""
        return self.dns + self.connect + self.tls

    def add_opening(self, other: PhaseSeconds) -> None:
        """Count what another exchange took to open the connection that this one goes on with."""
        self.dns += other.dns
        self.connect += other.connect
        self.tls += other.tls


@dataclass(frozen=True, kw_only=True)
class PhaseLimits:
    """How long a server may take, in seconds: to accept a connection (TLS included), to begin to answer, and between
    two parts of its answer."""

    connect: float = 10.0
    first_byte: float = 10.0
    read: float = 10.0


USUAL_LIMITS = PhaseLimits()


class Exchange:
    """One request and its answer as they happen: the guard it goes through, its limit, and its times.

    `limits`: of its phases, within the deadline; `path`: what stands in the request line; `fresh`: on a new connection
    only; `hasty`: https is a guess, so opening a connection must leave time to try http. `hurried`: on a connection
    that had no rest after the answer before; `secured`: its connection has agreed on TLS.
    """

    def __init__(
        self,
        guard: Guard,
        watch: Deadline,
        phases: PhaseSeconds,
        *,
        limits: PhaseLimits = USUAL_LIMITS,
        path: str = "/",
        fresh: bool = False,
        hasty: bool = False,
    ) -> None:
        self.guard, self.watch, self.phases = guard, watch, phases
        self.limits = limits
        self.path, self.fresh, self.hasty = path, fresh, hasty
        self.open_until = watch.deadline - watch.left() / 2 if hasty else watch.deadline
        self.reused = False
        self.hurried = False
        self.secured = False
        self.ip = ""


_here = threading.local()


@contextlib.contextmanager
def exchanging(exchange: Exchange) -> Iterator[Exchange]:
    """Make this the exchange of the calling thread: connections find it here, below requests and urllib3."""
    _here.exchange = exchange
    try:
        yield exchange
    finally:
        _here.exchange = None


def current() -> Exchange:
    """The exchange of the calling thread."""
    exchange: Exchange | None = getattr(_here, "exchange", None)
    if exchange is None:
        raise RuntimeError("a guarded connection is used outside an exchange")
    return exchange
