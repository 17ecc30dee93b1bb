"""Uploads over the limit: refused by the server itself, before they take its memory."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Site, go, settle

LIMIT = 20 * 1024 * 1024
PIECE = bytes(1 << 20)
BEGIN = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\nContent-Type: text/csv\r\n\r\n'


@pytest.fixture
def token(site: Site, page: Page) -> dict[str, str]:
    """The headers of an upload that the page itself may make, and where to (`path`)."""
    go(page, f"{site.address}/?job=factorial")
    with page.expect_request(lambda request: request.method == "PUT") as put:
        page.locator("input[type=file]").set_input_files({"name": "n.csv", "mimeType": "text/csv", "buffer": b"n\n5\n"})
    settle(page)
    sent: Request = put.value
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
    return {"path": urlsplit(sent.url).path, "X-Xsrftoken": sent.headers["x-xsrftoken"], "Cookie": cookies}


@contextlib.contextmanager
def upload(site: Site, token: dict[str, str], **more: str) -> Iterator[http.client.HTTPConnection]:
    """An upload of which the headers are sent."""
    connection = http.client.HTTPConnection(urlsplit(site.address).netloc, timeout=30)
    connection.putrequest("PUT", token["path"])
    headers = {"Content-Type": "multipart/form-data; boundary=x"} | token | more
    for name in headers.keys() - {"path"}:
        connection.putheader(name, headers[name])
    connection.endheaders()
    yield connection
    connection.close()


def test_an_upload_over_the_limit_is_refused_before_it_is_sent(site: Site, token: dict[str, str]) -> None:
    with upload(site, token, **{"Content-Length": str(LIMIT + 1)}) as connection:
        assert connection.getresponse().status == 413


def test_an_upload_that_does_not_say_its_length_is_cut_at_the_limit(site: Site, token: dict[str, str]) -> None:
    server = psutil.Process(site.pid)
    sizes = [server.memory_info().rss]

    with upload(site, token, **{"Transfer-Encoding": "chunked"}) as connection:
        with contextlib.suppress(OSError):  # the server may hang up on the rest
            for piece in (BEGIN, *[PIECE] * 400):
                connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
                sizes.append(server.memory_info().rss)
        status = connection.getresponse().status

    assert status == 413
    assert max(sizes) - sizes[0] < 5 * LIMIT


def test_an_upload_of_a_page_that_is_gone_is_refused(site: Site, token: dict[str, str]) -> None:
    elsewhere = {**token, "path": "/_stcore/upload_file/00000000-0000-0000-0000-000000000000/1"}

    with upload(site, elsewhere, **{"Content-Length": "1"}) as connection:
        assert connection.getresponse().status == 400


def test_a_file_over_the_limit_is_a_sentence_on_the_page_and_the_page_goes_on(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=factorial")

    page.locator("input[type=file]").set_input_files(
        {"name": "my big.csv", "mimeType": "text/csv", "buffer": b"1\n" * (LIMIT // 2 + 1)}
    )

    expect(page.get_by_text("big.csv has 20")).to_be_visible()
    command = page.get_by_text("python -m jobs run factorial 'my big.csv'")
    expect(command).to_be_visible()
    command.hover()
    expect(page.get_by_role("button", name="Copy to clipboard")).to_be_visible()
    page.get_by_role("button", name="Try the sample").click()
    settle(page)
    expect(page.get_by_role("button", name="Start run")).to_be_enabled()


def test_a_long_file_is_said_to_be_read(site: Site, page: Page) -> None:
    go(page, f"{site.address}/?job=scrape")
    urls = "\n".join(f"http://site-{place % 16 + 1}.sample/{place}" for place in range(200_000))

    page.locator("input[type=file]").set_input_files(
        {"name": "long *list*.csv", "mimeType": "text/csv", "buffer": f"url\n{urls}\n".encode()}
    )

    expect(page.get_by_text("Reading long *list*.")).to_be_visible()
    expect(page.get_by_text("200,000 URLs")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Reading long")).to_have_count(0)
