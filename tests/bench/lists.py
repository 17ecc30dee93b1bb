"""A list of 2,000 URLs on 1,000 hosts, 5 % of them silent and 5 % refusing, the others answering after 0.3 s: how long
with a pool that finds its own size, and how long with the best fixed number of threads?"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from jobs.runtime.core.records import AUTO, Run
from tests.bench import harness, many_hosts

SECONDS, WITHIN = 45.0, 1.2


@dataclass(frozen=True, kw_only=True)
class UrlList:
    """URLs on hosts, of a hundred of which so many are silent, or refuse; the others answer after 0.3 s, or (`spread`)
    after log-normal times around 0.4 s. `fixed`: the numbers of threads beside `auto`; `others`: names of
    `readers.LISTS`, and what they are."""

    urls: int
    hosts: int
    silent: int
    refusing: int = 0
    spread: float = 0.0
    fixed: tuple[int, ...] = (32, 64, 128, 256, 512)
    others: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        answer = "0.3 s" if not self.spread else "log-normal around 0.4 s"
        others = f"{self.silent} % silent, {self.refusing} % refusing, {answer}"
        return f"{self.urls:,} URLs on {self.hosts:,} hosts, {others}"


LIST = UrlList(urls=2_000, hosts=1_000, silent=5, refusing=5)


def run(asked: harness.Asked) -> harness.Report:
    """The list, within 45 s too."""
    report = beside_fixed(LIST, asked)
    report.at_most("auto", report.lines[0].median, SECONDS, "s")
    return report


def beside_fixed(given: UrlList, asked: harness.Asked) -> harness.Report:
    """The wall time of `auto`, with the most that ran, and of each number of threads, in turn, each under a new runner,
    which knows no host and has no worker; and of the others."""
    peaks: list[str] = []
    notes: dict[str, list[str]] = {}
    number, hosts = asked.size(given.urls), asked.size(given.hosts)
    report = harness.Report(title=str(replace(given, urls=number, hosts=hosts)))
    with many_hosts.started(hosts, given.silent, given.refusing, given.spread) as port:
        cells = many_hosts.urls(port, number, hosts)

        def ours(threads: int) -> float:
            with harness.home(JOBS_ALLOW_NETS="127.0.0.0/8"):
                done = perform(cells, threads)
                notes.setdefault(_name(threads), []).append(_note(done.ok, _processor_seconds(done)))
            peaks.extend([str(done.peak)] if done.peak else [])
            return done.seconds(0)

        def theirs(name: str) -> float:
            seconds, ok, used = harness.in_process("tests.bench.readers", name, port, number, hosts)
            notes.setdefault(given.others[name], []).append(_note(ok, used))
            return float(seconds)

        contenders = {_name(threads): partial(ours, threads) for threads in (AUTO, *given.fixed)}
        gone = report.missing("scrapy") if given.others else set()
        there = {what: partial(theirs, name) for name, what in given.others.items() if name.split("_")[0] not in gone}
        samples = harness.in_turn({**contenders, **there}, asked.repeats)
    for name, seconds in samples.items():
        most = f", at most {', '.join(peaks)}" if name == _name(AUTO) else ""
        report.line(name, seconds, "s", f"{'; '.join(notes[name])}{most}")
    medians = {name: statistics.median(seconds) for name, seconds in samples.items()}
    best = min(medians[_name(threads)] for threads in given.fixed)
    report.at_most("auto beside the best fixed number", medians[_name(AUTO)] / best, WITHIN)
    for name in there:
        report.at_most(f"auto beside {name}", medians[_name(AUTO)] / medians[name], 1)
    return report


def _note(answered: int, processor: float) -> str:
    return f"{answered:,} answered, {processor:.0f} s of processor time"


def _processor_seconds(run: Run) -> float:
    """Of the workers that a run had, and of its runner meanwhile."""
    from jobs.runtime import client

    (used,) = client.events_of(run.id, "used")
    workers = used.facts["workers"]
    return float(sum(one["cpu_seconds"] for one in workers) + max(one["runner_seconds"] for one in workers))


def _name(threads: int) -> str:
    return f"{threads} threads" if threads else "auto"


def perform(cells: Sequence[str], threads: int) -> Run:
    """The run of a list with the job's own limits, from its submit to its end."""
    from jobs.runtime import client
    from jobs.runtime.core.records import Item, Pool

    default, limits = client.defaults("scrape")
    pool = Pool(processes=1, threads=threads) if threads else default
    run = client.submit("scrape", [Item(cell=cell) for cell in cells], pool=pool, limits=limits)
    return client.wait(run.id, step=0.05)
