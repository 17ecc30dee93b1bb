"""What a worker says to its runner: what waits goes over the pipe in as few frames as there are kinds."""

from __future__ import annotations

import os
import queue
import socket
import threading

from jobs.runtime.worker import messages, protocol
from jobs.runtime.worker.messages import Answer, FromWorker

Outgoing = Answer | int | FromWorker
"""What waits to be sent: an answer, the ticket of an item that is given back, or a message."""

MAX_TOGETHER = 1 << 20
"""Characters of rows in one frame, beyond which no further answer joins it: a frame must not grow with the slots."""


class SaidQueue:
    """What the threads of a worker put here is sent by one of its own, `send_all`."""

    def __init__(self, pipe: socket.socket) -> None:
        self.waiting: queue.SimpleQueue[Outgoing] = queue.SimpleQueue()
        self._pipe, self._sending = pipe, threading.Lock()

    def put(self, said: Outgoing) -> None:
        """Have it sent, behind what was said before."""
        self.waiting.put(said)

    def send_all(self) -> None:
        """Send whatever there is, as long as the process lives."""
        while True:
            together = self.next_together()
            for message in together:
                if not isinstance(message, Answer | int):
                    self.send(message)
            if answers := [said for said in together if type(said) is Answer]:
                self.send(messages.Answers(answers=answers))
            if tickets := [said for said in together if type(said) is int]:
                self.send(messages.GivenBack(tickets=tickets))

    def send(self, message: FromWorker) -> None:
        """Send it now, before what waits."""
        frame = protocol.encode(message)
        try:
            with self._sending:
                self._pipe.sendall(frame)
        except OSError:
            os._exit(0)  # the runner is gone

    def next_together(self) -> list[Outgoing]:
        """What is ready to be said, as much of it as should share a frame; waits for the first."""
        found = [self.waiting.get()]
        weight = _weight(found[0])
        while not self.waiting.empty() and len(found) < messages.MAX_ANSWERS and weight < MAX_TOGETHER:
            found.append(self.waiting.get())
            weight += _weight(found[-1])
        return found


def _weight(said: Outgoing) -> int:
    """About how many characters an answer puts into a frame."""
    if not isinstance(said, Answer):
        return 0
    outcome = said.outcome
    carry = outcome.later.carry if outcome.later is not None else None
    printed = len(said.printed.kept) if said.printed is not None else 0
    return len(outcome.row or "") + len(outcome.detail) + len(carry or "") + printed
