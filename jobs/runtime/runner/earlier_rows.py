"""What a run that takes what is there already finds in earlier ones, as it is prepared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jobs.runtime.core.errors import BadSecret
from jobs.runtime.core.reuse import Reuse, key_digest
from jobs.runtime.home import artifacts, earlier_runs, literal_secrets
from jobs.runtime.store import items, reuse
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.reuse import EarlierRow, Source
from jobs.runtime.store.run_row import StoredRun
from jobs.runtime.worker.messages import PlannedItem


class EarlierRows:
    """The rows that one run may take, found by the keys of its items. A row whose file is gone is not there."""

    def __init__(self, home: Path, stored: StoredRun, asked: Reuse) -> None:
        self.home, self.number, self.run, self.keyed = home, stored.number, stored.run, stored.traits.keyed
        self.asked = asked
        self.files = [column.name for column in stored.run.columns if column.type == "file"]
        self.ready = False
        self.since = stored.run.submitted_at - asked.fresh
        self.places: dict[int, tuple[int, int]] = {}
        self._sources: list[Source] | None = None
        self._after: bytes | None = b"" if self.keyed else None

    def look(self, db: Connection) -> None:
        """Find the runs that may have them, or go on to make their items findable, a step each time, in the caller's
        transaction; `ready` when all are."""
        if self._sources is None:
            self._sources = self._find(db)
        unindexed = next((source for source in self._sources if not (source.indexed or self.keyed)), None)
        if unindexed is None:
            self.ready = True
        elif reuse.index(db, unindexed.number):
            place = self._sources.index(unindexed)
            self._sources[place] = unindexed._replace(indexed=True)

    def take(self, db: Connection, plans: Sequence[PlannedItem]) -> list[int]:
        """Store what is there of these items; returns their positions. `places` are those of the rows of others that
        are only to be asked whether they have changed, by position."""
        keys = self._keys(db, plans)
        there = reuse.earlier(db, self._sources or [], set(keys.values()))
        known = {position: there[key] for position, key in keys.items() if key in there}
        fresh = {position: row for position, row in known.items() if row.started_at >= self.since}
        self.places = {
            position: (row.source.number, row.position)
            for position, row in known.items()
            if self.asked.conditional and row.kept and position not in fresh
        }
        usable = {position: self._usable(position, row) for position, row in fresh.items()}
        found = {position: row for position, row in usable.items() if row is not None}
        stored = reuse.take(db, self.number, found)
        if self.keyed:
            taken = {position: keys[position] for position in stored}
            reuse.note_taken(db, self.number, taken, at_once=self._after is None)
        return stored

    def index_taken(self, db: Connection) -> bool:
        """Make what was taken so far findable in its turn, a step each time, in the caller's transaction; whether that
        is done. What is taken from then on is so at once."""
        if self._after is not None:
            self._after = reuse.index_taken(db, self.number, self._after)
        return self._after is None

    def _find(self, db: Connection) -> list[Source]:
        try:
            return earlier_runs.sources(
                db,
                self.home,
                owner=self.run.owner,
                job=self.run.job,
                params=self.run.params,
                hidden=literal_secrets.read(self.home, self.run.id),
                code_hash=self.run.code_hash,
                since=0.0 if self.asked.conditional else self.since,
                besides=self.number,
            )
        except BadSecret:  # the workers will say so
            return []

    def _keys(self, db: Connection, plans: Sequence[PlannedItem]) -> dict[int, bytes]:
        """By what each item is found; an item that its job calls equal to none is in no earlier run."""
        if self.keyed or not plans:
            return {plan.position: plan.key for plan in plans if plan.key is not None}
        cells = dict(items.cells(db, self.number, plans[0].position, plans[-1].position))
        return {plan.position: key_digest(cells[plan.position]) for plan in plans}

    def _usable(self, position: int, row: EarlierRow) -> EarlierRow | None:
        """The row with its files as files of this run, too."""
        if row.row is None:
            return row
        text = artifacts.taken_over(self.home, row.row, self.files, self.run.id, f"{position}-0")
        return row._replace(row=text) if text is not None else None
