"""Compare and How it works in a real browser, with a runner that really runs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import SHOTS, Site, Watch, go, in_state, open_tab, settle


def button(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}").get_by_role("button").first


def press(page: Page, key: str) -> None:
    button(page, key).click()


def demonstrate(page: Page, key: str) -> str:
    """Press a demonstration's button and wait until it is over; what stands in its box."""
    press(page, f"start_{key}")
    box = page.locator(f".st-key-demo_{key}")
    expect(box.get_by_text("Not run yet.")).to_have_count(0, timeout=20_000)
    expect(button(page, f"start_{key}")).to_be_enabled(timeout=60_000)
    settle(page)
    return box.inner_text()


def test_the_ways_are_measured_and_a_run_of_them_opens(site: Site, page: Page) -> None:
    go(page, f"{site.address}/compare")
    page.get_by_text("Factorial", exact=True).first.click()
    settle(page)
    press(page, "measure_start")

    expect(page.get_by_text("runs done · now")).to_be_visible()
    expect(page.get_by_text("Bar: median of the repeats.")).to_be_visible(timeout=90_000)
    expect(button(page, "measure_start")).to_be_enabled(timeout=90_000)
    settle(page)
    expect(page.get_by_text("4 items, 3 repeats of each way in turn")).to_be_visible()
    assert "measure=" in page.url
    page.get_by_text("Its 14 runs").click()
    page.locator(".st-key-measure_runs").get_by_role("button", name="Open").first.click()
    page.wait_for_url("**/run?run=*")
    in_state(page, "Finished")


def test_a_demonstration_shows_what_it_found(site: Site, page: Page) -> None:
    go(page, f"{site.address}/lesson")

    assert "The other 8 items finished." in demonstrate(page, "crash")
    press(page, "code_crash")
    expect(page.get_by_text("ctypes.string_at")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_both_pages_fit_their_width_in_both_themes(
    site: Site, browser: Browser, watch: Watch, scheme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = open_tab(context, watch)
    SHOTS.mkdir(exist_ok=True)

    for name in ("compare", "lesson"):
        go(page, f"{site.address}/{name}")
        if name == "lesson":
            demonstrate(page, "memory")
        page.wait_for_timeout(500)
        page.screenshot(path=SHOTS / f"{name}-{scheme}-{width}.png", full_page=True)
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, name
    context.close()
