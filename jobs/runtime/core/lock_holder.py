"""Which process holds a lock on a file, as the kernel tells it (Linux); elsewhere nobody is named."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from jobs.runtime.core.private_files import user

WAL_WRITER = 120
"""The byte of SQLite's `-shm` file that a writer locks (https://www.sqlite.org/walformat.html, section 2.3.1)."""

_LOCKS = Path("/proc/locks")


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The process that holds a lock: its id (0: it lives in another container), the name of its program, its user, and
    whether it is stopped (SIGSTOP, Ctrl-Z)."""

    pid: int
    program: str = ""
    user: str = ""
    stopped: bool = False

    def __str__(self) -> str:
        if not self.pid:
            return "a process of another container"
        facts = ", ".join(filter(None, (self.program, self.user, "stopped" if self.stopped else "")))
        return f"process {self.pid}" + (f" ({facts})" if facts else "")

    @property
    def remedy(self) -> str:
        """What a person can do about it."""
        if not self.pid:
            return "end it"
        return f"`kill -CONT {self.pid}` lets it go on, `kill -9 {self.pid}` ends it" if self.stopped else "end it"


def holder_of(path: Path, *, byte: int | None = None) -> Holder | None:
    """Who holds the whole file (`flock`), or one byte of it for writing; None: nobody, or the system does not say."""
    try:
        found, locks = path.stat(), _LOCKS.read_text("ascii", "replace")
    except OSError:
        return None
    same = [lock for line in locks.splitlines() if (lock := _Lock.read(line)) and lock.inode == found.st_ino]
    near = [lock for lock in same if lock.device == found.st_dev] or same  # btrfs gives its files other devices
    pid = next((lock.pid for lock in near if lock.holds(byte)), None)
    return None if pid is None else process(pid)


def process(pid: int) -> Holder:
    """What the system says of a process."""
    facts = Holder(pid=pid)
    with suppress(OSError, ValueError):
        folder = Path(f"/proc/{pid}")
        state = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
        owner = folder.stat().st_uid
        facts = Holder(
            pid=pid,
            program=(folder / "comm").read_text("utf-8", "replace").strip(),
            user="" if owner == os.geteuid() else user(owner),
            stopped=state in ("T", "t"),
        )
    return facts


@dataclass(frozen=True, kw_only=True)
class _Lock:
    """One line of /proc/locks that holds (not one that waits)."""

    kind: str
    writes: bool
    pid: int
    device: int
    inode: int
    first: int
    last: float

    @staticmethod
    def read(line: str) -> _Lock | None:
        words = line.split()
        if len(words) != 8 or words[1] not in ("FLOCK", "POSIX", "OFDLCK"):
            return None
        major, minor, inode = words[5].split(":")
        return _Lock(
            kind=words[1],
            writes=words[3] == "WRITE",
            pid=max(0, int(words[4])),
            device=os.makedev(int(major, 16), int(minor, 16)),
            inode=int(inode),
            first=int(words[6]),
            last=float("inf") if words[7] == "EOF" else int(words[7]),
        )

    def holds(self, byte: int | None) -> bool:
        if byte is None:
            return self.kind == "FLOCK"
        return self.kind != "FLOCK" and self.writes and self.first <= byte <= self.last
