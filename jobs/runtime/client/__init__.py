"""All that page and command line call: a flat namespace over its rooms. It performs nothing; the runner does.

runner_process   the store and the runner of the present JOBS_HOME
shares           links by which somebody reads one run
ownership        whose something is: asked by every read and write
new_job          the first file of a new job
jobs             the jobs there are, and what each takes, gives and is tried with
run_fields       how a run is to be executed
presets          settings of a job under a name
preset_file      presets as a TOML file, and back
kept_schedules   runs that begin by themselves
receivers        whom these tell, and what became of that
schedule_documents  the same as programs read them, and what is wrong with one
submission       a run with its items
quotas           what an owner may have at most
already_there    how much of a list earlier runs have already
dry_run          the first item of a list alone, to see what would be done
commands         cancel, pause, resume, retry, delete, rename, pin
cluster_certificates  by what the machines of a cluster know each other
trouble          why nothing goes on now
listing          runs in lists, and the damaged ones
queries          runs, progress, outcomes, events
estimates        how long a run will take, by earlier ones
machine_status   what is alive, what waits, what is on the disk
run_times        when attempts lay and how long they took, when a run stood still
result_search    looking through all rows of a run, and its rows at one moment
backup_file      all runs as one file, and back
documents        runs and items as programs read them
job_documents    jobs as programs read them
tokens           by which programs are known to the API
audit            who did what, and what of a verb is noted
noted_runs       the verbs about runs and presets that are noted, in the place of their own
noted_verbs      those about schedules, tokens and backups
process_tree     the processes of this program as they live now
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jobs.runtime.client.already_there import AlreadyThere, already_there
from jobs.runtime.client.audit import audit_entries
from jobs.runtime.client.commands import wait
from jobs.runtime.client.documents import (
    PoolDocument,
    RowDocument,
    RunDocument,
    ShownRun,
    budget_document,
    limits_document,
    listed_documents,
    paces,
    pool_document,
    row_document,
    run_document,
    shown_run,
)
from jobs.runtime.client.estimates import estimate, last_peak
from jobs.runtime.client.job_documents import JobDocument, job_document, params_schema
from jobs.runtime.client.jobs import (
    catalog,
    check_budget,
    check_reuse,
    columns,
    defaults,
    few_items,
    form_fields,
    job_for,
    job_named,
    joined_files,
    sample,
    sample_params,
    samples,
    shown_params,
    verbs_of_files,
)
from jobs.runtime.client.listing import Listing, count_runs, every_run, expiring, full_name, listing, runs
from jobs.runtime.client.machine_status import Status, status, tallies, unattended
from jobs.runtime.client.new_job import new_job
from jobs.runtime.client.noted_runs import (
    again,
    cancel,
    delete,
    delete_preset,
    download,
    dry_run,
    note_download,
    note_sign_in,
    pause,
    pin,
    rename,
    rename_preset,
    resume,
    retry,
    save_preset,
    save_presets,
    share_run,
    submit,
    unshare_run,
)
from jobs.runtime.client.ownership import check_seen
from jobs.runtime.client.presets import (
    complete_preset,
    count_presets,
    preset,
    preset_named,
    preset_of,
    presets,
    settings_of_preset,
    with_preset,
)
from jobs.runtime.client.queries import (
    artifact,
    attempts,
    attempts_of,
    chain,
    events,
    events_of,
    failures,
    newest,
    outcome_counts,
    printed,
    progress,
    rows,
    run,
    sample_rows,
    short_rows,
    sizes,
    windows,
)
from jobs.runtime.client.result_search import (
    column_value,
    groups,
    rows_after,
    search,
    short_rows_at,
    snapshot,
    sortable,
    windows_at,
)
from jobs.runtime.client.run_fields import RUN_FIELDS, check_place, limits_with, pool_with
from jobs.runtime.client.run_times import Span, item_seconds, last_attempts, pauses, spans, starts
from jobs.runtime.client.runner_process import check_settings, ensure_runner, log_path, stop_runner
from jobs.runtime.client.shares import LINK, link_address, link_query, links_to, reader_by_link
from jobs.runtime.client.submission import check_same, full_params, items
from jobs.runtime.client.trouble import trouble
from jobs.runtime.home.cluster_state import ClusterState
from jobs.runtime.home.retention import limited

if TYPE_CHECKING:
    from jobs.runtime.client.backup_file import Kept
    from jobs.runtime.client.cluster_certificates import make_certificates
    from jobs.runtime.client.kept_schedules import (
        check_schedule,
        count_schedules,
        due_firing,
        file_of,
        finished_runs,
        firings,
        forget_half_submitted,
        schedule,
        schedules,
        settle_firing,
        work_of,
    )
    from jobs.runtime.client.noted_verbs import (
        backup,
        fire_now,
        new_token,
        pause_schedule,
        remove_schedule,
        restore,
        resume_schedule,
        revoke_token,
        save_schedule,
    )
    from jobs.runtime.client.preset_file import presets_from, presets_toml, write_presets
    from jobs.runtime.client.process_tree import LiveProcess, LiveThread, live_processes
    from jobs.runtime.client.receivers import (
        SCHEMES,
        DueTelling,
        due_telling,
        note_never_taken,
        note_sent,
        note_undelivered,
        note_unneeded,
        run_of_firing,
    )
    from jobs.runtime.client.schedule_documents import (
        FiringDocument,
        ScheduleDocument,
        firing_document,
        schedule_document,
        schedule_troubles,
    )
    from jobs.runtime.client.tokens import all_tokens, caller

__all__ = [
    "LINK",
    "RUN_FIELDS",
    "SCHEMES",
    "AlreadyThere",
    "ClusterState",
    "DueTelling",
    "FiringDocument",
    "JobDocument",
    "Kept",
    "Listing",
    "LiveProcess",
    "LiveThread",
    "PoolDocument",
    "RowDocument",
    "RunDocument",
    "ScheduleDocument",
    "ShownRun",
    "Span",
    "Status",
    "again",
    "all_tokens",
    "already_there",
    "artifact",
    "attempts",
    "attempts_of",
    "audit_entries",
    "backup",
    "budget_document",
    "caller",
    "cancel",
    "catalog",
    "chain",
    "check_budget",
    "check_place",
    "check_reuse",
    "check_same",
    "check_schedule",
    "check_seen",
    "check_settings",
    "column_value",
    "columns",
    "complete_preset",
    "count_presets",
    "count_runs",
    "count_schedules",
    "defaults",
    "delete",
    "delete_preset",
    "download",
    "dry_run",
    "due_firing",
    "due_telling",
    "ensure_runner",
    "estimate",
    "events",
    "events_of",
    "every_run",
    "expiring",
    "failures",
    "few_items",
    "file_of",
    "finished_runs",
    "fire_now",
    "firing_document",
    "firings",
    "forget_half_submitted",
    "form_fields",
    "full_name",
    "full_params",
    "groups",
    "item_seconds",
    "items",
    "job_document",
    "job_for",
    "job_named",
    "joined_files",
    "last_attempts",
    "last_peak",
    "limited",
    "limits_document",
    "limits_with",
    "link_address",
    "link_query",
    "links_to",
    "listed_documents",
    "listing",
    "live_processes",
    "log_path",
    "make_certificates",
    "new_job",
    "new_token",
    "newest",
    "note_download",
    "note_never_taken",
    "note_sent",
    "note_sign_in",
    "note_undelivered",
    "note_unneeded",
    "outcome_counts",
    "paces",
    "params_schema",
    "pause",
    "pause_schedule",
    "pauses",
    "pin",
    "pool_document",
    "pool_with",
    "preset",
    "preset_named",
    "preset_of",
    "presets",
    "presets_from",
    "presets_toml",
    "printed",
    "progress",
    "reader_by_link",
    "remove_schedule",
    "rename",
    "rename_preset",
    "restore",
    "resume",
    "resume_schedule",
    "retry",
    "revoke_token",
    "row_document",
    "rows",
    "rows_after",
    "run",
    "run_document",
    "run_of_firing",
    "runs",
    "sample",
    "sample_params",
    "sample_rows",
    "samples",
    "save_preset",
    "save_presets",
    "save_schedule",
    "schedule",
    "schedule_document",
    "schedule_troubles",
    "schedules",
    "search",
    "settings_of_preset",
    "settle_firing",
    "share_run",
    "short_rows",
    "short_rows_at",
    "shown_params",
    "shown_run",
    "sizes",
    "snapshot",
    "sortable",
    "spans",
    "starts",
    "status",
    "stop_runner",
    "submit",
    "tallies",
    "trouble",
    "unattended",
    "unshare_run",
    "verbs_of_files",
    "wait",
    "windows",
    "windows_at",
    "with_preset",
    "work_of",
    "write_presets",
]

_LATER = {
    "backup_file": "Kept",
    "cluster_certificates": "make_certificates",
    "kept_schedules": "check_schedule count_schedules due_firing file_of finished_runs "
    "firings forget_half_submitted schedule schedules settle_firing work_of",
    "noted_verbs": "backup fire_now new_token pause_schedule remove_schedule "
    "restore resume_schedule revoke_token save_schedule",
    "preset_file": "presets_from presets_toml write_presets",
    "process_tree": "LiveProcess LiveThread live_processes",
    "receivers": "SCHEMES DueTelling due_telling note_never_taken note_sent "
    "note_undelivered note_unneeded run_of_firing",
    "schedule_documents": "FiringDocument ScheduleDocument firing_document schedule_document schedule_troubles",
    "tokens": "all_tokens caller",
}
"""Rooms that few commands need, with their names here: each is loaded when the first of these is asked for."""

_ROOM_OF = {name: room for room, names in _LATER.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """What is loaded later, and from then on is here."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
    return found
