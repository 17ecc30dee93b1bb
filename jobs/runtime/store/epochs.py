"""The runner's own row: who took over last, and the epoch that every write of a runner carries."""

from __future__ import annotations

import msgspec

from jobs.runtime.core.errors import StaleEpoch
from jobs.runtime.store.connection import Connection


class RunnerRow(msgspec.Struct, frozen=True, kw_only=True):
    """The runner that wrote last: its epoch, process id, start, code and settings (`settings.of_runner()`)."""

    epoch: int
    pid: int | None
    started_at: float | None
    code_hash: str
    settings: str


def take_over(
    db: Connection, *, pid: int, started_at: float, clock_offset: float, code_hash: str, settings: str
) -> int:
    """Raise the epoch and enter the new runner; returns the epoch."""
    db.execute(
        """UPDATE runner SET epoch = epoch + 1, pid = ?, started_at = ?, clock_offset = ?, code_hash = ?,
             settings = ?""",
        (pid, started_at, clock_offset, code_hash, settings),
    )
    return runner(db).epoch


def runner(db: Connection) -> RunnerRow:
    """The runner that took over last, alive or not."""
    row = db.execute("SELECT * FROM runner").fetchone()
    return RunnerRow(
        epoch=row["epoch"],
        pid=row["pid"],
        started_at=row["started_at"],
        code_hash=row["code_hash"] or "",
        settings=row["settings"] or "",
    )


def check_epoch(db: Connection, epoch: int) -> None:
    """Refuse the write of a runner that has been followed by another. Raises StaleEpoch."""
    current = int(db.execute("SELECT epoch FROM runner").fetchone()[0])
    if current != epoch:
        raise StaleEpoch(f"a newer runner has taken over (epoch {current}, this one has {epoch})")
