"""What is said while the page's server is away, and what of Streamlit's own is never seen."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.browser.conftest import Site, go, settle

SENTENCE = "The page's server is away. Runs go on without it; this page comes back by itself as soon as it does."


class Line:
    """The way to the server, which can be cut and mended."""

    def __init__(self, page: Page) -> None:
        self.cut = False
        self.streams: list[WebSocketRoute] = []
        page.route_web_socket("**/_stcore/stream", self._stream)
        page.route("**/_stcore/health", lambda route: route.abort() if self.cut else route.continue_())
        page.route("**/_stcore/host-config", lambda route: route.abort() if self.cut else route.continue_())

    def _stream(self, stream: WebSocketRoute) -> None:
        if self.cut:
            stream.close()
            return
        stream.connect_to_server()
        self.streams.append(stream)

    def lose(self) -> None:
        self.cut = True
        for stream in self.streams:
            stream.close()


def test_a_server_that_is_away_is_a_sentence_of_ours_until_it_is_back(site: Site, browser: Browser) -> None:
    page = browser.new_page()  # unwatched: it writes errors of the requests that fail
    page.set_default_timeout(20_000)
    line = Line(page)
    go(page, f"{site.address}/runs")
    expect(page.get_by_role("alert").filter(has_text=SENTENCE)).to_have_count(0)

    line.lose()

    expect(page.get_by_role("alert").filter(has_text=SENTENCE)).to_be_visible(timeout=20_000)
    page.wait_for_timeout(6_000)  # by then Streamlit has opened its dialog
    expect(page.get_by_text("streamlit run")).to_be_hidden()
    expect(page.get_by_role("dialog")).to_have_count(0)

    line.cut = False

    expect(page.get_by_role("alert").filter(has_text=SENTENCE)).to_have_count(0, timeout=60_000)
    settle(page)
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.close()


def test_streamlits_own_stop_is_not_shown_while_a_page_works(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=scrape")
    urls = "\n".join(f"http://site-{place % 16 + 1}.sample/{place}" for place in range(200_000))

    page.locator("input[type=file]").set_input_files(
        {"name": "long.csv", "mimeType": "text/csv", "buffer": f"url\n{urls}\n".encode()}
    )

    expect(page.get_by_test_id("stStatusWidget")).to_be_attached(timeout=20_000)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.get_by_text("200,000 URLs: all will be fetched")).to_be_visible(timeout=60_000)
