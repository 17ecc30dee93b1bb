"""The table of routes: the one place that says what there is. The server and the OpenAPI document are made from it."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response
from typing_extensions import TypedDict

from jobs.runtime import client, exports
from jobs.runtime.api import handlers, metrics, operations, schedule_handlers, schedule_operations
from jobs.runtime.api.endpoint import ApiEndpoint
from jobs.runtime.api.handlers import Call
from jobs.runtime.api.json_answer import JsonAnswer
from jobs.runtime.api.openapi import document
from jobs.runtime.api.run_request import (
    ExportWords,
    ListWords,
    ResumeWish,
    RetryWish,
    RowWords,
    RunRequest,
    WaitWords,
)
from jobs.runtime.api.schedule_request import ScheduleOwner, ScheduleRequest, ScheduleWords
from jobs.runtime.core.access import Deed


class Health(TypedDict):
    """That the server can read its store."""

    status: str


async def describe(_call: Call) -> Response:
    """This very table, for programs."""
    return JsonAnswer(document(ENDPOINTS))


_RUN, _LINKS, _SCHEDULE = "/runs/{id}", "/runs/{id}/links", "/schedules/{name}"

ENDPOINTS: tuple[ApiEndpoint, ...] = (
    ApiEndpoint(
        method="GET",
        path="/health",
        name="health",
        deed=None,
        call=handlers.health,
        answer=Health,
        summary="Whether the server can read its store",
    ),
    ApiEndpoint(
        method="GET",
        path="/openapi.json",
        name="describe",
        deed=None,
        call=describe,
        answer=dict[str, Any],
        summary="This document",
    ),
    ApiEndpoint(
        method="GET",
        path="/metrics",
        name="metrics",
        deed=Deed.SEE,
        call=handlers.tell_metrics,
        media=(metrics.MEDIA_TYPE.partition(";")[0],),
        summary="Figures for Prometheus",
    ),
    ApiEndpoint(
        method="GET",
        path="/jobs",
        name="list_jobs",
        deed=Deed.SEE,
        call=handlers.list_jobs,
        answer=operations.JobList,
        summary="The jobs, with their params as JSON Schema",
    ),
    ApiEndpoint(
        method="POST",
        path="/check",
        name="check_table",
        deed=Deed.START,
        call=handlers.check,
        body=RunRequest,
        form=True,
        answer=dict[str, Any],
        summary="What a table holds for a job; nothing runs",
    ),
    ApiEndpoint(
        method="POST",
        path="/runs",
        name="start_run",
        deed=Deed.START,
        call=handlers.start,
        body=RunRequest,
        form=True,
        answer=client.ShownRun,
        status=201,
        summary="Start a run; with Idempotency-Key the same request gives the same run",
    ),
    ApiEndpoint(
        method="GET",
        path="/runs",
        name="list_runs",
        deed=Deed.SEE,
        call=handlers.list_runs,
        words=ListWords,
        answer=operations.RunPage,
        summary="Runs, newest first",
    ),
    ApiEndpoint(
        method="GET",
        path=_RUN,
        name="show_run",
        deed=Deed.SEE,
        call=handlers.show,
        words=WaitWords,
        answer=client.ShownRun,
        summary="A run as it stands, or when it has ended",
    ),
    ApiEndpoint(
        method="DELETE",
        path=_RUN,
        name="delete_run",
        deed=Deed.DELETE,
        call=handlers.delete,
        status=204,
        summary="Delete an ended run with its rows and files",
    ),
    ApiEndpoint(
        method="GET",
        path=f"{_RUN}/events",
        name="hear_run",
        deed=Deed.SEE,
        call=handlers.events,
        media=("text/event-stream",),
        summary="The progress of a run as server-sent events",
    ),
    ApiEndpoint(
        method="GET",
        path=f"{_RUN}/rows",
        name="list_rows",
        deed=Deed.SEE,
        call=handlers.rows,
        words=RowWords,
        answer=operations.RowPage,
        summary="Rows of a run, by position",
    ),
    ApiEndpoint(
        method="GET",
        path=f"{_RUN}/export.{{format}}",
        name="export_run",
        deed=Deed.SEE,
        call=handlers.export,
        words=ExportWords,
        media=(*exports.MIME_TYPES.values(), *operations.OTHER_TYPES),
        summary="A run as a file",
    ),
    *(
        ApiEndpoint(
            method="POST",
            path=f"{_RUN}/{verb}",
            name=f"{verb}_run",
            deed=Deed.STEER,
            call=partial(handlers.steer, verb),
            answer=client.ShownRun,
            summary=summary,
        )
        for verb, summary in (
            ("cancel", "End a run now"),
            ("pause", "Start nothing more of a run"),
        )
    ),
    ApiEndpoint(
        method="POST",
        path=f"{_RUN}/resume",
        name="resume_run",
        deed=Deed.STEER,
        call=handlers.resume,
        body=ResumeWish,
        answer=client.ShownRun,
        summary="Go on with a paused or interrupted run; where its budget was reached, with another or none",
    ),
    ApiEndpoint(
        method="POST",
        path=f"{_RUN}/retry",
        name="retry_run",
        deed=Deed.STEER,
        call=handlers.retry,
        body=RetryWish,
        answer=client.ShownRun,
        summary="Try the failed and cancelled items of a run again, or those with these codes",
    ),
    ApiEndpoint(
        method="POST",
        path=_LINKS,
        name="share_run",
        deed=Deed.STEER,
        call=handlers.share,
        answer=operations.RunLink,
        status=201,
        summary="Make a link by which a run is read without a token or an account, for 30 days",
    ),
    ApiEndpoint(
        method="GET",
        path=_LINKS,
        name="list_links",
        deed=Deed.SEE,
        call=handlers.links,
        answer=operations.RunLinks,
        summary="When the links to a run end",
    ),
    ApiEndpoint(
        method="DELETE",
        path=_LINKS,
        name="unshare_run",
        deed=Deed.STEER,
        call=handlers.unshare,
        status=204,
        summary="Take all links to a run back",
    ),
    ApiEndpoint(
        method="GET",
        path="/schedules",
        name="list_schedules",
        deed=Deed.SEE,
        call=schedule_handlers.list_schedules,
        words=ScheduleWords,
        answer=schedule_operations.ScheduleList,
        summary="Schedules, by name",
    ),
    ApiEndpoint(
        method="POST",
        path="/schedules",
        name="add_schedule",
        deed=Deed.START,
        call=schedule_handlers.add,
        body=ScheduleRequest,
        answer=schedule_operations.AddedSchedule,
        status=201,
        summary="Have a job run by itself over a table that is read anew each time",
    ),
    ApiEndpoint(
        method="POST",
        path="/schedules/check",
        name="check_schedule",
        deed=Deed.START,
        call=schedule_handlers.check,
        body=ScheduleRequest,
        answer=schedule_operations.AddedSchedule,
        summary="Read the source of a schedule and tell its next times; nothing is saved",
    ),
    ApiEndpoint(
        method="GET",
        path=_SCHEDULE,
        name="show_schedule",
        deed=Deed.SEE,
        call=schedule_handlers.show,
        words=ScheduleOwner,
        answer=client.ScheduleDocument,
        summary="A schedule with its next five and its last ten times",
    ),
    ApiEndpoint(
        method="DELETE",
        path=_SCHEDULE,
        name="remove_schedule",
        deed=Deed.DELETE,
        call=schedule_handlers.remove,
        words=ScheduleOwner,
        status=204,
        summary="Forget a schedule; its runs stay",
    ),
    *(
        ApiEndpoint(
            method="POST",
            path=f"{_SCHEDULE}/{verb}",
            name=name,
            deed=Deed.STEER,
            call=call,
            words=ScheduleOwner,
            answer=answer,
            summary=summary,
        )
        for verb, name, call, answer, summary in (
            ("pause", "pause_schedule", schedule_handlers.pause, client.ScheduleDocument, "Begin no more runs of it"),
            ("resume", "resume_schedule", schedule_handlers.resume, client.ScheduleDocument, "Begin runs of it again"),
            ("run", "run_schedule", schedule_handlers.run_now, client.FiringDocument, "Begin a run of it now"),
        )
    ),
)
