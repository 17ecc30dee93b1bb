"""The overview in a real browser: a click on a mark or a value asks for its rows, a picture shows its table."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from jobs.runtime import client
from jobs.runtime.core.records import Item
from tests.browser.conftest import Site, go, settle, steady

ROW, BEFORE_VALUES = 35, 160 + 120 + 90 + 140
"""Pixels of a row of a table, and of the columns before the commonest values."""

HEADS = ["column", "full", "different", "range", "commonest", "second", "third", "fourth", "fifth"]


@pytest.fixture(autouse=True)
def same_home(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process reads the store of the site."""
    monkeypatch.setenv("JOBS_HOME", str(site.home))


@pytest.fixture
def run(site: Site) -> str:
    """A run of which two items are no numbers, and two of the others end with as many zeros."""
    cells = ["5", "6", "7", "12", "none", "nothing"]
    return client.wait(client.submit("factorial", [Item(cell=cell) for cell in cells]).id, 60).id


def outcomes(page: Page) -> Locator:
    """The first chart: what became of the items."""
    found = page.get_by_test_id("stVegaLiteChart").first
    expect(found.locator("path[aria-roledescription=bar]").first).to_be_visible()
    return found


def test_a_click_on_a_bar_shows_its_rows(site: Site, page: Page, run: str) -> None:
    go(page, f"{site.address}/run?run={run}&tab=Overview")

    outcomes(page).locator("path[aria-roledescription=bar]").nth(1).click()

    expect(page.get_by_text("2 of 6 rows found")).to_be_visible()
    expect(page.get_by_role("tab", name="Results")).to_have_attribute("aria-selected", "true")
    settle(page)


def test_a_click_on_a_value_shows_the_rows_that_have_it(site: Site, page: Page, run: str) -> None:
    go(page, f"{site.address}/run?run={run}&tab=Overview")
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    expect(table.locator("[role=columnheader]")).to_have_text(HEADS)
    row = table.locator("[data-testid^=glide-cell-0-]").all_text_contents().index("trailing_zeros")
    box = steady(table)

    page.mouse.click(box["x"] + BEFORE_VALUES + 30, box["y"] + ROW * (row + 1.5))

    expect(page.get_by_text("3 of 6 rows found")).to_be_visible()
    expect(page.get_by_role("combobox", name="Value")).to_be_visible()
    settle(page)


def test_a_picture_has_its_table_behind_it(site: Site, page: Page, run: str) -> None:
    go(page, f"{site.address}/run?run={run}&tab=Overview")
    outcomes(page).hover()

    page.get_by_role("button", name="Show data").first.click()

    table = page.get_by_test_id("stDataFrame").first
    expect(table.locator("[role=columnheader]").nth(1)).to_have_text("ended as")
    expect(table.locator("[data-testid^=glide-cell-1-]").first).to_have_text("ok")
    assert page.get_by_role("button", name="Download as PNG").count() > 0
