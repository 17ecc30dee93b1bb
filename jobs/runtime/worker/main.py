"""Inside a worker process: one private pipe to the runner, T slots that perform items, one thread that sends.

    pipe ─► listener ─► queue ─► slot 1 … slot T ─► queue ─► sender ─► pipe
               │                    │
               │ hooks, pings       └ entry in the slot table (what runs now, readable after any death)
               └ more slots, or fewer: one that takes a `_Rest` from the queue waits until it is woken

Of several slots each is a thread, and the main thread listens and calls the hooks. One slot alone has the main thread,
hooks and items, so that what belongs there works (signals, event loops, what asks for the main thread), and another
thread listens. It shares no lock with any other process, so it may be killed at any instant.
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from jobs.runtime import catalog
from jobs.runtime.core import people, process_limits, settings
from jobs.runtime.core.errors import BadParams, BadSecret, StoreError, UnknownJob
from jobs.runtime.core.text import clean
from jobs.runtime.home import worker_logs
from jobs.runtime.job import context
from jobs.runtime.job.definition import Job
from jobs.runtime.worker import messages, output, prints, protocol, run_params, sandbox
from jobs.runtime.worker.attempt import Work, failure
from jobs.runtime.worker.hooks import Hooks
from jobs.runtime.worker.said_queue import SaidQueue
from jobs.runtime.worker.slot import RunTerms, Slot, Ticket
from jobs.runtime.worker.slot_table import SlotTable
from jobs.runtime.worker.terms import BROKEN_THREAD, Terms
from jobs.runtime.worker.wear import Wear


@dataclass(frozen=True, slots=True)
class _Rest:
    """What a slot takes up in place of an item to rest until it is woken."""


def main(pipe: socket.socket, memory: Any, terms: Terms) -> None:
    """The whole life of a worker process."""
    process_limits.follow_parent(terms.runner)
    sandbox.own_group()
    sandbox.forget_leaks()
    settings.keep()
    _redirect(terms)
    worker = Worker(pipe, SlotTable(memory, terms.slots), terms)
    if worker.load():
        worker.start()
        worker.work()
    os._exit(0)  # threads of the job, or hung slots, must not keep the process


def _redirect(terms: Terms) -> None:
    """Send what jobs and libraries print, and the stacks of a crash, to the worker's own file."""
    with suppress(OSError, StoreError):  # the disk is full: without a log of its own it can work all the same
        worker_logs.redirect(terms.home, terms.job, os.getpid())
    faulthandler.enable(file=sys.stderr, all_threads=True)
    output.divert()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.excepthook = _die


class _Standing(threading.Thread):
    """A slot, the sender or the listener: a worker without it would only seem to live."""


def _die(what: threading.ExceptHookArgs) -> None:
    """A thread has ended with an exception (out of memory, mostly): that of a job is the job's own affair."""
    threading.__excepthook__(what)
    if isinstance(what.thread, _Standing):
        os._exit(BROKEN_THREAD)


