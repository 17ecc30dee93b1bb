"""Typing and pressing: what was typed counts, one click starts, and nothing moves under the pointer."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from jobs.runtime import client
from tests.browser.conftest import Site, go, in_state
from tests.browser.test_main_path import arrived


@pytest.fixture(autouse=True)
def same_home(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process reads the store of the site."""
    monkeypatch.setenv("JOBS_HOME", str(site.home))


def middle_of_start(page: Page) -> tuple[float, float]:
    box = page.get_by_role("button", name="Start run").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def write(page: Page, text: str) -> None:
    page.get_by_role("textbox").first.click()
    page.keyboard.type(text)


def cells_of(run_id: str) -> list[str]:
    return [item.cell for item in client.items(run_id)]


def test_one_click_starts_while_the_text_was_never_taken_over(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=factorial")
    place = middle_of_start(page)
    write(page, "5 6 7")

    page.mouse.click(*place)

    assert cells_of(arrived(page)) == ["5", "6", "7"]
    in_state(page, "Finished")


def test_one_slow_click_takes_what_was_typed_last_along(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=factorial")
    write(page, "5 6")
    expect(page.get_by_text("2 whole numbers")).to_be_visible()
    place = middle_of_start(page)
    page.keyboard.type(" 7")

    page.mouse.move(*place)
    page.mouse.down()
    page.wait_for_timeout(400)  # a slow finger: the page is drawn anew between the halves of the click
    page.mouse.up()

    assert cells_of(arrived(page)) == ["5", "6", "7"]
    in_state(page, "Finished")


@pytest.mark.parametrize("width", [390, 1440])
def test_start_stays_in_sight_and_in_place_whatever_is_typed(site: Site, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    go(page, f"{site.address}/?job=factorial")
    before = middle_of_start(page)

    write(page, "5 6 seven " + "x" * 300)
    expect(page.get_by_text("2 cannot run")).to_be_visible()

    assert middle_of_start(page) == before
    assert before[1] < 900


def test_what_is_typed_counts_while_it_is_typed(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=factorial")

    write(page, "5 6 7")

    expect(page.get_by_text("3 whole numbers")).to_be_visible()
    expect(page.get_by_role("textbox").first).to_be_focused()


def test_a_line_of_own_columns_is_put_together_and_the_page_stays_in_place(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    go(page, f"{site.address}/?job=scrape")
    write(page, "https://example.org/")
    expect(page.get_by_text("1 URL: it will be fetched")).to_be_visible()
    page.get_by_text("Options", exact=True).click()
    expect(page.get_by_role("textbox", name="Statuses that are ok")).to_be_visible()
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Add a line").click()

    page.get_by_label("Name", exact=True).fill("price")
    page.get_by_label("Looked for").fill(".price")
    page.get_by_role("button", name="Add", exact=True).click()

    expect(page.get_by_role("textbox", name="Own columns")).to_have_value("price = first css .price")
    shifted = "() => [...document.querySelectorAll('*')].filter(one => one.scrollLeft > 0).length"
    assert page.evaluate(shifted) == 0
