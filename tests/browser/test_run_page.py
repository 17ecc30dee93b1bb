"""The page of a run: its table in sight, and figures that stand still."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from jobs.runtime.core.records import Run, RunState
from jobs.ui.run import results
from tests.browser.conftest import Site, go, settle, steady
from tests.support.machine import until
from tests.ui.conftest import Stage


@pytest.fixture(scope="module")
def failures(site: Site) -> Run:
    """A run with a name, failures and more rows than a screen has."""
    failed = dict.fromkeys((2, 7, 9), ("http_5xx", "the server answered 503"))
    return Stage(site.home).run(
        "scrape", [f"http://site-1.sample/{n}" for n in range(199)], failed=failed, name="shops"
    )


def widths(page: Page) -> list[float]:
    """Once all are laid out: one that has just come has the whole line."""
    expect(page.locator(".st-key-metrics").get_by_text("p50 / p95")).to_be_visible()
    until(lambda: len(set(widths_now(page))) == 1)
    return widths_now(page)


def widths_now(page: Page) -> list[float]:
    boxes = [card.bounding_box() for card in page.locator(".st-key-metrics").get_by_test_id("stMetric").all()]
    return [round(box["width"]) for box in boxes if box]


def test_fifteen_rows_are_in_sight_with_the_figures(site: Site, page: Page, failures: Run) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    go(page, f"{site.address}/run?run={failures.id}&tab=Results")
    expect(page.get_by_test_id("stMetric").first).to_be_in_viewport()

    table = steady(page.get_by_test_id("stDataFrame").first)

    assert table["y"] + results.height(15) <= 900


def test_the_figures_have_one_width_whatever_they_say(
    site: Site, page: Page, failures: Run, runs_by_state: Callable[[RunState], Run]
) -> None:
    go(page, f"{site.address}/run?run={runs_by_state(RunState.RUNNING).id}")
    running = widths(page)
    go(page, f"{site.address}/run?run={failures.id}")
    ended = widths(page)

    assert len({*running, *ended}) == 1


def test_retry_stands_beside_the_count_of_the_failed(site: Site, page: Page, failures: Run) -> None:
    go(page, f"{site.address}/run?run={failures.id}")
    settle(page)

    failed = steady(page.locator(".st-key-header").get_by_text("Finished, 3 failed"))
    retry = steady(page.get_by_role("button", name="Retry failed"))

    assert 0 < retry["x"] - (failed["x"] + failed["width"]) < 60
    assert abs(retry["y"] + retry["height"] / 2 - failed["y"] - failed["height"] / 2) < 15


def test_a_filter_draws_the_table_anew_and_nothing_above_it(site: Site, page: Page, failures: Run) -> None:
    came: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: came.append(_bytes(frame))))
    go(page, f"{site.address}/run?run={failures.id}")
    settle(page)
    assert any(b"Wall time" in frame for frame in came)
    came.clear()

    page.get_by_label("Search all rows").fill("503")

    expect(page.get_by_text("3 of 199 rows found")).to_be_visible()
    assert not any(b"Wall time" in frame for frame in came)


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


@pytest.fixture
def runs_by_state(site: Site) -> Callable[[RunState], Run]:
    def made(state: RunState) -> Run:
        return Stage(site.home).run("factorial", ["5"] * 9, state=state, done=3)

    return made


def test_on_a_phone_the_tab_that_the_address_names_is_in_sight(site: Site, page: Page, failures: Run) -> None:
    page.set_viewport_size({"width": 390, "height": 844})

    go(page, f"{site.address}/run?run={failures.id}&tab=Settings")

    tab = page.get_by_role("tab", name="Settings")
    expect(tab).to_be_in_viewport(ratio=0.9)


def test_a_run_that_goes_on_does_not_fade_while_a_busy_machine_draws_it(site: Site, page: Page) -> None:
    """The server stands still in the middle of a drawing, for longer than Streamlit waits until it lets things fade."""
    run = Stage(site.home).run("factorial", ["5"] * 9, state=RunState.PAUSED, done=3)
    go(page, f"{site.address}/run?run={run.id}")

    seen: list[str] = []

    def look() -> bool:
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=running]")
        os.kill(site.pid, signal.SIGSTOP)
        try:
            page.wait_for_timeout(2_000)
            old = "[...document.querySelectorAll('.st-key-metrics [data-stale=true], .st-key-tab [data-stale=true]')]"
            seen.extend(page.evaluate(f"{old}.map(element => getComputedStyle(element).opacity)"))
        finally:
            os.kill(site.pid, signal.SIGCONT)
        settle(page)
        return bool(seen)

    until(look, 60)
    assert set(seen) == {"1"}
