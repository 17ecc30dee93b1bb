"""Addresses that people write by hand or are sent: a run's, and those of no page."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, in_state
from tests.ui.conftest import Stage


def test_the_id_of_a_run_in_the_path_opens_it(site: Site, page: Page) -> None:
    run = Stage(site.home).run(name="by its path")

    page.goto(f"{site.address}/run/{run.id}")

    in_state(page, "Finished")
    expect(page.get_by_role("heading", name="by its path")).to_be_visible()
    assert page.url.endswith(f"/run?run={run.id}")


@pytest.mark.parametrize("path", ["nothing", "a/b/c"])
def test_an_unknown_address_says_so_and_leads_on(site: Site, path: str, page: Page) -> None:
    page.goto(site.address)  # of its errors the console's are watched; a 404 is one, and is meant here
    answer = page.request.get(f"{site.address}/{path}", headers={"Accept": "text/html"})

    page.set_content(answer.text())

    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is no page here")).to_be_visible()
    expect(page.get_by_role("link", name="Runs")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert Axe().run(page).response["violations"] == []
