"""What can go wrong, as one tree.

    Exception
    ├── ItemError              raised by a job: this item failed, and that was foreseen
    │   └── FieldError         a cell of a row cannot be what its field wants
    ├── TryLater               raised by a job: try this item again, not before then
    └── FanoutError            raised by Fanout
        ├── DefinitionError    a job file does not define a job
        ├── Refused            what a person asked for cannot be done; nothing was changed
        │   ├── UnknownJob
        │   ├── BadParams
        │   ├── BadInput       a file or text from which no items can be read
        │   ├── NoItems        a file or text that was read, and holds no item
        │   ├── UnknownRun
        │   ├── UnknownPreset
        │   ├── UnknownSchedule
        │   ├── BadSetting     an environment variable cannot be read (a ValueError too)
        │   ├── BadSecret      a secret is not there, or its file may be read by others
        │   ├── BadToken       no token was given, or none that is known
        │   ├── NotAllowed     a token does not allow this, or who acts is no admin
        │   ├── NeverTaken     a receiver of messages has refused one for good
        │   ├── OverQuota      its owner has, or would have, more than each may
        │   └── IllegalMove    a run is not in a state that allows this
        ├── Unanswered         it was asked of the runner, which will do it and has not said so yet
        ├── DamagedRun         the row of a run in the store cannot be read
        ├── ApartFailed        a process that computed for an item has met its limits, or died
        ├── UnencodableError   what a job returned is no row
        ├── FrameError         the other side of a pipe sent what is no frame
        ├── TooLargeError      a number does not fit the type of its column in an export
        └── StoreError         the store cannot be opened, read or written
            ├── DamagedStore   its file is damaged, at least in part, or is no store
            ├── BusyError      another process is writing
            ├── FullError      there is no room for more
            ├── StoreGone      its file was deleted, or another one lies in its place
            └── StaleEpoch     a newer runner has taken over; the write was refused

Every message is one plain sentence for the person who reads it: what is wrong, where, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.runtime.core import program


class ItemError(Exception):
    """An expected failure of one item: it ends as `failed` with this code and sentence.

    `row` fills the columns that are known all the same (a page that answers 404 has a status and a title).
    `detail` is kept beside the sentence: the raw words of whatever failed.
    """

    def __init__(self, code: str, message: str, *, row: dict[str, Any] | None = None, detail: str = "") -> None:
        super().__init__(code, message)
        self.code, self.message, self.row, self.detail = code, message, row, detail

    def __str__(self) -> str:
        return self.message


class FieldError(ItemError):
    """A cell of a row cannot be what its field wants; `cell` is that one, `field` names it."""

    def __init__(self, code: str, field: str, cell: str, message: str) -> None:
        super().__init__(code, f"{field}: {message.removeprefix(f'{field}: ')}")
        self.field, self.cell = field, cell


class TryLater(Exception):
    """Try this item again, not before `seconds` from now (0 or more); no slot waits meanwhile.

    It counts as an attempt and becomes the failure (`code`, `message`, `row`) when the attempts are used up.
    With `group`, the item goes back under that group instead, with `carry` (plain data) to start from, found
    again through `jobs.carried()`; that is no attempt.
    """

    def __init__(
        self,
        seconds: float,
        code: str,
        message: str,
        *,
        group: str | None = None,
        carry: Any = None,
        row: dict[str, Any] | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(seconds, code, message)
        self.seconds, self.code, self.message = max(0.0, float(seconds)), code, message
        self.group, self.carry, self.row, self.detail = group, carry, row, detail

    def __str__(self) -> str:
        return self.message


class FanoutError(Exception):
    """Anything Fanout itself says no to, or cannot do."""


class DefinitionError(FanoutError):
    """A job file does not define a job; the sentence says what to change."""


class Refused(FanoutError):
    """What a person asked for cannot be done; nothing was changed."""


class UnknownJob(Refused):
    """No job of this name, or it is broken; the sentence names those there are."""


class BadParams(Refused):
    """A param is unknown, missing or out of its limits; `faults` has the sentence of each such param by its name."""

    def __init__(self, message: str, faults: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.faults = dict(faults or {})


class BadInput(Refused):
    """A file or text from which no items can be read."""


class NoItems(Refused):
    """A file or text that was read, and holds no item."""


class UnknownRun(Refused):
    """No run has this id, or several begin like it."""

    @classmethod
    def of(cls, wanted: str) -> UnknownRun:
        """What is said of one that is not there, and of another's."""
        return cls(f"there is no run {wanted[:40]} (see: {program.NAME} runs)")


class UnknownPreset(Refused):
    """There is no preset of this name; the sentence names those there are."""


class UnknownSchedule(Refused):
    """There is no schedule of this name."""


class BadSetting(Refused, ValueError):
    """An environment variable cannot be read."""


class BadSecret(Refused):
    """A secret is not there, its name cannot be one, or the secrets file may be read by others."""


class BadToken(Refused):
    """No token was given where one is needed, or one that is not known (any more)."""


class NotAllowed(Refused):
    """A token does not allow this, or who acts is no admin, or has not signed in."""


class OverQuota(Refused):
    """Its owner has as much as each may have, or would have more; the sentence has the figures."""


class NeverTaken(Refused):
    """A receiver of messages has refused one for good: the same is not sent again."""


class IllegalMove(Refused):
    """A run is not in a state that allows this."""


class Unanswered(FanoutError):
    """It was asked of the runner, which will do it, and has not said so yet."""


class DamagedRun(FanoutError):
    """The row of a run in the store cannot be read; other runs can. `name` is what to call it by, to delete it."""

    def __init__(self, number: int, run_id: object, why: str) -> None:
        self.number = number
        self.name = run_id if isinstance(run_id, str) and run_id.isascii() and run_id.isalnum() else f"#{number}"
        super().__init__(f"run {self.name} is damaged in the store: {why}. All that can be done with it is delete it")


class StoreError(FanoutError):
    """The store cannot be opened, read or written."""


class DamagedStore(StoreError):
    """The file of the store is damaged, at least in part, or is no store."""


class StoreGone(StoreError):
    """The file of the store that was open has been deleted, or another one lies in its place."""


class StaleEpoch(StoreError):
    """A newer runner has taken over; the write was refused."""


class ApartFailed(FanoutError):
    """A process that computed for an item (`compute_apart`) has met its limits, or died."""


class UnencodableError(FanoutError):
    """What the job returned is not a row; the sentence says which column and why."""


class FrameError(FanoutError):
    """The other side sent something that is no frame."""


class BusyError(StoreError):
    """Another process is writing; try again."""


class FullError(StoreError):
    """The disk (or the store's own limit) has no room for more."""


class TooLargeError(FanoutError):
    """A whole number does not fit the column's type: the file must be begun again with text in this column."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column
