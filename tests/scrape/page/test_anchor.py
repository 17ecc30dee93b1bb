"""Whether a page has the anchor that its URL names."""

from __future__ import annotations

import pytest

from jobs.runtime.job.hook_call import hook_arguments
from jobs.scrape.columns import key_of, read_columns
from jobs.scrape.page import reader
from jobs.scrape.page.page_columns import ANCHOR
from jobs.web import urls
from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import answer, says

PAGE = """<h2 id="intro">x</h2><a name=old></a><p name=none id="é x">y</p><template><i id=unseen></i></template>
<i id='"&apos;]'></i><i id=100%></i>"""


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://a.org/#intro", True),
        (" https://a.org/?q=1#old ", True),
        ("https://a.org/#none", False),
        ("https://a.org/#unseen", False),
        ("https://a.org/#INTRO", False),
        ("https://a.org/#%C3%A9%20x", True),
        ("https://a.org/#é x", True),
        ("https://a.org/#100%", True),
        ("https://a.org/#%22%27%5D", True),
        ("https://a.org/#top", True),
        ("https://a.org/#ToP", True),
        ("https://a.org/#%00", False),
        ("https://a.org/#%ED%A0%80", False),
        ("https://a.org/#intro:~:text=x", True),
        ("https://a.org/#:~:text=x", None),
        ("https://a.org/#", None),
        ("https://a.org/", None),
        ("https://a.org/#" + "x" * 100_000, False),
    ],
)
@pytest.mark.parametrize("kind", ["fast", "beautifulsoup"])
def test_an_anchor_is_an_id_or_the_name_of_a_link(url: str, found: bool | None, kind: reader.Reader) -> None:
    anchor = urls.anchor(url)

    row = reader.read(
        PAGE.encode(), "text/html", "https://a.org/", parts=frozenset({ANCHOR}), reader=kind, anchor=anchor
    )

    assert row["fragment_found"] is found


def test_an_empty_page_has_no_anchor() -> None:
    row = reader.read(b"", "text/html", "https://a.org/", parts=frozenset({ANCHOR}), anchor="x")

    assert row["fragment_found"] is False


def test_the_anchor_is_that_of_the_item_also_after_a_redirect(ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(PAGE.encode(), headers={"Content-Type": "text/html"}), keep=True))

    rows = [ask(server.url(f"/{anchor}"), columns="status,fragment_found") for anchor in ("#intro", "#gone", "")]

    assert [row["fragment_found"] for row in rows] == [True, False, None]
    assert all(b"#" not in request for request in server.requests)


def test_urls_that_differ_in_their_anchor_are_two_pages_where_it_is_looked_for() -> None:
    one, other = "https://a.org/x#a", "HTTPS://A.org/x#b"

    def keys(columns: str) -> list[str]:
        return [key_of(*hook_arguments(key_of, url, {"columns": columns})) for url in (one, other)]

    assert len(set(keys("everything"))) == len(set(keys("facts,seo"))) == 1
    assert len(set(keys("status,fragment_found"))) == 2
    assert ANCHOR not in read_columns("everything,seo").parts
