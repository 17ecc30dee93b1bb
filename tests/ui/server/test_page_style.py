"""The style in the pages that are sent, and nothing else changed."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from jobs.ui.server import page_style

PAGE = "<!DOCTYPE html><html><body><p></body> is a word</p></body></html>"
STYLE = "[data-testid=stBottomBlockContainer]"


@pytest.fixture
def client(tmp_path) -> TestClient:
    file = tmp_path / "index.html"
    file.write_text(PAGE, encoding="utf-8")

    async def pieces(_request: Request) -> Response:
        return StreamingResponse(iter([PAGE[:20], PAGE[20:]]), media_type="text/html")

    async def page(_request: Request) -> Response:
        return FileResponse(file)

    async def text(_request: Request) -> Response:
        return PlainTextResponse("</body>", headers={"etag": '"1"'})

    async def packed(_request: Request) -> Response:
        return HTMLResponse(b"</body>", headers={"content-encoding": "br"})

    async def as_asked(request: Request) -> Response:
        encoding = request.headers.get("accept-encoding")
        return HTMLResponse("</body>", headers={"content-encoding": "br"} if encoding else {})

    routes = [
        Route(f"/{name.__name__}", name, methods=["GET", "POST"]) for name in (pieces, page, text, packed, as_asked)
    ]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(page_style.PageStyle)]))


@pytest.mark.parametrize("path", ["/page", "/pieces"])
def test_a_page_has_the_style_at_its_end(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.text.startswith(PAGE.removesuffix("</body></html>") + "<style>")
    assert answer.text.endswith("</script>\n</body></html>")
    assert STYLE in answer.text


def test_a_page_says_that_its_server_is_beside_it(client: TestClient) -> None:
    script = client.get("/page").text.partition("<script>")[2].partition("</script>")[0]

    assert script == 'window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href }'


def test_a_page_that_a_browser_has_kept_is_sent_anew(client: TestClient) -> None:
    kept = client.get("/text").headers["etag"]
    known = {"Accept": "text/html,*/*", "If-None-Match": kept, "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}

    answer = client.get("/page", headers={**known, "Range": "bytes=0-3"})

    assert (answer.status_code, STYLE in answer.text) == (200, True)
    assert "etag" not in answer.headers
    assert "last-modified" not in answer.headers


def test_a_page_is_not_packed_before_it_has_the_style(client: TestClient) -> None:
    answer = client.get("/as_asked", headers={"Accept": "text/html", "Accept-Encoding": "gzip, br"})

    assert STYLE in answer.text


def test_other_answers_are_as_they_were(client: TestClient) -> None:
    assert client.get("/text").text == "</body>"
    assert client.get("/text").headers["etag"] == '"1"'
    assert client.head("/page").content == b""
    assert STYLE not in client.post("/pieces").text
    with client.stream("GET", "/packed") as answer:
        assert b"".join(answer.iter_raw()) == b"</body>"
