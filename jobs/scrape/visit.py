"""One attempt at one URL: travel to its page, read it, and say what became of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import jobs
from jobs import ItemError, TryLater
from jobs.scrape import columns, fetch, later, urls, verdict
from jobs.scrape.columns import Preset, Reader
from jobs.scrape.connections import Phases
from jobs.scrape.deadline import Watch
from jobs.scrape.fetch import Answer, Fetcher, Question
from jobs.scrape.headers import read_headers
from jobs.scrape.journey import Journey
from jobs.scrape.robots import FAILURE_KEPT_SECONDS, MOST_DELAY, RobotsFiles, Rules
from jobs.scrape.urls import Target

MARGIN = 0.25
"""Seconds before the machine's deadline at which a visit ends itself: it knows more than the machine would say."""

HEAD_REFUSED = frozenset({400, 403, 404, 405, 406, 410, 500, 501})
HEAD_BROKEN = frozenset({"connection_reset", "incomplete", "protocol_error"})
"""Servers that do not know HEAD answer so; then GET is asked before anything is said of the page."""

UNREACHED = frozenset({"connect_refused", "connect_timeout", "dns_not_found", "dns_temporary"})
"""Reported as `host_down`: the schedule counts them for each host, and takes it to be down after five in a row."""

_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """The params of a run, whole; see `scrape`."""

    columns: Preset
    fields: str
    reader: Reader
    save_pages: bool = False
    robots: bool
    timeout: float
    max_bytes: int
    user_agent: str
    accept_language: str
    headers: tuple[str, ...] = field(default=(), repr=False)

    @property
    def usual_headers(self) -> Mapping[str, str]:
        """What is said with every request."""
        return {
            "User-Agent": self.user_agent,
            "Accept": _ACCEPT,
            "Accept-Language": self.accept_language,
            "Accept-Encoding": "gzip, deflate",
        }

    @property
    def own_headers(self) -> Mapping[str, str]:
        """The usual headers and the user's own: for the origin of the user's URL."""
        return {**self.usual_headers, **read_headers(self.headers)}

    @property
    def product(self) -> str:
        """The name that robots.txt is read for."""
        return (self.user_agent.split("/")[0].split() or ["*"])[0]


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What the slots of a worker share."""

    fetcher: Fetcher
    robots: RobotsFiles


def visit(url: str, wishes: Wishes, tools: Tools | None = None) -> columns.Page:
    """The row of one URL. Raises ItemError or TryLater, with the row as far as it is known."""
    tools = tools or shared_tools()
    journey = Journey.start(url, jobs.carried())
    started, before = time.monotonic(), journey.spent
    page: dict[str, Any] = {}
    try:
        left = _seconds(wishes, before)
        with tools.fetcher.watchdog.watch(left, before + left) as watch:
            asker = _Asker(wishes, tools, watch, journey.phases, origin=urls.target(url).origin)
            answer = journey.travel(asker.ask)
            page = verdict.read_page(answer, wishes)
        code = verdict.judge(answer, page, redirected=bool(journey.hops))
    except ItemError as error:
        _learn(journey, error)
        row = {**_row(journey, page, wishes, started), **_saved(url, journey, wishes)}
        raise _final(error, row) from error
    except TryLater as error:
        _tell_latency(journey)
        error.row = _row(journey, page, wishes, started)
        if error.group is not None:
            journey.spent = before + time.monotonic() - started
            error.carry = journey.carry()
        raise
    _tell_latency(journey)
    row = {**_row(journey, page, wishes, started), **_saved(url, journey, wishes), "code": code}
    return cast(columns.Page, row)


def _seconds(wishes: Wishes, spent: float) -> float:
    left = jobs.time_left()
    return max(0.05, min(left - min(MARGIN, left / 10), wishes.timeout - spent))


class _Asker:
    """Asks for one URL after the other, as a run wishes it: robots.txt first, HEAD where it suffices.

    `origin` is that of the user's URL: no other is told the run's own headers.
    """

    def __init__(self, wishes: Wishes, tools: Tools, watch: Watch, phases: Phases, *, origin: str) -> None:
        self._wishes, self._tools, self._watch, self._phases = wishes, tools, watch, phases
        self._origin = origin
        self._method = "HEAD" if wishes.columns == "status" else "GET"

    def ask(self, target: Target) -> Answer:
        """The answer of one URL. Raises ItemError, TryLater."""
        if self._wishes.robots:
            self._respect(target)
        if self._method == "HEAD":
            answer = self._head(target)
            if answer is not None:
                return answer
            self._method = "GET"
        return self._get(target)

    def _head(self, target: Target) -> Answer | None:
        """The answer to HEAD; None from a server that does not know it."""
        try:
            answer = self._get(target)
        except ItemError as error:
            if error.code in HEAD_BROKEN:
                return None
            raise
        return None if answer.status in HEAD_REFUSED else answer

    def _get(self, target: Target) -> Answer:
        cap = None if self._wishes.columns == "status" else self._wishes.max_bytes
        own = target.origin == self._origin
        headers = self._wishes.own_headers if own else self._wishes.usual_headers
        asked = Question(target=target, method=self._method, headers=headers, cap=cap)
        return self._tools.fetcher.get(asked, self._watch, self._phases)

    def _respect(self, target: Target) -> None:
        rules = self._tools.robots.rules(target, self._wishes, self._watch, self._phases)
        if rules.problem:
            sentence = f"the robots.txt of {target.host} cannot be had now ({rules.problem}), which forbids all"
            raise TryLater(_until_asked_again(rules), "robots_disallowed", sentence)
        if not rules.allow(target, self._wishes.product):
            raise ItemError(
                "robots_disallowed",
                f"the robots.txt of {target.host} asks {self._wishes.product} not to fetch this page "
                "(robots can be turned off for your own sites)",
            )
        _slow_down(rules, self._wishes.product)


def _until_asked_again(rules: Rules) -> float:
    """Seconds before a robots.txt that could not be had is asked for again."""
    if rules.status:
        return max(FAILURE_KEPT_SECONDS, verdict.wait(rules.status, rules.retry_after))
    jobs.pace(error=True, why="robots.txt")
    return later.own_seconds(jobs.attempt())


def _slow_down(rules: Rules, product: str) -> None:
    delay = rules.delay(product)
    if delay:
        capped = f", cut to {MOST_DELAY:g} s" if delay > MOST_DELAY else ""
        jobs.pace(pause=min(delay, MOST_DELAY), why=f"Crawl-delay {delay:g} s{capped}")


def _row(journey: Journey, page: Mapping[str, Any], wishes: Wishes, started: float) -> dict[str, Any]:
    journey.spent += time.monotonic() - started
    known = {**journey.row(), **page}
    wanted = columns.of_preset(wishes.columns)
    return {name: value for name, value in known.items() if name in wanted or name.startswith("field_")}


def _saved(url: str, journey: Journey, wishes: Wishes) -> dict[str, Any]:
    """The file of the page that answered in the end, where pages are kept."""
    answer = journey.answer
    if not wishes.save_pages or answer is None or answer.failure is not None or answer.redirects:
        return {}
    from jobs.scrape.saved import saved_page

    page = saved_page(answer, urls.target(url).href, journey.hops)
    return {} if page is None else {"page_warc": page}


def _learn(journey: Journey, error: ItemError) -> None:
    """Tell the schedule what this failure says of the host it was asked at."""
    if error.code in UNREACHED:
        jobs.pace(close="host_down", why=error.message)
    elif error.code in later.RETRIED_CODES or error.code == "timeout":
        jobs.pace(error=True, why=error.code)
    else:
        _tell_latency(journey)


def _tell_latency(journey: Journey) -> None:
    """Any answer, a refusal too, says how fast the host is, and that it is there."""
    if journey.answer is not None and journey.answer.target.host == journey.asked.host:
        jobs.pace(latency=journey.answer.latency)


def _final(error: ItemError, row: dict[str, Any]) -> Exception:
    """The failure with its row; what may pass is to be tried again."""
    if error.code in later.RETRIED_CODES:
        seconds = later.own_seconds(jobs.attempt())
        return TryLater(seconds, error.code, error.message, row=row, detail=error.detail)
    return ItemError(error.code, error.message, row=row, detail=error.detail)


_tools: Tools | None = None
_making = threading.Lock()


def shared_tools() -> Tools:
    """The tools of this worker, made at its first item."""
    global _tools  # noqa: PLW0603
    with _making:
        if _tools is None:
            fetcher = fetch.Fetcher()
            _tools = Tools(fetcher=fetcher, robots=RobotsFiles(fetcher))
        return _tools
