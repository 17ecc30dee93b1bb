"""Compare and How it works in a real browser, with a runner that really runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from jobs.ui.lesson.demonstrations import DEMONSTRATIONS
from tests.browser.conftest import SHOTS, Site, Watch, go, in_state, open_tab, settle
from tests.ui.conftest import Stage

PATIENCE = 30_000
"""Milliseconds until a busy machine has drawn what was asked for."""


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


def test_all_ways_are_in_sight_on_a_phone(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    go(page, f"{site.address}/compare")

    chosen = page.get_by_test_id("stMultiSelectTagsContainer").first
    expect(chosen.get_by_text("Both", exact=True)).to_be_visible()

    assert chosen.evaluate("box => [box.scrollWidth - box.clientWidth, box.scrollHeight - box.clientHeight]") == [0, 0]


def test_the_ways_are_measured_and_a_run_of_them_opens(site: Site, page: Page) -> None:
    go(page, f"{site.address}/compare")
    page.get_by_text("Factorial", exact=True).first.click()
    settle(page)
    press(page, "measure_start")

    expect(page.get_by_text("runs done · now")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Bar: median of the repeats.")).to_be_visible(timeout=90_000)
    expect(button(page, "measure_start")).to_be_enabled(timeout=90_000)
    settle(page)
    expect(page.get_by_text("4 items, 3 repeats of each way in turn")).to_be_visible(timeout=PATIENCE)
    assert "measure=" in page.url
    page.get_by_text("Its 14 runs").click()
    page.locator(".st-key-measure_runs").get_by_role("button", name="Open").first.click()
    page.wait_for_url("**/run?run=*")
    in_state(page, "Finished")


def test_a_demonstration_shows_what_it_found(site: Site, page: Page) -> None:
    go(page, f"{site.address}/lesson")

    assert "The other 8 items finished." in demonstrate(page, "crash")
    press(page, "code_crash")
    expect(page.get_by_text("ctypes.string_at")).to_be_visible(timeout=PATIENCE)


def test_two_runs_are_chosen_compared_and_their_changes_downloaded(site: Site, page: Page, tmp_path: Path) -> None:
    stage = Stage(site.home)
    stage.run("factorial", ["5", "6"], name="the one before")
    stage.run("factorial", ["5", "6"], failed={2: ("timeout", "took too long")}, name="the one after")
    go(page, f"{site.address}/compare")
    page.get_by_role("tab", name="Runs side by side").click()
    for name in ("the one before", "the one after"):
        page.get_by_role("combobox", name="Runs").fill(name)
        page.get_by_role("option").filter(has_text=name).first.click()
        page.keyboard.press("Escape")  # an open list hides all else from roles
        settle(page)

    expect(page.get_by_text("2 items in both runs · 1 row changed")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("✗ failed, the others ok")).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as download:
        press(page, "changes_csv")

    download.value.save_as(tmp_path / "changes.csv")
    assert "6,2,2,state,ok,failed" in (tmp_path / "changes.csv").read_text("utf-8").splitlines()
    assert "runs=" in page.url


@pytest.mark.slow
@pytest.mark.soak
def test_every_demonstration_runs_to_its_end_and_shows_its_lines(site: Site, page: Page) -> None:
    go(page, f"{site.address}/lesson")

    for key, known in DEMONSTRATIONS.items():
        said = demonstrate(page, key)
        assert len(said) > 100, key
        press(page, f"code_{key}")
        expect(page.get_by_text(f'client.submit("{known.parts[0].job}"').first).to_be_visible(timeout=PATIENCE)
        page.keyboard.press("Escape")


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
