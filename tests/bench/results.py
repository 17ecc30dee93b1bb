"""How soon are the results of runs of 100,000 and 1,000,000 pages seen, in a real browser, and how large is the server?

The runs are written into the store as a runner would have left them (stored_run), with all columns of a page. Chromium
opens them on the real server; each figure is from the click, or from the address in a tab that stands open, until what
was asked for stands there. No tab shares what it has kept with another: each begins as the first of a new browser.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from tests.bench import harness, stored_run

SIZES = (100_000, 1_000_000)
BOUNDS = {
    "table": (2.5, 3.0),
    "search": (0.5, None),
    "first hits": (None, 1.0),
    "filter": (0.5, None),
    "sort": (0.5, None),
    "next page": (1.0, None),
    "overview": (1.5, None),
    "overview by address": (None, None),
}
"""Seconds at the first and at the second size; None: no bound is set."""

KEPT = ("table", "overview", "overview by address")
"""What the server keeps once it was worked out: of these the first time counts."""

MEMORY = 400
"""MiB of the server's process after all."""

BLANK = 1_000
"""Milliseconds until a new tab of Chromium has drawn what is its own: its window loads pages of four hundred files."""

WAIT = 120_000
"""Milliseconds after which something is not coming."""

FIRST_CELL = "[data-testid=glide-cell-1-0]"
CAPTION = "[data-testid=stCaptionContainer]"
OVERVIEW = (
    ("[data-testid=stVegaLiteChart] path[aria-roledescription=bar]", ""),
    ("[data-testid=stMarkdownContainer]", "Columns: how full"),
)
"""The first of its pictures and what stands below the last."""

SEEN = "([selector, text]) => [...document.querySelectorAll(selector)].some(found => found.textContent.includes(text))"

ARGUMENTS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"


def run(asked: harness.Asked) -> harness.Report:
    """Both sizes, each step several times."""
    report = harness.Report(title="results as a person sees them, in Chromium")
    if report.missing("playwright"):
        return report
    with harness.home() as home, harness.page_server() as (port, server):
        runs = {size: stored_run.write(home, size) for size in map(asked.size, SIZES)}
        for place, (size, run_id) in enumerate(runs.items()):
            measure(report, port, server, run_id, size, place, asked.repeats)
        memory = psutil.Process(server).memory_info().rss / 2**20
        report.line("memory of the server after all", [memory], "MiB")
        report.at_most("memory of the server", memory, MEMORY, "MiB")
    return report


def measure(report: harness.Report, port: int, server: int, run_id: str, size: int, place: int, repeats: int) -> None:
    """Each step at one run, in turn; beside the seconds what the server computed for it, which other programs of the
    machine do not change."""
    used: list[float] = []
    with _browser() as browser:
        found = harness.in_turn(_steps(browser, f"http://localhost:{port}", run_id, size, server, used), repeats)
    for turn, (step, samples) in enumerate(found.items()):
        computed = used[turn :: len(found)]
        said = f"the server computed {statistics.median(computed):.2f} s; the first time {samples[0]:.2f} s"
        line = report.line(f"{size:,} rows: {step}", samples, note=f"{said}, of which it computed {computed[0]:.2f} s")
        if (bound := BOUNDS[step][place]) is not None:
            report.at_most(line.what, samples[0] if step in KEPT else line.median, bound, "s")


def _steps(
    browser: Any, site: str, run_id: str, size: int, server: int, used: list[float]
) -> dict[str, Callable[[], float]]:
    """Each step in a tab of its own, from the table on; a search for a number that is new each time. The processor
    seconds of the server are added to `used`, step by step."""
    wanted = iter(range(size // 7, size, max(1, size // 97)))

    def blank() -> Any:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.wait_for_timeout(BLANK)
        return page

    def address(tab: str = "Results") -> str:
        return f"{site}/run?run={run_id}&tab={tab}"

    def table() -> Any:
        page = blank()
        page.goto(address())
        _await(page, FIRST_CELL)
        _settled(page)
        return page

    def timed(page: Any, act: Callable[[], object], *seen: tuple[str, str]) -> float:
        before, began = psutil.Process(server).cpu_times(), time.perf_counter()
        act()
        for selector, text in seen:
            _await(page, selector, text)
        seconds = time.perf_counter() - began
        _settled(page)
        used.append(sum(psutil.Process(server).cpu_times()[:2]) - sum(before[:2]))
        page.close()
        return seconds

    def by_address(tab: str, *seen: tuple[str, str]) -> float:
        page = blank()
        return timed(page, lambda: page.goto(address(tab), wait_until="commit"), *seen)

    def search(said: str) -> float:
        page = table()
        act = lambda: page.get_by_label("Search all rows").fill(f"page/{next(wanted)}")  # noqa: E731
        return timed(page, act, (CAPTION, said), (FIRST_CELL, ""))

    def choice(label: str, option: str, said: str) -> float:
        page = table()
        page.get_by_role("combobox", name=label).click()
        page.keyboard.type(option)
        page.get_by_role("option", name=option, exact=True).wait_for(timeout=WAIT)
        return timed(page, lambda: page.keyboard.press("Enter"), (CAPTION, said), (FIRST_CELL, ""))

    def next_page() -> float:
        from jobs.ui.run.results import MOST_ROWS

        page = table()
        act = page.get_by_role("button", name="Next page").click
        return timed(page, act, ("[data-testid^=glide-cell]", f"/page/{MOST_ROWS + 1}"))

    def overview() -> float:
        page = table()
        return timed(page, page.get_by_role("tab", name="Overview").click, *OVERVIEW)

    return {
        "table": lambda: by_address("Results", (FIRST_CELL, "")),
        "search": lambda: search("rows found"),
        "first hits": lambda: search("found"),
        "filter": lambda: choice("State", "failed", "rows found"),
        "sort": lambda: choice("Sort all rows by", "cpu_seconds", "the smallest cpu"),
        "next page": next_page,
        "overview": overview,
        "overview by address": lambda: by_address("Overview", *OVERVIEW),
    }


def _await(page: Any, selector: str, text: str = "") -> None:
    """Look at each frame that the browser draws until such an element with this text stands there: a locator waits up
    to half a second between two looks."""
    page.wait_for_function(SEEN, arg=[selector, text], polling="raf", timeout=WAIT)


def _settled(page: Any) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=WAIT)


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS.split())
        yield browser
        browser.close()
