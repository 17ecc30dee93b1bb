"""One row's request over the wire: what is sent, what an answer means, and what is never sent twice."""

from __future__ import annotations

import json
import time

import pytest

from tests.request.conftest import Api, Ask

POST = {"method": "POST", "body": '{"text": "{text}"}'}


def test_a_request_is_sent_as_the_row_makes_it_and_its_answer_is_taken_apart(api: Api, ask: Ask) -> None:
    api.say = lambda _: (200, {}, {"found": [{"name": "x"}], "cost": 0.25})

    row = ask(
        {"text": 'a "b"', "q": "c d"},
        api.url("/v1?q={q}"),
        "name = $.found[0].name",
        "cost: float = $.cost",
        method="POST",
        body='{"text": "{text}"}',
        query=("more = {q}",),
        headers=("X-Team: t-{q}",),
        show=True,
    )

    (asked,) = api.came
    assert (asked.method, asked.path) == ("POST", "/v1?q=c+d&more=c+d")
    assert json.loads(asked.body) == {"text": 'a "b"'}
    assert (asked.headers["x-team"], asked.headers["content-type"]) == ("t-c d", "application/json")
    assert (row["status"], row["name"], row["cost"], row["code"]) == (200, "x", 0.25, "")
    assert json.loads(row["answer"])["cost"] == 0.25
    assert row["request"].startswith("POST /v1?q=c+d&more=c+d HTTP/1.1\nHost: 127.0.0.1\n")
    assert row["request"].endswith('\n\n{"text": "a \\"b\\""}')


def test_a_form_and_a_text_are_sent_as_such(api: Api, ask: Ask) -> None:
    ask({"a": "1 & 2"}, api.url(), method="POST", body_type="form", body="x = {a}\ny = z")
    ask({"a": "1 & 2"}, api.url(), method="PUT", body_type="text", body="<{a}>")

    assert [asked.body for asked in api.came] == ["x=1+%26+2&y=z", "<1 & 2>"]
    assert api.came[0].headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("status", "headers", "later", "code"),
    [
        (404, {}, False, "http_4xx"),
        (429, {"Retry-After": "7"}, True, "rate_limited"),
        (503, {"Retry-After": "7"}, True, "http_5xx"),
        (500, {}, False, "http_5xx"),
    ],
)
def test_a_post_is_tried_again_only_where_the_server_says_that_it_did_nothing(
    api: Api, ask: Ask, status: int, headers: dict, later: bool, code: str
) -> None:
    api.say = lambda _: (status, headers, {"error": "why"})

    row = ask({"text": "a"}, api.url(), **POST)

    assert (row["code"], "later" in row, row["status"]) == (code, later, status)
    assert json.loads(row["answer"]) == {"error": "why"}
    assert row.get("later", 7) == 7


@pytest.mark.parametrize(
    ("wishes", "later"),
    [
        ({}, False),
        ({"repeatable": True}, True),
        ({"idempotency_key": "id"}, True),
    ],
)
def test_a_post_that_may_have_been_received_is_not_sent_again_unless_that_is_safe(
    api: Api, ask: Ask, wishes: dict, later: bool
) -> None:
    api.say = lambda _: None

    row = ask({"text": "a", "id": "k-1"}, api.url(), **POST, **wishes)

    assert (row["code"], "later" in row) == ("connection_reset", later)
    assert ("may have been received, and is not sent again" in row["error"]) is not later
    assert [asked.headers.get("idempotency-key") for asked in api.came] == [
        "k-1" if "idempotency_key" in wishes else None
    ]


def test_a_connection_that_was_kept_and_cut_costs_a_post_no_second_sending(api: Api, ask: Ask) -> None:
    assert ask({"text": "a"}, api.url(), **POST)["code"] == ""
    api.say = lambda _: None

    assert ask({"text": "b"}, api.url(), **POST)["code"] == "connection_reset"
    assert [json.loads(asked.body)["text"] for asked in api.came] == ["a", "b"]


def test_headers_of_ones_own_go_to_their_origin_alone(api: Api, ask: Ask) -> None:
    other = f"http://localhost:{api.port}/there"
    api.say = lambda asked: (307, {"Location": other}, {}) if asked.path == "/" else (200, {}, {"ok": 1})

    row = ask({}, api.url(), headers=("Authorization: Bearer x",))

    assert (row["code"], [asked.headers.get("authorization") for asked in api.came]) == (
        "redirected",
        ["Bearer x", None],
    )


