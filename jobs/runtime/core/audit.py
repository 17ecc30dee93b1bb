"""What the audit log says of one action: who did what to what, when, and by which way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import msgspec


class AuditAction(StrEnum):
    """What is noted."""

    STARTED = "started"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    RESUMED = "resumed"
    RETRIED = "retried"
    RENAMED = "renamed"
    PINNED = "pinned"
    DELETED = "deleted"
    DOWNLOADED = "downloaded"
    SAVED = "saved"
    FIRED = "fired"
    REVOKED = "revoked"
    SHARED = "shared"
    UNSHARED = "unshared"
    SIGNED_IN = "signed in"
    BACKED_UP = "backed up"
    RESTORED = "restored"


class AuditKind(StrEnum):
    """To what it was done."""

    RUN = "run"
    SCHEDULE = "schedule"
    PRESET = "preset"
    TOKEN = "token"
    STORE = "store"
    PERSON = "person"


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One action: at Unix seconds `at`, `owner` (who acted) did `action` to the thing `kind` that is called `subject`
    (the whole id of a run, a name), through `channel` and there by `means` (the name of a token or a schedule). `facts`
    say more of it: plain, and nothing secret."""

    at: float
    owner: str
    action: AuditAction
    kind: AuditKind
    subject: str
    channel: str
    means: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return asdict(self)


def entry_of(line: bytes) -> AuditEntry | None:
    """An entry from a line of JSON; None: it is none, as one that was cut off when the machine stopped."""
    try:
        return msgspec.json.decode(line, type=AuditEntry)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
