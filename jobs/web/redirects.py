"""The way of one item from the URL in its cell to the page that answers, redirects included."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from jobs import ItemError, TryLater, in_machine
from jobs.web import urls
from jobs.web.cookies import Cookie, Cookies
from jobs.web.exchange import PhaseSeconds
from jobs.web.messages import Response
from jobs.web.urls import Target

MOST_REQUESTS = 10
"""Requests that one URL may lead to; browsers allow 20, and no page needs half of that."""

HEADER_CHARS = 500
"""Of a header in a cell; what is longer is cut, and that is said."""

HEADERS_IN_CELLS = ("content-type", "last-modified", "etag")

HTTP_INSTEAD = frozenset(
    {"connect_refused", "connect_timeout", "connection_reset", "tls_certificate", "tls_other", "protocol_error"}
)
"""Where an address without a scheme fails so by https, http is tried."""

HEAD_CANNOT_ANSWER = frozenset({"robots_disallowed", "timeout"})
"""Failures on a way that HEAD led, which GET would meet too, or has no time left for."""


class Transport(Protocol):
    """What asks for a URL."""

    def ask(self, target: Target) -> Response:
        """Its answer. Raises ItemError, TryLater."""


@dataclass(kw_only=True)
class RedirectChain:
    """How far an item has come: `target` is asked for next; `hops` are the redirects so far as (status, URL).

    `asked` is the first URL of this attempt: the host whose turn it is; `heard`: it has answered something. `cookies`
    are those of this way alone. `by_get`: HEAD is asked no more; `by_head`: so many of the hops were answers to HEAD.
    `seen` is each URL with the cookies it was asked with: the same again is a loop. `kept` are the redirects whole, as
    `keep` makes plain data of them, where the run keeps pages.
    """

    target: Target
    asked: Target
    hops: list[tuple[int, str]] = field(default_factory=list)
    phases: PhaseSeconds = field(default_factory=PhaseSeconds)
    spent: float = 0.0
    notes: list[str] = field(default_factory=list)
    cookies: Cookies = field(default_factory=Cookies)
    by_get: bool = False
    by_head: int = 0
    heard: bool = False
    seen: set[str] = field(default_factory=set)
    answer: Response | None = None
    keep: Callable[[Response], dict[str, Any]] | None = None
    kept: list[dict[str, Any]] = field(default_factory=list)
    _last: str = ""

    @classmethod
    def start(cls, item: str, carried: Any = None) -> RedirectChain:
        """From an item's cell, or from what an earlier part of the way carried over. Raises ItemError."""
        if not carried:
            first = urls.target(item)
            return cls(target=first, asked=first)
        here = urls.target(carried["url"])
        return cls(
            target=here,
            asked=here,
            hops=[(int(status), str(url)) for status, url in carried["hops"]],
            phases=PhaseSeconds(**carried["phases"]),
            spent=float(carried["spent"]),
            notes=[str(note) for note in carried["notes"]],
            cookies=Cookies(Cookie(**said) for said in carried.get("cookies", ())),
            by_get=bool(carried.get("by_get")),
            by_head=int(carried.get("by_head", 0)),
            seen=set(carried.get("seen", ())),
            kept=list(carried.get("kept", ())),
        )

    def carry(self) -> dict[str, Any]:
        """All that the next part of the way needs, as plain data."""
        return {
            "url": self.target.href,
            "hops": [list(hop) for hop in self.hops],
            "phases": dict(vars(self.phases)),
            "spent": self.spent,
            "notes": list(self.notes),
            "cookies": self.cookies.plain(),
            "by_get": self.by_get,
            "by_head": self.by_head,
            "seen": sorted(self.seen),
            "kept": self.kept,
        }

    def note(self, text: str) -> None:
        """Say in the row what was done beside the ordinary, once."""
        if text not in self.notes:
            self.notes.append(text)

    def travel(self, asker: Transport) -> Response:
        """Follow redirects to the answer that is none; a way that HEAD led into a failure is gone again by GET.

        Raises ItemError, and in the machine TryLater where the way leads to another host: that host's turn is not
        this one's.
        """
        while True:
            try:
                answer = self._follow(asker)
            except ItemError as error:
                if not self.by_head or error.code in HEAD_CANNOT_ANSWER:
                    raise
            else:
                if not self.by_head or answer.status < 400 or answer.status == 429:
                    return answer
            self._again_by_get()

    def _follow(self, asker: Transport) -> Response:
        while True:
            self._last = self._asked()
            answer = self._ask(asker)
            self.answer = answer
            if not answer.redirects:
                return answer
            self.go_on(answer, answer.location)

    def _ask(self, asker: Transport) -> Response:
        try:
            return asker.ask(self.target)
        except ItemError as error:
            if not (self.target.guessed and self.target.scheme == "https" and error.code in HTTP_INSTEAD):
                raise
            self.note(f"no scheme was given; https failed ({error.code}), so http was asked")
            self.target = self.target.by_http()
            return asker.ask(self.target)

    def _asked(self) -> str:
        """What is asked now, and with which cookies."""
        return f"{self.target.href}\n{self.cookies.header(self.target)}"

    def go_on(self, answer: Response, location: str) -> None:
        """Go where an answer leads; raises as `travel` does."""
        here = self.target
        there = urls.join(here, location)
        if urls.names_user(location):
            self.note(f"a redirect to {there.host} names a user, which was left out")
        self.hops.append((answer.status, here.href))
        self.by_head += answer.method == "HEAD"
        if self.keep is not None:
            self.kept.append(self.keep(answer))
        if len(self.hops) >= MOST_REQUESTS:
            raise ItemError("too_many_redirects", f"more than {MOST_REQUESTS - 1} redirects one after the other")
        self.seen.add(_short(self._last))
        self.target = there
        if _short(self._asked()) in self.seen:
            raise ItemError("redirect_loop", f"{there.href[:200]} redirects back to itself")
        if there.host != here.host and in_machine():
            sentence = f"redirected to {there.host}; it waits for that host's turn"
            raise TryLater(0, "redirected", sentence, group=there.host, carry=self.carry())

    def _again_by_get(self) -> None:
        """Back to the first URL. In the machine TryLater, where that is another host's."""
        first = urls.target(self.hops[0][1])
        self.target, self.hops, self.by_get, self.by_head = first, [], True, 0
        self.cookies, self.seen, self.kept = Cookies(), set(), []
        self.note("HEAD was led astray, so GET was asked from the start")
        if first.host != self.asked.host and in_machine():
            sentence = f"HEAD was led astray; {first.host} is asked again by GET"
            raise TryLater(0, "redirected", sentence, group=first.host, carry=self.carry())

    def row(self) -> dict[str, Any]:
        """What is known of the exchange so far, as columns."""
        hops = [f"{status} {url}" for status, url in self.hops]
        known: dict[str, Any] = {
            "final_url": self.target.href,
            "redirects": len(hops),
            "redirect_chain": " → ".join([*hops, self.target.href]) if hops else None,
            "fetch_notes": "; ".join(self.notes) or None,
            **_seconds(self.phases, self.spent),
        }
        return known if self.answer is None else {**known, **_exchanged(self.answer)}


