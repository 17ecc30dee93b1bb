"""One attempt at one URL: travel to its page, read it, and say what became of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import jobs
from jobs.scrape import columns, outcome
from jobs.scrape.asker import Asker
from jobs.scrape.options import ScrapeOptions
from jobs.scrape.robots import RobotsFiles
from jobs.web import item_attempt, urls
from jobs.web.deadline import Deadline
from jobs.web.fetcher import Fetcher
from jobs.web.messages import Response
from jobs.web.redirects import RedirectChain, header_cell, header_notes
from jobs.web.validators import Validators


@dataclass(frozen=True, kw_only=True)
class WorkerTools:
    """What the slots of a worker share."""

    fetcher: Fetcher
    robots: RobotsFiles


def scrape_page(url: str, wishes: ScrapeOptions, tools: WorkerTools | None = None) -> columns.Page:
    """The row of one URL. Raises ItemError or TryLater, with the row as far as it is known."""
    tools = tools or shared_tools()
    journey = RedirectChain.start(url, jobs.carried())
    journey.keep = _kept if wishes.save_pages else None
    started = time.monotonic()
    page: dict[str, Any] = {}

    def known(ended: bool) -> dict[str, Any]:
        row = _row(journey, page, wishes, started)
        return {**row, **_saved(url, journey, wishes), **_content(journey, page, wishes)} if ended else row

    with item_attempt.attempted(tools.fetcher, journey, wishes.timeout, known) as watch:
        asker = Asker(wishes, tools.fetcher, tools.robots, watch, journey, urls.target(url))
        answer = _arrive(url, journey, asker, wishes, watch, page)
        found = Validators.of_answer(answer)
        if asker.unchanged:
            jobs.keep(jobs.earlier() or {})
            return cast(columns.Page, jobs.unchanged("not_modified"))
        code = outcome.judge(answer, page, wishes.accepted, redirected=bool(journey.hops))
    if found is not None:
        jobs.keep(found.plain())
    return cast(columns.Page, {**known(True), "code": code})


def _arrive(
    url: str, journey: RedirectChain, asker: Asker, wishes: ScrapeOptions, watch: Deadline, page: dict[str, Any]
) -> Response:
    """The answer at the end of the way, its page read into `page`; where that is wanted, past pages that send on."""
    while True:
        answer = journey.travel(asker)
        if asker.unchanged:
            return answer
        page.update(outcome.read_page(answer, wishes, url, watch.left()))
        sends_on = wishes.follow_refresh and wishes.accepted.takes(answer.status) and answer.failure is None
        target = outcome.sends_to(page, answer.target.href) if sends_on else ""
        if not target:
            return answer
        page.clear()
        journey.go_on(answer, target)


def _row(journey: RedirectChain, page: Mapping[str, Any], wishes: ScrapeOptions, started: float) -> dict[str, Any]:
    journey.spent += time.monotonic() - started
    known = {**journey.row(), **page}
    wanted, headers, answer = wishes.chosen.hints, wishes.chosen.headers, journey.answer
    if answer is not None:
        known |= {f"{columns.HEADER}{name}": header_cell(answer, name) for name in headers}
    told = "reading_notes" if "reading_notes" in wanted else "fetch_notes"
    known[told] = "; ".join([*header_notes(answer, headers), *filter(None, [known.get(told)])]) or None
    more = columns.OF_PDF if wishes.pdf else ()
    return {name: known[name] for name in known if name in wanted or name in more or name.startswith("field_")}


def _kept(answer: Response) -> dict[str, Any]:
    """A redirect as it is kept with the page that it leads to."""
    from jobs.scrape.warc import KeptAnswer  # only where pages are kept

    return KeptAnswer.of(answer).plain()


def _saved(url: str, journey: RedirectChain, wishes: ScrapeOptions) -> dict[str, Any]:
    """The file of the page that answered in the end, where pages are kept."""
    answer = journey.answer
    whole = answer is not None and (answer.failure is None or answer.broke_off)
    if not wishes.save_pages or answer is None or not whole or answer.redirects:
        return {}
    from jobs.scrape.warc import KeptAnswer, saved_page

    way = [KeptAnswer(**hop) for hop in journey.kept]
    page = saved_page(answer, urls.target(url).href, way, wishes.usual_headers)
    return {} if page is None else {"page_warc": page}


def _content(journey: RedirectChain, page: Mapping[str, Any], wishes: ScrapeOptions) -> dict[str, Any]:
    """The file of the page's main content, where that is kept."""
    if not wishes.save_content or journey.answer is None:
        return {}
    from jobs.scrape.content_file import content_file

    file = content_file(journey.answer.target.href, page.get("whole_markdown", ""), page)
    return {} if file is None else {"page_md": file}


_tools: WorkerTools | None = None
_making = threading.Lock()


def shared_tools() -> WorkerTools:
    """The tools of this worker, made at its first item."""
    global _tools  # noqa: PLW0603
    with _making:
        if _tools is None:
            fetcher = item_attempt.shared_fetcher()
            _tools = WorkerTools(fetcher=fetcher, robots=RobotsFiles(fetcher))
        return _tools
