"""The main job in a real browser: from a list to a table, and everything that may come between."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from jobs.runtime import client
from jobs.runtime.core.records import Item
from tests.browser.conftest import Site, Watch, go, in_state, open_tab, settle, steady
from tests.support.machine import stays


@pytest.fixture(autouse=True)
def same_home(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process reads the store of the site."""
    monkeypatch.setenv("JOBS_HOME", str(site.home))
    monkeypatch.setenv("JOBS_IDLE", "30")


def slow_urls(number: int, milliseconds: int) -> list[str]:
    return [f"http://site-{place % 16 + 1}.sample/delay/{milliseconds}/{place}" for place in range(number)]


def table_of(urls: Iterable[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("company", "home"), *((f"Company {n}", url) for n, url in enumerate(urls, start=1))])
    return out.getvalue().encode()


def upload(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    expect(page.get_by_role("button", name="Start run")).to_be_enabled()


def start(page: Page) -> str:
    """Press Start; the id of the run that the page goes over to."""
    settle(page)
    page.get_by_role("button", name="Start run").click()
    return arrived(page)


def arrived(page: Page) -> str:
    page.wait_for_url(re.compile(r"/run\?.*run="))
    return parse_qs(urlsplit(page.url).query)["run"][0]


def download(page: Page, label: str | re.Pattern[str]) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label).first.click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_upload_run_refresh_in_the_middle_and_download(site: Site, page: Page) -> None:
    urls = [*slow_urls(30, 6_000), "not a url", "http://site-1.sample/thread"]
    go(page, f"{site.address}/?job=scrape")
    upload(page, "companies.csv", table_of(urls))
    expect(page.get_by_text("32 rows: 31 will be fetched, 1 cannot run")).to_be_visible()
    page.get_by_text("How to run").click()
    page.get_by_role("radio", name="My own site").click()

    run_id = start(page)
    in_state(page, "Running")
    page.reload()
    in_state(page, "Running")
    in_state(page, "Finished")

    name, content = download(page, "CSV")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row["home"] for row in rows] == urls
    assert [row["company"] for row in rows] == [f"Company {number}" for number in range(1, 33)]
    assert [row["state"] for row in rows].count("ok") == 31
    assert rows[30]["code"] == "invalid_url"
    assert rows[31]["status"] == "200"
    assert [row["attempts"] for row in rows if row["state"] == "ok"] == ["1"] * 31
    assert name.startswith("companies-csv-")
    assert name.endswith(".csv")
    assert client.count_runs(text=run_id) == 1
    excel_name, excel = download(page, "Excel")
    assert excel_name.endswith(".xlsx")
    assert zipfile.is_zipfile(io.BytesIO(excel))


def test_numbers_typed_become_digits_in_a_file(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=factorial")
    page.get_by_role("textbox").first.fill("20, 1000")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("2 whole numbers")).to_be_visible()

    start(page)
    in_state(page, "Finished")
    box = steady(page.get_by_test_id("stDataFrame").first)
    page.mouse.click(box["x"] + 15, box["y"] + 36 + 17)

    expect(page.get_by_text("Position 1", exact=True)).to_be_visible()
    _, digits = download(page, re.compile("digits_file"))
    assert digits.decode().strip() == "2432902008176640000"


def test_cancel_from_a_second_tab(site: Site, page: Page, context: BrowserContext, watch: Watch) -> None:
    go(page, f"{site.address}/?job=scrape")
    upload(page, "slow.csv", table_of(slow_urls(16, 25_000)))
    run_id = start(page)
    in_state(page, "Running")
    second = open_tab(context, watch)
    go(second, f"{site.address}/run?run={run_id}")

    second.get_by_role("button", name="Cancel", exact=True).click()

    in_state(second, "Cancelled")
    in_state(page, "Cancelled")
    expect(page.get_by_text(re.compile(r"Cancelled in .* m?s: since then nothing"))).to_be_visible()
    assert client.run(run_id).cancelled == 16


