"""URLs as browsers read them, and what is said of cells that are none."""

from __future__ import annotations

from collections.abc import Callable

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import ItemError
from jobs.web import urls


@pytest.mark.parametrize(
    ("cell", "href"),
    [
        ("http://Example.ORG", "http://example.org/"),
        ("HTTP://example.org:80/a/../b/./c", "http://example.org/b/c"),
        ("https://example.org:443/?q#frag", "https://example.org/?q"),
        ("https://example.org:8443/", "https://example.org:8443/"),
        ("  https://example.org/  ", "https://example.org/"),
        ("\ufeffhttps://example.org/\u200b", "https://example.org/"),
        ("\u202ahttps://example.org/\u202c ", "https://example.org/"),
        ("https://exa\tmple.org/a\nb", "https://example.org/ab"),
        ("https:\\\\example.org\\a", "https://example.org/a"),
        ("https:/example.org/a", "https://example.org/a"),
        ("https://例え.jp/ü", "https://xn--r8jz45g.jp/%C3%BC"),
        ("https://bücher.example/?q=ü", "https://xn--bcher-kva.example/?q=%C3%BC"),
        ("https://example.org/a b|c", "https://example.org/a%20b|c"),
        ("https://example.org/%zz", "https://example.org/%zz"),
        ("example.org", "https://example.org/"),
        ("example.org/page?x=1", "https://example.org/page?x=1"),
        ("example.org:8080/page", "https://example.org:8080/page"),
        ("//example.org/page", "https://example.org/page"),
        ("localhost:8000/x", "https://localhost:8000/x"),
        ("1.2.3.4/x", "https://1.2.3.4/x"),
        ("[2606:4700::1]:81/x", "https://[2606:4700::1]:81/x"),
        ("http://under_score.example/", "http://under_score.example/"),
        ("http://example.org./", "http://example.org./"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("example.org\\page", "https://example.org/page"),
        ("www.example.org\\a\\..\\b", "https://www.example.org/b"),
        ("example.org\\", "https://example.org/"),
        ("example.org:8080\\x y", "https://example.org:8080/x%20y"),
        ("\\\\example.org\\x", "https://example.org/x"),
        ("http:\\\\example.org\\a b", "http://example.org/a%20b"),
        ("localhost\\x", "https://localhost/x"),
        ("127.0.0.1\\x y", "https://127.0.0.1/x%20y"),
        ("[::1]\\x", "https://[::1]/x"),
        ("example.org/a b", "https://example.org/a%20b"),
        ("example.org?q=a b", "https://example.org/?q=a%20b"),
        ("example.org?q=a\\b", "https://example.org/?q=a\\b"),
        ("example.org#a b", "https://example.org/"),
        ("bücher.example\\a ü", "https://xn--bcher-kva.example/a%20%C3%BC"),
        ("example。org/x", "https://example.org/x"),
        ("example．org", "https://example.org/"),
        ("http:example.org", "http://example.org/"),
        ("https:///example.org/x", "https://example.org/x"),
        ("example.org/100%", "https://example.org/100%"),
        ("https://example.org\\@evil.example", "https://example.org/@evil.example"),
    ],
)
def test_a_cell_is_read_as_browsers_read_it(cell: str, href: str) -> None:
    assert urls.read_cell(cell) == cell.strip(" \ufeff\u200b\u202a\u202c")
    assert urls.target(cell).href == href


@pytest.mark.parametrize(
    "cell",
    [
        "<https://example.org/a>",
        "<URL:https://example.org/a>",
        '"https://example.org/a"',
        "'https://example.org/a'",
        "“https://example.org/a”",
        "« https://example.org/a »",
        "`https://example.org/a`",
        "[a page](https://example.org/a)",
        '[a page](<https://example.org/a> "its title")',
        "\u2068https://example.org/a\u2069",
    ],
)
def test_what_stands_around_a_url_is_no_part_of_it(cell: str) -> None:
    assert urls.looks_like_url(cell)
    assert urls.read_cell(cell) == "https://example.org/a"


@pytest.mark.parametrize(
    "cell", ["https://a.org/x https://b.org/y", "https://a.org\nhttps://b.org", "https://a.org/, HTTP://b.org/"]
)
def test_two_addresses_in_one_cell_are_refused_with_the_remedy(cell: str) -> None:
    with pytest.raises(ItemError, match="several addresses: give each a row of its own"):
        urls.read_cell(cell)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "invalid_url"),
        ("   ", "invalid_url"),
        ("hello", "invalid_url"),
        ("two words", "invalid_url"),
        ("ftp://example.org/", "unsupported_scheme"),
        ("mailto:a@example.org", "unsupported_scheme"),
        ("tel:12345", "unsupported_scheme"),
        ("javascript:alert(1)", "unsupported_scheme"),
        ("file:///etc/passwd", "unsupported_scheme"),
        ("htp://example.org/", "unsupported_scheme"),
        ("http://", "invalid_url"),
        ("http:///", "invalid_url"),
        ("http://a..b/", "invalid_url"),
        ("http://.example.org/", "invalid_url"),
        (f"http://{'a' * 64}.example/", "invalid_url"),
        (f"http://{'.'.join(['a' * 60] * 5)}/", "invalid_url"),
        ("http://exa mple.org/", "invalid_url"),
        ("http://example.org:99999/", "invalid_url"),
        ("http://[::1/", "invalid_url"),
        ("http://1.2.3.4.5/", "invalid_url"),
        ("http://example.org/\0", "invalid_url"),
        ("http://example.org/\x1b[31m", "invalid_url"),
        ("http://\ud800.example/", "invalid_url"),
        ("http://user@example.org/", "invalid_url"),
        ("http://example.org/" + "a" * 8_200, "invalid_url"),
    ],
)
def test_what_is_no_url_has_its_code_and_a_sentence(cell: str, code: str) -> None:
    with pytest.raises(ItemError) as refusal:
        urls.read_cell(cell)

    assert refusal.value.code == code
    assert refusal.value.message[:1] != " "
    assert len(refusal.value.message) < 300