def _short(asked: str) -> str:
    return hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()[:16]


def _exchanged(answer: Response) -> Mapping[str, Any]:
    whole = not answer.truncated and (bool(answer.content) or answer.length is None)
    return {
        "status": answer.status,
        "content_type": header_cell(answer, "content-type"),
        "bytes": len(answer.content) if whole else answer.length,
        "last_modified": header_cell(answer, "last-modified"),
        "etag": header_cell(answer, "etag"),
        "ip": answer.ip,
    }


def header_notes(answer: Response | None, columns: Iterable[str] = ()) -> list[str]:
    """What is to be said of the headers of an answer: what was unclean, and what is cut in its cell (the usual
    ones and `columns` have one)."""
    if answer is None:
        return []
    long = [name for name in dict.fromkeys((*HEADERS_IN_CELLS, *columns)) if len(answer.header(name)) > HEADER_CHARS]
    cut = [f"{name} has {len(answer.header(name)):,} characters and was cut" for name in long]
    return [*(f"in the headers: {note}" for note in answer.notes), *cut]


def header_cell(answer: Response, name: str) -> str | None:
    """A header as a cell holds it, cut where it is longer than any means it to be; None without it."""
    value = answer.header(name)
    if len(value) <= HEADER_CHARS:
        return value or None
    return f"{value[: HEADER_CHARS - 1]}…"


def _seconds(phases: PhaseSeconds, total: float) -> Mapping[str, float | None]:
    """Seconds by column; a phase that there was not (a connection kept alive is not opened) is None."""
    named = {f"{name}_seconds": seconds or None for name, seconds in vars(phases).items()}
    return {name: seconds and round(seconds, 6) for name, seconds in {**named, "total_seconds": total}.items()}
