"""What a page shows of the texts of others, and what it must not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from jobs.runtime.core.records import Run, Table
from tests.browser.conftest import Site, go, settle, steady
from tests.ui.conftest import HOSTILE, Stage

TABS = ["Results", "Timings", "Timeline", "Failures", "Log", "Settings"]


@pytest.fixture(scope="module")
def hostile(site: Site) -> Run:
    """A run whose every text is hostile."""
    return Stage(site.home).run(
        "scrape",
        [HOSTILE, "javascript:alert(1)", "data:text/html,<script>alert(1)</script>"],
        failed={2: ("bug", HOSTILE)},
        row={"title": HOSTILE, "final_url": "javascript:alert(1)", "description": HOSTILE * 50},
        name=HOSTILE,
        table=Table(source=HOSTILE, columns=("url", HOSTILE[:60]), item_column="url"),
        others=[HOSTILE],
    )


def harmless(page: Page) -> None:
    """Nothing of the hostile texts has become an element."""
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("a[href^='javascript:'], a[href^='data:'], a[href*='rec.invalid']").count() == 0
    assert page.locator("img[src*='rec.invalid']").count() == 0


def test_texts_of_others_are_shown_literally(site: Site, page: Page, hostile: Run) -> None:
    go(page, f"{site.address}/run?run={hostile.id}")

    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()
        settle(page)
        heading = page.get_by_role("heading").filter(has_text="alert(1)").first
        expect(heading).to_be_visible()
        assert heading.inner_text().replace("\u2060", "").startswith(HOSTILE)  # held apart, so that it is no Markdown
        harmless(page)


def test_a_hostile_row_in_detail_is_literal(site: Site, page: Page, hostile: Run) -> None:
    go(page, f"{site.address}/run?run={hostile.id}")
    box = steady(page.get_by_test_id("stDataFrame").first)
    page.mouse.click(box["x"] + 15, box["y"] + 36 + 17)

    expect(page.get_by_text("Position 1", exact=True)).to_be_visible()
    expect(page.get_by_text("description: ")).to_be_visible()
    harmless(page)


def test_a_hostile_history_is_literal(site: Site, page: Page, hostile: Run) -> None:
    go(page, f"{site.address}/runs")

    expect(page.get_by_role("link").filter(has_text=HOSTILE[:20]).first).to_be_attached()
    harmless(page)


def test_hostile_items_in_the_preview_are_literal(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=scrape")

    page.get_by_label("URLs, one per line").fill(f"{HOSTILE}\njavascript:alert(1)\nhttps://example.org/")
    page.keyboard.press("Control+Enter")
    page.get_by_text("that cannot run, with line and reason").click()
    page.get_by_text("Preview: the first").click()
    settle(page)

    harmless(page)
