"""Whom schedules tell: what may be kept of them, what is to be told to each, and what became of that."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from jobs.runtime.client import ownership
from jobs.runtime.client.jobs import columns
from jobs.runtime.client.runner_process import store
from jobs.runtime.core import mail_address, secrets, settings
from jobs.runtime.core.errors import DamagedRun, Refused, UnknownRun
from jobs.runtime.core.people import require_admin
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.receivers import (
    MOST_RECEIVERS,
    MOST_TELLINGS,
    DeliveryAttempt,
    Receiver,
    ReceiverKind,
    Telling,
    Told,
)
from jobs.runtime.core.records import Run, RunState
from jobs.runtime.core.row_changes import ROW_CHANGES, never_compared
from jobs.runtime.core.schedules import Firing, RunSchedule
from jobs.runtime.core.text import in_one_line
from jobs.runtime.core.units import count
from jobs.runtime.store import schedules as schedules_table
from jobs.runtime.store import tellings

FIRST_PAUSE = 30.0
"""Seconds after which a receiver that took nothing is told again, then four times as many."""

SCHEMES = ("http", "https")

APPRISE_MISSING = (
    "telling by Apprise needs a package that is not here: "
    "pip install 'fanout-jobs[apprise]', in a checkout pip install -e '.[apprise]'"
)
TOLD = "to note what a receiver was told"


@dataclass(frozen=True, kw_only=True)
class DueTelling:
    """What is to be told to one receiver: of this time of a schedule, its run (None: there is none) and the last one
    before that finished (None: none has)."""

    schedule: RunSchedule
    firing: Firing
    receiver: Receiver
    telling: Telling
    run: Run | None
    earlier: Run | None


def checked_receivers(receivers: tuple[Receiver, ...], settings: RunPreset) -> tuple[Receiver, ...]:
    """Receivers as they may be kept. Raises Refused."""
    if len(receivers) > MOST_RECEIVERS:
        told = count(len(receivers), "receiver")
        raise Refused(f"a schedule tells at most {MOST_RECEIVERS} receivers, not {told}: have one pass it on")
    for place, one in enumerate(receivers):
        if one in receivers[:place]:
            raise Refused(f"{in_one_line(one.where)[:200]} is named twice with one rule: name it once")
        _check(one, settings)
    return receivers


def _check(receiver: Receiver, settings: RunPreset) -> None:
    found = columns(settings.job, settings.params)
    counted = [column.name for column in found if not never_compared(column)]
    if receiver.column and receiver.column not in (*counted, *ROW_CHANGES):
        known, column = ", ".join([*ROW_CHANGES, *counted]), in_one_line(receiver.column)
        raise Refused(f"nothing is told of changes in '{column}': there is no such column ({known})")
    _CHECKS[receiver.kind](receiver)
    if receiver.key and receiver.kind is not ReceiverKind.WEBHOOK:
        raise Refused("a key signs what a webhook is told, and nothing else: leave it out")
    if receiver.key and not secrets.is_name_alone(receiver.key):
        raise Refused("the key that signs is kept by its name alone: give it as {secret:NAME} (JOBS_SECRETS)")
    secrets.names_in([receiver.where, receiver.key])


def _check_webhook(receiver: Receiver) -> None:
    check_url(receiver.where, "URL of a webhook")


def _check_email(receiver: Receiver) -> None:
    shown = in_one_line(receiver.where)[:200]
    try:
        address = mail_address.read_address(receiver.where)
    except ValueError as error:
        raise Refused(f"'{shown}' is no address of e-mail ({error})") from None
    if settings.value("JOBS_SMTP") is None or settings.value("JOBS_SMTP_FROM") is None:
        raise Refused("no e-mail is sent from here: who runs it names a mail server in JOBS_SMTP and JOBS_SMTP_FROM")
    if not mail_address.is_among(address, settings.value("JOBS_SMTP_TO")):
        raise Refused(f"{shown} may not be written to from here: JOBS_SMTP_TO names who may")


def _check_apprise(receiver: Receiver) -> None:
    if find_spec("apprise") is None:
        raise Refused(APPRISE_MISSING)
    known = settings.value("JOBS_APPRISE")
    if receiver.where not in known:
        named = f"it names {', '.join(known)}" if known else "it names none yet"
        raise Refused(f"JOBS_APPRISE names no target '{in_one_line(receiver.where)[:80]}': {named}")


_CHECKS = {
    ReceiverKind.WEBHOOK: _check_webhook,
    ReceiverKind.EMAIL: _check_email,
    ReceiverKind.APPRISE: _check_apprise,
}


def check_url(url: str, what: str) -> None:
    """Refuse a URL that is none, or holds a password. Raises Refused; `what` says what it is the URL of."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no address
        parts = urlsplit("")
    if parts.scheme.lower() not in SCHEMES or not parts.netloc:
        raise Refused(f"'{in_one_line(url)[:200]}' is no {what} (want http:// or https://)")
    if "@" in parts.netloc:
        raise Refused("a URL with a password is not kept: put the password in its place as {secret:NAME}")


def run_of_firing(firing: Firing) -> Run | None:
    """The run that was begun then; None: none was, or it was deleted."""
    try:
        return ownership.run(firing.run).run if firing.run else None
    except UnknownRun:
        return None


def due_telling(number: int, due: float, place: int) -> DueTelling | None:
    """What is to be told to one receiver of one time; None: nothing is (any more)."""
    require_admin(TOLD)
    with store().read() as db:
        telling, schedule = tellings.find(db, number, due, place), schedules_table.get(db, number)
        if telling is None or telling.told is not Told.DUE or schedule is None:
            return None
        times = schedules_table.firings(db, number, schedules_table.KEPT)
        firing = schedules_table.firing(db, number, due)
    if place >= len(schedule.receivers):  # else it stays due, and a process is started for it again and again
        note_never_taken(telling, "What is stored of its receivers is damaged.")
        return None
    assert firing is not None
    try:
        run = run_of_firing(firing)
    except DamagedRun as error:
        note_never_taken(telling, str(error))
        return None
    return DueTelling(
        schedule=schedule,
        firing=firing,
        receiver=schedule.receivers[place],
        telling=telling,
        run=run,
        earlier=_earlier_run(times, due),
    )


def _earlier_run(times: Iterable[Firing], due: float) -> Run | None:
    """The last run before a time that has finished, and can be read."""
    for one in times:
        if one.due < due and one.run_state == RunState.FINISHED:
            with suppress(DamagedRun):
                return run_of_firing(one)
    return None


def note_sent(telling: Telling) -> None:
    """Its receiver has taken it."""
    require_admin(TOLD)
    with store().write() as db:
        tellings.settle(db, telling, Told.SENT, DeliveryAttempt(at=time.time()))


def note_unneeded(telling: Telling) -> None:
    """By its rule, its receiver need not be told."""
    require_admin(TOLD)
    with store().write() as db:
        tellings.settle(db, telling, Told.UNNEEDED)


def note_never_taken(telling: Telling, why: str) -> None:
    """It was refused for good: it is not tried again."""
    require_admin(TOLD)
    with store().write() as db:
        tellings.settle(db, telling, Told.FAILED, DeliveryAttempt(at=time.time(), why=why))


def note_undelivered(telling: Telling, why: str) -> None:
    """It was not taken: try again later, each time four times as late, and some day no more."""
    require_admin(TOLD)
    now = time.time()
    with store().write() as db:
        tellings.note_failed(
            db,
            telling,
            DeliveryAttempt(at=now, why=why),
            until=now + FIRST_PAUSE * 4.0 ** len(telling.attempts),
            most=MOST_TELLINGS,
        )
