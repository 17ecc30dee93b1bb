"""The same operations as tools of the Model Context Protocol, for the user whose process this is; no path is an input.

Each function is a tool: its docstring is what a model reads, its signature what it may give.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jobs
from jobs.runtime import client, reader
from jobs.runtime.api import operations, schedule_operations
from jobs.runtime.api.given_items import GivenFile, file_name
from jobs.runtime.api.operations import JobList, RowPage, RunPage
from jobs.runtime.api.problems import Problem
from jobs.runtime.api.run_request import Cell, ListWords, RetryWish, RowWords, RunRequest, as_asked
from jobs.runtime.api.schedule_operations import AddedSchedule, ScheduleList
from jobs.runtime.api.schedule_request import ScheduleRequest, ScheduleWords
from jobs.runtime.core.access import LOCAL
from jobs.runtime.core.channel import Channel, usually_through
from jobs.runtime.core.errors import FanoutError, Refused
from jobs.runtime.core.units import size

MISSING = (
    "the server for models needs a package that is not here: "
    "pip install 'fanout-jobs[mcp]', in a checkout pip install -e '.[mcp]'"
)
ABOUT = (
    "Runs a list of items through a Python function, in parallel and durably. list_jobs says which functions there are "
    "and what each takes; check_table what a table holds for one; start_run starts; show_run waits for the end; "
    "list_rows has the results, a page at a time."
)

Answer = TypeVar("Answer")


def list_jobs() -> JobList:
    """The jobs there are: what an item of each is, its params as JSON Schema, the columns and codes of its results."""
    return operations.list_jobs(LOCAL)


def check_table(
    job: str,
    items: list[str | int | float] | None = None,
    rows: list[dict[str, Cell]] | None = None,
    table: str = "",
    table_name: str = "table.csv",
    params: dict[str, Any] | None = None,
    column: str = "",
    fields: dict[str, str] | None = None,
) -> dict[str, Any]:
    """What a table holds for a job, before anything runs: how many items, duplicates, and which cells cannot be items.

    Give one of items (a list), rows (objects, by column) or table (the text of a CSV, JSON or other file).
    """
    given = {"items": items, "rows": rows, "params": params, "column": column, "fields": fields}
    asked = _asked(job, given)
    return operations.check_table(LOCAL, asked, _file(table, table_name))


def start_run(
    job: str,
    items: list[str | int | float] | None = None,
    rows: list[dict[str, Cell]] | None = None,
    table: str = "",
    table_name: str = "table.csv",
    params: dict[str, Any] | None = None,
    preset: str = "",
    preset_owner: str = "",
    name: str = "",
    column: str = "",
    fields: dict[str, str] | None = None,
    pool: dict[str, int | str] | None = None,
    limits: dict[str, float | None] | None = None,
    key: str = "",
) -> client.ShownRun:
    """Start a run of a job over items (a list), rows (objects, by column) or table (the text of a file); one of these.

    column says which column holds the items, fields the columns of an item that is a row; both are found where they are
    left out. preset_owner says whose preset it is, where several people have one of the name. pool is processes and
    threads (numbers or "auto"), limits attempts, deadline, at_once and pause. The same key with the same request gives
    the same run.
    """
    given = {"items": items, "rows": rows, "params": params, "name": name, "column": column, "fields": fields}
    asked = _asked(job, given | {"preset": preset, "preset_owner": preset_owner, "pool": pool, "limits": limits})
    return operations.start_run(LOCAL, asked, _file(table, table_name), key)


def list_runs(state: str = "", job: str = "", text: str = "", after: int | None = None, limit: int = 20) -> RunPage:
    """Runs, newest first; next of a page is the after of the next one."""
    given = {"state": state, "job": job, "text": text, "after": after, "limit": limit}
    return operations.list_runs(LOCAL, as_asked(_said(given), ListWords))


def show_run(run: str, wait: float = 0.0) -> client.ShownRun:
    """How far a run is: state, counts, codes, settings. With wait (seconds, at most 60) it is told at the run's end."""
    return operations.wait_run(LOCAL, run, wait)


def list_rows(
    run: str,
    after: int = 0,
    limit: int = 20,
    state: str = "",
    code: str = "",
    group: str = "",
    text: str = "",
    value: str = "",
) -> RowPage:
    """Rows of a run with their outcomes, by position: next of a page is the after of the next one, null at the end.

    state is ok, failed, cancelled or waiting; text is looked for in all cells; value is a column's, as in lang: "en".
    """
    given = {"after": after, "limit": limit, "state": state, "code": code, "group": group, "text": text, "value": value}
    return operations.list_rows(LOCAL, run, as_asked(given, RowWords))


