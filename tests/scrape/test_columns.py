"""Which columns a run asks for: presets, names and headers; what is not asked for is neither read nor fetched."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from jobs.runtime import catalog
from jobs.runtime.core.errors import BadParams
from jobs.runtime.job.params import validate_params
from jobs.scrape import columns, outcome
from jobs.scrape.page import reader
from jobs.scrape.page.page_columns import LINKS, PARTS, STRUCTURE, TEXT
from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import Peer, Script, answer, says

PAGE = b"<title>a</title><p>word <a href=/x>link</a>"


@pytest.fixture(scope="module")
def job() -> catalog.Job:
    return catalog.load("scrape")


def page(body: bytes = PAGE, **headers: str) -> Script:
    def script(peer: Peer, request: bytes) -> bool:
        sent = b"" if request.startswith(b"HEAD ") else body
        length = {"Content-Length": str(len(body)), "Content-Type": "text/html"}
        peer.send(answer(sent, headers={**length, **headers}))
        return True

    return script


def methods(server: Any) -> list[str]:
    return [request.split()[0].decode() for request in server.requests]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("status,title,header:server", ["status", "title", "header:server"]),
        (" Title ; H1\nlang ", ["title", "h1", "lang"]),
        ("title,title,header:X-Key,header:x-key", ["title", "header:x-key"]),
        ("", list(columns.of_preset("everything"))),
        ("status", list(columns.of_preset("status"))),
        ("header:server,status", ["header:server", "status"]),
        ("facts,excerpt", [*columns.of_preset("facts"), "excerpt"]),
    ],
)
def test_columns_are_those_that_are_named_in_their_order(text: str, names: list[str], job: catalog.Job) -> None:
    assert [column.name for column in job.columns({"columns": text})] == names
    assert all(column.help for column in job.columns({"columns": text}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title,titel", '"titel" is no column: title is the nearest name'),
        ("stats", '"stats" is no column: status is the nearest name'),
        ("textchars", '"textchars" is no column: text_chars is the nearest name'),
        ("heder:server", '"heder:server" is no column: header:server is the nearest name'),
        ("headers:server", '"headers:server" is no column: header:server is the nearest name'),
        ("header:", '"header:" is no column: '),
        ("page_warc", '"page_warc" is no column to ask for: it comes with save_pages'),
        (
            "zzz",
            '"zzz" is no column: give everything, facts, text, status, content, contacts, seo, '
            "names of columns (as title), or header:NAME",
        ),
        ("header:a(b", '"header:a(b" is no column'),
    ],
)
def test_a_wrong_name_is_refused_with_the_nearest_one(text: str, said: str, job: catalog.Job) -> None:
    with pytest.raises(BadParams) as caught:
        validate_params(job, {"columns": text})

    assert said in str(caught.value)


def test_headers_of_the_answer_are_columns(ask: Ask, serve: Serve) -> None:
    server = serve(page(Server="tiny", **{"X-Long": "y" * 900}))

    row = ask(server.url(), columns="title,header:SERVER,header:x-long,header:x-none")

    assert (row["title"], row["header:server"], row["header:x-none"]) == ("a", "tiny", None)
    assert (len(row["header:x-long"]), row["header:x-long"][-1]) == (500, "…")
    assert set(row) == {"title", "header:server", "header:x-long", "header:x-none", "code"}


def test_a_failure_has_its_headers_too(ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(b"no", status="404 Not Found", headers={"Server": "tiny", "Content-Type": "text/html"})))

    row = ask(server.url(), columns="header:server")

    assert (row["code"], row["header:server"]) == ("http_4xx", "tiny")


@pytest.mark.parametrize(
    ("wishes", "asked"),
    [
        ({"columns": "final_url,header:server,etag"}, ["HEAD"]),
        ({"columns": "etag,title"}, ["GET"]),
        ({"columns": "etag", "fields": "a = a"}, ["GET"]),
        ({"columns": "parse_seconds"}, ["GET"]),
    ],
)
def test_head_suffices_where_no_column_is_of_the_page(
    wishes: dict[str, str], asked: list[str], ask: Ask, serve: Serve
) -> None:
    server = serve(page())

    assert ask(server.url(), **wishes)["code"] == ""
    assert methods(server) == asked


@pytest.mark.parametrize("name", sorted(columns.LEFT_OUT["status"]))
def test_what_a_good_head_lacks_is_asked_by_get(name: str, ask: Ask, serve: Serve) -> None:
    server = serve(page())

    assert ask(server.url(), columns=f"status,{name}")["code"] == ""
    assert methods(server) == ["GET"]


def test_only_the_parts_of_a_page_are_read_that_columns_need(
    ask: Ask, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[frozenset[str]] = []
    real = reader.read
    monkeypatch.setattr(
        reader, "read", lambda *given, parts, **more: read.append(parts) or real(*given, parts=parts, **more)
    )
    large = serve(page(PAGE + b"<p>word" * outcome.TEST_BYTES))
    small = serve(page())

    for columns_asked in ("title", "title,links_internal", "author", "everything"):
        assert ask(large.url(), columns=columns_asked)["code"] == ""
    ask(small.url(), columns="title")

    assert read == [frozenset(), frozenset({LINKS}), frozenset({STRUCTURE}), PARTS, frozenset({TEXT})]


def test_a_test_for_robots_is_known_whatever_columns_are_asked_for(ask: Ask, serve: Serve) -> None:
    server = serve(page(b"<title>Just a moment</title><script>window._cf_chl_opt={}</script>"))

    assert ask(server.url(), columns="title")["code"] == "blocked_challenge"


def test_a_large_page_whose_text_is_not_counted_is_no_test_for_robots(ask: Ask, serve: Serve) -> None:
    body = b"<script>var x = 1;</script><iframe src=/_Incapsula_Resource?x></iframe>" + b"<p>word" * outcome.TEST_BYTES

    assert ask(serve(page(body)).url(), columns="title")["code"] == ""


def test_a_column_that_people_call_note_is_theirs() -> None:
    ours = {name for preset in typing.get_args(columns.Preset) for name in columns.of_preset(preset)}

    assert {"fetch_notes", "reading_notes"} <= ours
    assert not ours & {"note", "notes", "name", "id", "comment", "remarks"}


def test_every_preset_is_a_name_that_the_form_offers() -> None:
    assert set(columns.LEFT_OUT) == set(typing.get_args(columns.Preset))
    assert not set(columns.LEFT_OUT) - {"status"} & set(columns.of_preset("everything"))
