"""One attempt at one item that asks servers: how long it may take, what the schedule is told of its host, and which
failures are tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import jobs
from jobs import ItemError, TryLater
from jobs.web import retry_policy
from jobs.web.deadline import Deadline
from jobs.web.fetcher import Fetcher
from jobs.web.messages import Response
from jobs.web.resolver import ResolverBusyError
from jobs.web.urls import Target

MARGIN = 0.25
"""Seconds before the machine's deadline at which an attempt ends itself: it knows more than the machine would say."""

UNREACHED = frozenset({"connect_refused", "connect_timeout", "dns_not_found", "dns_temporary"})
"""Reported as `host_down`: the schedule counts them for each origin, and puts its other items off after two."""

SILENT = frozenset({"first_byte_timeout"})
"""The same of an origin that has answered nothing in this attempt."""


class Journey(Protocol):
    """The way of an item as far as its group must be told of it: the first URL of this attempt, whether its host has
    answered anything, its hops so far, the last answer, the seconds spent on it before."""

    asked: Target
    target: Target
    heard: bool
    spent: float
    hops: list[tuple[int, str]]
    answer: Response | None

    def carry(self) -> dict[str, Any]:
        """All that the next part of the way needs."""


@contextmanager
def attempted(
    fetcher: Fetcher,
    journey: Journey,
    timeout: float,
    known: Callable[[bool], dict[str, Any]],
    *,
    may_repeat: Callable[[ItemError], bool] = lambda _: True,
    told: Callable[[ItemError], ItemError] = lambda error: error,
) -> Iterator[Deadline]:
    """An attempt within its time: its group is told how it went, and what it raises has the row as far as it is known.

    `known`: its columns so far, told whether this ends the attempt's way; `may_repeat`: whether an item may be asked
    again after a failure; `told`: the failure as its row has it.
    Raises ItemError, TryLater.
    """
    started, before = time.monotonic(), journey.spent
    try:
        left = seconds_for(timeout, before)
        with fetcher.watchdog.watch(left, before + left) as watch:
            yield watch
    except ItemError as error:
        learn(journey, error)
        raise final(told(error), known(True), repeatable=may_repeat(error)) from error
    except ResolverBusyError as error:
        raise machine_busy(journey, journey.target.host) from error
    except TryLater as error:
        report_latency(journey)
        error.row = known(False)
        if error.group is not None:
            journey.spent = before + time.monotonic() - started
            error.carry = journey.carry()
        raise
    report_latency(journey)


def seconds_for(timeout: float, spent: float) -> float:
    """How long this part of the way may take: until the machine's deadline, or the run's own for the whole way."""
    left = jobs.time_left()
    return max(0.05, min(left - min(MARGIN, left / 10), timeout - spent))


def learn(journey: Journey, error: ItemError) -> None:
    """Tell the schedule what this failure says of the host it was asked at."""
    dead = error.code in UNREACHED or (error.code in SILENT and not journey.heard)
    if dead and not journey.hops:  # where another site's redirect led says nothing of this one
        jobs.pace(close="host_down", origin=origin_of(journey), why=error.message)
    elif error.code in UNREACHED | retry_policy.RETRIED_CODES | {"timeout"}:
        jobs.pace(error=True, why=error.code)
    else:
        report_latency(journey)


def origin_of(journey: Journey) -> str:
    """The origin of the first URL of this attempt, as the schedule knows it."""
    return f"{journey.asked.scheme}://{journey.asked.host}:{journey.asked.port}"


def report_latency(journey: Journey) -> None:
    """Any answer, a refusal too, says how fast the host is, and that it is there."""
    if journey.answer is not None and journey.answer.target.host == journey.asked.host:
        jobs.pace(latency=journey.answer.latency)


def final(error: ItemError, row: dict[str, Any], *, repeatable: bool = True) -> Exception:
    """The failure with its row; what may pass is to be tried again, where that does no harm."""
    if error.code in retry_policy.RETRIED_CODES and repeatable:
        seconds = retry_policy.own_seconds(jobs.attempt())
        return TryLater(seconds, error.code, error.message, row=row, detail=error.detail)
    return ItemError(error.code, error.message, row=row, detail=error.detail)


def machine_busy(journey: Journey, host: str) -> Exception:
    """No name can be looked up now, since all that looks up hangs: back in the queue, without blame."""
    sentence = f"too many look-ups hang on this machine to begin one of {host}"
    if not jobs.in_machine():
        return ItemError("dns_temporary", sentence)
    return TryLater(0, "dns_temporary", sentence, group=host, carry=journey.carry())


_fetcher: Fetcher | None = None
_making = threading.Lock()


def shared_fetcher() -> Fetcher:
    """The fetcher of all slots of this worker, made at its first item."""
    global _fetcher  # noqa: PLW0603
    with _making:
        if _fetcher is None:
            _fetcher = Fetcher()
        return _fetcher
