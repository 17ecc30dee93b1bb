"""What runner and worker say to each other, as typed records with the bounds of each field.

to the worker     Begin        the run that the next items are of
                  Perform      items; tickets count up from `first`
                  Prepare      cells for the job's hooks
                  Resize       how many slots may be at work
                  MayBegin     whether an item may begin what must not be done twice
                  Ping
to the runner     Ready        it has loaded the job and can take items
                  NotReady     the job, or the run's params, cannot be read
                  Begun        it can take the items of that run
                  Worn         the process is not as it was at its start
                  Begins       an item is about to begin what must not be done twice
                  Answers      what became of items
                  GivenBack    tickets that were revoked before they started
                  Prepared     what the hooks said of a batch
                  Pong
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from jobs.runtime.core.job_terms import Column
from jobs.runtime.core.pace_report import PaceReport
from jobs.runtime.core.printed import Printed
from jobs.runtime.core.reuse import KEY_BYTES
from jobs.runtime.worker.row_limit import MAX_ROW_BYTES

MAX_ERROR = 2_000
MAX_DETAIL = 20_000
MAX_CODE = 64
MAX_GROUP = 500
MAX_REASON = 4_000
MAX_CARRY = 8 * 2**20
MAX_WHY = 300
MAX_KEPT = 4_000
MAX_ANSWERS = 512
"""Answers in one frame, at most."""

MAX_PLANS = 1_000
MAX_FILES, MAX_FILE_NAME = 2**16, 250
MAX_SLOTS = 2**16

MAX_COST = 1e300

TicketNumber = Annotated[int, Meta(ge=1, le=2**53)]
Position = Annotated[int, Meta(ge=1, le=2**53)]
Slot = Annotated[int, Meta(ge=1, le=MAX_SLOTS)]
Amount = Annotated[int, Meta(ge=0, le=2**53)]
Seconds = Annotated[float, Meta(ge=0, le=1e12)]
Cost = Annotated[float, Meta(ge=-MAX_COST, le=MAX_COST)]
Code = Annotated[str, Meta(max_length=MAX_CODE)]
Error = Annotated[str, Meta(max_length=MAX_ERROR)]
Detail = Annotated[str, Meta(max_length=MAX_DETAIL)]
Group = Annotated[str, Meta(max_length=MAX_GROUP)]
Kept = Annotated[str, Meta(max_length=MAX_KEPT)]
Row = Annotated[str, Meta(max_length=MAX_ROW_BYTES)]
Carry = Annotated[str, Meta(max_length=MAX_CARRY)]
FileNames = Annotated[list[Annotated[str, Meta(max_length=MAX_FILE_NAME)]], Meta(max_length=MAX_FILES)]
Key = Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]


class Part(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What messages are made of; on the pipe an array, since names would cost more than what they name."""


class QueuedItem(Part, frozen=True, kw_only=True):
    """An item to be performed: its cell, which attempt this is, what an earlier one put aside (JSON, or None), what an
    earlier run has of it (JSON of `kept` and `row`), where it is only to be asked whether that has changed, and what it
    has waited for in its group, in words."""

    position: Position
    cell: str
    attempt: int
    carry: str | None
    earlier: str | None = None
    waited_for: str = ""


class Later(Part, frozen=True, kw_only=True):
    """When to try an item again (seconds from now), or under which group, with what (JSON) to start from."""

    seconds: Seconds
    group: Group | None
    carry: Carry | None


class AttemptOutcome(Part, frozen=True, kw_only=True):
    """How an attempt ended: ok, failed, or memory (MemoryError), with its words and row (JSON). With `later` it is
    to be tried again, and its words are those of the failure when no attempt is left. `kept` (JSON) is what a later
    run is to know, `files` the names of those that it has written."""

    kind: Literal["ok", "failed", "memory"]
    code: Code = ""
    error: Error = ""
    detail: Detail = ""
    row: Row | None = None
    later: Later | None = None
    kept: Kept = ""
    unchanged: bool = False
    files: FileNames = []


