"""The same pages read by others: `python -m tests.bench.readers NAME PORT PAGES` prints a process's pages a second.

With one more number, of hosts, it prints how long a list of PAGES URLs on so many hosts takes, how many answered, and
the processor time of it all.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from tests.bench import many_hosts

THREADS = 16
LIST_AT_ONCE, LIST_TIMEOUT = 256, 10
"""Of a list: URLs at once, and seconds for a connection and for the first byte, as `scrape` has them."""


def urls(port: int, number: int, hosts: int = 1) -> list[str]:
    """Different URLs of the benchmark's server, spread over so many of its addresses."""
    return [f"http://127.0.0.{n % hosts + 1}:{port}/page-{n}" for n in range(number)]


def classic(port: int, pages: int) -> float:
    """requests.get in threads, BeautifulSoup with html.parser, the length of its text."""
    return _in_threads(_classic, port, pages)


def _classic(url: str, timeout: float = 60) -> int:
    import requests
    from bs4 import BeautifulSoup

    return len(BeautifulSoup(requests.get(url, timeout=timeout).text, "html.parser").text)


def classic_list(addresses: Sequence[str]) -> tuple[float, int]:
    """The same for a list, in many threads, each URL once."""
    import requests

    def read(url: str) -> bool:
        with suppress(requests.RequestException):
            return _classic(url, LIST_TIMEOUT) > 0
        return False

    with ThreadPoolExecutor(LIST_AT_ONCE) as pool:
        began = time.perf_counter()
        answered = sum(pool.map(read, addresses))
        return time.perf_counter() - began, answered


def bare(port: int, pages: int) -> float:
    """Our own fetch-and-read, called as an ordinary function: no machine, nothing stored."""
    from jobs.scrape import scrape

    return _in_threads(lambda url: scrape(url, robots=False), port, pages)


def spread(port: int, pages: int) -> float:
    """The same over the hosts, and in the threads, of the benchmark with delays."""
    from jobs.scrape import scrape
    from tests.bench.delay import HOSTS
    from tests.bench.delay import THREADS as MANY

    return _in_threads(lambda url: scrape(url, robots=False), port, pages, threads=MANY, hosts=HOSTS)


def scrapy(port: int, pages: int) -> float:
    """Scrapy, extracting title, text and links."""
    seen = _crawl(urls(port, pages), {"CONCURRENT_REQUESTS": THREADS, "CONCURRENT_REQUESTS_PER_DOMAIN": THREADS})
    return (pages - 1) / (seen[-1] - seen[0])


def scrapy_list(addresses: Sequence[str], **more: object) -> tuple[float, int]:
    """The same for a list, as Scrapy's documentation tunes it for broad crawls, but for what it says of retries."""
    began = time.perf_counter()
    seen = _crawl(
        addresses,
        {
            "CONCURRENT_REQUESTS": LIST_AT_ONCE,
            "REACTOR_THREADPOOL_MAXSIZE": 20,
            "COOKIES_ENABLED": False,
            "REDIRECT_ENABLED": False,
            "DOWNLOAD_TIMEOUT": LIST_TIMEOUT,
            **more,
        },
    )
    return time.perf_counter() - began, len(seen)


def scrapy_once_list(addresses: Sequence[str]) -> tuple[float, int]:
    """The same without retries too, as the documentation says."""
    return scrapy_list(addresses, RETRY_ENABLED=False)


def _crawl(addresses: Sequence[str], settings: Mapping[str, object]) -> list[float]:
    """Read all addresses; when each page was seen."""
    from scrapy import Spider
    from scrapy.crawler import CrawlerProcess

    seen: list[float] = []

    class Reader(Spider):
        name = "reader"

        def parse(self, response: Any) -> Any:
            seen.append(time.perf_counter())
            yield {
                "title": response.xpath("//title/text()").get(),
                "text": len("".join(response.xpath("//body//text()").getall())),
                "links": len(response.xpath("//a/@href").getall()),
            }

    quiet = {"LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": False, "DOWNLOAD_DELAY": 0}
    process = CrawlerProcess({**quiet, **settings})
    process.crawl(Reader, start_urls=list(addresses))
    process.start()
    return seen


def trafilatura(port: int, pages: int) -> float:
    """A plain loop of trafilatura over the same bytes from memory, which it decodes itself: nothing is fetched."""
    from trafilatura import extract

    from tests.bench import corpus, site

    bodies = list(corpus.pages(site.PAGES))
    extract(bodies[0])
    began = time.perf_counter()
    for number in range(pages):
        extract(
            bodies[number % len(bodies)],
            output_format="markdown",
            include_comments=False,
            include_formatting=True,
            include_links=True,
            include_images=True,
        )
    return pages / (time.perf_counter() - began)


def _in_threads(
    read: Callable[[str], object], port: int, pages: int, *, threads: int = THREADS, hosts: int = 1
) -> float:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, urls(port, threads, hosts)))
        began = time.perf_counter()
        list(pool.map(read, urls(port, pages, hosts)))
        return pages / (time.perf_counter() - began)


READERS: dict[str, Callable[[int, int], float]] = {
    reader.__name__: reader for reader in (classic, bare, spread, scrapy, trafilatura)
}
LISTS: dict[str, Callable[[Sequence[str]], tuple[float, int]]] = {
    "classic": classic_list,
    "scrapy": scrapy_list,
    "scrapy_once": scrapy_once_list,
}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("name", choices=READERS | LISTS)
    reader.add_argument("port", type=int)
    reader.add_argument("pages", type=int)
    reader.add_argument("hosts", type=int, nargs="?", default=0)
    asked = reader.parse_args()
    if asked.hosts:
        seconds, answered = LISTS[asked.name](many_hosts.urls(asked.port, asked.pages, asked.hosts))
        print(json.dumps((seconds, answered, time.process_time())), flush=True)
    else:
        print(json.dumps(READERS[asked.name](asked.port, asked.pages)), flush=True)


if __name__ == "__main__":
    main()
