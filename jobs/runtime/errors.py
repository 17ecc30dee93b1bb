"""What can go wrong, as one tree.

    Exception
    ├── ItemError              raised by a job: this item failed, and that was foreseen
    ├── TryLater               raised by a job: try this item again, not before then
    └── FanoutError            raised by Fanout
        ├── DefinitionError    a job file does not define a job
        ├── Refused            what a person asked for cannot be done; nothing was changed
        │   ├── UnknownJob
        │   ├── BadParams
        │   ├── BadInput       a file or text from which no items can be read
        │   ├── NoItems        a file or text that was read, and holds no item
        │   ├── UnknownRun
        │   ├── BadSetting     an environment variable cannot be read (a ValueError too)
        │   └── IllegalMove    a run is not in a state that allows this
        ├── DamagedRun         the row of a run in the store cannot be read
        └── StoreError         the store cannot be opened, read or written
            ├── DamagedStore   its file is damaged, at least in part, or is no store
            └── StaleEpoch     a newer runner has taken over; the write was refused

Every message is one plain sentence for the person who reads it: what is wrong, where, and what to do.
"""

from __future__ import annotations

from typing import Any


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
    """A param is unknown, missing or out of its limits."""


class BadInput(Refused):
    """A file or text from which no items can be read."""


class NoItems(Refused):
    """A file or text that was read, and holds no item."""


class UnknownRun(Refused):
    """No run has this id, or several begin like it."""


class BadSetting(Refused, ValueError):
    """An environment variable cannot be read."""


class IllegalMove(Refused):
    """A run is not in a state that allows this."""


class DamagedRun(FanoutError):
    """The row of a run in the store cannot be read; other runs can."""


class StoreError(FanoutError):
    """The store cannot be opened, read or written."""


class DamagedStore(StoreError):
    """The file of the store is damaged, at least in part, or is no store."""


class StaleEpoch(StoreError):
    """A newer runner has taken over; the write was refused."""
