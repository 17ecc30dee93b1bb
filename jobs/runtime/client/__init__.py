"""All that page and command line call: a flat namespace over its rooms. It performs nothing; the runner does.

home          the store and the runner of the present JOBS_HOME
submitting    jobs, params, defaults; a run with its items
asking        cancel, pause, resume, retry, delete, rename
reading       runs, progress, outcomes, events, what is alive
"""

from jobs.runtime.client.asking import cancel, delete, pause, rename, resume, retry, wait
from jobs.runtime.client.home import check_settings, ensure_runner, log_path, stop_runner, trouble
from jobs.runtime.client.reading import (
    Span,
    Status,
    artifact,
    attempts,
    attempts_of,
    count_runs,
    estimate,
    events,
    events_of,
    failures,
    newest,
    progress,
    rows,
    run,
    runs,
    sizes,
    snapshot,
    spans,
    starts,
    status,
    unattended,
)
from jobs.runtime.client.submitting import (
    again,
    catalog,
    columns,
    defaults,
    form_fields,
    full_params,
    items,
    sample,
    submit,
)

__all__ = [
    "Span",
    "Status",
    "again",
    "artifact",
    "attempts",
    "attempts_of",
    "cancel",
    "catalog",
    "check_settings",
    "columns",
    "count_runs",
    "defaults",
    "delete",
    "ensure_runner",
    "estimate",
    "events",
    "events_of",
    "failures",
    "form_fields",
    "full_params",
    "items",
    "log_path",
    "newest",
    "pause",
    "progress",
    "rename",
    "resume",
    "retry",
    "rows",
    "run",
    "runs",
    "sample",
    "sizes",
    "snapshot",
    "spans",
    "starts",
    "status",
    "stop_runner",
    "submit",
    "trouble",
    "unattended",
    "wait",
]
