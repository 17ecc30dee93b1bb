"""What the items of a worker elsewhere have printed so far, written down here as its agent tells of it: where what is
printed here is read too (`home/print_files`)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.printed import Printed
from jobs.runtime.home import print_files, worker_logs
from jobs.runtime.runner.cluster.envelopes import SlotPrints


class RemotePrints:
    """Those of one worker, in a file named after it."""

    def __init__(self, home: Path, job: str, pid: int) -> None:
        self._home = home
        self._file = worker_logs.path(home, job, pid).with_suffix(worker_logs.PRINTS)
        self._known: dict[int, SlotPrints] = {}

    def take(self, run: str, told: Iterable[SlotPrints]) -> None:
        """Write down what is new; a disk that is full, or a file that is in the way, costs the sight of it alone."""
        before, self._known = self._known, {one.ticket: one for one in told}
        for one in self._known.values():
            if one != before.get(one.ticket):
                heading = print_files.Heading(one.ticket, one.position, one.attempt, run)
                with suppress(OSError, StoreError):
                    print_files.note(self._home, self._file.name, one.slot, heading, one.printed)

    def of(self, ticket: int) -> Printed | None:
        """What the item of a ticket had printed when it was told last; None: nothing."""
        found = self._known.get(ticket)
        return found.printed if found else None

    def discard(self) -> None:
        """It is over with this worker."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
