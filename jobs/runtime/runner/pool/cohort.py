"""What is seen of a pool at one look, and how the items fare that began while it had one size: pure."""

from __future__ import annotations

from dataclasses import dataclass, field

LEAST_ITEMS = 48
"""Items by which a size is judged: the median of fewer may be 30 % off where latencies spread as on the internet."""

FEW_SLOTS = 64
"""Fewer become more as soon as half a round of items is back: too many of them do little harm."""

MOST_KEPT = 2_000


@dataclass(frozen=True, kw_only=True)
class PoolFigures:
    """What is seen of a pool at one look. `given`: items handed out so far; `busy` slots; `startable`: items that could
    start if there were slots, counted as far as it matters. `cpu`: cores that its busiest process used since the look
    before, `workers_cpu` all of them; `machine`: share of all cores that was busy; `memory`: share of its allowance
    that the largest worker has; `seconds_left`: at the present rate (None: not known)."""

    now: float
    given: int
    busy: int
    startable: int
    cpu: float = 0.0
    workers_cpu: float = 0.0
    machine: float = 0.0
    memory: float = 0.0
    seconds_left: float | None = None


@dataclass
class Cohort:
    """The items that began at one size: since when, up to when they take part, how many, and the seconds of those that
    have ended. `now`: when it was looked at last."""

    slots: int
    since: float
    given_before: int
    now: float = 0.0
    until: float = float("inf")
    begun: int = 0
    seconds: list[float] = field(default_factory=list)
    looks: int = 0
    busy: int = 0

    def look(self, figures: PoolFigures) -> None:
        """Take in what is seen while its size lasts."""
        self.looks, self.busy = self.looks + 1, self.busy + figures.busy
        if self.until > figures.now:
            self.begun = figures.given - self.given_before
            if self.begun >= max(LEAST_ITEMS, self.slots):
                self.until = figures.now

    def close(self, now: float) -> None:
        """Its size lasts no longer."""
        self.until = min(self.until, now)

    def ended(self, started: float, seconds: float) -> None:
        """An item that began at its size has ended."""
        if started < self.until and len(self.seconds) < MOST_KEPT:
            self.seconds.append(seconds)

    def quantile(self, share: float) -> float | None:
        """Of all that began, the seconds within which this share has ended: known when so many have, and each other was
        given as long; None: not yet, or there are too few."""
        ended = sorted(self.seconds)
        place = int(((MOST_KEPT if len(ended) >= MOST_KEPT else self.begun) - 1) * share)
        if self.begun < LEAST_ITEMS or len(ended) <= place or self.now - self.until < ended[place]:
            return None
        return max(1e-6, ended[place])

    @property
    def median(self) -> float | None:
        """The seconds within which half of all that began have ended; None: not known yet."""
        return self.quantile(0.5)

    @property
    def quartiles(self) -> tuple[float, ...] | None:
        """The seconds within which a quarter, half and three quarters have; None: not known yet. Where one lies between
        quick items and slow ones it is this or that by chance, but never are all three."""
        found = [self.quantile(share) for share in (0.25, 0.5, 0.75)]
        return None if None in found else tuple(one or 0.0 for one in found)

    @property
    def settled(self) -> bool:
        """Whether it is known how items fare at this size: by their median, or by half a round of a few slots."""
        return self.median is not None or (self.slots < FEW_SLOTS and 2 * len(self.seconds) >= self.slots)

    @property
    def at_once(self) -> float:
        """Slots that were busy, on average."""
        return self.busy / max(1, self.looks)
