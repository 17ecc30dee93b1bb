"""Which origins cannot be reached, as far as one run has met them; what it learnt closes nothing for another run.

Two failures put the other items of an origin at the end of the run. There one of them is tried; if that fails too, the
others end with the code that was reported. Any answer of the origin lets all go on.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

from jobs.runtime.job.item_kinds import bare_url
from jobs.runtime.runner.schedule.entry import Entry

FAILURES_TO_PUT_OFF = 2

_AUTHORITY = re.compile(r"(?:(https?):)?[/\\]*(\[[^\]]*\]|[^/\\?#:\s]*)(?::([0-9]{1,5}))?", re.IGNORECASE)
_PORTS = {"http": "80", "https": "443"}


def origin_of(cell: str, group: str) -> str:
    """Scheme, host and port of a cell that is a URL of the host `group`; an address without a scheme is asked by
    https first."""
    found = _AUTHORITY.match(bare_url(cell))
    scheme = (found[1] or "https").lower() if found else "https"
    return f"{scheme}://{group}:{(found and found[3]) or _PORTS[scheme]}"


@dataclass(kw_only=True)
class Outage:
    """One origin: how often it could not be reached since its last answer, and its items that were put off.

    `probe`: the item that is out to see, at the end; `over`: that one failed too.
    """

    origin: str
    failures: int = 0
    code: str = ""
    why: str = ""
    waiting: deque[Entry] = field(default_factory=deque)
    probe: Entry | None = None
    over: bool = False


class Outages:
    """The origins that could not be reached, and how many items (`size`) were put off because of them."""

    def __init__(self) -> None:
        self._met: dict[str, Outage] = {}
        self.size = 0

    def failed(self, origin: str, code: str, why: str) -> Outage:
        """Note that an origin could not be reached."""
        outage = self._met.setdefault(origin, Outage(origin=origin))
        outage.failures += 1
        outage.code, outage.why = code, why
        outage.over = outage.over or outage.probe is not None
        return outage

    def answered(self, entry: Entry) -> list[Entry]:
        """Note that an item's origin answered; returns the items that go on."""
        found = self._met and self._of(entry)
        return self._release(found) if found else []

    def keeps(self, entry: Entry) -> Outage | None:
        """The outage that keeps an item from being tried now."""
        found = self._of(entry) if self._met else None
        return found if found is not None and (found.over or found.failures >= FAILURES_TO_PUT_OFF) else None

    def put_off(self, outage: Outage, entry: Entry) -> None:
        """Put an item at the end of the run."""
        outage.waiting.append(entry)
        self.size += 1

    def to_probe(self) -> list[Outage]:
        """The outages of which an item may see whether the origin is back."""
        return [outage for outage in self._met.values() if outage.waiting and outage.probe is None]

    def probe(self, outage: Outage) -> Entry:
        """Send the first item of an outage to see."""
        outage.probe = outage.waiting.popleft()
        self.size -= 1
        return outage.probe

    def came_back(self, entry: Entry) -> None:
        """An item is out no more; if it was to see and has not said anything, another will."""
        for outage in self._met.values():
            if outage.probe is entry:
                outage.probe = None

    def end(self, outage: Outage) -> list[Entry]:
        """The items of an outage that is over, which end now."""
        ending = list(outage.waiting)
        self.size -= len(ending)
        outage.waiting.clear()
        return ending

    def count(self, group: str) -> int:
        """How many items of a group were put off."""
        return sum(entry.group == group for outage in self._met.values() for entry in outage.waiting)

    def groups(self) -> set[str]:
        """The groups of which items were put off."""
        return {entry.group for outage in self._met.values() for entry in outage.waiting}

    def forget(self) -> list[Entry]:
        """Start anew; returns the items that go on."""
        return [entry for outage in list(self._met.values()) for entry in self._release(outage)]

    def _of(self, entry: Entry) -> Outage | None:
        """The outage of an item's origin, or of its whole group. Where redirects led says nothing of the cell."""
        if not entry.group:
            return None
        own = None if entry.moves else self._met.get(origin_of(entry.cell, entry.group))
        return own or self._met.get(entry.group)

    def _release(self, outage: Outage) -> list[Entry]:
        del self._met[outage.origin]
        return self.end(outage)
