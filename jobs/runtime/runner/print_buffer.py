"""What the items of one run have printed, on its way to the store; of a run that prints very much, no more is kept."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.runtime.core.printed import MOST_OF_RUN, Printed
from jobs.runtime.core.units import size
from jobs.runtime.runner.pool.worker_handle import WorkerHandle
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.store import printed
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.printed import NewPrinted


class PrintBuffer:
    """What is to be stored with the next commit of a run."""

    def __init__(self, run: int) -> None:
        self._run, self._bytes = run, 0
        self._waiting: list[NewPrinted] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def begin(self, db: Connection) -> None:
        """Count what is kept already of a run that goes on."""
        self._bytes = printed.size(db, self._run)

    def keep(self, entry: Entry, said: Printed, *, lost: bool = False) -> str:
        """Note what an attempt has printed; returns a sentence for the log where no more is kept from here on."""
        before, self._bytes = self._bytes, self._bytes + len(said.kept)
        if self._bytes <= MOST_OF_RUN:
            self._waiting.append(NewPrinted(entry.position, entry.number, lost, said))
        elif before <= MOST_OF_RUN:
            return f"its items have printed {size(MOST_OF_RUN)}: what others print is not kept"
        return ""

    def commit(self, db: Connection) -> None:
        """Store it, in the caller's transaction."""
        printed.add(db, self._run, self._waiting)

    def committed(self) -> None:
        """The transaction went through."""
        self._waiting = []

    def commit_unfinished(self, db: Connection, workers: Iterable[WorkerHandle]) -> None:
        """Store what the items have printed that these workers are in, before they are ended with the run."""
        places = [(worker, place) for worker in workers for place in worker.busy_out()]
        found = [(worker.out[place.ticket], worker.process.printed(place)) for worker, place in places]
        new = [NewPrinted(entry.position, entry.number, True, said) for entry, said in found if said is not None]
        printed.add(db, self._run, new)
