"""Tables in a real browser: what is in a cell has room in it."""

from __future__ import annotations

from playwright.sync_api import Page

from jobs.ui.shared import column_widths
from tests.browser.conftest import Site, go

NEEDED = """text => {
    const style = getComputedStyle(document.querySelector("[data-testid=stApp]"));
    const drawn = document.createElement("canvas").getContext("2d");
    drawn.font = `400 14px ${style.fontFamily}`;
    return drawn.measureText(text).width + 2 * 8 + 2;
}"""
"""The pixels that a table's cell needs: the text in the page's font at its size, padding and borders."""


TEXTS = (
    *("900,029", "1,234,567,890", "-12345.678", "0.5", "1 h 59 min", "average concurrency"),
    *("http://site-1.sample/thread", "文字化け", "the server answered 503 Service Unavailable"),
)


def test_a_text_has_room_in_the_pixels_that_are_reckoned_for_it(site: Site, page: Page) -> None:
    go(page, f"{site.address}/runs")

    needed = {text: page.evaluate(NEEDED, text) for text in TEXTS}

    assert {text: pixels for text, pixels in needed.items() if pixels > column_widths.pixels(text)} == {}
