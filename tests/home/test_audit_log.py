"""The audit log as it lies on the disk: whole lines, the owner's alone, and as old as it may get."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.runtime.core.audit import AuditAction, AuditEntry, AuditKind
from jobs.runtime.core.errors import StoreError
from jobs.runtime.home import audit_log, reserve

DAY = 86_400.0
NOON = datetime(2026, 5, 15, 12, tzinfo=UTC).timestamp()


def entry(at: float = NOON, subject: str = "aa01", owner: str = "ann@example.org") -> AuditEntry:
    return AuditEntry(
        at=at,
        owner=owner,
        action=AuditAction.STARTED,
        kind=AuditKind.RUN,
        subject=subject,
        channel="page",
        facts={"job": "noop", "name": "ü\u202e\nx\ud800", "items": 3},
    )


def subjects(home: Path, since: float = 0.0) -> list[str]:
    return [one.subject for one in audit_log.entries(home, since)]


@pytest.fixture(autouse=True)
def made(home: Path) -> None:
    home.mkdir(mode=0o700)


def test_what_was_noted_is_read_newest_first(home: Path) -> None:
    for number, at in enumerate((NOON, NOON - 40 * DAY, NOON + 1)):
        audit_log.note(home, entry(at, str(number)))

    assert subjects(home) == ["2", "0", "1"]
    assert subjects(home, NOON) == ["2", "0"]
    assert subjects(home, NOON + 2) == []
    found = next(audit_log.entries(home, 0.0))
    assert (found.owner, found.action, found.facts["items"]) == ("ann@example.org", "started", 3)
    assert sorted(path.name for path in (home / "audit").iterdir()) == ["2026-04.jsonl", "2026-05.jsonl"]


def test_nothing_was_noted_yet(home: Path) -> None:
    assert subjects(home) == []


def test_it_is_its_owners_alone(home: Path) -> None:
    audit_log.note(home, entry())

    assert (home / "audit").stat().st_mode & 0o777 == 0o700
    assert (home / "audit" / "2026-05.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", [b'{"at": 1.0, "owner": "a', b"garbage\n", b"\xff\xfe\n\n", b"[]\n", b'{"at": "x"}\n'])
def test_a_line_that_is_none_hides_no_other(home: Path, left: bytes) -> None:
    audit_log.note(home, entry(subject="before"))
    with (home / "audit" / "2026-05.jsonl").open("ab") as file:
        file.write(left)

    audit_log.note(home, entry(NOON + 1, "after"))

    assert subjects(home) == ["after", "before"]


def test_lines_of_many_at_once_stay_whole(home: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: audit_log.note(home, entry(NOON + number, str(number))), range(400)))

    assert subjects(home) == [str(number) for number in reversed(range(400))]


def test_months_go_once_each_day_of_them_is_old_enough(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_AUDIT_DAYS", "30")
    audit_log.note(home, entry(NOON - 70 * DAY, "march"))
    audit_log.note(home, entry(NOON - 40 * DAY, "april"))
    (home / "audit" / "notes.txt").write_text("mine")

    audit_log.note(home, entry(NOON, "may"))

    assert subjects(home) == ["may", "april"]
    assert (home / "audit" / "notes.txt").exists()


def test_with_no_limit_all_months_stay(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_AUDIT_DAYS", "0")
    audit_log.note(home, entry(NOON - 4_000 * DAY, "old"))

    audit_log.note(home, entry(NOON, "new"))

    assert subjects(home) == ["new", "old"]


def test_what_cannot_be_written_is_told(home: Path) -> None:
    (home / "audit").touch()

    with pytest.raises(StoreError, match="audit"):
        audit_log.check_writable(home, NOON)


def test_on_a_full_disk_an_entry_takes_the_room_that_is_set_aside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reserve.keep(home)
    assert (home / reserve.FILE).exists()
    write = os.write

    def full(handle: int, line: bytes) -> int:
        return write(handle, line if not (home / reserve.FILE).exists() else line[:20])

    monkeypatch.setattr(os, "write", full)
    audit_log.note(home, entry())

    assert subjects(home) == ["aa01"]
    assert not (home / reserve.FILE).exists()


def test_an_entry_that_is_written_in_part_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda handle, line: write(handle, line[:20]))
        with pytest.raises(StoreError, match="No space left"):
            audit_log.note(home, entry())
    audit_log.note(home, entry(subject="after"))

    assert subjects(home) == ["after"]


def test_a_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    audit_log.note(home, entry())
    file = home / "audit" / "2026-05.jsonl"
    file.unlink()
    (tmp_path / "elsewhere").touch()
    file.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StoreError, match="symbolic link"):
        audit_log.note(home, entry())
    assert (tmp_path / "elsewhere").read_bytes() == b""
