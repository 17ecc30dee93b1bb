"""The verbs about runs and presets that the audit log hears of, as page, command line, API and schedules call them:
with `noted_verbs` the one place where they are noted. What rooms of the client call among themselves is noted by
whichever of these it is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobs.runtime.client import commands, result_search, shares, submission
from jobs.runtime.client.audit import (
    check_notable,
    note,
    noted_by_name,
    noted_of_run,
    noted_start,
    of_another,
    run_facts,
)
from jobs.runtime.client.dry_run import dry_run as try_one
from jobs.runtime.client.presets import delete_preset as forget_preset
from jobs.runtime.client.presets import rename_preset as call_preset
from jobs.runtime.client.presets import save_presets as keep_presets
from jobs.runtime.core.audit import AuditAction, AuditKind
from jobs.runtime.core.people import acting_owner
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import Run
from jobs.runtime.core.result_filter import ALL_ROWS, ResultFilter

if TYPE_CHECKING:
    from jobs.runtime import exports

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

rename_preset = noted_by_name(AuditAction.RENAMED, AuditKind.PRESET, call_preset, "text")
delete_preset = noted_by_name(AuditAction.DELETED, AuditKind.PRESET, forget_preset)


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
        note(AuditAction.SAVED, AuditKind.PRESET, one.name, {"job": one.job, **of_another(one.owner)})
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
