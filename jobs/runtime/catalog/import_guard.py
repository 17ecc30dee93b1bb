"""What a job does at its import is kept from everybody else: what it prints, a Ctrl-C meanwhile, and what it sets of
the whole process, which holds in its workers alone."""

from __future__ import annotations

import contextlib
import io
import locale
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from jobs.runtime.core import startup


@contextlib.contextmanager
def counting_interrupts(presses: list[int]) -> Iterator[None]:
    """Note each Ctrl-C in a list, beside what it does: a job may raise KeyboardInterrupt too."""
    usual = threading.current_thread() is threading.main_thread()
    if not usual or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def press(number: int, _: object) -> None:
        presses.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Aside:
    """Standard error, where a job expects standard output: what it prints at import is no part of anybody's output.
    Neither it nor its buffer can be closed, not even by the end of what a job wraps around them."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @property
    def buffer(self) -> Any:
        """As of a stream of text."""
        return Aside(self._stream.buffer)

    def detach(self) -> Any:
        """As of a stream of text, which goes on."""
        return self.buffer

    def close(self) -> None:
        """As of any stream."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def nowhere() -> IO[str]:
    """What takes the place of standard error where there is none (`2>&-`)."""
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


@contextlib.contextmanager
def descriptor_aside() -> Iterator[None]:
    """Standard error at the place of standard output, for what C code and child processes print. Where a process has
    only one of them, the descriptor may be another file's, and stays."""
    if sys.__stdout__ is None or sys.__stderr__ is None:
        yield
        return
    try:
        before = os.dup(1)
    except OSError:
        yield
        return
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(before, 1)
        os.close(before)


@contextlib.contextmanager
def process_as_it_was() -> Iterator[None]:
    """Put back what is set of the whole process meanwhile, and note the threads that are begun and that nobody is to
    wait for at the end."""
    before = [(read(), read, put) for read, put in _SHARED]
    threads = set(threading.enumerate())
    try:
        with warnings.catch_warnings():
            yield
    finally:
        for was, read, put in before:
            if read() != was:
                with contextlib.suppress(OSError, ValueError, RecursionError):
                    put(was)
        startup.others.extend(one for one in set(threading.enumerate()) - threads if not one.daemon)


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 (no Path of a folder that is gone)
    except OSError:
        return ""


def _put_environment(was: dict[str, str]) -> None:
    for name in set(os.environ) - set(was):
        del os.environ[name]
    os.environ.update(was)
    time.tzset()


def _umask() -> int:
    """To ask by os.umask is to change it, under the other threads."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_bytes().splitlines():
            if line.startswith(b"Umask:"):
                return int(line.split()[1], 8)
    return -1


def _put_umask(was: int) -> None:
    if was >= 0:
        os.umask(was)


def _handlers() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in sorted(signal.valid_signals())}


def _put_handlers(was: dict[int, Any]) -> None:
    for number, handler in was.items():
        if handler is not None and signal.getsignal(number) != handler:
            signal.signal(number, handler)


def _timeout() -> float | None:
    socket = sys.modules.get("socket")
    return None if socket is None else socket.getdefaulttimeout()


def _put_timeout(was: float | None) -> None:
    sys.modules["socket"].setdefaulttimeout(was)


def _logging() -> tuple[Any, ...]:
    logging = sys.modules.get("logging")
    return () if logging is None else (list(logging.root.handlers), logging.root.level, logging.root.manager.disable)


def _put_logging(was: tuple[Any, ...]) -> None:
    root = sys.modules["logging"].root
    root.handlers[:], level, root.manager.disable = was or ([], "WARNING", 0)
    root.setLevel(level)


def _put_streams(was: tuple[Any, ...]) -> None:
    sys.stderr, sys.excepthook, sys.argv, threading.excepthook = was


_SHARED: list[tuple[Callable[[], Any], Callable[[Any], object]]] = [
    (_folder, os.chdir),
    (lambda: dict(os.environ), _put_environment),
    (_umask, _put_umask),
    (_handlers, _put_handlers),
    (_timeout, _put_timeout),
    (_logging, _put_logging),
    (lambda: (sys.stderr, sys.excepthook, list(sys.argv), threading.excepthook), _put_streams),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (lambda: locale.setlocale(locale.LC_ALL), lambda was: locale.setlocale(locale.LC_ALL, was)),
]
"""What a process has once, for all its threads: how it is read, and put back."""
