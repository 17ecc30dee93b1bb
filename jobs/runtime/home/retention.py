"""Which runs go by themselves, when, and by which setting: those that ended long ago, and the oldest where all of them
take more room than they may. Pinned ones stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.runtime.core import settings
from jobs.runtime.home import artifacts
from jobs.runtime.store.connection import Connection, Store
from jobs.runtime.store.history import EndedRun, ended

DAY = 86_400.0
GRACE_SECONDS = 3_600.0
"""So long after its end no run goes, whatever room it takes: somebody may be about to download it."""


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """When a run goes (Unix seconds), and which setting says so."""

    run: EndedRun
    at: float
    setting: str


def limited() -> bool:
    """Whether any run goes by itself."""
    return bool(settings.value("JOBS_KEEP_DAYS") or settings.value("JOBS_KEEP_BYTES"))


def expiring(db: Connection, store: Store) -> list[Expiry]:
    """The runs that will go by the present settings, the first to go first."""
    days, most = settings.value("JOBS_KEEP_DAYS"), settings.value("JOBS_KEEP_BYTES")
    runs = ended(db) if limited() else []
    crowded = _too_many(runs, store, most) if most else 0
    by_size = [Expiry(run=run, at=run.ended_at + GRACE_SECONDS, setting="JOBS_KEEP_BYTES") for run in runs[:crowded]]
    lasting = max(days * DAY, GRACE_SECONDS)
    by_age = [Expiry(run=run, at=run.ended_at + lasting, setting="JOBS_KEEP_DAYS") for run in runs[crowded:] if days]
    return [*by_size, *by_age]


def _too_many(runs: Sequence[EndedRun], store: Store, most: int) -> int:
    """How many of the runs, the oldest first, go until all others take no more than they may."""
    size = store.size()
    over = size + artifacts.size(store.home) - most
    for number, run in enumerate(runs):
        if over <= 0:
            return number
        over -= int(size * run.share) + artifacts.size(store.home, run.id)
    return len(runs)
