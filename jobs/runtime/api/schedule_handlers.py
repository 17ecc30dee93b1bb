"""What the routes of schedules do with a request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from jobs.runtime.api import schedule_operations
from jobs.runtime.api.body import read_json
from jobs.runtime.api.handlers import Call, arrived
from jobs.runtime.api.json_answer import JsonAnswer
from jobs.runtime.api.run_request import read_body
from jobs.runtime.api.schedule_operations import AddedSchedule
from jobs.runtime.api.schedule_request import ScheduleRequest
from jobs.runtime.core import access
from jobs.runtime.core.access import Deed
from jobs.runtime.core.people import owner_of


async def list_schedules(call: Call) -> Response:
    """The schedules there are."""
    return JsonAnswer(await call.service.look(partial(schedule_operations.list_schedules, call.caller, call.words)))


async def add(call: Call) -> Response:
    """A new schedule."""
    document = await _read(call, schedule_operations.add_schedule)
    place = f"{call.request.scope.get('root_path', '')}/api/schedules/{quote(document['name'], safe='')}"
    return JsonAnswer(document, status_code=201, headers={"Location": place})


async def check(call: Call) -> Response:
    """A schedule that is not kept."""
    return JsonAnswer(await _read(call, schedule_operations.check_schedule))


async def _read(call: Call, operation: Callable[[Any, ScheduleRequest], AddedSchedule]) -> AddedSchedule:
    """What comes of a schedule whose source is read: that may take long."""
    access.check(call.caller, Deed.START)
    async with arrived(call, read_json) as body:
        asked = read_body(body.text(), ScheduleRequest)
        return await call.service.work(partial(operation, call.caller, asked))


async def show(call: Call) -> Response:
    """One schedule."""
    return await _answer(call, schedule_operations.show_schedule)


async def pause(call: Call) -> Response:
    """No more runs of it."""
    return await _answer(call, schedule_operations.pause_schedule)


async def resume(call: Call) -> Response:
    """Runs of it again."""
    return await _answer(call, schedule_operations.resume_schedule)


async def run_now(call: Call) -> Response:
    """A run of it now."""
    return await _answer(call, schedule_operations.run_schedule)


async def remove(call: Call) -> Response:
    """None of it any more."""
    await call.service.look(partial(schedule_operations.remove_schedule, call.caller, *_which(call)))
    return Response(status_code=204)


async def _answer(call: Call, operation: Callable[[Any, str, str], Any]) -> Response:
    return JsonAnswer(await call.service.look(partial(operation, call.caller, *_which(call))))


def _which(call: Call) -> tuple[str, str]:
    """The name of the schedule, and whose it is where that is said. Raises Refused."""
    owner = call.words.owner
    return str(call.request.path_params["name"]), owner_of(owner) if owner else ""