class Answer(Part, frozen=True, kw_only=True):
    """What became of a ticket: its outcome, when and in which slot (time.monotonic(); CPU seconds), its pace, what it
    printed, and the requests and bytes that it has spent."""

    ticket: TicketNumber
    slot: Slot
    started: Seconds
    finished: Seconds
    cpu: Seconds
    outcome: AttemptOutcome
    pace: PaceReport | None
    printed: Printed | None = None
    requests: Amount = 0
    bytes: Amount = 0


class Misfit(Part, frozen=True, kw_only=True):
    """An answer that names its ticket and does not fit, with the reason."""

    ticket: TicketNumber
    why: str


class PlannedItem(Part, frozen=True, kw_only=True):
    """What the hooks said of an item: its group, cost and key, or the failure it has met already: it is none
    (`invalid_item`), is refused (`over_budget`), or a hook raised."""

    position: Position
    group: Group = ""
    cost: Cost | None = None
    key: Key | None = None
    failure: AttemptOutcome | None = None


class Begin(Part, frozen=True, kw_only=True, tag="begin"):
    """The run that the next items are of, and for whom the process acts from here on. `params` is JSON text: a whole
    number of any length arrives as it is."""

    run: str
    owner: str
    params: str
    columns: list[Column]
    deadline: float | None
    attempts: int


class Perform(Part, frozen=True, kw_only=True, tag="perform"):
    """Items to be performed, under the tickets `first`, `first + 1` and so on."""

    first: TicketNumber
    items: list[QueuedItem]


class Prepare(Part, frozen=True, kw_only=True, tag="prepare"):
    """Positions and cells for the hooks."""

    cells: list[tuple[Position, str]]


class Resize(Part, frozen=True, kw_only=True, tag="resize"):
    """So many slots may be at work from now on: threads that are missing are started, those beyond it rest."""

    slots: Slot


class MayBegin(Part, frozen=True, kw_only=True, tag="may_begin"):
    """Whether the item of a ticket may begin what must not be done twice: no attempt has begun it and was lost.
    `error`: why that could not be noted (empty: it was)."""

    ticket: TicketNumber
    allowed: bool
    error: str


class Ping(Part, frozen=True, kw_only=True, tag="ping"):
    """Answer this, if you can."""


class Ready(Part, frozen=True, kw_only=True, tag="ready"):
    """The worker has loaded its job and can take items."""


class NotReady(Part, frozen=True, kw_only=True, tag="not_ready"):
    """The job, or the params of the run, cannot be read."""

    reason: Annotated[str, Meta(max_length=MAX_REASON)]


class Begun(Part, frozen=True, kw_only=True, tag="begun"):
    """The worker can take the items of the run; from now on it is not broken any more."""


class Worn(Part, frozen=True, kw_only=True, tag="worn"):
    """The process is not as it was at its start: what fails in it may fail because of that."""

    why: Annotated[str, Meta(max_length=MAX_WHY)]


class Begins(Part, frozen=True, kw_only=True, tag="begins"):
    """The item of a ticket is about to begin what must not be done twice, and waits for the answer."""

    ticket: TicketNumber


class Answers(Part, frozen=True, kw_only=True, tag="answers"):
    """What became of items."""

    answers: Annotated[list[Answer], Meta(max_length=MAX_ANSWERS)]


class GivenBack(Part, frozen=True, kw_only=True, tag="given_back"):
    """Tickets that were revoked before they started."""

    tickets: Annotated[list[TicketNumber], Meta(max_length=MAX_ANSWERS)]


class Prepared(Part, frozen=True, kw_only=True, tag="prepared"):
    """What the hooks said of a batch."""

    plans: Annotated[list[PlannedItem], Meta(max_length=MAX_PLANS)]


class Pong(Part, frozen=True, kw_only=True, tag="pong"):
    """The answer to a ping."""


ToWorker = Begin | Perform | Prepare | Resize | MayBegin | Ping
FromWorker = Ready | NotReady | Begun | Worn | Begins | Answers | GivenBack | Prepared | Pong
Heard = FromWorker | Misfit
"""What the runner makes of what a worker says."""
