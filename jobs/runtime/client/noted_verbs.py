"""The verbs that the audit log hears of, as page, command line, API and schedules call them: the one place where they
are noted. What rooms of the client call among themselves is noted by whichever of these it is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.runtime import exports
from jobs.runtime.client import commands, result_search, shares, submission, tokens
from jobs.runtime.client.audit import check_notable, note, noted_by_name, noted_of_run, noted_start, run_facts
from jobs.runtime.client.backup import Kept
from jobs.runtime.client.backup import backup as write_backup
from jobs.runtime.client.backup import restore as read_backup
from jobs.runtime.client.dry_run import dry_run as try_one
from jobs.runtime.client.presets import delete_preset as forget_preset
from jobs.runtime.client.presets import rename_preset as call_preset
from jobs.runtime.client.presets import save_presets as keep_presets
from jobs.runtime.client.schedules import fire_now as fire
from jobs.runtime.client.schedules import pause_schedule as stop_schedule
from jobs.runtime.client.schedules import remove_schedule as forget_schedule
from jobs.runtime.client.schedules import resume_schedule as go_on_with_schedule
from jobs.runtime.client.schedules import save_schedule as keep_schedule
from jobs.runtime.core.audit import AuditAction, AuditKind
from jobs.runtime.core.people import acting_owner
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import Run
from jobs.runtime.core.result_filter import ALL_ROWS, ResultFilter
from jobs.runtime.core.schedules import RunSchedule

submit = noted_start(submission.submit)
again = noted_start(submission.again)
dry_run = noted_start(try_one)

cancel = noted_of_run(AuditAction.CANCELLED, commands.cancel)
pause = noted_of_run(AuditAction.PAUSED, commands.pause)
resume = noted_of_run(AuditAction.RESUMED, commands.resume, "budget", "on")
retry = noted_of_run(AuditAction.RETRIED, commands.retry, "codes")
delete = noted_of_run(AuditAction.DELETED, commands.delete)
rename = noted_of_run(AuditAction.RENAMED, commands.rename, "text")
share_run = noted_of_run(AuditAction.SHARED, shares.share_run)
unshare_run = noted_of_run(AuditAction.UNSHARED, shares.unshare_run)
pin = noted_of_run(AuditAction.PINNED, commands.pin, "pinned")

pause_schedule = noted_by_name(AuditAction.PAUSED, AuditKind.SCHEDULE, stop_schedule)
resume_schedule = noted_by_name(AuditAction.RESUMED, AuditKind.SCHEDULE, go_on_with_schedule)
remove_schedule = noted_by_name(AuditAction.DELETED, AuditKind.SCHEDULE, forget_schedule)
fire_now = noted_by_name(AuditAction.FIRED, AuditKind.SCHEDULE, fire)
rename_preset = noted_by_name(AuditAction.RENAMED, AuditKind.PRESET, call_preset, "text")
delete_preset = noted_by_name(AuditAction.DELETED, AuditKind.PRESET, forget_preset)
new_token = noted_by_name(AuditAction.SAVED, AuditKind.TOKEN, tokens.new_token, "scope", "owner")
revoke_token = noted_by_name(AuditAction.REVOKED, AuditKind.TOKEN, tokens.revoke_token)


def save_schedule(schedule: RunSchedule) -> RunSchedule:
    """Keep a new schedule, and see to it that a runner lives to begin its runs. Raises Refused, BadParams."""
    check_notable()
    kept = keep_schedule(schedule)
    about = {"job": kept.job, "source": str(kept.source), "when": str(kept.recurrence)}
    note(AuditAction.SAVED, AuditKind.SCHEDULE, kept.name, about)
    return kept


def save_preset(preset: RunPreset, *, over: RunPreset | None = None, anyway: bool = False) -> RunPreset:
    """As `save_presets`, of one."""
    return save_presets([preset], over=over, anyway=anyway)[0]


def save_presets(given: Iterable[RunPreset], *, over: RunPreset | None = None, anyway: bool = False) -> list[RunPreset]:
    """Keep presets, all of them or none; returns them as they are kept: their params complete in themselves.

    A name that is taken is refused, but where the one that is there is `over`, as it was last seen, or `anyway`. Raises
    Refused, BadParams.
    """
    check_notable()
    kept = keep_presets(given, over=over, anyway=anyway)
    for one in kept:
        whose = {} if one.owner == acting_owner() else {"owner": one.owner}
        note(AuditAction.SAVED, AuditKind.PRESET, one.name, {"job": one.job, **whose})
    return kept


@contextmanager
def download(
    run_id: str, what: str, wanted: ResultFilter = ALL_ROWS, *, printed: bool = False
) -> Iterator[tuple[Run, exports.Rows]]:
    """A `snapshot` to be taken away: `what` says as what, as in `csv`."""
    check_notable()
    with result_search.snapshot(run_id, wanted, printed=printed) as (run, rows):
        yield run, rows
    note(AuditAction.DOWNLOADED, AuditKind.RUN, run.id, {"what": what, **run_facts(run)})


def note_sign_in() -> None:
    """Note that who acts has signed in on the page."""
    note(AuditAction.SIGNED_IN, AuditKind.PERSON, acting_owner())


def note_download(run: Run, what: str) -> None:
    """Note that something of a run was written to be taken away that is no `download`: `what` says what, as in
    `report`."""
    note(AuditAction.DOWNLOADED, AuditKind.RUN, run.id, {"what": what, **run_facts(run)})


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
