"""A long list: 10,000 URLs on 5,000 hosts, 10 % of them silent, the others log-normal around 0.4 s, with a pool that
finds its own size, with fixed numbers of threads, by plain threads with `requests`, and by Scrapy."""

from __future__ import annotations

from tests.bench import harness
from tests.bench.lists import UrlList, beside_fixed

OTHERS = {
    "classic": "256 plain threads",
    "scrapy": "Scrapy, 256 at once",
    "scrapy_once": "Scrapy, 256 at once, no retries",
}
BROAD = UrlList(urls=10_000, hosts=5_000, silent=10, spread=0.6, fixed=(128, 256, 512), others=OTHERS)
TERMS = (
    "10 s for a connection and 10 s for the first byte with all (Scrapy knows but one limit, of 10 s for both); "
    "attempts by default: Fanout and Scrapy 3, plain threads 1",
    "Fanout: robots.txt of each host asked too, at most 2 at once and 0.25 s between two, all columns, stored",
    "plain threads: requests.get and the text by html.parser; nothing kept",
    "Scrapy: as its documentation says for broad crawls, no robots.txt, title, text and links; nothing kept",
)


def run(asked: harness.Asked) -> harness.Report:
    """Each takes one to three minutes."""
    report = beside_fixed(BROAD, asked)
    report.notes += TERMS
    return report
