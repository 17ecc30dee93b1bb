"""The same pages read by others: `python -m tests.bench.readers NAME PORT PAGES` prints a process's pages a second."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

THREADS = 16


def urls(port: int, number: int, hosts: int = 1) -> list[str]:
    """Different URLs of the benchmark's server, spread over so many of its addresses."""
    return [f"http://127.0.0.{n % hosts + 1}:{port}/page-{n}" for n in range(number)]


def classic(port: int, pages: int) -> float:
    """requests.get in threads, BeautifulSoup with html.parser, the length of its text."""
    import requests
    from bs4 import BeautifulSoup

    def read(url: str) -> int:
        return len(BeautifulSoup(requests.get(url, timeout=60).text, "html.parser").text)

    return _in_threads(read, port, pages)


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
    from scrapy import Spider
    from scrapy.crawler import CrawlerProcess

    class Reader(Spider):
        name = "reader"
        start_urls = urls(port, pages)
        began = 0.0
        ended = 0.0

        def parse(self, response: Any) -> Any:
            Reader.began = Reader.began or time.perf_counter()
            Reader.ended = time.perf_counter()
            yield {
                "title": response.xpath("//title/text()").get(),
                "text": len("".join(response.xpath("//body//text()").getall())),
                "links": len(response.xpath("//a/@href").getall()),
            }

    process = CrawlerProcess(
        {
            "LOG_ENABLED": False,
            "CONCURRENT_REQUESTS": THREADS,
            "CONCURRENT_REQUESTS_PER_DOMAIN": THREADS,
            "DOWNLOAD_DELAY": 0,
            "ROBOTSTXT_OBEY": False,
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    process.crawl(Reader)
    process.start()
    return (pages - 1) / (Reader.ended - Reader.began)


def _in_threads(
    read: Callable[[str], object], port: int, pages: int, *, threads: int = THREADS, hosts: int = 1
) -> float:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, urls(port, threads, hosts)))
        began = time.perf_counter()
        list(pool.map(read, urls(port, pages, hosts)))
        return pages / (time.perf_counter() - began)


READERS: dict[str, Callable[[int, int], float]] = {"classic": classic, "bare": bare, "spread": spread, "scrapy": scrapy}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("name", choices=READERS)
    reader.add_argument("port", type=int)
    reader.add_argument("pages", type=int)
    asked = reader.parse_args()
    print(json.dumps(READERS[asked.name](asked.port, asked.pages)), flush=True)


if __name__ == "__main__":
    main()
