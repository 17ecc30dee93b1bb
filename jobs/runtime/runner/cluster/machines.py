"""Which machines of a cluster are set aside: those whose workers are lost or do not start, several in a row."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from jobs.runtime.core.units import duration

IN_A_ROW = 3
ASIDE_SECONDS = 300.0


@dataclass
class MachineRecord:
    """How many workers in a row were lost or did not start on a machine, why the last, and until when it is set aside
    (monotonic; 0: it is not)."""

    failures: int = 0
    why: str = ""
    until: float = 0.0


class Machines:
    """The machines of one cluster, by their names. `say`: is told when one is set aside.

    The last that is left is not set aside: a run that cannot go on anywhere is told why, and does not wait.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._failed: dict[str, MachineRecord] = {}

    def fine(self, machine: str) -> None:
        """A worker there has answered."""
        if self._failed:
            self._failed.pop(machine, None)

    def failed(self, machine: str, why: str, others: Collection[str], now: float) -> bool:
        """A worker there was lost, or did not start; `others`: the machines that have workers besides. Returns whether
        it is set aside for that."""
        record = self._failed.setdefault(machine, MachineRecord())
        record.failures, record.why = record.failures + 1, why
        if record.failures < IN_A_ROW or record.until > now or all(self.is_aside(name, now) for name in others):
            return False
        record.until = now + ASIDE_SECONDS
        record.failures = IN_A_ROW - 1  # when its time is over, one more is enough
        self._say(
            f"{machine} is set aside for {duration(ASIDE_SECONDS)}: {IN_A_ROW} workers in a row were lost there or did "
            f"not start, the last {why}"
        )
        return True

    def is_aside(self, machine: str, now: float) -> bool:
        """Whether it is set aside now."""
        record = self._failed.get(machine)
        return record is not None and record.until > now

    def aside(self, now: float) -> dict[str, tuple[float, str]]:
        """Those that are set aside: for how many seconds more, and why the last of its workers ended."""
        there = self._failed.items()
        return {name: (record.until - now, record.why) for name, record in there if record.until > now}