def test_duplicates_are_found_in_one_form() -> None:
    same = ["http://EXAMPLE.org", "http://example.org:80/", "http://example.org/#x", "http://example.org/a/.."]
    other = ["https://example.org/", "http://example.org/?", "http://example.org/A", "http://example.org/a"]

    assert len({urls.key(cell) for cell in same}) == 1
    assert not {urls.key(cell) for cell in other} & {urls.key(cell) for cell in same}


def test_the_group_is_the_host_whatever_the_scheme_and_port() -> None:
    cells = ["http://Example.org/a", "https://example.org:8443/b", "example.org"]

    assert {urls.host(cell) for cell in cells} == {"example.org"}
    assert urls.host("http://例え.jp/") == "xn--r8jz45g.jp"


@pytest.mark.parametrize(
    "cell", ["http://once.example/a", " once.example/b ", "<https://once.example/c>", "[x](http://o.example)"]
)
def test_a_url_is_parsed_once_for_cell_group_key_and_request(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    real = ada_url.normalize_url
    monkeypatch.setattr(ada_url, "normalize_url", lambda given: parsed.append(given) or real(given))

    url = urls.read_cell(cell)
    found = urls.host(url), urls.key(url), urls.target(url).host

    assert all(found)
    assert len(parsed) == 1


def test_http_instead_of_https_keeps_a_port_that_was_named() -> None:
    assert urls.target("example.org/a").by_http().href == "http://example.org/a"
    assert urls.target("example.org/a").by_http().port == 80
    assert urls.target("example.org:8080/a").by_http().href == "http://example.org:8080/a"


def outcome(read: Callable[[], urls.Target]) -> str:
    """The code of a refusal; empty for a target, which is in ASCII and has a path."""
    try:
        target = read()
    except ItemError as error:
        return error.code
    return "" if target.href.isascii() and target.path.startswith("/") else "not a target"


@given(st.text(max_size=60))
def test_any_cell_is_a_url_or_a_coded_failure(cell: str) -> None:
    assert outcome(lambda: urls.target(urls.read_cell(cell))) in ("", "invalid_url", "unsupported_scheme")


@given(st.text(max_size=60))
def test_any_location_is_a_url_or_a_bad_redirect(location: str) -> None:
    base = urls.target("http://example.org/a")
    assert outcome(lambda: urls.join(base, location)) in ("", "bad_redirect")
