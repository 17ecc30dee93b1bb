"""What the code of a worker prints, without the secrets of its run: what an item prints is kept with the item, all else
goes to the worker's log; what C code writes to the descriptors passes by."""

from __future__ import annotations

import io
import os
import sys
import threading
import warnings
from typing import Any, TextIO

from jobs.runtime.catalog.import_guard import Aside
from jobs.runtime.core.secrets import NOTHING, Blotter, with_used
from jobs.runtime.job import context

_secrets = NOTHING
_worker = os.getpid()
_warned = threading.local()
_show = warnings.showwarning
_settled: dict[str, Any] = {}
_busy: set[int] = set()
"""The threads that perform an item."""


def divert() -> None:
    """From here on standard output and error go through a `_Stream`, also for handlers of logs that are made later, and
    an item warns of each thing once, whatever others have warned of."""
    global _worker  # noqa: PLW0603 (a process has one standard output)
    _worker = os.getpid()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None:
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(line_buffering=True)
            setattr(sys, name, _Stream(stream))
    warnings.simplefilter("always", append=True)
    warnings.showwarning = _show_once


def settle() -> None:
    """What stands for standard output and error now, the job's own perhaps, is what each item finds there."""
    _settled.update(stdout=sys.stdout, stderr=sys.stderr)


def begin() -> None:
    """The calling thread begins an item."""
    _busy.add(threading.get_ident())


def end() -> None:
    """The calling thread ends its item: what a stream of the job's holds back is this item's. What an item has put in
    the place of a stream is taken away as soon as no other item runs, which may have put it there for a while."""
    _busy.discard(threading.get_ident())
    for name, stream in _settled.items():
        if type(stream) is not _Stream:
            stream.flush()
        if not _busy and getattr(sys, name) is not stream:
            setattr(sys, name, stream)


def keep_out(secrets: Blotter) -> None:
    """Blot these secrets out, and those of no earlier run."""
    global _secrets  # noqa: PLW0603 (a process has one standard output)
    _secrets = secrets


def _kept(printed: bytes) -> bool:
    """Keep this with the item of the calling thread; whether there is one. A child that an item has forked is none."""
    here = context.current()
    if here is None or here.printed is None or os.getpid() != _worker:
        return False
    here.printed(printed)
    return True


class _Stream(Aside):
    """A stream of text that takes everything but secrets."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._buffer = _Buffer(stream.buffer)

    @property
    def buffer(self) -> Any:
        """Where bytes are written."""
        return self._buffer

    def write(self, text: str) -> int:
        """Write a text without the secrets in it."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        plain = with_used(_secrets).text(text)
        if not _kept(plain.encode("utf-8", "backslashreplace")):
            self._stream.write(plain)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write texts, each by itself."""
        for line in lines:
            self.write(line)


class _Buffer(Aside):
    """The same for bytes."""

    def write(self, written: Any) -> int:
        """Write bytes without the secrets in them."""
        given = bytes(memoryview(written))
        blotter = with_used(_secrets)
        text = blotter.text(given.decode("utf-8", "surrogateescape")) if blotter else ""
        plain = text.encode("utf-8", "surrogateescape") if blotter else given
        if not _kept(plain):
            self._stream.write(plain)
        return len(given)

    def writelines(self, lines: Any) -> None:
        """Write bytes, one after the other."""
        for line in lines:
            self.write(line)


def _show_once(message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: Any = None) -> None:
    """Show a warning, unless this item has shown the same: Python itself would show it of the first item alone."""
    here, what = context.current(), (str(message), category, filename, lineno)
    if getattr(_warned, "here", _warned) is not here:
        _warned.here, _warned.seen = here, set()
    if what not in _warned.seen:
        _warned.seen.add(what)
        _show(message, category, filename, lineno, file, line)