@pytest.mark.parametrize(
    ("status", "method", "came"),
    [(303, "POST", ["POST", "GET"]), (307, "POST", ["POST", "POST"]), (302, "PUT", ["PUT", "PUT"])],
)
def test_behind_a_redirect_the_method_is_that_of_the_standard(
    api: Api, ask: Ask, status: int, method: str, came: list[str]
) -> None:
    api.say = lambda asked: (status, {"Location": "/there"}, {}) if asked.path == "/" else (200, {}, {})

    assert ask({"text": "a"}, api.url(), method=method, body='"{text}"')["code"] == "redirected"
    assert [asked.method for asked in api.came] == came
    assert [bool(asked.body) for asked in api.came] == [method != "GET" for method in came]


def test_what_is_no_json_fails_only_where_something_is_taken_out_of_it(api: Api, ask: Ask) -> None:
    api.say = lambda _: (200, {"Content-Type": "text/plain"}, b"plain words")

    assert ask({}, api.url())["answer"] == "plain words"
    assert ask({}, api.url(), "x = $.x")["code"] == "not_json"


def test_a_large_answer_is_cut_and_nothing_is_taken_out_of_a_part(api: Api, ask: Ask) -> None:
    api.say = lambda _: (200, {}, {"text": "x" * 5_000})

    cut = ask({}, api.url(), max_bytes=2_000, chars=100)

    assert (cut["code"], len(cut["answer"])) == ("truncated", 100)
    assert "raise --max-bytes" in ask({}, api.url(), "x = $.text", max_bytes=2_000)["error"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://10.0.0.1/", "http://169.254.169.254/latest"])
def test_nothing_private_is_reached(ask: Ask, monkeypatch: pytest.MonkeyPatch, url: str, api: Api) -> None:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "")

    row = ask({"port": str(api.port)}, url)

    assert row["code"] in ("private_address", "blocked_port")
    assert api.came == []


def test_a_cell_puts_nothing_into_a_header(api: Api, ask: Ask) -> None:
    row = ask({"x": "a\r\nX-Evil: 1"}, api.url(), headers=("X-Team: {x}",))

    assert (row["code"], api.came) == ("invalid_item", [])


@pytest.mark.slow
def test_an_api_may_think_for_as_long_as_its_row_has(api: Api, ask: Ask) -> None:
    def slow(_: object) -> tuple[int, dict[str, str], object]:
        time.sleep(10.5)  # longer than a web page may take to begin
        return 200, {}, {"ok": True}

    api.say = slow

    assert ask({}, api.url(), timeout=30.0)["status"] == 200


@pytest.mark.parametrize(
    ("kind", "body", "name"),
    [
        ("application/json; charset=undefined", '{"name": "Zoë"}'.encode(), "Zoë"),
        ("application/json; charset=idna", '{"name": "Zoë"}'.encode(), "Zoë"),
        ("application/json; charset=unicode_escape", b'{"name": "Zo\\\\u00eb"}', "Zo\\u00eb"),
        ("application/json; charset=ISO-8859-1", '{"name": "Zoë"}'.encode("latin-1"), "Zoë"),
        ("application/json; charset=ISO-8859-1", '{"name": "Zoë"}'.encode(), "Zoë"),
        ("application/json; charset='windows-1251'", '{"name": "Зоя"}'.encode("cp1251"), "Зоя"),
        ("application/json", '{"name": "Zoë"}'.encode("utf-16"), "Zoë"),
        ("application/json", '{"name": "Zoë"}'.encode("utf-8-sig"), "Zoë"),
        (
            "application/json; charset=utf-8",
            b'{"name": "Zo\\xeb"}'.replace(b"\\xeb", b"\xeb"),
            "Zo\N{REPLACEMENT CHARACTER}",
        ),
    ],
)
def test_an_answer_is_read_in_its_encoding_whatever_that_is_called(
    api: Api, ask: Ask, kind: str, body: bytes, name: str
) -> None:
    api.say = lambda _: (200, {"Content-Type": kind}, body)

    row = ask({}, api.url(), "name = $.name")

    assert (row["code"], row["name"]) == ("", name)
    assert json.loads(row["answer"]) == {"name": name}


def test_numbers_of_any_length_are_taken_out_of_an_answer(api: Api, ask: Ask) -> None:
    api.say = lambda _: (200, {}, b'{"id": ' + b"7" * 5_000 + b', "b": 2}')

    row = ask({}, api.url(), "id: text = $.id", "b = $.b")

    assert (row["id"], row["b"]) == ("7" * 5_000, 2)


@pytest.mark.parametrize("depth", [900, 100_000])
def test_an_answer_that_is_nested_too_deep_is_that_rows_failure(api: Api, ask: Ask, depth: int) -> None:
    api.say = lambda _: (200, {}, b'{"a":' * depth + b"1" + b"}" * depth)

    assert ask({}, api.url(), "b = $..b")["code"] == "not_json"
