"""What programs may ask for, over HTTP and over MCP: each asks first whether its caller may, then calls the client.

No route and no tool reads or changes anything but through here.
"""

from __future__ import annotations

import hashlib
import re
from typing import IO, Any

from msgspec import UNSET, structs
from typing_extensions import TypedDict

from jobs.runtime import client, exports, overview
from jobs.runtime.api.given_items import GivenFile, read_given
from jobs.runtime.api.run_request import (
    MOST_WAIT,
    ExportWords,
    ListWords,
    ResumeWish,
    RetryWish,
    RowWords,
    RunRequest,
)
from jobs.runtime.core import access, people
from jobs.runtime.core.access import Caller, Deed
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import DamagedRun, UnknownRun
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import LOCAL, Run
from jobs.runtime.core.units import moment

ZIP = "zip"
OTHER_TYPES = ("application/zip", "application/octet-stream")
"""What files of a run are beside those of `exports.MIME_TYPES`: a ZIP of them, and those that make one."""

VERBS = {"cancel": client.cancel, "pause": client.pause}
_ID = re.compile(r"[0-9a-z]{1,64}|#[0-9]{1,18}")


class JobWithParams(client.JobDocument):
    """A job, with its params as JSON Schema."""

    params_schema: dict[str, Any]


class BrokenJob(TypedDict):
    """A job that cannot be used, and why."""

    name: str
    broken: str


class JobList(TypedDict):
    """The jobs there are, and the broken ones."""

    jobs: list[JobWithParams]
    broken: list[BrokenJob]


class RunPage(TypedDict):
    """Some runs, newest first; `next` is the `after` of the next page, null at the end; `damaged` has a sentence for
    each run that cannot be read."""

    runs: list[client.RunDocument]
    damaged: list[str]
    next: int | None


class RowPage(TypedDict):
    """Some rows in order; `next` is the `after` of the next page, null at the end: a page may be short, or empty,
    before that."""

    rows: list[client.RowDocument]
    next: int | None


class RunLink(TypedDict):
    """A new link to a run, and when it ends: an address of the page that JOBS_PAGE_URL names, or without that what
    follows the page's own address. It is told this once."""

    link: str
    ends_at: str


class RunLinks(TypedDict):
    """When each link to a run ends, the first to end first."""

    ends_at: list[str]


def find_run(caller: Caller, deed: Deed, run_id: str) -> Run:
    """The run of this whole id, if the caller's token allows this. Raises UnknownRun, NotAllowed, DamagedRun."""
    access.check(caller, deed)
    run = client.run(whole_id(run_id))
    check_seen(run_id, run)
    return run


def check_seen(run_id: str, run: Run) -> None:
    """Raises UnknownRun: it is another's, or only a beginning of its id was given."""
    client.check_seen(run)
    if run.id != run_id:
        raise UnknownRun(f"there is no run {run_id} (a program names it by its whole id)")


def whole_id(run_id: str) -> str:
    """The same, if it can be an id. Raises UnknownRun."""
    if not _ID.fullmatch(run_id):
        raise UnknownRun("there is no such run: an id has small letters and digits only")
    return run_id


def check_store() -> None:
    """Raises StoreError where the store cannot be read."""
    client.count_runs()


def list_jobs(caller: Caller) -> JobList:
    """The jobs there are."""
    access.check(caller, Deed.SEE)
    found = client.catalog()
    return {
        "jobs": [{**client.job_document(name), "params_schema": client.params_schema(name)} for name in found.shown],
        "broken": [{"name": name, "broken": broken.reason} for name, broken in found.broken.items()],
    }


def check_table(caller: Caller, asked: RunRequest, file: GivenFile | None) -> dict[str, Any]:
    """What a table holds for a job, as `check --json` prints it; nothing runs."""
    access.check(caller, Deed.START)
    return read_given(_complete(asked)[0], file).json()


def start_run(caller: Caller, asked: RunRequest, file: GivenFile | None, key: str = "") -> client.ShownRun:
    """Start a run; the same key of the same owner gives the same run. Raises Refused where a key comes again with
    another run."""
    access.check(caller, Deed.START)
    asked, preset = _complete(asked)
    pool, limits = client.settings_of_preset(preset) if preset else client.defaults(asked.job)
    found = read_given(asked, file)
    run = client.submit(
        asked.job,
        found.items_iter(),
        params=asked.params,
        pool=asked.wanted_pool(pool),
        limits=asked.wanted_limits(limits),
        table=found.table,
        name=asked.name,
        preset=preset,
        nonce=_nonce(caller, key) if key else "",
        reuse=asked.wanted_reuse(preset.reuse if preset else None),
        budget=asked.wanted_budget(preset.budget if preset else Budget()),
        on=asked.on or (preset.on if preset else "") or LOCAL,
    )
    if key:
        client.check_same(run.id, job=asked.job, params=asked.params, items=found.items_iter())
    return client.shown_run(client.progress(run.id))


def list_runs(caller: Caller, words: ListWords) -> RunPage:
    """Runs, newest first, as far as the caller may see them."""
    access.check(caller, Deed.SEE)
    after = None if words.after is UNSET else words.after
    found = client.listing(state=words.state, job=words.job, text=words.text, limit=words.limit, after=after)
    shown = [document for _, document in client.listed_documents(found)]
    full = len(found.runs) + len(found.damaged) >= words.limit
    return {"runs": shown, "damaged": list(map(str, found.damaged)), "next": found.end if full else None}


