"""What a status that is no success means: a failure, or another attempt after a wait that the whole host may share."""

from __future__ import annotations

import jobs
from jobs import ItemError, TryLater
from jobs.web import retry_policy
from jobs.web.messages import FOLLOWED, Response

REFUSALS = frozenset({403, 429})
"""With these a server says that it does not want to be asked. Many of them pause the run."""


def failure_of(answer: Response, *, repeatable: bool = True) -> Exception:
    """The failure that an answer stands for; one that may pass is to be tried again, where that does no harm."""
    code, status = code_of(answer.status), answer.status
    sentence = _sentence(answer)
    jobs.pace(refused=status in REFUSALS)
    if status not in retry_policy.RETRIED_STATUSES:
        return ItemError(code, sentence)
    seconds = wait(status, answer.header("retry-after"))
    return TryLater(seconds, code, sentence) if repeatable else ItemError(code, sentence)


def wait(status: int, retry_after: str) -> float:
    """Seconds until an attempt after this failure of a server; the schedule is told of it, and of a host to hold."""
    asked = retry_policy.asked_seconds(retry_after)
    seconds = retry_policy.own_seconds(jobs.attempt()) if asked is None else asked
    jobs.pace(error=True, why=f"status {status}")
    if status in retry_policy.HELD_STATUSES:
        jobs.pace(hold=seconds, why=f"status {status}" if asked is None else "Retry-After")
    return seconds


def code_of(status: int) -> str:
    """The code of a status that is no success."""
    if status == 429:
        return "rate_limited"
    return {3: "http_3xx", 4: "http_4xx", 5: "http_5xx"}.get(status // 100, "http_other")


def _sentence(answer: Response) -> str:
    host, status = answer.target.host, answer.status
    if 200 <= status < 300:
        return f"{host} answers {status}, which this run does not accept"
    if status == 429:
        return f"{host} says it is asked too often (429): use a slower pace"
    if status in FOLLOWED:
        return f"{host} answers {status}, a redirect that names no target"
    if status // 100 == 3:
        return f"{host} answers {status}, a redirect that browsers do not follow either"
    if status in (404, 410):
        return f"{host} has no such page ({status})"
    if status in (401, 403, 407):
        return f"{host} does not let us see the page ({status})"
    if status // 100 == 4:
        return f"{host} refuses the request ({status})"
    if status // 100 == 5:
        return f"{host} failed to answer ({status}): try again later"
    return f"{host} answers {status}, which is no answer that HTTP has for a page"
