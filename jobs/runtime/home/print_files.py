"""The files in which workers write down what their items print: a place for each slot.

A place: the ticket, the bytes printed in all, position and attempt (words of 64 bits), the run's id; from the next page
on the first HEAD bytes, and the last TAIL in a ring.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.printed import HEAD, MOST, TAIL, Printed
from jobs.runtime.core.private_files import held, open_file
from jobs.runtime.home import worker_logs

HEADING = struct.Struct("<QQQQ32s")
SIZE = struct.Struct("<Q")
SIZE_AT = 8
BODY = mmap.ALLOCATIONGRANULARITY
PLACE = BODY + MOST

MOST_PLACES = 2**16
"""Of one file: a worker has no more slots, and a job may have written to it as well."""


class Heading(NamedTuple):
    """Whose prints a place holds: the ticket; position, attempt and run."""

    ticket: int
    position: int
    attempt: int
    run: str


def read(file: Path, slot: int, ticket: int) -> Printed | None:
    """What the item of this ticket has printed in a slot (from 1) of a worker, as far as it has come; None: nothing."""
    found = place(file, slot, ticket)
    return found[1] if found else None


def place(file: Path, slot: int, ticket: int) -> tuple[Heading, Printed] | None:
    """The same, and whose it is."""
    return next((found for found in _places(file, slot, slot) if found[0].ticket == ticket), None)


def note(home: Path, name: str, slot: int, heading: Heading, printed: Printed) -> None:
    """Write down in a file of this name what the item in a slot of a worker elsewhere has printed so far. Raises
    OSError, StoreError."""
    start = HEADING.pack(heading.ticket, printed.size, heading.position, heading.attempt, heading.run.encode("ascii"))
    head, tail = printed.kept[:HEAD], printed.kept[HEAD:]
    turned = (printed.size - HEAD) % TAIL if printed.size > MOST else 0
    ring = tail[len(tail) - turned :] + tail[: len(tail) - turned]
    with (
        held(home, worker_logs.FOLDER) as folder,
        os.fdopen(folder.open(name, os.O_WRONLY | os.O_CREAT), "wb") as file,
    ):
        file.seek((slot - 1) * PLACE)
        file.write(start.ljust(BODY, b"\0") + head + ring)


def read_all(home: Path) -> list[tuple[Heading, Printed]]:
    """All that the workers of an earlier runner have left."""
    return [found for file in _files(home) for found in _places(file, 1, MOST_PLACES)]


def of_item(home: Path, run: str, position: int) -> list[tuple[Heading, Printed]]:
    """What the attempts at an item have printed so far, of which a place tells."""
    return [found for file in _files(home) for found in _places(file, 1, MOST_PLACES, (run, position))]


def printed_in(place: mmap.mmap | bytearray | bytes) -> Printed:
    """What a place holds."""
    (size,) = SIZE.unpack_from(place, SIZE_AT)
    head = bytes(place[BODY : BODY + min(size, HEAD)])
    ring = bytes(place[BODY + HEAD : BODY + HEAD + max(0, min(size - HEAD, TAIL))])
    start = (size - HEAD) % TAIL if size > MOST else 0
    return Printed(head + ring[start:] + ring[:start], size)


def _files(home: Path) -> list[Path]:
    return sorted((home / worker_logs.FOLDER).glob(f"*{worker_logs.PRINTS}"))


def _places(
    file: Path, first: int, last: int, item: tuple[str, int] | None = None
) -> Iterator[tuple[Heading, Printed]]:
    """What the places of these slots hold, of all items or of this one; those that nobody printed in are left out."""
    with suppress(OSError, StoreError, ValueError), os.fdopen(open_file(file, os.O_RDONLY), "rb") as stream:
        for number in range(first, last + 1):
            heading, size = _heading(stream, (number - 1) * PLACE)
            if size and item in (None, (heading.run, heading.position)):
                stream.seek((number - 1) * PLACE)
                printed = printed_in(stream.read(PLACE))
                if _heading(stream, (number - 1) * PLACE)[0] == heading:  # else the next item has begun meanwhile
                    yield heading, printed


def _heading(stream: IO[bytes], at: int) -> tuple[Heading, int]:
    """The heading of a place, and how much its item has printed; 0 where what stands there is nobody's. Raises
    ValueError: there is no such place."""
    stream.seek(at)
    if len(start := stream.read(HEADING.size)) < HEADING.size:
        raise ValueError(at)
    ticket, size, position, attempt, run = HEADING.unpack(start)
    sane = size < 2**63 and position < 2**63 and attempt < 2**63  # a job can write there too
    return Heading(ticket, position, attempt, run.rstrip(b"\0").decode("ascii", "replace")), size if sane else 0
