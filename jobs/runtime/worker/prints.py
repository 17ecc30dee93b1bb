"""What items print, written down as it is printed: a file for each worker, with a place for each slot
(`home/print_files`), which the runner reads where a worker is lost. What an item has printed that ends as usual travels
with its answer.

The file is mapped: a print touches nothing but memory, and a kill at any instant loses none of it. Its blocks are
written before they are mapped: to touch one for which a full disk has no room would end the process.
"""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from pathlib import Path

from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.printed import HEAD, TAIL, Printed
from jobs.runtime.core.private_files import open_file
from jobs.runtime.core.secrets import NOTHING, Blotter, with_used
from jobs.runtime.home import print_files, worker_logs
from jobs.runtime.home.print_files import BODY, HEADING, PLACE, SIZE, SIZE_AT

LONGEST_SECRET = 4_096
"""Bytes up to which a secret is known that is printed in parts."""


class Place:
    """Where the prints of one slot go; `size` is how many bytes its present item has printed."""

    def __init__(self, path: Path, slot: int) -> None:
        self.size = 0
        self._path, self._at = path, (slot - 1) * PLACE
        self._heading = (0, 0, 0, "")
        self._secrets, self._recent = NOTHING, b""
        self._memory: mmap.mmap | bytearray | None = None

    def begin(self, ticket: int, position: int, attempt: int, run: str, secrets: Blotter) -> None:
        """From here on, what is printed is of this item, and holds none of these secrets; nothing is written before it
        prints."""
        self._heading, self.size, self._secrets = (ticket, position, attempt, run), 0, secrets

    def write(self, printed: bytes) -> None:
        """Note what the item prints, which is without secrets piece by piece."""
        if not printed:
            return
        secrets = with_used(self._secrets)
        if secrets:
            printed = self._without_joint(printed, secrets)
        self._write(printed)

    def _without_joint(self, printed: bytes, secrets: Blotter) -> bytes:
        """Where a secret is printed in parts, what is to be written over them: its sign, and no shorter."""
        recent = self._recent if self.size else b""
        whole = recent + printed
        plain = _without(whole, secrets)
        if plain != whole:
            self.size -= len(recent)
            printed = plain = plain.ljust(len(whole))
        self._recent = plain[-LONGEST_SECRET:]
        return printed

    def _write(self, printed: bytes) -> None:
        memory = self._memory = self._memory or _opened(self._path, self._at)
        if not self.size:
            ticket, position, attempt, run = self._heading
            HEADING.pack_into(memory, 0, ticket, 0, position, attempt, run.encode())
        size = self.size + len(printed)
        if size <= HEAD:
            memory[BODY + self.size : BODY + size] = printed
        else:
            self._write_beyond(memory, printed, size)
        self.size = size
        SIZE.pack_into(memory, SIZE_AT, size)

    def _write_beyond(self, memory: mmap.mmap | bytearray, printed: bytes, size: int) -> None:
        """What the head has room for, then the rest, of which the ring keeps the end."""
        first = printed[: max(0, HEAD - self.size)]
        memory[BODY + self.size : BODY + self.size + len(first)] = first
        last = printed[len(first) :][-TAIL:]
        ring, start = BODY + HEAD, (size - HEAD - len(last)) % TAIL
        until_end = last[: TAIL - start]
        memory[ring + start : ring + start + len(until_end)] = until_end
        memory[ring : ring + len(last) - len(until_end)] = last[len(until_end) :]

    def printed(self) -> Printed | None:
        """What the item has printed; None: nothing."""
        return print_files.printed_in(self._memory) if self.size and self._memory is not None else None


def path(home: Path, job: str, pid: int) -> Path:
    """The file of one worker."""
    return worker_logs.path(home, job, pid).with_suffix(worker_logs.PRINTS)


def _without(printed: bytes, secrets: Blotter) -> bytes:
    return secrets.text(printed.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _opened(file: Path, at: int) -> mmap.mmap | bytearray:
    """The memory of a place; that of the process alone where the disk has no room for it."""
    with suppress(OSError, StoreError, ValueError):
        handle = open_file(file, os.O_RDWR | os.O_CREAT)
        try:
            if os.pwrite(handle, bytes(PLACE), at) == PLACE:
                return mmap.mmap(handle, PLACE, offset=at)
        finally:
            os.close(handle)
    return bytearray(PLACE)
