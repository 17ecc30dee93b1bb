"""The pages with the keyboard alone, and for a screen reader."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import Locator, Page, expect

from jobs.runtime import client
from tests.browser.conftest import Site, go, in_state, settle, steady
from tests.browser.test_main_path import arrived
from tests.ui.conftest import Stage

IN_A_TABLE = "!!document.activeElement.closest('[data-testid=stDataFrame]')"


@pytest.fixture(autouse=True)
def same_home(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process reads the store of the site."""
    monkeypatch.setenv("JOBS_HOME", str(site.home))


def start_by_keys(site: Site, page: Page, text: str) -> str:
    go(page, f"{site.address}/?job=factorial")
    page.get_by_role("textbox").first.focus()
    page.keyboard.type(text)
    start = page.get_by_role("button", name="Start run")
    expect(start).to_be_enabled()
    start.focus()
    page.keyboard.press("Enter")
    return arrived(page)


def test_after_start_the_focus_is_on_the_heading_and_the_tab_has_the_runs_title(site: Site, page: Page) -> None:
    start_by_keys(site, page, "5 6")
    in_state(page, "Finished")

    expect(page.get_by_role("heading", level=2)).to_be_focused()
    expect(page).to_have_title("Factorial · 2 whole numbers")


def test_a_table_is_left_by_tab(site: Site, page: Page) -> None:
    start_by_keys(site, page, "5 6")
    in_state(page, "Finished")
    box = steady(page.get_by_test_id("stDataFrame").first)
    page.mouse.click(box["x"] + 400, box["y"] + 60)
    assert page.evaluate(IN_A_TABLE)

    for _ in range(2):
        page.keyboard.press("Tab")

    assert not page.evaluate(IN_A_TABLE)


def test_enter_renames(site: Site, page: Page) -> None:
    run_id = start_by_keys(site, page, "7 8")
    in_state(page, "Finished")
    page.get_by_role("button", name="More").click()
    page.get_by_text("Rename", exact=True).click()
    name = page.get_by_role("dialog").get_by_role("textbox")
    name.fill("by keys alone")

    name.press("Enter")

    expect(page.get_by_role("heading", name="by keys alone")).to_be_visible()
    assert client.run(run_id).name == "by keys alone"


def by_tab(page: Page, wanted: Locator, most: int = 60) -> None:
    """Go on with the Tab key until this has the focus."""
    for _ in range(most):
        if wanted.evaluate("element => element === element.getRootNode().activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{wanted} is not reached by Tab")


def two_runs(site: Site, page: Page) -> None:
    """Two runs in the history, and the focus in its search."""
    stage, word = Stage(site.home), secrets.token_hex(4)
    for name in ("first", "second"):
        stage.run(name=f"{name} {word}")
    go(page, f"{site.address}/runs?text={word}")
    page.get_by_role("textbox", name="Search").focus()


def test_a_run_is_opened_by_keys(site: Site, page: Page) -> None:
    two_runs(site, page)
    by_tab(page, page.get_by_role("link", name=re.compile("^first")))

    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=re.compile("^first"))).to_be_visible()
    in_state(page, "Finished")


def test_runs_are_ticked_and_compared_by_keys(site: Site, page: Page) -> None:
    two_runs(site, page)
    for name in ("second", "first"):
        by_tab(page, page.get_by_role("checkbox", name=re.compile(f"^Select {name}")))
        page.keyboard.press("Space")
        settle(page)
    by_tab(page, page.get_by_role("button", name="Compare"))

    page.keyboard.press("Enter")

    page.wait_for_url(re.compile("/compare.*runs="))
    expect(page.get_by_text("3 items in both runs")).to_be_visible()


def choose_by_keys(page: Page, name: str, choice: str) -> None:
    """Open the menu of a run and choose this of it."""
    by_tab(page, page.get_by_role("button", name=re.compile(f"^More for {name}")))
    page.keyboard.press("Enter")
    entry = page.get_by_role("menuitem", name=choice, exact=True)
    for _ in range(8):
        if entry.evaluate("element => element === element.getRootNode().activeElement"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def test_a_run_is_deleted_by_keys(site: Site, page: Page) -> None:
    two_runs(site, page)
    choose_by_keys(page, "second", "Delete")
    by_tab(page, page.get_by_role("dialog").get_by_role("button", name=re.compile("^Delete")))

    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name=re.compile("^second"))).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_run_is_renamed_by_keys(site: Site, page: Page) -> None:
    two_runs(site, page)
    choose_by_keys(page, "first", "Rename")
    by_tab(page, page.get_by_role("dialog").get_by_role("textbox"))
    page.keyboard.press("End")
    page.keyboard.type(" of all")

    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name=re.compile("^first .* of all$"))).to_be_visible()


@pytest.mark.parametrize(
    "address", ["/", "/runs", "/compare", "/lesson", "/run?run={run}", "/run?run={run}&tab=Failures"]
)
def test_no_name_of_an_icon_is_read_out(site: Site, page: Page, address: str) -> None:
    run = Stage(site.home).run(failed={1: ("bug", "no")})
    go(page, site.address + address.format(run=run.id))

    names = {icon.strip() for icon in page.get_by_test_id("stIconMaterial").all_inner_texts()}
    heard = page.locator("body").aria_snapshot()

    assert names
    assert ":material" not in heard
    assert [name for name in names if "_" in name and name in heard] == []