def cancel_run(run: str) -> client.ShownRun:
    """End a run now: what has no outcome yet is cancelled. retry_run takes it up again."""
    return operations.steer_run(LOCAL, run, "cancel")


def retry_run(run: str, codes: list[str] | None = None) -> client.ShownRun:
    """Try the failed and cancelled items of an ended run again, all or those with these codes."""
    return operations.retry_run(LOCAL, run, as_asked({"codes": codes or []}, RetryWish))


def list_schedules(text: str = "", limit: int = 20) -> ScheduleList:
    """Schedules, by name: what each begins, over what and when, its next times, and what became of the last ones."""
    return schedule_operations.list_schedules(LOCAL, as_asked({"text": text, "limit": limit}, ScheduleWords))


def add_schedule(
    name: str,
    job: str,
    url: str = "",
    run: str = "",
    cron: str = "",
    zone: str = "",
    every: str = "",
    preset: str = "",
    params: dict[str, Any] | None = None,
    column: str = "",
    fields: dict[str, str] | None = None,
    receivers: list[dict[str, str]] | None = None,
    paused: bool = False,
) -> AddedSchedule:
    """Have a job run by itself over the table at url, or the results of a run, read anew each time.

    When: cron (five fields, by the clock of zone, as in Europe/Berlin), or every, as in "6 h". Its runs are told to
    receivers: where (the URL of a webhook; of kind "email" an address, of "apprise" a target that the server names),
    tell (always, failure, change, change:COLUMN), sign (the {secret:NAME} that signs). The source is read once before
    the schedule is saved.
    """
    given: dict[str, Any] = {
        "name": name,
        "cron": cron,
        "zone": zone,
        "every": every,
        "preset": preset,
        "params": params,
    }
    given |= {"column": column, "fields": fields, "receivers": receivers, "paused": paused}
    given["source"] = {"url": url, "run": run}
    return schedule_operations.add_schedule(LOCAL, as_asked({"job": job, **_said(given)}, ScheduleRequest))


def pause_schedule(name: str, owner: str = "") -> client.ScheduleDocument:
    """Have a schedule begin no more runs; one at work goes on. owner: whose, where several people have one of the
    name."""
    return schedule_operations.pause_schedule(LOCAL, name, owner)


def resume_schedule(name: str, owner: str = "") -> client.ScheduleDocument:
    """Have a schedule begin runs again, from now on."""
    return schedule_operations.resume_schedule(LOCAL, name, owner)


def run_schedule(name: str, owner: str = "") -> client.FiringDocument:
    """Have a schedule begin a run now, also a paused one; list_schedules tells what becomes of it."""
    return schedule_operations.run_schedule(LOCAL, name, owner)


TOOLS: Mapping[Callable[..., Any], bool] = {
    list_jobs: True,
    check_table: True,
    start_run: False,
    list_runs: True,
    show_run: True,
    list_rows: True,
    cancel_run: False,
    retry_run: False,
    list_schedules: True,
    add_schedule: False,
    pause_schedule: False,
    resume_schedule: False,
    run_schedule: False,
}
"""Each tool, and whether it changes nothing."""


def serve_tools() -> None:
    """Serve the tools over standard input and output, until the input ends. Raises Refused: the SDK is not here."""
    try:
        from mcp.server import MCPServer
        from mcp.types import ToolAnnotations
    except ImportError:
        raise Refused(MISSING) from None
    usually_through(Channel.MODEL)
    server = MCPServer("fanout", version=jobs.__version__, instructions=ABOUT, log_level="WARNING")
    for tool, reads in TOOLS.items():
        server.add_tool(
            _told(tool), annotations=ToolAnnotations(read_only_hint=reads, destructive_hint=tool is cancel_run)
        )
    server.run("stdio")


def _told(tool: Callable[..., Answer]) -> Callable[..., Answer]:
    """A tool of which a refusal is its answer: the sentence that a person would get."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(tool)
    def told(*given: Any, **named: Any) -> Answer:
        try:
            return tool(*given, **named)
        except (FanoutError, Problem) as error:
            raise ToolError(str(error)) from None
        except OSError as error:
            raise ToolError(f"the disk cannot be used now: {error.strerror or error}") from None

    return told


def _asked(job: str, given: Mapping[str, Any]) -> RunRequest:
    return as_asked({"job": job, **_said(given)}, RunRequest)


def _said(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _file(table: str, name: str) -> GivenFile | None:
    """A table that was given as text. Raises Refused: it is too large."""
    if not table:
        return None
    content = table.encode("utf-8", "replace")
    if len(content) > reader.MOST_UPLOADED:
        raise Refused(f"the table has more than {size(reader.MOST_UPLOADED)}: run it on the command line")
    return GivenFile(content=content, name=file_name(name))
