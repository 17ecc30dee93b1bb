"""How soon does a click answer in a real browser while 64 threads scrape, and how much moves until a run has ended?

The click: on the tabs Failures and Log of the Run page in turn, from the press until the page is drawn. What moves:
the cumulative layout shift (https://web.dev/articles/cls) from New run with the sample to the run that has ended, on a
desk and on a phone.
"""

from __future__ import annotations

import itertools
import re
import shutil
import time
from collections.abc import Callable
from typing import Any

from tests.bench import harness, rerun

CLICKS = 60
SECONDS, SHIFT = 0.3, 0.05
SCREENS = {"a desk": (1440, 900), "a phone": (390, 844)}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
DRAWN = "[data-testid=stApp][data-test-script-state=notRunning]"
OBSERVE = """
window.shifts = [];
new PerformanceObserver(list => {
  shifts.push(...list.getEntries().filter(entry => !entry.hadRecentInput).map(entry => entry.value));
}).observe({ type: "layout-shift", buffered: true });
"""


def run(asked: harness.Asked) -> harness.Report:
    """The clicks without load and under it; then the shift of a whole path, on a page that has been seen before."""
    report = harness.Report(title=f"the page in a browser, while {rerun.THREADS} threads scrape the sample site")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if report.missing("playwright") or chromium is None:
        report.notes.append("no figure: playwright or Chromium is missing")
        return report
    from playwright.sync_api import sync_playwright

    with harness.home(), harness.page_server() as (port, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        site = f"http://localhost:{port}"
        for screen, (width, height) in SCREENS.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(90_000)
            page.add_init_script(OBSERVE)
            _path(page, site)  # what the server and the browser load once is not the page's doing
            samples = [_path(page, site) for _ in range(3)]
            shift = report.line(f"layout shift from New run to the end of a run, {screen}", samples, "")
            report.at_most(shift.what, max(shift.samples), SHIFT, "")
            page.close()
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(90_000)
        run_id = rerun.scrape()
        page.goto(f"{site}/run?run={run_id}&tab=Log")
        page.wait_for_selector(DRAWN)
        click = _clicks(page)
        samples = [click() for _ in range(asked.size(CLICKS))]
        line = report.line(f"a click, {rerun.THREADS} threads scrape", samples)
        report.at_most(f"{line.what}, p95", harness.quantile(samples, 0.95), SECONDS, "s")
        report.notes.append(rerun.still_scraping(run_id))
        browser.close()
    return report


def _path(page: Any, site: str) -> float:
    page.goto(f"{site}/?job=scrape")
    page.wait_for_selector(DRAWN)
    page.get_by_role("button", name="Try the sample").click()
    page.locator(".st-key-start button:enabled").click()
    page.wait_for_url(re.compile(r"/run\?"))
    page.locator(".st-key-header").get_by_text("Finished").wait_for(timeout=60_000)
    page.wait_for_selector(DRAWN)
    return float(sum(page.evaluate("shifts")))


def _clicks(page: Any) -> Callable[[], float]:
    tabs = itertools.cycle((("Failures", "Nothing has failed yet."), ("Log", "Search the log")))

    def click() -> float:
        name, seen = next(tabs)
        began = time.perf_counter()
        page.get_by_role("tab", name=name).click()
        page.get_by_role("tabpanel", name=name).get_by_text(seen).first.wait_for()
        return time.perf_counter() - began

    return click
