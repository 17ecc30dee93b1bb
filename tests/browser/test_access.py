"""What axe finds on each page, in both themes, on a desk and on a phone: nothing. https://github.com/dequelabs/axe-core"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from jobs.runtime.core.records import Run, RunState
from jobs.ui.run.run import TABS
from tests.browser.conftest import SHOTS, Site, Watch, go, open_tab, settle
from tests.ui.conftest import Stage

Act = Callable[[Page], None]


@pytest.fixture(scope="module")
def runs(site: Site) -> dict[str, Run]:
    """A run that ended with failures, one that goes on, one of a measurement."""
    stage = Stage(site.home)
    failed = {2: ("http_5xx", "the server answered 503"), 3: ("invalid_url", '"x" is no URL')}
    urls = [f"http://site-{place % 3 + 1}.sample/{place}" for place in range(30)]
    stage.run(name="measure 1a2b3c · threads · 1/1")
    return {
        "ended": stage.run("scrape", urls, failed=failed, row={"status": 200, "title": "A page"}, name="shops.csv"),
        "going": stage.run("factorial", ["5"] * 9, state=RunState.PAUSED, done=4, name="numbers"),
    }


def nothing(_page: Page) -> None:
    """Look at the page as it comes."""


def open_forms(page: Page) -> None:
    for name in ("Options", "How to run"):
        page.get_by_text(name, exact=True).click()
    page.get_by_role("textbox", name="Own columns").fill("n = regex /(/")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("stExpander").get_by_text("is not a regular expression")).to_be_visible()
    settle(page)


def open_schedule_form(page: Page) -> None:
    page.get_by_text("Add a schedule").click()
    expect(page.get_by_role("button", name="Save the schedule")).to_be_visible()


def make_a_link(page: Page) -> None:
    page.get_by_role("button", name="More").click()
    page.get_by_text("Share", exact=True).click()
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("Copy it now")).to_be_visible()


def select_a_row(page: Page) -> None:
    page.get_by_test_id("stDataFrame").first.click(position={"x": 15, "y": 36 + 17})
    expect(page.get_by_text("Position 1", exact=True)).to_be_visible()


def ask_to_delete(page: Page) -> None:
    page.get_by_role("button", name="More").click()
    page.get_by_text("Delete", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def open_menu(page: Page) -> None:
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("menu", name="More")).to_be_visible()


def open_choices(page: Page) -> None:
    page.get_by_role("combobox", name="State").click()
    expect(page.get_by_role("listbox", name="State")).to_be_visible()


def point_at_a_button(page: Page) -> None:
    page.get_by_test_id("stMetric").first.get_by_role("button").first.hover()
    expect(page.get_by_role("tooltip")).to_be_visible()


def looks(runs: dict[str, Run]) -> dict[str, tuple[str, Act]]:
    """Every page in its states: its address, and what to do there first."""
    ended = f"/run?run={runs['ended'].id}"
    return {
        "new": ("/?job=scrape", nothing),
        "forms": ("/?job=scrape&sample=1", open_forms),
        "numbers": ("/?job=factorial", nothing),
        "runs": ("/runs", nothing),
        "lessons": ("/runs?lessons=true", nothing),
        "none": ("/runs?text=nothing+like+it", nothing),
        "schedules": ("/schedules", open_schedule_form),
        "compare": ("/compare", nothing),
        "lesson": ("/lesson", nothing),
        "going": (f"/run?run={runs['going'].id}&tab=Results", nothing),
        "no-run": ("/run?run=0000", nothing),
        "detail": (f"{ended}&tab=Results", select_a_row),
        "delete": (ended, ask_to_delete),
        "share": (ended, make_a_link),
        "menu": (ended, open_menu),
        "choices": (ended, open_choices),
        "tip": (ended, point_at_a_button),
        **{tab: (f"{ended}&tab={tab}", nothing) for tab in TABS},
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1440, "light"),
        (390, "dark"),
        pytest.param(1440, "dark", marks=pytest.mark.soak),
        pytest.param(390, "light", marks=pytest.mark.soak),
    ],
)
@pytest.mark.timeout(900)
def test_no_page_shuts_anybody_out(
    site: Site, browser: Browser, watch: Watch, runs: dict[str, Run], scheme: str, width: int
) -> None:
    view = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    page = open_tab(view, watch)
    SHOTS.mkdir(exist_ok=True)

    found = {}
    for name, (address, act) in looks(runs).items():
        go(page, site.address + address)
        act(page)
        page.wait_for_timeout(400)  # what fades in has its colour
        expect(page.locator("[data-testid=stFileUploaderDropzone][role=presentation]")).to_have_count(0)
        page.screenshot(path=SHOTS / f"{name}-{scheme}-{width}.png")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        faults = [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in Axe().run(page).response["violations"]]
        found[name] = faults + [("wider than the window", f"{wide} px")] * (wide > 0)

    assert {name: faults for name, faults in found.items() if faults} == {}
    view.close()
