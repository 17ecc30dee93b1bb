"""What the page's server refuses: strangers' pages and names. Needs no browser."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import Site

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def status(site: Site, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> int:
    connection = http.client.HTTPConnection(urlsplit(site.address).netloc, timeout=10)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_its_own_page_may_open_the_stream(site: Site) -> None:
    assert status(site, "GET", "/_stcore/stream", {**HANDSHAKE, "Origin": site.address}) == 101


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost.evil.example"])
def test_a_page_of_another_origin_may_not_open_the_stream(site: Site, origin: str) -> None:
    assert status(site, "GET", "/_stcore/stream", {**HANDSHAKE, "Origin": origin}) == 403


def test_another_name_for_this_machine_may_not_open_the_stream(site: Site) -> None:
    headers = {**HANDSHAKE, "Origin": "http://evil.example", "Host": "evil.example"}

    assert status(site, "GET", "/_stcore/stream", headers) == 403


def test_an_upload_without_its_token_is_refused(site: Site) -> None:
    assert status(site, "PUT", "/_stcore/upload_file/a/b", {"Content-Type": "text/csv"}, b"1") in (400, 403)
