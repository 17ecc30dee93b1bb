"""The sample site's API: the same answer for the same request, also for what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobs.runtime.sample.api import Api


def ask(target: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any]:
    content = b"" if body is None else json.dumps(body).encode()
    found = Api().answer(method, target, headers, content)
    return found.status, json.loads(found.body or b"null")


def test_a_place_is_found_whatever_its_letters_and_an_unknown_one_has_no_result() -> None:
    assert ask("/geocode?q=S%C3%A3o+Paulo")[1]["results"][0]["country"] == "BR"
    assert ask("/geocode?q=atlantis") == (200, {"query": "atlantis", "results": []})


def test_an_unchanged_place_is_not_sent_again() -> None:
    api = Api()
    first = api.answer("GET", "/geocode?q=Bonn", {}, b"")
    again = api.answer("GET", "/geocode?q=Bonn", {"if-none-match": first.headers["ETag"]}, b"")

    assert (again.status, again.body) == (304, b"")


def test_a_completion_has_a_label_and_a_price() -> None:
    status, found = ask("/v1/chat/completions", "POST", {"messages": [{"role": "user", "content": "It came late."}]})

    assert (status, found["choices"][0]["message"]["content"]) == (200, "complaint")
    assert 0 < found["usage"]["cost"] < 0.001
    assert ask("/v1/chat/completions", "POST", {"messages": []})[0] == 400
    assert ask("/v1/chat/completions")[0] == 405


def test_an_echo_tells_what_was_asked() -> None:
    found = ask("/echo?a=1", "PUT", {"x": 2}, **{"x-team": "t", "cookie": "secret"})[1]

    assert (found["method"], found["query"], found["json"]) == ("PUT", {"a": "1"}, {"x": 2})
    assert found["headers"] == {"x-team": "t"}


@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_what_is_not_there_is_told_as_json(path: str) -> None:
    assert ask(path)[0] == 404


def test_a_busy_key_asks_for_patience_once() -> None:
    api = Api()

    assert [api.answer("GET", "/flaky?key=k", {}, b"").status for _ in range(3)] == [429, 200, 429]
