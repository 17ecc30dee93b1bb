"""What an attempt printed, as it is kept: its first and its last bytes, and how many there were in all."""

from __future__ import annotations

import codecs
import re
from typing import Annotated

import msgspec
from msgspec import Meta

from jobs.runtime.core.text import visible
from jobs.runtime.core.units import count

HEAD = TAIL = 32 * 2**10
MOST = HEAD + TAIL
"""Bytes of what an attempt prints that are kept: the first and the last, where it was more."""

MOST_OF_RUN = 2**30
"""Bytes of what all items of a run print: the disk must not fill with it."""

_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_LINE_ENDS = re.compile(r"\r\n?")


class Printed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`kept` is what is kept of `size` bytes: all of them, or HEAD at their start and TAIL at their end."""

    kept: Annotated[bytes, Meta(max_length=MOST)]
    size: Annotated[int, Meta(ge=1, le=2**63 - 1)]

    @property
    def text(self) -> str:
        """As it may be shown: bytes that are no UTF-8 and control characters as escapes, without colours; where it was
        cut, a line says so."""
        if self.size <= len(self.kept):
            return _text(self.kept)
        left_out = count(self.size - len(self.kept), "byte")
        return f"{_text(self.kept[:HEAD], cut=True)}\n[… {left_out} left out …]\n{_text(_whole(self.kept[HEAD:]))}"


class PrintedAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """What one attempt printed; `lost`: its worker was lost, or was ended, before it had answered."""

    attempt: int
    lost: bool
    printed: Printed


def joined(found: list[PrintedAttempt]) -> str:
    """What all attempts printed, as one text; of several, each under a line that says which it was."""
    if not found:
        return ""
    if len(found) == 1:
        return found[0].printed.text
    return "\n".join(f"[attempt {one.attempt}{', lost' * one.lost}]\n{one.printed.text.rstrip()}" for one in found)


def _text(printed: bytes, *, cut: bool = False) -> str:
    """With `cut`, without the part of a character at its end."""
    decoded = codecs.getincrementaldecoder("utf-8")("backslashreplace").decode(printed, final=not cut)
    return visible(_LINE_ENDS.sub("\n", _COLOURS.sub("", decoded)))


def _whole(printed: bytes) -> bytes:
    """Without the part of a character at its start."""
    return re.sub(rb"\A[\x80-\xbf]{1,3}", b"", printed)
