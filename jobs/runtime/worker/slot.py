"""One slot of a worker: it performs items, one after the other, in the thread that it was made in."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic, monotonic_ns
from typing import Any

from msgspec.structs import replace

from jobs.runtime.core.errors import UnencodableError
from jobs.runtime.home import artifacts
from jobs.runtime.job.context import Context
from jobs.runtime.job.decorator import Artifact
from jobs.runtime.worker import messages
from jobs.runtime.worker.attempt import AttemptResult, Work, perform
from jobs.runtime.worker.messages import Answer
from jobs.runtime.worker.prints import Place
from jobs.runtime.worker.said_queue import SaidQueue
from jobs.runtime.worker.slot_table import SlotTable


@dataclass(frozen=True, kw_only=True)
class RunTerms:
    """What all items of one run share."""

    run: str
    work: Work
    deadline: float | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """One item as a slot takes it up."""

    number: int
    terms: RunTerms
    item: messages.QueuedItem


class Slot:
    """The slot of the calling thread. `home` is where its artifacts go, `place` what its items print, `said` what it
    has to say; `worn` says what of the process is not as at its start, `ask` whether
    the item of a ticket may begin what must not be done twice. `clock` is where the CPU seconds of the thread
    stood when it was done last (None: ask)."""

    def __init__(
        self,
        number: int,
        *,
        table: SlotTable,
        home: Path,
        place: Place,
        worn: Callable[[], str],
        ask: Callable[[int], bool],
        said: SaidQueue,
    ) -> None:
        self.number, self.home, self.place, self.worn, self.said = number, home, place, worn, said
        self.table, self.ask = table, ask
        self.clock: float | None = None
        self._files: list[str] = []
        self._pid = os.getpid()
        self._report, self._moved = partial(table.report, number), partial(table.assign, number)
        table.assign(number, threading.get_ident(), threading.get_native_id())

    def take(self, ticket: Ticket) -> None:
        """Perform an item, or give it back where it was revoked before."""
        self.table.begin(self.number, ticket.number, monotonic_ns())
        if ticket.number <= self.table.revoked:
            self.said.put(ticket.number)
        else:
            result = self._perform(ticket)
            self._end_in_fork()
            self.clock = result.clock
            if result.outcome.code in ("bug", "unencodable") and (worn := self.worn()):
                self.said.put(messages.Worn(why=worn))
            self.said.put(self._answer(ticket, result))
        self.table.finish(self.number)

    def _perform(self, ticket: Ticket) -> AttemptResult:
        terms, item = ticket.terms, ticket.item
        self._files = []
        self.place.begin(ticket.number, item.position, item.attempt, terms.run, terms.work.secrets)
        here = Context(
            deadline=float("inf") if terms.deadline is None else monotonic() + terms.deadline,
            carried=None if item.carry is None else json.loads(item.carry),
            attempt=item.attempt,
            attempts=terms.attempts,
            report=self._report,
            moved=self._moved,
            printed=self.place.write,
            begin=partial(self.ask, ticket.number),
            waited_for=item.waited_for,
        )
        if item.earlier is not None:
            self._offer(ticket, here, json.loads(item.earlier))
        return perform(terms.work, item.cell, here, partial(self._keep, ticket), self.clock)

    def _offer(self, ticket: Ticket, here: Context, earlier: Mapping[str, Any]) -> None:
        """Tell the item what an earlier run has of it, where all files of its row are there."""
        cells = json.loads(earlier["row"])
        named = [str(cells[column]) for column in _files(ticket) if cells.get(column)]
        if all((self.home / name).is_file() for name in named):
            here.earlier, here.renew = earlier["kept"], partial(self._renew, ticket, earlier["row"])

    def _renew(self, ticket: Ticket, row: str) -> str:
        """The row of an earlier run as one of this run. Raises UnencodableError: a file of it is gone."""
        self._end_in_fork()
        item = ticket.item
        taken = artifacts.taken_over(self.home, row, _files(ticket), ticket.terms.run, item.position, item.attempt)
        if taken is None:
            raise UnencodableError(
                "nothing has changed, but a file of the earlier row is gone: retry asks for it in full"
            )
        return taken

    def _answer(self, ticket: Ticket, result: AttemptResult) -> Answer:
        return Answer(
            ticket=ticket.number,
            slot=self.number,
            started=result.started,
            finished=result.finished,
            cpu=result.cpu,
            outcome=replace(result.outcome, files=self._files) if self._files else result.outcome,
            pace=result.pace,
            printed=self.place.printed() if self.place.size else None,
            requests=result.requests,
            bytes=result.bytes,
        )

    def _end_in_fork(self) -> None:
        """Where the item has forked, and this is its child: end, since it has no say here, and no file to write."""
        if os.getpid() != self._pid:
            os._exit(0)

    def _keep(self, ticket: Ticket, column: str, artifact: Artifact) -> str:
        self._end_in_fork()
        stem = artifacts.file_stem(ticket.item.position, ticket.item.attempt, column, _files(ticket))
        reference = artifacts.write(self.home, ticket.terms.run, stem, artifact)
        self._files.append(reference.rpartition("/")[2])
        return reference


def _files(ticket: Ticket) -> list[str]:
    """The columns of its run that hold files."""
    return [column.name for column in ticket.terms.work.columns if column.type == "file"]
