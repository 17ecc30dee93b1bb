"""Standard output and error: UTF-8 whatever the locale, silent once the reader has gone."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from jobs.runtime.core.errors import Refused
from jobs.runtime.core.text import json_safe, visible


def use_utf8() -> None:
    """Write UTF-8 on both streams; what UTF-8 has no bytes for (a lone surrogate) becomes an escape. A stream that was
    closed before the start is an empty one."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 (open to the end)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def say(text: str) -> None:
    """One text on standard output; what is not seen in it, and what turns its direction, is shown as an escape."""
    _write(sys.stdout, visible(text))


def warn(text: str) -> None:
    """One text on standard error, as `say`."""
    _write(sys.stderr, visible(text))


def say_json(document: Any) -> None:
    """One JSON document on standard output."""
    _write(sys.stdout, json_safe(json.dumps(document, ensure_ascii=False, indent=2, default=str)))


def say_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Aligned columns; the last one is not padded."""
    lines = [[" ".join(visible(cell).split()) for cell in line] for line in (headings, *rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headings) - 1)]
    for line in lines:
        padded = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        say("  ".join([*padded, line[-1]]).rstrip())


def speakable(word: str) -> str:
    """A word of the command line as text that can be stored: bytes that the locale could not read are UTF-8, or �."""
    if word.isascii() or not any("\udc80" <= character <= "\udcff" for character in word):
        return word
    return os.fsencode(word).decode("utf-8", "replace")


class Unfailing:
    """Standard error for a progress bar: where it cannot be written (a full disk, a reader that has gone), silent."""

    def write(self, text: str) -> None:
        """As of any stream."""
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """As of any stream."""
        try:
            sys.stderr.flush()
        except OSError:
            _close_quietly(sys.stderr)

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text + "\n")
        stream.flush()
    except OSError as error:
        _close_quietly(stream)
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            raise Refused(f"standard output cannot be written: {error.strerror or error}") from None


def _close_quietly(stream: TextIO) -> None:
    """Send the rest nowhere: the reader has gone (`| head`), or the disk is full; and the work goes on."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 (a device, not a path)
        os.dup2(nowhere.fileno(), stream.fileno())
