"""The sitemaps of an index, fetched one after the other, as one table of their entries."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape

from jobs.runtime import inputs
from jobs.runtime.core.errors import BadInput, FanoutError, ItemError
from jobs.runtime.core.units import count, size

MOST_SITEMAPS = 500
MOST_BYTES = 500 * 2**20
SECONDS = 90.0
"""What is fetched of one index: the first that is met ends it, and a note says so."""

FIELDS = ("loc", "lastmod", "changefreq", "priority")


@dataclass(kw_only=True)
class _Fetched:
    """What came of the sitemaps so far."""

    sitemaps: int = 0
    entries: int = 0
    octets: int = 0
    failures: int = 0
    first_failure: str = ""
    why_ended: str = ""


def join_sitemaps(source: bytes | Path, name: str, fetch: Callable[[str], bytes] | None, out: IO[str]) -> str:
    """Write the entries of all sitemaps of an index as one sitemap; a note that says what was fetched.

    Raises BadInput: it is no index, the job fetches no lists, or no sitemap could be read.
    """
    urls = inputs.sitemaps_of(source, name=name)
    if fetch is None:
        raise BadInput(f"{name}: this job fetches no lists; only one over URLs does, such as scrape")
    out.write("<urlset>")
    so_far, ends = _Fetched(), time.monotonic() + SECONDS
    for place, url in enumerate(urls):
        so_far.why_ended = _why_ended(so_far, place, late=time.monotonic() > ends)
        if so_far.why_ended:
            break
        _take(url, fetch, out, so_far)
    out.write("</urlset>")
    if not so_far.entries:
        why = so_far.first_failure or so_far.why_ended or "they have none"
        raise BadInput(f"{name}: none of its {count(len(urls), 'sitemap')} gave an entry ({why})")
    return _note(so_far, len(urls))


def _why_ended(so_far: _Fetched, place: int, *, late: bool) -> str:
    if place >= MOST_SITEMAPS:
        return f"at most {MOST_SITEMAPS:,} sitemaps are fetched"
    if so_far.octets >= MOST_BYTES:
        return f"at most {size(MOST_BYTES)} are fetched"
    return f"it took {SECONDS:g} s" if late else ""


def _take(url: str, fetch: Callable[[str], bytes], out: IO[str], so_far: _Fetched) -> None:
    try:
        content = fetch(url)
        so_far.octets += len(content)
        for cells in inputs.sitemap_entries(content, name=url):
            entry = {**{name: cells[name] for name in FIELDS if cells.get(name)}, "from_sitemap": url}
            out.write(f"<url>{''.join(f'<{name}>{escape(cell)}</{name}>' for name, cell in entry.items())}</url>\n")
            so_far.entries += 1
        so_far.sitemaps += 1
    except (ItemError, FanoutError) as error:
        so_far.failures += 1
        so_far.first_failure = so_far.first_failure or f"{url}: {error}"


def _note(so_far: _Fetched, in_all: int) -> str:
    said = f"{count(so_far.entries, 'entry', 'entries')} of {count(so_far.sitemaps, 'sitemap')} fetched"
    if so_far.failures:
        said += f"; {count(so_far.failures, 'sitemap')} could not be read ({so_far.first_failure})"
    if so_far.why_ended:
        said += f"; {in_all - so_far.sitemaps - so_far.failures:,} were left out: {so_far.why_ended}"
    return said
