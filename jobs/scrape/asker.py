"""Who asks for one URL after the other, as a run wishes it: robots.txt first, HEAD where it suffices, with the headers
and cookies that belong there."""

from __future__ import annotations

from collections.abc import Mapping

import jobs
from jobs import ItemError, TryLater
from jobs.scrape.challenges.search import sign_of_headers
from jobs.scrape.options import ScrapeOptions
from jobs.scrape.pdf import TYPES as PDF_TYPES
from jobs.scrape.robots import FAILURE_KEPT_SECONDS, MOST_DELAY, RobotsFiles, Rules
from jobs.web import item_attempt, retry_policy, status_failures
from jobs.web.cookies import Cookies
from jobs.web.deadline import Deadline
from jobs.web.fetcher import Fetcher
from jobs.web.messages import Request, Response
from jobs.web.proxy import proxy
from jobs.web.redirects import RedirectChain
from jobs.web.urls import Target
from jobs.web.validators import NOT_MODIFIED, Validators, sets_conditions

HEAD_SECONDS = 5.0
HEAD_SHARE = 1 / 3
"""Of the time that is left: so long HEAD may take, at most 5 s, before GET is asked instead."""

HEAD_BROKEN = frozenset(
    {"connection_reset", "first_byte_timeout", "incomplete", "protocol_error", "read_timeout", "timeout"}
    | {"too_large", "tls_other"}
)
"""How servers fail that do not know HEAD; then GET is asked before anything is said of the page."""

OF_THE_PAGE = frozenset({401, 407, 429, 451})
"""Statuses that say the same of the page whatever the method; any other error of HEAD is asked again by GET."""


