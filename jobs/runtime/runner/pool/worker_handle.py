"""A worker as the runner sees it: what it is, what it was given, how it lives, and whether it moves.

                ┌─ process       WorkerProcess: its pipe, slot table, log; what the system says of it
WorkerHandle ───┼─ assignment    Assignment: its run, and what is out
                ├─ life          Lifecycle: ready, warm, retiring, killed, dead
                └─ signs         VitalSigns: stopped, silent, pinged, held up

Each part alone writes its fields, by its methods; others ask.
"""

from __future__ import annotations

from jobs.runtime.core.job_terms import WorkerName
from jobs.runtime.runner.pool.assignment import Assignment
from jobs.runtime.runner.pool.lifecycle import Lifecycle
from jobs.runtime.runner.pool.vital_signs import VitalSigns
from jobs.runtime.runner.pool.worker_process import WorkerProcess
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.worker.slot_table import SlotState


class WorkerHandle:
    """One worker of a job. `slots`: how many it has, or has had; its assignment says how many may be at work.
    `elastic`: it serves a pool that finds its own size; `on`: where it runs, by its launcher's name."""

    def __init__(
        self, process: WorkerProcess, job: str, slots: int, now: float, *, elastic: bool = False, on: str = "local"
    ) -> None:
        self.process, self.pid, self.job, self.slots = process, process.pid, job, slots
        self.elastic, self.on = elastic, on
        self.assignment = Assignment(slots, now)
        self.life = Lifecycle(now)
        self.signs = VitalSigns()

    @property
    def out(self) -> dict[int, Entry]:
        """The items that it holds, by ticket."""
        return self.assignment.out

    @property
    def name(self) -> WorkerName:
        """What it is called."""
        return self.process.name

    @property
    def run(self) -> int | None:
        """The run that it works for."""
        return self.assignment.run

    @property
    def ready(self) -> bool:
        """Whether it can take items."""
        return self.life.ready

    def resize(self, slots: int) -> None:
        """Have so many slots at work; 0: it is given nothing more."""
        if slots == self.assignment.slots:
            return
        self.assignment.resize(slots)
        if slots:
            self.slots = max(self.slots, slots)
            self.process.resize(slots)

    def busy_out(self) -> list[SlotState]:
        """The slots that are busy with an item that is out."""
        return self._out_in(self.process.busy())

    def last_out(self) -> list[SlotState]:
        """The slots whose last item is out, done or not."""
        return self._out_in(self.process.last())

    def answered(self, ticket: int) -> Entry | None:
        """The item under a ticket, which is out no more; None: it is not out, or no slot has taken it yet."""
        return self.assignment.answered(ticket, self.process.highest_taken)

    def _out_in(self, slots: list[SlotState]) -> list[SlotState]:
        """Those that are out, each once: the table is the worker's to write, and its job's."""
        return list({slot.ticket: slot for slot in slots if slot.ticket in self.out}.values())
