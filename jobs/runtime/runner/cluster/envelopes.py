"""What the runner and an agent say to each other, as typed records; what a worker says and hears is in them unread.

to the agent      Launch       start a worker
                  ToPipe       frames for the pipe of the worker
                  Revoke       tickets up to this one do not start any more
                  Resized      how many slots may be at work
                  Count        what the worker uses is counted from here on
                  KeptSecrets  the secret params of a run
                  Kill         end the worker, say what it was at, and leave
                  Heartbeat    answer this
to the runner     FromPipe     frames from the pipe of the worker
                  About        what the worker is at
                  Revoked      what had started when tickets were revoked
                  FilePiece    a piece of a file, before the answer that names it
                  FileThere    a file that need not travel, likewise
                  Died         the worker has ended
                  Heartbeat    the answer

The first words are JSON, since the machine has no code yet (`boot`): who the agent is; then what it goes by and the
code, and whether it can be run there.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from jobs.runtime.core.errors import FrameError
from jobs.runtime.core.printed import Printed
from jobs.runtime.worker.messages import MAX_SLOTS, Part, Slot, TicketNumber
from jobs.runtime.worker.protocol import MAX_FRAME, FrameDecoder, framed
from jobs.runtime.worker.slot_table import CELL, HEAD

MAX_PIECE = 1 << 18
MAX_HELLO = 4_096
MAX_TABLE = 8 * (HEAD + CELL * MAX_SLOTS)
Taken = Annotated[int, Meta(ge=0, le=2**53)]
Stamp = Annotated[float, Meta(ge=0, le=1e12)]


class Launch(Part, frozen=True, kw_only=True, tag="launch"):
    """Start a worker of a job; `memory`: bytes it may allocate."""

    job: str
    slots: Slot
    memory: int


class ToPipe(Part, frozen=True, kw_only=True, tag="to_pipe"):
    """Frames for the pipe of the worker."""

    frames: bytes


class Revoke(Part, frozen=True, kw_only=True, tag="revoke"):
    """Tickets up to this one do not start any more."""

    ticket: Taken


class Resized(Part, frozen=True, kw_only=True, tag="resized"):
    """So many slots may be at work."""

    slots: Slot


class Count(Part, frozen=True, kw_only=True, tag="count"):
    """What the worker uses is counted from here on."""


class KeptSecrets(Part, frozen=True, kw_only=True, tag="kept_secrets"):
    """The secret params of a run, as JSON."""

    run: str
    params: str

    def plain(self) -> dict[str, Any]:
        """Them as plain data."""
        return dict(json.loads(self.params))


class Kill(Part, frozen=True, kw_only=True, tag="kill"):
    """End the worker, say what it was at, and leave."""


class Heartbeat(Part, frozen=True, kw_only=True, tag="alive"):
    """When the runner has sent this and when the agent has answered, each by its own monotonic clock."""

    sent: Stamp
    answered: Stamp = 0.0


class FromPipe(Part, frozen=True, kw_only=True, tag="from_pipe"):
    """Frames from the pipe of the worker, and the highest ticket that a slot had taken when they were read."""

    taken: Taken
    frames: bytes


class SlotPrints(Part, frozen=True, kw_only=True):
    """What the item of a ticket has printed so far, in which slot (from 1), at which position and attempt."""

    ticket: TicketNumber
    slot: Slot
    position: Taken
    attempt: Taken
    printed: Printed


class About(Part, frozen=True, kw_only=True, tag="about"):
    """What the worker is at: its slot table, whether it is stopped, its bytes in memory, CPU seconds (of all its
    threads, and of those that are busy), what it has used since `Count`, and what the items in its slots have
    printed."""

    table: Annotated[bytes, Meta(max_length=MAX_TABLE)]
    stopped: bool
    resident: int | None
    cpu: float | None
    threads: dict[int, float]
    used: dict[str, float | None] | None
    printed: list[SlotPrints]


class Revoked(Part, frozen=True, kw_only=True, tag="revoked"):
    """The highest ticket that had started when those up to `ticket` were revoked."""

    ticket: Taken
    taken: Taken


class FilePiece(Part, frozen=True, kw_only=True, tag="piece"):
    """A piece of a file that an item of a run has written; with the last one it is whole."""

    run: str
    name: str
    content: Annotated[bytes, Meta(max_length=MAX_PIECE)]
    last: bool


class FileThere(Part, frozen=True, kw_only=True, tag="there"):
    """A file that an item of a run has written is whole, in the agent's folder of this home."""

    run: str
    name: str


class Died(Part, frozen=True, kw_only=True, tag="died"):
    """How the worker ended: exit code, the last look at it, and the end of its log."""

    code: int | None
    about: About
    log: str


NOTHING_YET = About(table=bytes(8 * HEAD), stopped=False, resident=None, cpu=None, threads={}, used=None, printed=[])
"""What is known of a worker before its agent has said anything."""

ToAgent = Launch | ToPipe | Revoke | Resized | Count | KeptSecrets | Kill | Heartbeat
FromAgent = FromPipe | About | Revoked | FilePiece | FileThere | Died | Heartbeat

_encode = msgspec.msgpack.Encoder().encode


def encode(message: ToAgent | FromAgent) -> bytes:
    """One message as a frame."""
    return framed(_encode(message))


def agent_side() -> FrameDecoder[ToAgent]:
    """What an agent reads the runner with."""
    decode = msgspec.msgpack.Decoder(ToAgent).decode
    return FrameDecoder(lambda body: iter((decode(body),)))


def bodies() -> FrameDecoder[bytes]:
    """What the runner reads an agent with: the bodies of frames, of which `read` makes messages."""
    return FrameDecoder(lambda body: iter((body,)), 2 * MAX_FRAME)


def hello_decoder() -> FrameDecoder[bytes]:
    """What the runner reads somebody with of whom it does not know yet who it is."""
    return FrameDecoder(lambda body: iter((body,)), MAX_HELLO)


def plain(body: bytes) -> dict[str, Any]:
    """One of the first words. Raises FrameError."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FrameError("it does not begin as an agent does") from error
    if not isinstance(found, dict):
        raise FrameError("it does not begin as an agent does")
    return found


def read(body: bytes) -> FromAgent:
    """A message of an agent. Raises FrameError."""
    try:
        return _decode(body)
    except (msgspec.MsgspecError, RecursionError, OverflowError) as error:
        raise FrameError(f"its agent sent what no agent says: {str(error)[:300]}") from error


_decode = msgspec.msgpack.Decoder(FromAgent).decode
