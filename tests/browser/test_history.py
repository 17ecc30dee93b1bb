"""The history in a real browser: links that are links, and a way back to where one was."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from jobs.runtime.core.records import RunState
from tests.browser.conftest import Site, go, in_state, settle, steady
from tests.ui.conftest import Stage

NAME = "turned back"


@pytest.fixture(scope="module")
def many(site: Site) -> int:
    """More runs than one page of the history has."""
    stage = Stage(site.home)
    for number in range(70):
        stage.run(cells=["5"], name=f"{NAME} {number}")
    return 70


def scrolled(page: Page) -> int:
    return int(page.get_by_test_id("stMain").evaluate("area => area.scrollTop"))


def test_a_name_opens_another_tab_with_the_middle_button(
    site: Site, page: Page, context: BrowserContext, many: int
) -> None:
    go(page, f"{site.address}/runs?text={NAME} 69")
    with context.expect_page() as opened:
        page.get_by_role("link", name=f"{NAME} 69").click(button="middle")

    in_state(opened.value, "Finished")
    expect(opened.value).to_have_title(f"{NAME} 69")
    assert page.url.startswith(f"{site.address}/runs")


def test_back_leads_to_the_filter_the_page_and_the_place(site: Site, page: Page, many: int) -> None:
    go(page, f"{site.address}/runs")
    page.get_by_role("textbox", name="Search").fill(NAME)
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"1 to 50 of {many} runs")).to_be_visible()
    page.get_by_role("button", name="Older").click()
    expect(page.get_by_text(f"51 to {many} of {many} runs")).to_be_visible()
    page.get_by_role("link", name=f"{NAME} 3", exact=True).scroll_into_view_if_needed()
    place = scrolled(page)
    page.get_by_role("link", name=f"{NAME} 3", exact=True).click()
    in_state(page, "Finished")

    page.go_back()

    expect(page.get_by_text(f"51 to {many} of {many} runs")).to_be_visible()
    expect(page.get_by_role("textbox", name="Search")).to_have_value(NAME)
    assert re.search("text=turned", page.url)
    page.wait_for_function(f"document.querySelector('[data-testid=stMain]').scrollTop === {place}")
    settle(page)
    assert scrolled(page) == place > 0


def test_on_a_phone_the_buttons_of_all_cards_stand_alike(site: Site, page: Page) -> None:
    """Below the name, however long it is."""
    stage = Stage(site.home)
    names = ("a", "a list of shops.csv", "a list of shops, as it was sent in by all of them.csv")
    made = [stage.run(state=RunState.PAUSED, done=1, name=name) for name in names]
    page.set_viewport_size({"width": 390, "height": 844})
    go(page, f"{site.address}/runs")

    places = {steady(page.locator(f".st-key-card_{run.id} .st-key-open_{run.id}"))["x"] for run in made}

    for run in made:
        stage.delete(run)
    assert len(places) == 1
