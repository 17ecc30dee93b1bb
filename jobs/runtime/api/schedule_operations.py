"""What programs may ask for of schedules, over HTTP and over MCP: each asks first whether its caller may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from typing_extensions import TypedDict

from jobs.runtime import client, firing
from jobs.runtime.api.operations import find_run
from jobs.runtime.api.schedule_request import ScheduleRequest, ScheduleWords
from jobs.runtime.client import FiringDocument, ScheduleDocument
from jobs.runtime.core import access
from jobs.runtime.core.access import Caller, Deed
from jobs.runtime.core.schedules import RunSchedule, SourceKind


class ScheduleList(TypedDict):
    """The schedules, by name."""

    schedules: list[ScheduleDocument]


class AddedSchedule(ScheduleDocument):
    """A schedule that was added, and how many items its source has now."""

    items: int


def list_schedules(caller: Caller, words: ScheduleWords) -> ScheduleList:
    """The schedules there are, each with its next and its last times."""
    access.check(caller, Deed.SEE)
    return {"schedules": [client.schedule_document(one) for one in client.schedules(words.text, words.limit)]}


def show_schedule(caller: Caller, name: str, owner: str = "") -> ScheduleDocument:
    """One schedule; here and below `owner` says whose, where an admin sees several of one name. Raises
    UnknownSchedule."""
    access.check(caller, Deed.SEE)
    return client.schedule_document(client.schedule(name, owner))


def check_schedule(caller: Caller, asked: ScheduleRequest) -> AddedSchedule:
    """A schedule as it would be kept, once its source was read; nothing is saved. Raises Refused, BadParams,
    BadInput."""
    checked, items = _read(caller, asked)
    return {**client.schedule_document(checked), "items": items}


def add_schedule(caller: Caller, asked: ScheduleRequest) -> AddedSchedule:
    """Keep a new schedule, once its source was read. Raises Refused, BadParams, BadInput."""
    checked, items = _read(caller, asked)
    return {**client.schedule_document(client.save_schedule(checked)), "items": items}


def _read(caller: Caller, asked: ScheduleRequest) -> tuple[RunSchedule, int]:
    access.check(caller, Deed.START)
    wanted = asked.schedule()
    if wanted.source.kind is SourceKind.RUN:
        run = find_run(caller, Deed.SEE, wanted.source.where)
        wanted = replace(wanted, source=replace(wanted.source, where=run.id))
    checked = firing.check_schedule(wanted)
    return checked, firing.read_source(checked, client.work_of(checked)).items


def pause_schedule(caller: Caller, name: str, owner: str = "") -> ScheduleDocument:
    """Have a schedule begin no more runs. Raises UnknownSchedule."""
    return _steered(caller, name, owner, client.pause_schedule)


def resume_schedule(caller: Caller, name: str, owner: str = "") -> ScheduleDocument:
    """Have a schedule begin runs again, from now on. Raises UnknownSchedule, Refused."""
    return _steered(caller, name, owner, client.resume_schedule)


def run_schedule(caller: Caller, name: str, owner: str = "") -> FiringDocument:
    """Have a schedule begin a run now. Raises UnknownSchedule, Refused: its run before is still at work."""
    access.check(caller, Deed.STEER)
    return client.firing_document(*client.fire_now(name, owner))


def remove_schedule(caller: Caller, name: str, owner: str = "") -> None:
    """Forget a schedule; its runs stay. Raises UnknownSchedule."""
    access.check(caller, Deed.DELETE)
    client.remove_schedule(name, owner)


def _steered(caller: Caller, name: str, owner: str, steer: Callable[[str, str], RunSchedule]) -> ScheduleDocument:
    access.check(caller, Deed.STEER)
    steered = steer(name, owner)
    return client.schedule_document(client.schedule(steered.name, steered.owner))