class Worker:
    """A process's pipe, slots and sender."""

    def __init__(self, pipe: socket.socket, slot_table: SlotTable, terms: Terms) -> None:
        self.pipe, self.slot_table, self.terms, self.pid = pipe, slot_table, terms, os.getpid()
        self.job: Job
        self.run: RunTerms
        self.todo: queue.SimpleQueue[Ticket | _Rest] = queue.SimpleQueue()
        self.wakes: queue.SimpleQueue[_Rest] = queue.SimpleQueue()
        self.resting = 0
        self.heard: queue.SimpleQueue[messages.ToWorker] = queue.SimpleQueue()
        self.said = SaidQueue(pipe)
        self.permits: dict[int, queue.SimpleQueue[messages.MayBegin]] = {}

    def load(self) -> bool:
        """Import the job and what it loads for itself; say why if it cannot be."""
        try:
            doing = f"importing {self.terms.job}"
            self.job = catalog.load(self.terms.job)
            doing = f"what {self.terms.job} loads in each worker (ready)"
            if self.job.mark.ready is not None:
                self.slot_table.enter_hook("ready", 0)
                self.job.mark.ready()
                self.slot_table.leave_hook()
            context.settle()
        except UnknownJob as error:
            self.said.send(_broken(str(error)))
        except BaseException as error:  # the author's module: whatever it raises is why the run cannot go on
            self.said.send(_broken(f"{doing} raised {failure(error).error}"))
        else:
            return True
        return False

    def start(self) -> None:
        """Start the threads, then limit the memory (threads cannot start under a limit set before)."""
        if self.alone:
            _Standing(target=self._listen, args=(self._hear,), name="listener", daemon=True).start()
        else:
            self._start_slots(1, self.terms.slots)
        _Standing(target=self.said.send_all, name="sender", daemon=True).start()
        if self.terms.memory:
            process_limits.limit_memory(self.terms.memory)
        output.settle()
        self.wear = Wear(self.terms.slots)
        self.said.put(messages.Ready())

    def _add_slots(self, first: int, last: int) -> None:
        """Start further slots, each with a stack above the limit of memory; as many as the system gives."""
        sandbox.allow_threads(last - first + 1)
        self.slot_table.slots = last
        with suppress(RuntimeError, MemoryError):  # what was sent for the missing ones is done by those there are
            self._start_slots(first, last)
        self.wear.resized(last)

    def _start_slots(self, first: int, last: int) -> None:
        for slot in range(first, last + 1):
            _Standing(target=self._perform_items, args=(slot,), name=f"slot {slot}", daemon=True).start()

    @property
    def alone(self) -> bool:
        """Whether there is one slot, which has the main thread."""
        return self.terms.slots == 1

    def work(self) -> None:
        """In the main thread, until the runner is gone: listen, or be the one slot."""
        if not self.alone:
            self._listen(self._take)
            return
        try:
            self._perform_in_main_thread()
        except BaseException:  # what an item has left behind, a handler of signals, say, has raised after its end
            traceback.print_exc()
            os._exit(BROKEN_THREAD)

    def _perform_in_main_thread(self) -> None:
        slot = self._slot(1)
        while True:
            message = self.heard.get()
            if not isinstance(message, messages.Perform):
                self._take(message)
                slot.clock = None
                continue
            for number, item in enumerate(message.items, message.first):
                slot.take(Ticket(number, self.run, item))
                if sandbox.alarm_is_handled():
                    sandbox.disarm_timers()
            sandbox.disarm_timers()

    def _perform_items(self, number: int) -> None:
        slot = self._slot(number)
        while True:
            ticket = self.todo.get()
            if isinstance(ticket, _Rest):
                self.wakes.get()
            else:
                slot.take(ticket)

    def _slot(self, number: int) -> Slot:
        place = prints.Place(prints.path(self.terms.home, self.terms.job, self.pid), number)
        home = self.terms.files
        return Slot(
            number, table=self.slot_table, home=home, place=place, worn=self._worn, ask=self._ask, said=self.said
        )

    def _ask(self, ticket: int) -> bool:
        """Ask the runner whether an item may begin what must not be done twice. Raises StoreError."""
        answers = self.permits[ticket] = queue.SimpleQueue[messages.MayBegin]()
        self.said.put(messages.Begins(ticket=ticket))
        answer = answers.get()
        del self.permits[ticket]
        if answer.error:
            raise StoreError(answer.error)
        return answer.allowed

    def _worn(self) -> str:
        """What an item has changed of the process, or of the thread that it was performed in."""
        return self.wear.found([threading.get_native_id()])

    def _listen(self, take: Callable[[messages.ToWorker], None]) -> None:
        decoder = protocol.worker_side()
        while (received := protocol.receive(self.pipe, decoder)) is not None:
            for message in received:
                take(message)
        os._exit(0)  # the runner is gone

    def _hear(self, message: messages.ToWorker) -> None:
        """Hand on what is the main thread's; a ping asks whether any thread can answer, and an item may wait."""
        if isinstance(message, messages.Ping | messages.MayBegin):
            self._take(message)
        else:
            self.heard.put(message)

    def _take(self, message: messages.ToWorker) -> None:
        match message:
            case messages.Perform():
                self._queue(message)
            case messages.Begin():
                self._begin(message)
            case messages.Prepare():
                self._prepare(message)
            case messages.Resize():
                self._resize(min(message.slots, self.slot_table.capacity))
            case messages.MayBegin() if message.ticket in self.permits:
                self.permits[message.ticket].put(message)
            case messages.Ping():
                self.said.put(messages.Pong())

    def _resize(self, wanted: int) -> None:
        """Have so many slots at work: wake those that rest, start what is missing, or send the others to rest."""
        started = self.slot_table.slots
        for _ in range(min(self.resting, wanted - (started - self.resting))):
            self.resting -= 1
            self.wakes.put(_Rest())
        if wanted > started:
            self._add_slots(started + 1, wanted)
        for _ in range(started - self.resting - wanted):
            self.resting += 1
            self.todo.put(_Rest())

    def _prepare(self, prepare: messages.Prepare) -> None:
        hooks = Hooks(self.run.work, self.slot_table.enter_hook)
        plans = [hooks.plan(position, cell) for position, cell in prepare.cells]
        self.slot_table.leave_hook()
        self.said.put(messages.Prepared(plans=plans))

    def _begin(self, begin: messages.Begin) -> None:
        """Get ready for the items of a run; where its params cannot be read any more, the run cannot go on. A process
        that items of the run before have changed says so, and does nothing more."""
        worn = self.wear.found()
        if worn:
            self.said.send(messages.Worn(why=worn))
            threading.Event().wait()  # until it is killed
        try:
            self.run = self._terms(begin)
            self.said.send(messages.Begun())  # at once: before any item of the run can say otherwise
        except BadSecret as error:
            self.said.put(_broken(str(error)))
        except BadParams as error:
            self.said.put(_broken(f"the params of the run do not fit {self.terms.job} as it is now: {error}"))
        except BaseException as error:  # the author's types: whatever they raise is why
            self.said.put(
                _broken(f"the params of the run do not fit {self.terms.job} as it is now: {failure(error).error}")
            )

    def _terms(self, begin: messages.Begin) -> RunTerms:
        person = people.of_owner(begin.owner)
        people.otherwise(lambda: person)  # in all threads: their secrets are those of this owner
        keywords, blotter = run_params.read(self.job, self.terms.home, begin.run, json.loads(begin.params))
        output.keep_out(blotter)
        job = self.job.with_params(keywords)
        work = Work(job=job, keywords=keywords, columns=tuple(begin.columns), secrets=blotter)
        return RunTerms(run=begin.run, work=work, deadline=begin.deadline, attempts=begin.attempts)

    def _queue(self, perform: messages.Perform) -> None:
        for number, item in enumerate(perform.items, perform.first):
            self.todo.put(Ticket(number, self.run, item))


def _broken(reason: str) -> messages.NotReady:
    return messages.NotReady(reason=" ".join(clean(reason).split())[: messages.MAX_REASON])
