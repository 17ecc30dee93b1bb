"""A list that lies elsewhere, a sitemap of an index or a table: asked for before a run, guarded as pages are."""

from __future__ import annotations

import functools

import jobs
from jobs import ItemError
from jobs.web.deadline import Deadline
from jobs.web.fetcher import Fetcher
from jobs.web.messages import Request, Response
from jobs.web.redirects import RedirectChain
from jobs.web.status_failures import code_of
from jobs.web.urls import Target

MOST_BYTES = 50 * 2**20
"""Of one list: what sitemaps.org allows a sitemap."""

SECONDS = 20.0
OK = 200


SITEMAPS = "application/xml, text/xml, */*;q=0.5"


def fetch(url: str, *, accept: str = SITEMAPS) -> bytes:
    """The list at this URL, redirects followed; `accept` is what is asked for. Raises ItemError."""
    fetcher = _fetcher()
    with fetcher.watchdog.watch(SECONDS) as watch:
        answer = RedirectChain.start(url).travel(_Plain(fetcher, watch, accept))
    if answer.failure is not None:
        raise answer.failure
    if answer.status != OK:
        raise ItemError(code_of(answer.status), f"{answer.target.host} answered {answer.status}")
    if answer.truncated:
        raise ItemError("too_large", f"it has more than {MOST_BYTES // 2**20} MiB")
    return answer.content


@functools.cache
def _fetcher() -> Fetcher:
    return Fetcher()


class _Plain:
    """Asks for one URL after the other, with no more than who asks."""

    def __init__(self, fetcher: Fetcher, watch: Deadline, accept: str) -> None:
        self._fetcher, self._watch, self._accept = fetcher, watch, accept

    def ask(self, target: Target) -> Response:
        """Its answer. Raises ItemError."""
        headers = {"User-Agent": f"Fanout/{jobs.__version__}", "Accept": self._accept}
        return self._fetcher.get(Request(target=target, headers=headers, cap=MOST_BYTES, file=True), self._watch)
