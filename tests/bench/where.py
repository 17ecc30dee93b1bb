"""Where do a page's milliseconds go? From looking up its host to its row in the store, one page at a time.

Steps on the network are in wall time, the others in processor time of their thread. A corpus of generated pages, 150 KB
on average, from a server of its own on the loopback, where names and connections cost next to nothing: on the internet
these steps wait, and no processor is busy. A TLS handshake is measured beside them. Then, what threads and processes
gain on reading pages, beside work in C that holds no lock.
"""

from __future__ import annotations

import gzip
import hashlib
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest import mock

from jobs.runtime.core.records import Item, Limits, Pool, Run, RunState, Table
from jobs.runtime.job.definition import read_job
from jobs.runtime.store import items, outcomes, runs
from jobs.runtime.store.connection import Store
from jobs.runtime.store.outcomes import OutcomeRow
from jobs.runtime.worker.row_encoding import encode_row
from jobs.scrape.encoding.decode import decode
from jobs.scrape.page import lxml_reader, reader
from jobs.web import body, connections, urls
from jobs.web.deadline import Deadline
from jobs.web.exchange import PhaseSeconds
from jobs.web.fetcher import Fetcher
from jobs.web.messages import Request, Response
from tests.bench import corpus, handshake, harness, site

STEPS = {
    "DNS": "wall time, of a name in the hosts file",
    "connect": "wall time, a new connection for each page",
    "send": "wall time, the request's lines",
    "first byte": "wall time, waiting for the server",
    "read": "wall time, of the body as it is",
    "inflate": "of the page as gzip packs it",
    "decode": "by the charset of the header",
    "parse": "lxml makes a tree, without the interpreter's lock",
    "extract": "all columns from the tree",
    "store": "the row encoded, and its share of a commit of 50",
}
COMPUTED = ("inflate", "decode", "parse", "extract", "store")
BATCH = 50
TYPE = "text/html; charset=utf-8"
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "Fanout"}


def run(asked: harness.Asked) -> harness.Report:
    """Each step in milliseconds a page; then the gains."""
    number = asked.size(site.PAGES)
    report = harness.Report(title=f"a page's milliseconds, {number} pages, 150 KB on average")
    pages = list(corpus.pages(number))
    with harness.home(JOBS_ALLOW_NETS="127.0.0.0/8 ::1/128") as home, site.started() as port:
        samples: dict[str, list[float]] = defaultdict(list)
        for _ in range(asked.repeats + 1):  # the first is to warm up
            for step, each in _once(home, port, pages).items():
                samples[step].append(each)
    samples["extract"] = [
        read - decoded - parsed
        for read, decoded, parsed in zip(samples["extract"], samples["decode"], samples["parse"], strict=True)
    ]
    handshakes = handshake.run(asked)
    report.notes += handshakes.notes
    for step, note in STEPS.items():
        report.line(step, samples[step][1:], "ms", note)
        if step == "connect":
            for kind in handshakes.lines:
                report.line(f"TLS {kind.what}", kind.samples, "ms", f"processor time, {kind.note}")
    turns = range(1, asked.repeats + 1)
    report.line("processor", [sum(samples[step][turn] for step in COMPUTED) for turn in turns], "ms", "the last five")
    _gains(report, pages[:60], asked.repeats)
    return report


def _once(home: Path, port: int, pages: Sequence[bytes]) -> dict[str, float]:
    """Milliseconds a page of each step, once over all pages."""
    spent: dict[str, float] = defaultdict(float)
    fetcher = Fetcher()
    rows = [_one(fetcher, port, number, packed, spent) for number, packed in enumerate(map(gzip.compress, pages))]
    _store(home, rows, spent)
    return {step: seconds * 1000 / len(pages) for step, seconds in spent.items()}


def _one(fetcher: Fetcher, port: int, number: int, packed: bytes, spent: dict[str, float]) -> dict[str, Any]:
    answer = _fetched(fetcher, f"http://localhost:{port}/page-{number}", spent)
    with _timed(spent, "inflate"):
        body.inflate(packed, "gzip", 5_000_000, cut=False)
    with _timed(spent, "decode"):
        decode(answer.content, TYPE)
    with _timed(spent, "parse"):
        roots = lxml_reader.parse(answer.content)
    del roots
    with _timed(spent, "extract"):
        return reader.read(answer.content, TYPE, answer.target.href)


