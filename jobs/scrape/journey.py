"""The way of one item from the URL in its cell to the page that answers, redirects included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs import ItemError, TryLater, in_machine
from jobs.scrape import urls
from jobs.scrape.connections import Phases
from jobs.scrape.fetch import Answer
from jobs.scrape.urls import Target

MOST_REQUESTS = 10
"""Requests that one URL may lead to; browsers allow 20, and no page needs half of that."""

HTTP_INSTEAD = frozenset(
    {"connect_refused", "connect_timeout", "connection_reset", "tls_certificate", "tls_other", "protocol_error"}
)
"""Where an address without a scheme fails so by https, http is tried."""

Ask = Callable[[Target], Answer]


@dataclass(kw_only=True)
class Journey:
    """How far an item has come: `target` is asked for next; `hops` are the redirects so far as (status, URL).

    `asked` is the first URL of this attempt: the host whose turn it is.
    """

    target: Target
    asked: Target
    hops: list[tuple[int, str]] = field(default_factory=list)
    phases: Phases = field(default_factory=Phases)
    spent: float = 0.0
    note: str = ""
    answer: Answer | None = None

    @classmethod
    def start(cls, item: str, carried: Any = None) -> Journey:
        """From an item's cell, or from what an earlier part of the journey carried over. Raises ItemError."""
        if not carried:
            first = urls.target(item)
            return cls(target=first, asked=first)
        here = urls.target(carried["url"])
        return cls(
            target=here,
            asked=here,
            hops=[(int(status), str(url)) for status, url in carried["hops"]],
            phases=Phases(**carried["phases"]),
            spent=float(carried["spent"]),
            note=str(carried["note"]),
        )

    def carry(self) -> dict[str, Any]:
        """All that the next part of the journey needs, as plain data."""
        return {
            "url": self.target.href,
            "hops": [list(hop) for hop in self.hops],
            "phases": dict(vars(self.phases)),
            "spent": self.spent,
            "note": self.note,
        }

    def travel(self, ask: Ask) -> Answer:
        """Follow redirects to the answer that is none.

        Raises ItemError, and in the machine TryLater where the way leads to another host: that host's turn is not
        this one's.
        """
        while True:
            answer = self._ask(ask)
            self.answer = answer
            if not answer.redirects:
                return answer
            self._go_on(answer)

    def _ask(self, ask: Ask) -> Answer:
        try:
            return ask(self.target)
        except ItemError as error:
            if not (self.target.guessed and self.target.scheme == "https" and error.code in HTTP_INSTEAD):
                raise
            self.note = f"no scheme was given; https failed ({error.code}), so http was asked"
            self.target = self.target.by_http()
            return ask(self.target)

    def _go_on(self, answer: Answer) -> None:
        here = self.target
        there = urls.join(here, answer.location)
        self.hops.append((answer.status, here.href))
        if there.href in {url for _, url in self.hops}:
            raise ItemError("redirect_loop", f"{there.href[:200]} redirects back to itself (perhaps it wants cookies)")
        if len(self.hops) >= MOST_REQUESTS:
            raise ItemError("too_many_redirects", f"more than {MOST_REQUESTS - 1} redirects one after the other")
        self.target = there
        if there.host != here.host and in_machine():
            sentence = f"redirected to {there.host}; it waits for that host's turn"
            raise TryLater(0, "redirected", sentence, group=there.host, carry=self.carry())

    def row(self) -> dict[str, Any]:
        """What is known of the exchange so far, as columns."""
        hops = [f"{status} {url}" for status, url in self.hops]
        known: dict[str, Any] = {
            "final_url": self.target.href,
            "redirects": len(hops),
            "redirect_chain": " → ".join([*hops, self.target.href]) if hops else None,
            "note": self.note or None,
            **_seconds(self.phases, self.spent),
        }
        return known if self.answer is None else {**known, **_exchanged(self.answer)}


def _exchanged(answer: Answer) -> Mapping[str, Any]:
    whole = not answer.truncated and (bool(answer.content) or answer.length is None)
    return {
        "status": answer.status,
        "content_type": answer.header("content-type") or None,
        "bytes": len(answer.content) if whole else answer.length,
        "last_modified": answer.header("last-modified") or None,
        "etag": answer.header("etag") or None,
        "ip": answer.ip,
    }


def _seconds(phases: Phases, total: float) -> Mapping[str, float | None]:
    """Seconds by column; a phase that there was not (a connection kept alive is not opened) is None."""
    named = {f"{name}_seconds": seconds or None for name, seconds in vars(phases).items()}
    return {name: seconds and round(seconds, 6) for name, seconds in {**named, "total_seconds": total}.items()}
