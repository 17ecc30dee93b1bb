"""Opening the store: migrate it, read it, write it. A reader is short-lived and read-only; a writer takes the write
lock at once (BEGIN IMMEDIATE) or says that it is busy."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from jobs.runtime.core import home_folder, lock_holder, notices, private_files, settings
from jobs.runtime.core.errors import BusyError, DamagedStore, FullError, StoreError, StoreGone
from jobs.runtime.store.schema import MIGRATIONS

FILE = home_folder.STORE
BUSY_SECONDS = 30.0
LONG_SECONDS = 2.0
"""Another process that has been writing for so long is in the way, and is named where people look."""

SILENT_SECONDS = 5.0
"""So long who has something to write waits for another writer without a word: most have ended by then."""

Connection = sqlite3.Connection


class Store:
    """The store of one home. Opening it makes or migrates the file. Raises StoreError with a sentence."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / FILE
        home_folder.prepare(home)
        _make_file(self.path)
        with translated(self.path):
            migrate(self.path)
        self._made = _identity(self.path)
        self._log: tuple[int, int] | None = None

    @property
    def replaced(self) -> bool:
        """Whether its file, or the write-ahead log of a connection that is kept, has been deleted, or another one lies
        in its place."""
        if self._log is not None and _identity(self.path.with_name(FILE + "-wal")) != self._log:
            return True
        return _identity(self.path) != self._made

    def check_there(self) -> None:
        """Raises StoreGone where it is not there any more."""
        if self.replaced:
            raise StoreGone(f"{self.path} was deleted or replaced meanwhile: what was in it is gone")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """SQLite's own words as sentences; whatever it says of a file that was taken away under it, that is why."""
        try:
            with translated(self.path):
                yield
        except BusyError:
            raise
        except StoreError:
            self.check_there()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only connection that sees one moment of the store throughout."""
        with self._translated(), closing(open_file(self.path, BUSY_SECONDS, read_only=True)) as db:
            db.execute("BEGIN")
            yield db

    @contextmanager
    def watch(self) -> Iterator[tuple[Connection, Callable[[], int]]]:
        """A read-only connection that sees each moment anew, and a function whose answer changes when another process
        has written: a tenth of what a read costs, for waiting.

        (https://www.sqlite.org/pragma.html#pragma_data_version)
        """
        with self._translated(), closing(open_file(self.path, BUSY_SECONDS, read_only=True)) as db:
            yield db, lambda: int(db.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction of its own connection, which waits up to 30 s for another writer, and says so after 5 s."""
        with self._translated(), closing(open_file(self.path, SILENT_SECONDS)) as db:
            self._begin(db)
            with _completed(db):
                yield db

    @contextmanager
    def write_if_free(self) -> Iterator[Connection]:
        """The same where it can be had at once. Raises BusyError when another process writes."""
        with self._translated(), closing(open_file(self.path, 0.0)) as db, transaction(db):
            yield db

    def _begin(self, db: Connection) -> None:
        with suppress(BusyError), self._translated():
            db.execute("BEGIN IMMEDIATE")
            return
        notices.say(f"{self.writer()}; waiting for up to {BUSY_SECONDS:.0f} s")
        db.execute(f"PRAGMA busy_timeout = {(BUSY_SECONDS - SILENT_SECONDS) * 1000:.0f}")
        try:
            with self._translated():
                db.execute("BEGIN IMMEDIATE")
        except BusyError:
            raise BusyError(f"{self.writer()}, for more than {BUSY_SECONDS:.0f} s now: try again then") from None

    def writer(self) -> str:
        """Who keeps all others from writing, in words."""
        shared = self.path.with_name(FILE + "-shm")
        return written_by(lock_holder.holder_of(shared, byte=lock_holder.WAL_WRITER), self.path)

    def connect(self) -> Connection:
        """A connection to keep, whose writes do not wait: for the runner's loop, which tries again instead.

        To open it does wait: where nobody else has the store open, whoever closes it (a submit, after each chunk) has
        it alone for a moment.
        """
        with self._translated():
            db = open_file(self.path, BUSY_SECONDS)
            db.execute("PRAGMA busy_timeout = 0")
            db.execute("PRAGMA temp_store = MEMORY")  # what a run sets aside (reuse): some 40 MB of a million items
            db.execute("SELECT only FROM runner").fetchone()  # opens the write-ahead log, which stays as long as this
            self._log = _identity(self.path.with_name(FILE + "-wal"))
            return db

    @contextmanager
    def write_now(self, db: Connection) -> Iterator[Connection]:
        """A transaction on a kept connection. Raises BusyError at once when another process writes."""
        with self._translated(), transaction(db):
            yield db

    def size(self) -> int:
        """Bytes of the store with its write-ahead log."""
        files = (self.path, self.path.with_name(FILE + "-wal"))
        return sum(path.stat().st_size for path in files if path.exists())


@contextmanager
def transaction(db: Connection) -> Iterator[Connection]:
    """Everything inside, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    with _completed(db):
        yield db


@contextmanager
def _completed(db: Connection) -> Iterator[None]:
    """Commit what has begun, or roll it back."""
    try:
        yield
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


def _make_file(path: Path) -> None:
    """An empty file for us alone, whose rights SQLite gives the files beside it too. Where there is one it is not
    opened: closing it would free the locks that other connections of this process hold on it
    (https://www.sqlite.org/howtocorrupt.html, 2.2)."""
    try:
        os.close(private_files.open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        pass
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}: see the rights of its folder") from None


def written_by(holder: lock_holder.Holder | None, path: Path) -> str:
    """That a process writes the store and keeps all others from it; with the remedy where it will not end by itself."""
    what = f"{holder or 'another process'} is writing {path}, and nobody else can until it has ended"
    return f"{what} ({holder.remedy})" if holder is not None else what


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another of its name; None: there is none."""
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


def open_file(path: Path, busy_seconds: float = BUSY_SECONDS, *, read_only: bool = False) -> Connection:
    """A connection to a file that is or becomes a store."""
    uri = f"{path.as_uri()}?mode={'ro' if read_only else 'rwc'}"
    db = sqlite3.connect(uri, uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        db.row_factory = sqlite3.Row
        if not read_only:
            db.execute(f"PRAGMA synchronous = {settings.value('JOBS_SYNC')}")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA cache_size = -16000")
    except BaseException:
        db.close()
        raise
    return db


def migrate(path: Path) -> None:
    """Bring a file to the tables of this version. Raises StoreError for one of a newer version."""
    with closing(open_file(path, BUSY_SECONDS)) as db:
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
def translated(path: Path) -> Iterator[None]:
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
    if name.startswith("SQLITE_IOERR"):
        return StoreError(
            f"{path} cannot be read or written ({error}): see whether its disk is whole, and how large a file may be "
            "(ulimit -f)"
        )
    return StoreError(f"{path}: {error}")