def show_run(caller: Caller, run_id: str) -> client.ShownRun:
    """A run as it stands."""
    return client.shown_run(client.progress(find_run(caller, Deed.SEE, run_id).id))


def wait_run(caller: Caller, run_id: str, seconds: float) -> client.ShownRun:
    """The same once it has ended, or after so long, at most `MOST_WAIT`."""
    run = find_run(caller, Deed.SEE, run_id)
    if seconds > 0 and not run.state.terminal:
        client.wait(run.id, min(seconds, MOST_WAIT), step=0.1)
    return show_run(caller, run_id)


def list_rows(caller: Caller, run_id: str, words: RowWords) -> RowPage:
    """Rows of a run with their outcomes, a page at a time."""
    run = find_run(caller, Deed.SEE, run_id)
    run, rows, after = client.rows_after(run.id, words.wanted(run), after=words.after, limit=words.limit)
    return {"rows": [client.row_document(run, row) for row in rows], "next": after}


def steer_run(caller: Caller, run_id: str, verb: str) -> client.ShownRun:
    """Cancel or pause a run. Raises IllegalMove."""
    run = find_run(caller, Deed.STEER, run_id)
    VERBS[verb](run.id)
    return client.shown_run(client.progress(run.id))


def resume_run(caller: Caller, run_id: str, wish: ResumeWish) -> client.ShownRun:
    """Go on with a run, where its budget was reached with this one. Raises IllegalMove, Refused."""
    run = find_run(caller, Deed.STEER, run_id)
    client.resume(run.id, wish.budget.budget())
    return client.shown_run(client.progress(run.id))


def retry_run(caller: Caller, run_id: str, wish: RetryWish) -> client.ShownRun:
    """Try items of an ended run again. Raises IllegalMove."""
    run = find_run(caller, Deed.STEER, run_id)
    client.retry(run.id, wish.codes)
    return client.shown_run(client.progress(run.id))


def delete_run(caller: Caller, run_id: str) -> None:
    """Delete an ended run, or one that is damaged. Raises IllegalMove."""
    try:
        name = find_run(caller, Deed.DELETE, run_id).id
    except DamagedRun:
        name = client.full_name(run_id)
    client.delete(name)


def share_run(caller: Caller, run_id: str) -> RunLink:
    """Make a link by which somebody without an account reads a run. Raises Refused."""
    run = find_run(caller, Deed.STEER, run_id)
    address = client.link_address(run.id, client.share_run(run.id))
    return {"link": address, "ends_at": str(moment(client.links_to(run.id)[-1]))}


def list_links(caller: Caller, run_id: str) -> RunLinks:
    """The links to a run, without what is secret in them."""
    run = find_run(caller, Deed.SEE, run_id)
    return {"ends_at": [str(moment(ends)) for ends in client.links_to(run.id)]}


def unshare_run(caller: Caller, run_id: str) -> None:
    """Take all links to a run back."""
    client.unshare_run(find_run(caller, Deed.STEER, run_id).id)


def write_export(caller: Caller, run_id: str, format: str, words: ExportWords, out: IO[bytes]) -> str:
    """Write a run's table (by its ending), its report (html), its files (zip), or those that make one; returns the name
    of the file. Raises Refused."""
    run = find_run(caller, Deed.SEE, run_id)
    columns = tuple(name.strip() for name in words.columns.split(",") if name.strip())
    shape = exports.TableShape(
        delimiter=words.delimiter,
        decimal=words.decimal,
        columns=columns,
        printed=words.printed,
        related=words.related,
    )
    if format == exports.REPORT:
        overview.write_report(run.id, out)
        return exports.file_name(run, format)
    wanted = words.wanted(run)
    with client.download(run.id, format, wanted, printed=words.printed) as (now, rows):
        if format == ZIP:
            exports.files(now, rows, client.artifact, out)
        elif joined := exports.joined_ending(now.columns, f".{format}"):
            exports.joined(now, rows, client.artifact, out, ending=joined)
        else:
            exports.export(now, rows, out, format=format, only=words.only, raw=words.raw, bom=words.bom, shape=shape)
        return exports.file_name(now, format)


def metric_facts(caller: Caller) -> tuple[client.Status, dict[str, tuple[int, int]]]:
    """What is alive, and how many runs and items there are of each state."""
    access.check(caller, Deed.SEE)
    people.require_admin("to see the figures of the machine")
    return client.status(), client.tallies()


def _complete(asked: RunRequest) -> tuple[RunRequest, RunPreset | None]:
    """A request with what its preset says of params and columns, where it does not say otherwise itself; and the
    preset. Raises UnknownPreset, Refused."""
    if not asked.preset:
        return asked, None
    preset = client.preset(asked.preset, asked.job, asked.preset_owner)
    params = client.with_preset(preset, asked.params)
    if client.job_named(asked.job).takes_rows:
        return structs.replace(asked, params=params, fields={**preset.fields, **asked.fields}), preset
    return structs.replace(asked, params=params, column=asked.column or preset.column), preset


def _nonce(caller: Caller, key: str) -> str:
    """What makes a submit the same: never that of another owner, nor of the page."""
    return "key " + hashlib.sha256(f"{caller.owner}\0{key}".encode()).hexdigest()