def test_pause_and_resume(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=scrape")
    upload(page, "pause.csv", table_of(slow_urls(32, 1_000)))
    start(page)

    page.get_by_role("button", name="Pause", exact=True).click()
    in_state(page, "Paused")
    page.get_by_role("button", name="Resume", exact=True).click()

    in_state(page, "Finished")


def test_a_double_click_starts_one_run(site: Site, page: Page) -> None:
    before = client.count_runs()
    go(page, f"{site.address}/?job=factorial")
    page.get_by_role("textbox").first.fill("31 32 33")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Start run")).to_be_enabled()
    settle(page)

    page.get_by_role("button", name="Start run").dblclick()

    arrived(page)
    in_state(page, "Finished")
    stays(lambda: client.count_runs() == before + 1, 1.0)  # a second run would come within that


def test_an_edit_that_comes_with_the_click_counts(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=factorial")
    page.get_by_role("textbox").first.fill("41")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Start run")).to_be_enabled()
    settle(page)

    page.get_by_role("textbox").first.fill("41 42 43")
    page.get_by_role("button", name="Start run").click()

    assert client.run(arrived(page)).items == 3


@pytest.mark.parametrize("tab", ["", "Log"])
def test_delete_asks_and_leads_back_to_the_history(site: Site, page: Page, tab: str) -> None:
    go(page, f"{site.address}/?job=factorial")
    page.get_by_role("textbox").first.fill("51")
    page.keyboard.press("Control+Enter")
    run_id = start(page)
    in_state(page, "Finished")
    if tab:  # it stands in the address from here on
        page.get_by_role("tab", name=tab).click()
        page.wait_for_url(re.compile(f"tab={tab}"))
        settle(page)

    page.get_by_role("button", name="More").click()
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    page.wait_for_url(re.compile("/runs"))
    settle(page)
    assert client.count_runs(text=run_id) == 0


def test_what_is_clicked_in_the_history_is_done_to_the_run_that_stood_there(site: Site, page: Page) -> None:
    """Another run has come since the table was drawn: every row is one further down by now."""
    submit, one = client.submit, [Item(cell="5")]
    clicked = client.wait(submit("factorial", one, name="clicked").id, 30)
    go(page, f"{site.address}/runs?of_job=factorial")
    page.get_by_role("link", name="clicked", exact=True).wait_for()
    newer = client.wait(submit("factorial", one, name="newer").id, 30)

    page.get_by_role("button", name="More for clicked", exact=True).click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_role("dialog").get_by_text("clicked")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").wait_for(state="detached")
    settle(page)

    assert (client.count_runs(text=clicked.id), client.count_runs(text=newer.id)) == (0, 1)


@pytest.mark.slow
def test_a_run_deleted_in_another_tab_is_said_to_be_gone(
    site: Site, page: Page, context: BrowserContext, watch: Watch
) -> None:
    go(page, f"{site.address}/?job=factorial")
    page.get_by_role("textbox").first.fill("52")
    page.keyboard.press("Control+Enter")
    run_id = start(page)
    in_state(page, "Finished")
    second = open_tab(context, watch)
    go(second, f"{site.address}/run?run={run_id}")
    for tab in (page, second):
        tab.get_by_role("button", name="More").click()
        tab.get_by_text("Delete", exact=True).click()
        expect(tab.get_by_role("dialog").get_by_text("That gives back about")).to_be_visible()

    for tab in (page, second):
        tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
        tab.wait_for_url(re.compile("/runs"))
        settle(tab)

    expect(second.get_by_text(f"there is no run {run_id}")).to_be_visible()
    go(page, f"{site.address}/run?run={run_id}")
    expect(page.get_by_text(f"There is no run {run_id}.")).to_be_visible()


def test_a_run_deleted_while_its_page_is_open_leaves_one_sentence(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=factorial")
    page.get_by_role("textbox").first.fill("53")
    page.keyboard.press("Control+Enter")
    run_id = start(page)
    in_state(page, "Finished")
    client.delete(run_id)

    page.get_by_role("tab", name="Timings").click()

    expect(page.get_by_text(f"There is no run {run_id}.")).to_be_visible()
    expect(page.get_by_role("button", name="More")).to_have_count(0)


def test_a_name_of_nothing_is_refused_in_a_sentence(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=factorial")
    page.get_by_role("textbox").first.fill("62")
    page.keyboard.press("Control+Enter")
    start(page)
    in_state(page, "Finished")

    page.get_by_role("button", name="More").click()
    page.get_by_text("Rename", exact=True).click()
    page.get_by_role("textbox", name="Name").fill(" ")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()

    expect(page.get_by_text("a run needs a name: give some text")).to_be_visible()


def test_rename_from_the_menu(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=factorial")
    page.get_by_role("textbox").first.fill("61")
    page.keyboard.press("Control+Enter")
    run_id = start(page)
    in_state(page, "Finished")

    page.get_by_role("button", name="More").click()
    page.get_by_text("Rename", exact=True).click()
    page.get_by_role("textbox", name="Name").fill("the sixty first")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()

    expect(page.get_by_role("heading", name="the sixty first")).to_be_visible()
    assert client.run(run_id).name == "the sixty first"