class Asker:
    """Asks for the URLs on the way of one item; `item` is the URL in its cell. `unchanged`: the last answer says that
    the page is as an earlier run has it."""

    def __init__(
        self,
        wishes: ScrapeOptions,
        fetcher: Fetcher,
        robots: RobotsFiles,
        watch: Deadline,
        journey: RedirectChain,
        item: Target,
    ) -> None:
        self._wishes, self._fetcher, self._robots = wishes, fetcher, robots
        self._watch, self._journey, self._item = watch, journey, item
        self._known = Validators.of_plain(jobs.earlier())
        self.unchanged = False
        if wishes.wants_page:
            journey.by_get = True
        if jobs.waited_for():
            journey.note(f"{journey.asked.host} {jobs.waited_for()}")
        if wishes.insecure:
            journey.note("certificates were not verified (--insecure)")
        if proxy() is not None:
            journey.note("asked by a proxy (JOBS_PROXY), whose address stands in ip")

    def ask(self, target: Target) -> Response:
        """The answer of one URL. Raises ItemError, TryLater."""
        if self._wishes.robots:
            self._respect(target)
        if not self._journey.by_get:
            answer = self._head(target)
            if answer is not None:
                return answer
            self._journey.by_get = True
        return self._get(target, "GET", self._watch)

    def _head(self, target: Target) -> Response | None:
        """The answer to HEAD; None where it says nothing of the page."""
        seconds = min(HEAD_SECONDS, self._watch.left() * HEAD_SHARE)
        try:
            with self._fetcher.watchdog.watch(seconds, part_of=self._watch) as limit:
                answer = self._get(target, "HEAD", limit)
        except ItemError as error:
            if error.code in HEAD_BROKEN and self._watch.left() > 0:
                return None
            raise
        return answer if is_believed(answer) else None

    def _get(self, target: Target, method: str, watch: Deadline) -> Response:
        headers = self._headers(target)
        condition = self._known.conditions(target, headers) if self._known is not None else {}
        answer = self._ask(target, method, {**headers, **condition}, watch)
        if answer.status != NOT_MODIFIED:
            return answer
        if condition and self._known is not None and self._known.denied_by(answer):
            self._journey.note("the server says that another page has not changed (304): asked again in full")
            self._known = None
            return self._get(target, method, watch)
        if not (condition or sets_conditions(headers)):
            self._journey.note("the server says that nothing has changed (304), and was not asked whether it has")
        self.unchanged = bool(condition)
        return answer

    def _ask(self, target: Target, method: str, headers: Mapping[str, str], watch: Deadline) -> Response:
        cap = self._wishes.max_bytes if self._wishes.wants_page else None
        asked = Request(
            target=target,
            method=method,
            headers=headers,
            cap=cap,
            read_whole=PDF_TYPES if self._wishes.pdf else frozenset(),
            trust=self._wishes.trust,
            limits=self._wishes.limits,
        )
        answer = self._fetcher.get(asked, watch, self._journey.phases)
        self._note_heard(target)
        for remark in answer.remarks:
            self._journey.note(remark)
        self._journey.cookies.take(target, answer.headers.getlist("set-cookie"))
        return answer

    def _headers(self, target: Target) -> Mapping[str, str]:
        """What is said with a question; a cookie of the run's own headers stands beside those of the way."""
        headers = dict(self._wishes.headers_for(target, self._item))
        cookies = Cookies([*self._wishes.own_cookies, *self._journey.cookies]).header(target)
        if not cookies:
            return headers
        own = [headers.pop(name) for name in list(headers) if name.lower() == "cookie"]
        return {**headers, "Cookie": "; ".join([*own, cookies])}

    def _respect(self, target: Target) -> None:
        rules = self._robots.rules(target, self._wishes, self._watch, self._journey.phases)
        if rules.problem:
            raise self._kept_back(rules, target)
        self._note_heard(target)
        if not rules.allow(target, self._wishes.product):
            raise ItemError(
                "robots_disallowed",
                f"the robots.txt of {target.host} asks {self._wishes.product} not to fetch this page "
                "(robots can be turned off for your own sites)",
            )
        self._slow_down(rules, target)

    def _kept_back(self, rules: Rules, target: Target) -> TryLater:
        """The robots.txt cannot be had now, which forbids all. Where its server has not answered in time, it counts as
        one that cannot be reached: two items find that out, and the others wait for the end of the run."""
        forbids = f"({rules.problem}), which forbids all (RFC 9309, 2.3.1.4)"
        sentence = f"the robots.txt of {target.host} cannot be had now {forbids}"
        if rules.status:
            seconds = max(FAILURE_KEPT_SECONDS, status_failures.wait(rules.status, rules.retry_after))
            return TryLater(seconds, "robots_disallowed", sentence)
        if self._journey.hops:  # where another site's redirect led says nothing of this one
            jobs.pace(error=True, why="robots.txt")
        else:
            jobs.pace(close="host_down", origin=item_attempt.origin_of(self._journey), why=sentence)
        return TryLater(retry_policy.own_seconds(jobs.attempt()), "robots_disallowed", sentence)

    def _note_heard(self, target: Target) -> None:
        """An origin has answered: what it does not answer next is no sign that it is dead."""
        self._journey.heard = self._journey.heard or target.host == self._journey.asked.host

    def _slow_down(self, rules: Rules, target: Target) -> None:
        delay = rules.delay(self._wishes.product)
        if delay:
            capped = f", cut to {MOST_DELAY:g} s" if delay > MOST_DELAY else ""
            said = f"Crawl-delay {delay:g} s{capped}"
            jobs.pace(pause=min(delay, MOST_DELAY), why=said)
            self._journey.note(f"{target.host} asks for a pause between two pages: {said}")


def is_believed(answer: Response) -> bool:
    """Whether what a server answers to HEAD is what it would say of the page."""
    status = answer.status
    if 200 <= status < 300 or status in (304, *OF_THE_PAGE) or answer.redirects:
        return True
    if status == 503 and answer.header("retry-after"):
        return True
    return sign_of_headers(status, answer.headers) is not None
