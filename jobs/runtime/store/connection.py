"""Opening the store: migrate it, read it, write it. A reader is short-lived and read-only; a writer takes the write
lock at once (BEGIN IMMEDIATE) or says that it is busy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jobs.runtime.errors import DamagedStore, StoreError
from jobs.runtime.store.schema import MIGRATIONS

FILE = "store.sqlite3"
BUSY_SECONDS = 30.0
Connection = sqlite3.Connection


class BusyError(StoreError):
    """Another process is writing; try again."""


class FullError(StoreError):
    """The disk (or the store's own limit) has no room for more."""


class Store:
    """The store of one home. Opening it makes or migrates the file. Raises StoreError with a sentence."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / FILE
        _make_folder(home)
        with _translated(self.path):
            _migrate(self.path)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only connection that sees one moment of the store throughout."""
        with _translated(self.path), _closing(_connect(self.path, BUSY_SECONDS, read_only=True)) as db:
            db.execute("BEGIN")
            yield db

    @contextmanager
    def watch(self) -> Iterator[tuple[Connection, Callable[[], int]]]:
        """A read-only connection that sees each moment anew, and a function whose answer changes when another process
        has written: a tenth of what a read costs, for waiting.

        (https://www.sqlite.org/pragma.html#pragma_data_version)
        """
        with _translated(self.path), _closing(_connect(self.path, BUSY_SECONDS, read_only=True)) as db:
            yield db, lambda: int(db.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction of its own connection, which waits up to 30 s for another writer."""
        with _translated(self.path), _closing(_connect(self.path, BUSY_SECONDS)) as db, transaction(db):
            yield db

    def connect(self) -> Connection:
        """A connection to keep, whose writes do not wait: for the runner's loop, which tries again instead.

        To open it does wait: where nobody else has the store open, whoever closes it (a submit, after each chunk) has
        it alone for a moment.
        """
        with _translated(self.path):
            db = _connect(self.path, BUSY_SECONDS)
            db.execute("PRAGMA busy_timeout = 0")
            return db

    @contextmanager
    def write_now(self, db: Connection) -> Iterator[Connection]:
        """A transaction on a kept connection. Raises BusyError at once when another process writes."""
        with _translated(self.path), transaction(db):
            yield db

    def size(self) -> int:
        """Bytes of the store with its write-ahead log."""
        files = (self.path, self.path.with_name(FILE + "-wal"))
        return sum(path.stat().st_size for path in files if path.exists())


@contextmanager
def transaction(db: Connection) -> Iterator[Connection]:
    """Everything inside, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def give_back(db: Connection, pages: int) -> bool:
    """Return so many free pages to the disk, in the caller's transaction; whether more of them are left.

    The file becomes shorter with the next checkpoint (https://www.sqlite.org/pragma.html#pragma_incremental_vacuum).
    """
    before = _free_pages(db)
    db.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()
    return 0 < _free_pages(db) < before


def _free_pages(db: Connection) -> int:
    return int(db.execute("PRAGMA freelist_count").fetchone()[0])


def _make_folder(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {home} cannot be made: {error.strerror} (JOBS_HOME names it)") from None


def _connect(path: Path, busy_seconds: float, *, read_only: bool = False) -> Connection:
    uri = f"{path.as_uri()}?mode={'ro' if read_only else 'rwc'}"
    db = sqlite3.connect(uri, uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        db.row_factory = sqlite3.Row
        if not read_only:
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA cache_size = -16000")
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def _closing(db: Connection) -> Iterator[Connection]:
    try:
        yield db
    finally:
        db.close()


def _migrate(path: Path) -> None:
    with _closing(_connect(path, BUSY_SECONDS)) as db:
        version = _version(db)
        if version == len(MIGRATIONS):
            return
        if version == 0:
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only before there is a table; see give_back
        db.execute("PRAGMA journal_mode = WAL")
        with transaction(db):
            version = _version(db)
            if version > len(MIGRATIONS):
                raise StoreError(f"{path} was written by a newer Fanout (its version is {version}): update this one")
            for migration in MIGRATIONS[version:]:
                for statement in migration:
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _version(db: Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """SQLite's own words, as sentences that name the file and the remedy."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _operational(path, error) from error
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.InterfaceError):
            raise
        raise DamagedStore(
            f"{path} is not a store of Fanout, or is damaged ({error}). Nothing was changed: "
            "move the file aside to begin a new one"
        ) from error


def _operational(path: Path, error: sqlite3.OperationalError) -> StoreError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BusyError(f"another process is writing {path}: try again in a moment")
    if name.startswith("SQLITE_FULL"):
        return FullError(f"there is no room left for {path}: free some space on its disk")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StoreError(f"{path} cannot be written ({error}): see the rights of its folder, or set JOBS_HOME")
    return StoreError(f"{path}: {error}")