def _fetched(fetcher: Fetcher, url: str, spent: dict[str, float]) -> Response:
    """A page over a new connection."""
    phases, sending = PhaseSeconds(), [0.0]
    plain = connections._GuardedMixin.request

    def request(self: Any, *arguments: Any, **keywords: Any) -> None:
        began = time.perf_counter()
        plain(self, *arguments, **keywords)
        sending[0] += time.perf_counter() - began

    fetcher.adapter.close()
    with mock.patch.object(connections._GuardedMixin, "request", request):
        asked = Request(target=urls.target(url), headers=HEADERS, cap=5_000_000)
        answer = fetcher.get(asked, Deadline(30), phases)
    send = max(0.0, sending[0] - phases.opening)
    spent["DNS"] += phases.dns
    spent["connect"] += phases.connect
    spent["send"] += send
    spent["first byte"] += max(0.0, phases.first_byte - send)
    spent["read"] += phases.download
    return answer


def _store(home: Path, rows: list[dict[str, Any]], spent: dict[str, float]) -> None:
    """Rows as a worker encodes them, into a store as a runner puts them there."""
    import jobs.scrape

    job = read_job("scrape", jobs.scrape)
    columns, store = job.columns({}), Store(home)
    db = store.connect()
    with store.write_now(db):
        stored = runs.add(db, _run(columns), runs.JobTraits(keyed=True))
        items.add(db, stored, 1, [Item(cell=str(number)) for number in range(len(rows))])
    for first in range(0, len(rows), BATCH):
        with _timed(spent, "store"):
            texts = [encode_row(columns, row, scalar=False, keep=lambda *_: "").text for row in rows[first:][:BATCH]]
            made = [
                OutcomeRow(place, "ok", "", "", "", text, 1, 1, 1, 0.0, 0.0, 0.0, 0.0)
                for place, text in enumerate(texts, first + 1)
            ]
            with store.write_now(db):
                outcomes.add(db, stored, made, duplicates=True)
    db.close()


def _run(columns: Any) -> Run:
    return Run(
        id=str(time.time_ns()),
        job="scrape",
        name="",
        state=RunState.RUNNING,
        items=0,
        pool=Pool(processes=1, threads=1),
        limits=Limits(attempts=1, deadline=None, at_once=None, pause=0.0),
        table=Table(item_column="url"),
        columns=columns,
        submitted_at=time.time(),
    )


@contextmanager
def _timed(spent: dict[str, float], step: str) -> Iterator[None]:
    began = time.thread_time()
    yield
    spent[step] += time.thread_time() - began


def _gains(report: harness.Report, pages: Sequence[bytes], repeats: int) -> None:
    zeros = bytes(2_000_000)
    works: dict[str, Callable[[bytes], object]] = {
        "blake2b of 2 MB": lambda _page: hashlib.blake2b(zeros).digest(),
        "parse": lxml_reader.parse,
        "read": _read,
    }
    contenders = {
        f"{name}, {count}": (lambda work=work, count=count: _rate(work, pages, count))
        for name, work in works.items()
        for count in (1, 2)
    }
    contenders["read, 2 processes"] = lambda: _rate_of_processes(pages)
    found = {name: statistics.median(samples) for name, samples in harness.in_turn(contenders, repeats).items()}
    for name in works:
        report.line(f"two threads gain: {name}", [found[f"{name}, 2"] / found[f"{name}, 1"]], "×")
    report.line("two processes gain: read", [found["read, 2 processes"] / found["read, 1"]], "×")


def _read(content: bytes) -> object:
    return reader.read(content, TYPE, "http://localhost/")


def _rate(work: Callable[[bytes], object], pages: Sequence[bytes], count: int) -> float:
    """Pages a second by so many threads, each over all pages."""
    threads = [threading.Thread(target=lambda: [work(one) for one in pages]) for _ in range(count)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count * len(pages) / (time.perf_counter() - began)


def _rate_of_processes(pages: Sequence[bytes]) -> float:
    context = get_context("spawn")
    with context.Pool(2) as pool:
        pool.map(_read_all, [pages[:2], pages[:2]], chunksize=1)
        began = time.perf_counter()
        pool.map(_read_all, [pages, pages], chunksize=1)
        return 2 * len(pages) / (time.perf_counter() - began)


def _read_all(pages: Sequence[bytes]) -> None:
    for one in pages:
        _read(one)
