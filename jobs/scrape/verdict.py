"""What an answer means: a row, perhaps with a code, or a failure, or another attempt."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

import jobs
from jobs import ItemError, TryLater
from jobs.scrape import later
from jobs.scrape.fetch import EMPTY, FOLLOWED, Answer

if TYPE_CHECKING:
    from jobs.scrape.fields import Field
    from jobs.scrape.visit import Wishes


REFUSALS = frozenset({403, 429})
"""With these a server says that it does not want to be asked; so does a challenge. Many of them pause the run."""


def read_page(answer: Answer, wishes: Wishes) -> dict[str, Any]:
    """The columns that the page itself fills; none where there is no page. Raises ItemError `parse_error`."""
    if wishes.columns == "status" or answer.failure is not None or not answer.is_text or answer.status in EMPTY:
        return {}
    return jobs.compute(_read, answer, wishes)


def _read(answer: Answer, wishes: Wishes) -> dict[str, Any]:
    from jobs.scrape import page

    started = time.monotonic()
    try:
        read = page.read(
            answer.content,
            answer.header("content-type"),
            answer.target.href,
            reader=wishes.reader,
            fields=_fields(wishes.fields),
            status=answer.status,
            x_robots_tag=answer.header("x-robots-tag"),
        )
    except ItemError:
        if 200 <= answer.status < 300:
            raise
        read = {}  # the status says more of an error page than its markup
    return {**read, "parse_seconds": round(time.monotonic() - started, 6)}


@functools.lru_cache(maxsize=16)
def _fields(text: str) -> tuple[Field, ...]:
    if not text.strip():
        return ()
    from jobs.scrape.fields import read_fields

    return read_fields(text)


def judge(answer: Answer, page: dict[str, Any], *, redirected: bool) -> str:
    """The code of a good answer, perhaps empty. Raises ItemError for a failure, TryLater for one that may pass."""
    from jobs.scrape.page import challenge

    if challenge(answer.content, answer.headers, int(page.get("text_chars") or 0)):
        jobs.pace(refused=True)
        raise ItemError("blocked_challenge", f"{answer.target.host} sent a test for robots instead of the page")
    if not (200 <= answer.status < 300 or answer.status == 304):
        jobs.pace(refused=answer.status in REFUSALS)
        raise _failure(answer)
    if answer.failure is not None:
        raise answer.failure
    if answer.truncated and answer.is_text:
        return "truncated"
    if not answer.is_text and answer.status not in EMPTY:
        return "not_text"
    return "redirected" if redirected else ""


def _failure(answer: Answer) -> Exception:
    code, status = code_of(answer.status), answer.status
    sentence = _sentence(answer)
    if status not in later.RETRIED_STATUSES:
        return ItemError(code, sentence)
    return TryLater(wait(status, answer.header("retry-after")), code, sentence)


def wait(status: int, retry_after: str) -> float:
    """Seconds until an attempt after this failure of a server; the schedule is told of it, and of a host to hold."""
    asked = later.asked_seconds(retry_after)
    seconds = later.own_seconds(jobs.attempt()) if asked is None else asked
    jobs.pace(error=True, why=f"status {status}")
    if status in later.HELD_STATUSES:
        jobs.pace(hold=seconds, why=f"status {status}" if asked is None else "Retry-After")
    return seconds


def code_of(status: int) -> str:
    """The code of a status that is no success."""
    if status == 429:
        return "rate_limited"
    return {3: "http_3xx", 4: "http_4xx", 5: "http_5xx"}.get(status // 100, "http_other")


def _sentence(answer: Answer) -> str:
    host, status = answer.target.host, answer.status
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
