"""Nothing jumps: what moves from New run with the sample until its run has ended."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.bench.browser import OBSERVE
from tests.browser.conftest import Site, go, in_state, steady

MOST = 0.05
"""What the benchmark holds the page to (tests/bench/browser.py); 0.011 at most was seen on a busy machine."""


@pytest.mark.parametrize(
    ("width", "height", "job"),
    [
        (1440, 900, "scrape"),
        (390, 844, "factorial"),
        pytest.param(1440, 900, "factorial", marks=pytest.mark.soak),
        pytest.param(390, 844, "scrape", marks=pytest.mark.soak),
    ],
)
def test_little_moves_from_the_sample_to_the_end_of_its_run(
    site: Site, page: Page, width: int, height: int, job: str
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.add_init_script(OBSERVE)
    go(page, f"{site.address}/lesson")  # what a browser loads once is not the page's doing
    go(page, f"{site.address}/?job={job}")

    page.get_by_role("button", name="Try the sample").click()
    page.locator(".st-key-start button:enabled").click()
    page.wait_for_url(re.compile(r"/run\?"))
    in_state(page, "Finished")
    expect(page.get_by_role("button", name="CSV")).to_be_visible()

    assert page.evaluate("shifts.reduce((sum, value) => sum + value, 0)") < MOST


def test_all_pages_begin_at_one_height(site: Site, page: Page) -> None:
    places = {}
    for address in ("/", "/runs", "/schedules", "/compare", "/lesson"):
        go(page, site.address + address)
        places[address] = steady(page.get_by_role("heading", level=2).first)["y"]

    assert len(set(places.values())) == 1, places
