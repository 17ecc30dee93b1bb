"""What a run that takes what is there already finds in earlier ones, as it is prepared."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from jobs.runtime.core.errors import BadSecret
from jobs.runtime.core.reuse import Reuse, key_digest
from jobs.runtime.home import artifacts, earlier_runs, literal_secrets
from jobs.runtime.store import items, reuse
from jobs.runtime.store.connection import Connection
from jobs.runtime.store.reuse import EarlierRow, Indexing, KeysAside, Source
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
        self._found: dict[int, EarlierRow] = {}
        self._keys: dict[int, bytes] = {}
        self._texts: dict[int, str] = {}
        self._linked: set[int] = set()
        self._prepared, self._begun = stored.prepared, stored.run.done > 0
        self._sources: list[Source] | None = None
        self._indexing: Indexing | None = None
        self._taken = KeysAside(stored.number)

    def look(self, db: Connection) -> None:
        """Find the runs that may have them, or go on to make their items findable, a step each time, in the caller's
        transaction; `ready` when all are."""
        if self._sources is None:
            self._sources = self._find(db)
        if self._indexing is None:
            unindexed = next((source for source in self._sources if not (source.indexed or self.keyed)), None)
            self.ready = unindexed is None
            self._indexing = None if unindexed is None else Indexing(unindexed.number)
        if self._indexing is not None:
            self._indexing.step(db)

    def committed(self) -> None:
        """The transaction went through, and the step that was done in it counts."""
        self._taken.committed()
        if self._indexing is not None and self._indexing.committed() and self._sources is not None:
            self._sources = [
                source._replace(indexed=source.indexed or source.number == self._indexing.number)
                for source in self._sources
            ]
            self._indexing = None

    @property
    def start(self) -> int:
        """After which item the preparation goes on. Where the job has a key it begins anew: what was taken becomes
        findable at its end, and a preparation that was broken off has found the keys for that in vain."""
        return 0 if self.keyed else self._prepared

    def find(self, db: Connection, plans: Sequence[PlannedItem]) -> None:
        """Look up what is there of these items, and make its files this run's, before the transaction that stores it.
        `places` are those of the rows of others that are only to be asked whether they have changed, by position."""
        self._keys = self._keys_of(db, plans)
        there = reuse.earlier(db, self._sources or [], self._keys.values())
        settled = self._settled(db) if self._begun else set()
        known = {at: there[key] for at, key in self._keys.items() if key in there and at not in settled}
        self._found = {position: row for position, row in known.items() if row.started_at >= self.since}
        self.places = {
            position: (row.source.number, row.position)
            for position, row in known.items()
            if self.asked.conditional and row.kept and position not in self._found
        }
        self._linked.clear()
        self._texts = self._with_files(db) if self.files else {}

    def take(self, db: Connection) -> list[int]:
        """Store what was found; returns the positions that had no outcome yet."""
        stored = reuse.take(db, self.number, self._found, self._texts)
        if self.keyed and self._keys:
            held = reuse.taken(db, self.number, min(self._keys), max(self._keys)) if self._prepared else stored
            taken = sorted((self._keys[position], position) for position in held if position in self._keys)
            if self._taken.all_noted:
                reuse.note_keys(db, self.number, taken)
            else:
                self._taken.add(taken)
        return stored

    def is_left(self, stored: Collection[int]) -> bool:
        """Whether files were made this run's of which the rows were not stored."""
        return not self._linked <= set(stored)

    def index_taken(self, db: Connection) -> bool:
        """Make what was taken so far findable in its turn, a step each time, in the caller's transaction; whether that
        is done. What is taken from then on is so at once."""
        return not self.keyed or self._taken.note_some(db)

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

    def _keys_of(self, db: Connection, plans: Sequence[PlannedItem]) -> dict[int, bytes]:
        """By what each item is found; an item that its job calls equal to none is in no earlier run."""
        if self.keyed or not plans:
            return {plan.position: plan.key for plan in plans if plan.key is not None}
        cells = dict(items.cells(db, self.number, plans[0].position, plans[-1].position))
        return {plan.position: key_digest(cells[plan.position]) for plan in plans}

    def _settled(self, db: Connection) -> set[int]:
        """Items that have their outcome already, whose files are not touched: the run was prepared before."""
        return items.with_outcome(db, self.number, min(self._keys), max(self._keys)) if self._keys else set()

    def _with_files(self, db: Connection) -> dict[int, str]:
        """The rows that were found with their files as files of this run, too; one whose file is gone is not there."""
        texts: dict[int, str] = {}
        for position, row in reuse.rows(db, dict(self._found)):
            self._linked.add(position)
            text = self._taken_over(row, position)
            if text is None:
                del self._found[position]
            else:
                texts[position] = text
        return texts

    def _taken_over(self, row: str, position: int) -> str | None:
        """A row with its files as this run's; None: one is not there, or the row is damaged."""
        try:
            return artifacts.taken_over(self.home, row, self.files, self.run.id, position)
        except (ValueError, TypeError, AttributeError, RecursionError):
            return None
