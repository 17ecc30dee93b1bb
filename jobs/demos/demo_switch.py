"""Time how two threads, and two processes, take turns."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from jobs import job

TURNS, HEAVY_TURNS = 2_000, 20
LOAD = 2**20
ECHO = """
import os, sys
size = int(sys.argv[1])
while True:
    taken = 0
    while taken < size:
        piece = os.read(0, size - taken)
        if not piece:
            sys.exit()
        taken += len(piece)
    os.write(1, b"x")
"""


class Turns(TypedDict):
    """The columns, in seconds."""

    number: Annotated[int, Field(description="which repeat this is")]
    thread_turn: Annotated[float, Field(description="from one thread to another, through a pipe, nothing handed over")]
    process_turn: Annotated[float, Field(description="the same from one process to another")]
    thread_data: Annotated[float, Field(description="1 MiB to another thread, and a nod back: it may simply look")]
    process_data: Annotated[float, Field(description="1 MiB to another process, and a nod back: it is copied")]
    thread_start: Annotated[float, Field(description="starting a thread, until it has ended")]
    process_start: Annotated[float, Field(description="starting a bare Python process, until it has ended")]


@job(bound="cpu", hidden=True)
def demo_switch(number: int) -> Turns:
    """All of it on one processor core, so that each turn is a switch."""
    with one_core():
        return Turns(
            number=number,
            thread_turn=_thread_rounds(TURNS) / 2,
            process_turn=_process_rounds(TURNS, b"x") / 2,
            thread_data=_thread_rounds(HEAVY_TURNS),
            process_data=_process_rounds(HEAVY_TURNS, bytes(LOAD)),
            thread_start=_timed(_start_thread, 50),
            process_start=_timed(_start_process, 3),
        )


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and what it starts, on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _thread_rounds(rounds: int) -> float:
    """Seconds from one thread to another and back; what they speak of lies in memory that both see, so that it weighs
    nothing."""
    there, here = os.pipe(), os.pipe()

    def other() -> None:
        for _ in range(rounds):
            os.read(there[0], 1)
            os.write(here[1], b"x")

    thread = threading.Thread(target=other)
    thread.start()
    began = time.perf_counter()
    for _ in range(rounds):
        os.write(there[1], b"x")
        os.read(here[0], 1)
    took = time.perf_counter() - began
    thread.join()
    for end in (*there, *here):
        os.close(end)
    return took / rounds


def _process_rounds(rounds: int, load: bytes) -> float:
    """Seconds from one process to another and back, with so many bytes to be handed over on the way there."""
    command = [sys.executable, "-I", "-S", "-c", ECHO, str(len(load))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        there, here = other.stdin.fileno(), other.stdout.fileno()
        _send(there, load)
        os.read(here, 1)  # it is up now
        began = time.perf_counter()
        for _ in range(rounds):
            _send(there, load)
            os.read(here, 1)
        return (time.perf_counter() - began) / rounds


def _send(pipe: int, load: bytes) -> None:
    sent = 0
    while sent < len(load):
        sent += os.write(pipe, load[sent:] if sent else load)


def _timed(what: Callable[[], None], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        what()
    return (time.perf_counter() - began) / times


def _start_thread() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def _start_process() -> None:
    subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True)
