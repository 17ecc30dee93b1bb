"""How the cell of a table becomes an item: whole numbers, numbers, URLs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from jobs.runtime.job import item_kinds


@pytest.mark.parametrize(
    ("cell", "number"),
    [("5000", 5000), (" 7 ", 7), ("007", 7), ("+5", 5), ("-1", -1), ("-0", 0), ("9" * 1000, int("9" * 1000))],
)
def test_whole_numbers_are_read(cell: str, number: int) -> None:
    assert item_kinds.read_integer(cell) == number


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("", "the cell is empty"),
        ("  \t", "the cell is empty"),
        ("2.5", '"2.5" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("five", '"five" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("1e5", '"1e5" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("True", '"True" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("٣", '"٣" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("1_000", '"1_000" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("0x10", '"0x10" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("1,000", '"1,000" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("--1", '"--1" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("1 2", '"1 2" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("9" * 5000, "a number of 5,000 digits is too long (at most 1,000)"),
    ],
)
def test_what_is_no_whole_number_has_its_sentence(cell: str, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:
        item_kinds.read_integer(cell)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("2.5", 2.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e5", 1e5),
        ("-1E-3", -0.001),
        ("1,5", 1.5),
        ("-0,125", -0.125),
        ("12,3456", 12.3456),
    ],
)
def test_numbers_are_read(cell: str, number: float) -> None:
    assert item_kinds.read_float(cell) == number


@pytest.mark.parametrize("cell", ["1,234", "1.234,56", "1,234.56", "1\u00a0234,5", "1'234.5", "1,234,567"])
def test_signs_between_thousands_are_not_guessed_at(cell: str) -> None:
    with pytest.raises(ValueError, match=r"want no signs between thousands, and a point, as in 2\.5"):
        item_kinds.read_float(cell)


@pytest.mark.parametrize("cell", ["", "nan", "inf", "1e999", "1_0", ".", "e5", "٣.٥", "0x1p3"])
def test_what_is_no_number_is_refused(cell: str) -> None:
    with pytest.raises(ValueError):
        item_kinds.read_float(cell)


@pytest.mark.parametrize(
    ("cell", "url"),
    [
        ("http://example.org", "http://example.org"),
        (" HTTPS://Example.org/A?b#c ", "HTTPS://Example.org/A?b#c"),
        ("example.org/page", "https://example.org/page"),
        ("example.org:8080/page", "https://example.org:8080/page"),
        ("example.org?next=http://other.example/", "https://example.org?next=http://other.example/"),
        ("münchen.example/straße", "https://münchen.example/straße"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
        ("<http://example.org/a_(b)>", "http://example.org/a_(b)"),
        ("[text](http://example.org/a_(b))", "http://example.org/a_(b)"),
        ("\u200b'example.org'\u2069", "https://example.org"),
    ],
)
def test_urls_are_read(cell: str, url: str) -> None:
    assert item_kinds.read_url(cell) == url


def read(cell: str) -> str:
    try:
        return item_kinds.read_url(cell)
    except ValueError as error:
        return f"refused: {error}"


@given(
    some.sampled_from(["http://", "https://", "HTTP://", " https://", "ftp://", ""]),
    some.text(some.sampled_from("aZ09.-_@:[]\\/?#%& \t\u00fc\u3002\u200b\n"), max_size=12),
    some.text(some.sampled_from("/?#a\\[]{}|~!\"'<>` @:\x7f\u00e9\n"), max_size=8),
)
def test_a_url_that_is_told_at_a_glance_is_read_as_any_other(scheme: str, host: str, path: str) -> None:
    cell, glance = scheme + host + path, item_kinds._ORDINARY
    at_a_glance = read(cell)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(item_kinds, "_ORDINARY", re.compile("(?!)"))
        assert read(cell) == at_a_glance
    assert item_kinds._ORDINARY is glance


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("", "the cell is empty"),
        ("htp:/x", '"htp:/x" is not a URL (want http:// or https://)'),
        ("ftp://example.org/", '"ftp://example.org/" is not a URL (want http:// or https://)'),
        ("javascript:alert(1)", '"javascript:alert(1)" is not a URL (want http:// or https://)'),
        ("mailto:ann@example.org", '"mailto:ann@example.org" is not a URL (want http:// or https://)'),
        ("not a url", '"not a url" is not a URL (want http:// or https://)'),
        ("http://example.org/a b", '"http://example.org/a b" is not a URL (want http:// or https://)'),
        ("localhost", '"localhost" is not a URL (want http:// or https://)'),
        ("5000", '"5000" is not a URL (want http:// or https://)'),
        ("http://", '"http://" is not a URL: it names no host'),
        ("http:///path", '"http:///path" is not a URL: it names no host'),
        ("http://[::1/", '"http://[::1/" is not a URL: it names no host'),
        (
            "http://example.org:99999/",
            '"http://example.org:99999/" is not a URL: its port is not a number from 0 to 65535',
        ),
        ("http://example.org:x/", '"http://example.org:x/" is not a URL: its port is not a number from 0 to 65535'),
        ("http://e.example/" + "a" * 9000, "a URL of 9,017 characters is too long (at most 8,192)"),
    ],
)
def test_what_is_no_url_has_its_sentence(cell: str, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:
        item_kinds.read_url(cell)

    assert str(refused.value) == sentence


def test_control_characters_are_in_no_url() -> None:
    for character in "\x00\x07\x1b\x7f\x85":
        with pytest.raises(ValueError, match="is not a URL"):
            item_kinds.read_url(f"http://example.org/{character}/")


def test_columns_are_recognised_by_their_cells() -> None:
    for cell in ("http://x", "example.org", "www.example.org/a?b"):
        assert item_kinds.URL.looks_like(cell)
    for cell in ("", "5000", "2.5", "hello", "ann@example.org", "10:30"):
        assert not item_kinds.URL.looks_like(cell)
    assert item_kinds.INTEGER.looks_like(" 12 ")
    assert not item_kinds.INTEGER.looks_like("1.2")
    assert item_kinds.FLOAT.looks_like("1.2")
    assert not item_kinds.FLOAT.looks_like("x")
    assert not item_kinds.TEXT.looks_like("  ")


def test_cells_are_quoted_short_and_on_one_line() -> None:
    assert item_kinds.shorten("a\n  b") == '"a b"'
    assert item_kinds.shorten("x" * 61) == f'"{"x" * 59}…"'
