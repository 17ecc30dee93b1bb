"""robots.txt, read as RFC 9309 says, once per origin and worker.

No file (4xx) allows all. A file that cannot be had now (5xx, not whole in time) forbids all, and is asked for again. It
has a second more than its server may take to accept a connection, or to begin to answer; a server that does neither is
one that cannot be reached, whatever its robots.txt may say.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from protego import Protego

from jobs import ItemError
from jobs.scrape.robots_txt import MOST_BYTES, in_one_form, parse
from jobs.web import urls
from jobs.web.deadline import Deadline
from jobs.web.exchange import PhaseLimits, PhaseSeconds
from jobs.web.fetcher import Fetcher
from jobs.web.messages import Request, Response
from jobs.web.trust import Trust
from jobs.web.urls import Target

ROBOTS_TXT = "/robots.txt"
MOST_REDIRECTS = 5
MOST_DELAY = 30.0
"""Seconds; a longer Crawl-delay is cut to this, and that is said."""

KEPT_SECONDS = 3_600.0
FAILURE_KEPT_SECONDS = 1.0
"""No longer than the shortest wait before another attempt: that one asks anew."""

MOST_ORIGINS = 10_000
"""As many as names are kept: a list may come back to a host after thousands of others."""

MOST_KEPT_BYTES = 16 * 2**20
"""Of all files together; parsed they take some ten times as much."""

MORE_SECONDS = 1.0
"""More than connecting, or the first byte, may take: so a server that is silent is told from one that keeps its file
back."""

KEPT_BACK = frozenset({"timeout", "read_timeout"})
"""The host is there, and does not give its whole file in time."""

BROKEN = frozenset({"connection_reset", "first_byte_timeout", "protocol_error", "incomplete"})
"""The host is there, and does not speak as it should: its pages would fare no better."""

UNREADABLE = frozenset({"decode_error", "too_large", "bad_redirect"})
"""There is a file, and nobody can read it."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a site asks of robots. `problem`: why its file could not be had, which forbids all for now.

    `status` and `retry_after` are of the answer that said so, if there was one; `size` is that of the file, in bytes.
    """

    parsed: Protego | None = None
    problem: str = ""
    status: int = 0
    retry_after: str = ""
    size: int = 0

    def allow(self, target: Target, agent: str) -> bool:
        """Whether the product `agent` may fetch this page."""
        if self.problem:
            return False
        own = target.path == ROBOTS_TXT  # implicitly allowed
        return own or self.parsed is None or self.parsed.can_fetch(in_one_form(target.href), agent)

    def delay(self, agent: str) -> float | None:
        """Seconds between two requests that the site asks for (Crawl-delay), as it says them; None: nothing."""
        return None if self.parsed is None else self.parsed.crawl_delay(agent)


class UserAgent(Protocol):
    """Who asks for a robots.txt, and what is said with the request."""

    @property
    def product(self) -> str:
        """The name that rules are read for."""

    @property
    def trust(self) -> Trust:
        """Whom TLS trusts."""

    @property
    def limits(self) -> PhaseLimits:
        """How long a server may take."""

    @property
    def usual_headers(self) -> Mapping[str, str]:
        """The headers of every request."""


@dataclass(kw_only=True)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    rules: Rules = field(default_factory=Rules)
    until: float = 0.0


class RobotsFiles:
    """The rules of the origins met so far; the slots of a worker share them."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def rules(self, target: Target, wishes: UserAgent, watch: Deadline, phases: PhaseSeconds) -> Rules:
        """The rules for a page's origin, fetched if need be, within the page's own time.

        Opening a connection for them is counted in `phases`: the page goes on with it. Raises ItemError: `timeout`, or
        what keeps its host from being reached at all.
        """
        key = f"{wishes.product} {target.origin}"
        entry = self._entry(key)
        if not entry.lock.acquire(timeout=watch.left()):
            raise ItemError("timeout", f"waited for the robots.txt of {target.host} until the deadline")
        try:
            if self._clock() >= entry.until:
                self._renew(key, entry, target, wishes, watch, phases)
            return entry.rules
        finally:
            entry.lock.release()

    def _entry(self, key: str) -> _Entry:
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            return entry

    def _keep(self, key: str, entry: _Entry, rules: Rules) -> None:
        with self._lock:
            if self._entries.get(key) is entry:
                self._bytes += rules.size - entry.rules.size
            entry.rules = rules
            while len(self._entries) > MOST_ORIGINS or (self._bytes > MOST_KEPT_BYTES and len(self._entries) > 1):
                _, forgotten = self._entries.popitem(last=False)
                self._bytes -= forgotten.rules.size

    def _renew(
        self, key: str, entry: _Entry, target: Target, wishes: UserAgent, watch: Deadline, phases: PhaseSeconds
    ) -> None:
        took = PhaseSeconds()
        try:
            seconds = max(wishes.limits.connect, wishes.limits.first_byte) + MORE_SECONDS
            with self._fetcher.watchdog.watch(min(seconds, watch.left()), part_of=watch) as limit:
                self._keep(key, entry, self._fetch(target, wishes, limit, took))
        finally:
            phases.add_opening(took)
        watch.check()
        kept = FAILURE_KEPT_SECONDS if entry.rules.problem else KEPT_SECONDS
        entry.until = self._clock() + kept

    def _fetch(self, page: Target, wishes: UserAgent, watch: Deadline, took: PhaseSeconds) -> Rules:
        own = target = replace(urls.join(page, ROBOTS_TXT), guessed=page.guessed)
        for _ in range(MOST_REDIRECTS + 1):
            try:
                answer = self._fetcher.get(_question(target, wishes), watch, took)
                if not answer.redirects:
                    return _rules_of(answer, wishes.product)
                target = urls.join(target, answer.location)
            except ItemError as failure:
                error = _as_silence(failure, target, took) if watch.item.left() > 0 else failure
                if target is own and _holds_for_the_page(error, took):
                    raise _while_asking_for_rules(error) from failure
                return Rules() if error.code in UNREADABLE else Rules(problem=error.message)
        return Rules()  # more redirects than the RFC follows: as if there were none


