"""Links by which somebody reads one run without signing in: of each only its digest, until it ends."""

from __future__ import annotations

from jobs.runtime.store.connection import Connection


def add(db: Connection, digest: bytes, run: int, *, at: float, until: float) -> None:
    """Keep a new link to a run; those that have ended are forgotten."""
    db.execute("DELETE FROM shares WHERE ends_at <= ?", (at,))
    db.execute("INSERT INTO shares (digest, run, made_at, ends_at) VALUES (?,?,?,?)", (digest, run, at, until))


def run_of(db: Connection, digest: bytes, at: float) -> str | None:
    """The id of the run that a link leads to at this time; None: it is not known, or not any more."""
    row = db.execute(
        """SELECT r.id FROM shares s JOIN runs r ON r.number = s.run
           WHERE s.digest = ? AND s.ends_at > ? AND r.state IS NOT 'submitting'""",
        (digest, at),
    ).fetchone()
    return None if row is None else str(row["id"])


def ends(db: Connection, run: int, at: float) -> list[float]:
    """When the links to a run end (Unix seconds) that lead to it at this time, the first to end first."""
    query = "SELECT ends_at FROM shares WHERE run = ? AND ends_at > ? ORDER BY ends_at"
    return [float(row["ends_at"]) for row in db.execute(query, (run, at))]


def remove(db: Connection, run: int) -> int:
    """Take all links to a run back; returns how many."""
    return int(db.execute("DELETE FROM shares WHERE run = ?", (run,)).rowcount)


def remove_all(db: Connection) -> None:
    """Forget all links."""
    db.execute("DELETE FROM shares")
