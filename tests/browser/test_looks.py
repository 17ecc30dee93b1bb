"""What a page shows and what it must not: texts of others, every width, both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from jobs.runtime.records import Run, Table
from tests.browser.conftest import SHOTS, Site, Watch, go, in_state, open_tab, settle
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
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        harmless(page)


def test_a_hostile_row_in_detail_is_literal(site: Site, page: Page, hostile: Run) -> None:
    go(page, f"{site.address}/run?run={hostile.id}")
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 15, box["y"] + 36 + 17)

    expect(page.get_by_text("Position 1", exact=True)).to_be_visible()
    expect(page.get_by_text("description: ")).to_be_visible()
    harmless(page)


def test_a_hostile_history_is_literal(site: Site, page: Page, hostile: Run) -> None:
    go(page, f"{site.address}/runs")

    expect(page.get_by_role("gridcell", name=HOSTILE).or_(page.get_by_text(HOSTILE[:20]).first).first).to_be_attached()
    harmless(page)


def test_hostile_items_in_the_preview_are_literal(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=scrape")

    page.get_by_label("URLs, one per line").fill(f"{HOSTILE}\njavascript:alert(1)\nhttps://example.org/")
    page.keyboard.press("Control+Enter")
    page.get_by_text("that cannot run, with line and reason").click()
    page.get_by_text("Preview: the first").click()
    settle(page)

    harmless(page)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_fits_its_width_in_both_themes(
    site: Site, browser: Browser, watch: Watch, sampled: str, scheme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = open_tab(context, watch)
    addresses = {"new": "/", "runs": "/runs"} | {tab.lower(): f"/run?run={sampled}&tab={tab}" for tab in TABS}
    SHOTS.mkdir(exist_ok=True)

    for name, address in addresses.items():
        go(page, f"{site.address}{address}")
        page.wait_for_timeout(500)
        page.screenshot(path=SHOTS / f"{name}-{scheme}-{width}.png")
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, name
    context.close()


@pytest.fixture(scope="module")
def sampled(site: Site, browser: Browser) -> str:
    """The sample, run to its end."""
    page = browser.new_page()
    go(page, f"{site.address}/runs")
    go(page, f"{site.address}/?job=scrape&sample=1")
    page.get_by_role("button", name="Start run").click()
    in_state(page, "Finished")
    run_id = page.url.partition("run=")[2].partition("&")[0]
    page.close()
    return run_id