def _question(target: Target, wishes: UserAgent) -> Request:
    return Request(
        target=target,
        headers=wishes.usual_headers,
        cap=MOST_BYTES,
        file=True,
        trust=wishes.trust,
        limits=wishes.limits,
    )


def _rules_of(answer: Response, agent: str) -> Rules:
    if answer.status >= 500:
        said = f"the server answers {answer.status}"
        return Rules(problem=said, status=answer.status, retry_after=answer.header("retry-after")[:100])
    if not 200 <= answer.status < 300:
        return Rules()
    if answer.failure is not None:
        raise answer.failure
    return Rules(parsed=parse(answer.content, agent, whole=not answer.truncated), size=len(answer.content))


def _as_silence(error: ItemError, target: Target, took: PhaseSeconds) -> ItemError:
    """What ended between the connection and the first of an answer is silence, whichever limit came first."""
    if error.code != "timeout" or took.connect == 0 or took.download > 0:
        return error
    sentence = f"{target.host} accepted a connection, and did not begin to answer in time"
    return ItemError("first_byte_timeout", sentence, detail=error.detail)


def _holds_for_the_page(error: ItemError, took: PhaseSeconds) -> bool:
    """Whether the page would fare no better: its host is not reached, or does not speak as it should."""
    looked_up_in_vain = error.code == "timeout" and took.dns > 0 and took.connect == 0
    return looked_up_in_vain or error.code not in KEPT_BACK | UNREADABLE


def _while_asking_for_rules(error: ItemError) -> ItemError:
    """The failure, saying what was asked for when the host had been reached."""
    if error.code not in BROKEN:
        return error
    return ItemError(error.code, f"{error.message} (asked for its robots.txt, which comes first)", detail=error.detail)
