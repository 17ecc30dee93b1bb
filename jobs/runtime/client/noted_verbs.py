"""The same of what few processes do: schedules, tokens, a backup."""

from __future__ import annotations

from pathlib import Path

from jobs.runtime.client import tokens
from jobs.runtime.client.audit import check_notable, note, noted_by_name, of_another
from jobs.runtime.client.backup_file import Kept
from jobs.runtime.client.backup_file import backup as write_backup
from jobs.runtime.client.backup_file import restore as read_backup
from jobs.runtime.client.kept_schedules import fire_now as fire
from jobs.runtime.client.kept_schedules import pause_schedule as stop_schedule
from jobs.runtime.client.kept_schedules import remove_schedule as forget_schedule
from jobs.runtime.client.kept_schedules import resume_schedule as go_on_with_schedule
from jobs.runtime.client.kept_schedules import save_schedule as keep_schedule
from jobs.runtime.core.audit import AuditAction, AuditKind
from jobs.runtime.core.schedules import Firing, RunSchedule

pause_schedule = noted_by_name(AuditAction.PAUSED, AuditKind.SCHEDULE, stop_schedule)
resume_schedule = noted_by_name(AuditAction.RESUMED, AuditKind.SCHEDULE, go_on_with_schedule)
remove_schedule = noted_by_name(AuditAction.DELETED, AuditKind.SCHEDULE, forget_schedule)
new_token = noted_by_name(AuditAction.SAVED, AuditKind.TOKEN, tokens.new_token, "scope", "owner")
revoke_token = noted_by_name(AuditAction.REVOKED, AuditKind.TOKEN, tokens.revoke_token)


def save_schedule(schedule: RunSchedule) -> RunSchedule:
    """Keep a new schedule, and see to it that a runner lives to begin its runs. Raises Refused, BadParams."""
    check_notable()
    kept = keep_schedule(schedule)
    about = {"job": kept.job, "source": str(kept.source), "when": str(kept.recurrence)}
    note(AuditAction.SAVED, AuditKind.SCHEDULE, kept.name, about)
    return kept


def fire_now(name: str, owner: str = "") -> tuple[RunSchedule, Firing]:
    """Have a schedule begin a run now, also a paused one; returns it, and the time. Raises Refused: its run before is
    still at work."""
    check_notable()
    fired, firing = fire(name, owner)
    note(AuditAction.FIRED, AuditKind.SCHEDULE, fired.name, of_another(fired.owner))
    return fired, firing


def backup(out: Path) -> Kept:
    """Write all runs, as they are at this moment, to a file: whole or not at all, for its owner alone. Runs go on
    meanwhile. Raises Refused, StoreError."""
    check_notable()
    kept = write_backup(out)
    note(AuditAction.BACKED_UP, AuditKind.STORE, str(out), {"runs": kept.runs})
    return kept


def restore(file: Path) -> Kept:
    """Bring the runs of a backup into this home, which has none yet; what was not over is paused. Raises Refused,
    StoreError."""
    kept = read_backup(file)
    note(AuditAction.RESTORED, AuditKind.STORE, str(file), {"runs": kept.runs})
    return kept
