"""Which names and origins are let through."""

from __future__ import annotations

import pytest

from jobs.runtime.core import web_names

HOSTS = ["localhost", "127.0.0.1", "::1", "fanout.example", "*.inside.example"]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8501",
        "LOCALHOST.",
        "127.0.0.1:80",
        "[::1]:8501",
        "[::1]",
        "fanout.example",
        "a.b.inside.example:443",
    ],
)
def test_a_name_that_is_listed_is_let_through(host: str) -> None:
    assert web_names.is_allowed_host(host, HOSTS)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ":8501",
        "evil.example",
        "localhost.evil.example",
        "evil.example:localhost",
        "localhost@evil.example",
        "evil.example#localhost",
        "inside.example",
        "notinside.example",
        "[::1",
        "127.0.0.2",
        "0.0.0.0",
        "localhost:8501.evil.example",
        "evil.example\\@localhost",
        "user@localhost",
        "user:word@localhost:8501",
        "localhost:x",
        "localhost:8501:8501",
        "localhost/",
        "localhost ",
        "ｌocalhost",
        "[localhost]",
    ],
)
def test_a_name_that_is_not_listed_is_refused(host: str) -> None:
    assert not web_names.is_allowed_host(host, HOSTS)


def test_any_name_is_let_through_where_none_is_listed() -> None:
    assert web_names.is_allowed_host("evil.example", [])
    assert web_names.is_allowed_host("evil.example", ["*"])


@pytest.mark.parametrize("origin", ["http://localhost:8501", "https://LocalHost:8501", "https://Proxy.example"])
def test_the_pages_own_origin_and_listed_ones_are_let_through(origin: str) -> None:
    assert web_names.is_allowed_origin(origin, "localhost:8501", ["https://proxy.example/"])


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://evil.example",
        "http://localhost",
        "http://localhost:3000",
        "http://localhost:8501@evil.example",
        "http://[",
        "file://",
        "http://proxy.example",
    ],
)
def test_another_origin_is_refused(origin: str) -> None:
    assert not web_names.is_allowed_origin(origin, "localhost:8501", ["https://proxy.example"])


def test_no_origin_is_that_of_a_request_without_a_name() -> None:
    assert not web_names.is_allowed_origin("null", "", [])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_a_name_that_is_this_machines_to_itself(host: str) -> None:
    assert web_names.is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example", "example.org", "127.0.0.1.example"]
)
def test_a_name_that_others_may_reach(host: str) -> None:
    assert not web_names.is_loopback(host)
