"""What a job does at its import is kept from everybody else: what it prints, and a Ctrl-C meanwhile."""

from __future__ import annotations

import contextlib
import io
import signal
import threading
from collections.abc import Iterator
from typing import IO, Any


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
