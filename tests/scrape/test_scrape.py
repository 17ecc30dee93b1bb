"""The job as its mark gives it: hooks, params, presets, codes; what is tried again, what is said of the host."""

from __future__ import annotations

import datetime
import random
import re
import subprocess
import sys
import threading
import time
import typing
from pathlib import Path

import pytest

from jobs import ItemError, scrape
from jobs.runtime import catalog
from jobs.runtime.core.errors import BadParams
from jobs.runtime.job import context
from jobs.runtime.job.params import validate_params
from jobs.runtime.runner.blame import GRACE
from jobs.scrape import columns
from jobs.scrape.attempt import WorkerTools
from jobs.scrape.codes import CODES
from jobs.scrape.options import ScrapeOptions
from jobs.web import retry_policy, status_failures, urls
from tests.scrape.conftest import Ask, Names, Serve, visit_by, wishes_of
from tests.scrape.hostile import Peer, answer, page, redirect, says


@pytest.fixture(scope="module")
def job() -> catalog.Job:
    return catalog.load("scrape")


def test_the_job_is_found_with_its_params_and_columns(job: catalog.Job) -> None:
    assert (job.name, job.title, job.bound, job.item_name) == ("scrape", "Read web pages", "io", "url")
    assert {param.name for param in job.params} == set(ScrapeOptions.__dataclass_fields__)
    saved = {"save_pages": True, "save_content": True, "pdf": True}
    named = [
        column.name for column in job.columns({**saved, "columns": "everything,content,contacts,seo,fragment_found"})
    ]
    assert {name for name in named if ":" not in name} == {column.name for column in job.fixed_columns}
    assert [column.name for column in job.columns(saved)] == [
        *(column.name for column in job.columns({})),
        "page_warc",
        "page_md",
        "pdf_pages",
        "pdf_text",
    ]
    assert len(named) == len(set(named))
    assert all(column.help for column in job.fixed_columns)


def test_a_status_check_keeps_no_pages(job: catalog.Job) -> None:
    assert job.columns({"save_pages": True, "columns": "status"}) == job.columns({"columns": "status"})


@pytest.mark.parametrize("preset", typing.get_args(columns.Preset))
def test_a_preset_returns_exactly_its_columns(preset: columns.Preset, ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(b"<title>a</title><p>word", headers={"ETag": "x", "Last-Modified": "y"}), keep=True))

    row = ask(server.url(), columns=preset)

    declared = [column.name for column in catalog.load("scrape").columns({"columns": preset})]
    assert set(row) - {"code"} <= set(declared)
    assert {"status", "final_url", "total_seconds"} <= set(row)
    assert ("title" in row) == (preset != "status")
    assert set(declared) - set(row) == set()


def test_own_fields_are_columns_before_the_first_row(job: catalog.Job, ask: Ask, serve: Serve) -> None:
    fields = "price = .price\ntags = all .tag\nhow_many = count .tag"
    server = serve(says(answer(b"<p class=price>12</p><i class=tag>a</i><i class=tag>b</i>")))

    row = ask(server.url(), fields=fields, columns="facts")

    own = [(c.name, c.type) for c in job.columns({"columns": "facts", "fields": fields}) if c.name.startswith("field_")]
    assert own == [("field_price", "str"), ("field_tags", "json"), ("field_how_many", "int")]
    assert (row["field_price"], row["field_tags"], row["field_how_many"]) == ("12", ["a", "b"], 2)


def test_a_wrong_selector_is_refused_before_the_run(job: catalog.Job) -> None:
    with pytest.raises(BadParams, match="line 2"):
        validate_params(job, {"fields": "a = p\nb = p["})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", 0),
        ("timeout", 1e9),
        ("max_bytes", 0),
        ("max_bytes", 10**12),
        ("user_agent", "a\r\nX-Evil: 1"),
        ("accept_language", "\n"),
        ("columns", "all"),
        ("reader", "html.parser"),
    ],
)
def test_a_param_out_of_its_limits_is_refused(name: str, value: object, job: catalog.Job) -> None:
    with pytest.raises(BadParams, match=name):
        validate_params(job, {name: value})


def test_the_defaults_are_within_the_limits(job: catalog.Job) -> None:
    params = validate_params(job, {})

    assert params["user_agent"].startswith("Fanout/")
    assert params["robots"] is True


def test_an_ordinary_call_gives_a_row(serve: Serve) -> None:
    row = scrape.scrape(serve(page("plain call")).url("/x"))

    assert (row["title"], row["status"], row["code"]) == ("plain call", 200, "")


def test_an_ordinary_call_of_no_url_is_an_item_error() -> None:
    with pytest.raises(ItemError) as refusal:
        scrape.scrape("http://user:pw@example.org/")

    assert refusal.value.code == "invalid_url"


def test_listing_the_job_loads_no_network_and_no_parser() -> None:
    heavy = "requests urllib3 lxml bs4 ada_url protego psutil idna".split()
    program = f"import sys, jobs.scrape; print([name for name in {heavy!r} if name in sys.modules])"
    project = Path(__file__).resolve().parents[2]

    printed = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=True)

    assert printed.stdout.strip() == "[]"


def test_fetching_loads_no_css_selectors_without_fields(serve: Serve) -> None:
    server = serve(page())
    program = (
        "import sys; from jobs.scrape import scrape; "
        f"assert scrape({server.url()!r})['title'] == 'ok'; print('bs4' in sys.modules, 'soupsieve' in sys.modules)"
    )
    project = Path(__file__).resolve().parents[2]

    printed = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=True)

    assert printed.stdout.strip() == "False False"


def test_the_codes_in_the_sources_are_the_codes_that_are_declared() -> None:
    """Every code a source raises is in the closed list, and every code of the list is raised somewhere."""
    folders = (Path(scrape.__file__).parent, Path(urls.__file__).parent)
    paths = (path for folder in folders for path in folder.rglob("*.py") if path.name != "codes.py")
    sources = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    raised = set(re.findall(r'ItemError\(\s*"([a-z_0-9]+)"', sources))

    assert raised <= {*CODES, "timeout"}
    assert {code for code in CODES if f'"{code}"' not in sources} == set()


# --- what is tried again, and what is said of the host --------------------------------------------------------------


class Said(typing.NamedTuple):
    row: dict[str, typing.Any]
    paces: dict[str, typing.Any]


def in_machine(tools: WorkerTools, url: str, *, attempt: int = 1, seconds: float = 10.0, **wishes: typing.Any) -> Said:
    """One attempt as the machine makes it, and what it said of the host."""
    here = context.Context(attempt=attempt, deadline=time.monotonic() + seconds)
    context.enter(here)
    try:
        return Said(visit_by(tools, url, **wishes), here.paces)
    finally:
        context.enter(None)


def test_a_good_answer_tells_its_latency(tools: WorkerTools, serve: Serve) -> None:
    said = in_machine(tools, serve(page()).url())

    assert 0 < said.paces["latency"] < 5
    assert "error" not in said.paces


@pytest.mark.parametrize("status", sorted(retry_policy.RETRIED_STATUSES))
def test_what_may_pass_is_tried_again(status: int, tools: WorkerTools, serve: Serve) -> None:
    said = in_machine(tools, serve(says(answer(b"<title>sorry</title>", status=f"{status} x"))).url())

    assert 1.0 <= said.row["later"] <= 3.0
    assert said.row["code"] == status_failures.code_of(status)
    assert (said.row["status"], said.row["title"]) == (status, "sorry")
    assert said.paces["error"] is True
    assert ("hold" in said.paces) == (status in (429, 503))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 451, 501, 505, 526])
def test_what_will_not_pass_is_not_tried_again(status: int, tools: WorkerTools, serve: Serve) -> None:
    said = in_machine(tools, serve(says(answer(status=f"{status} x"))).url())

    assert "later" not in said.row
    assert "hold" not in said.paces
    assert said.paces["latency"] > 0


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("7", 7, 7), ("99999999", 300, 300), ("-5", 1, 3), ("soon", 1, 3), ("Thu, 01 Jan 1990 00:00:00 GMT", 1, 3)],
)
def test_retry_after_holds_the_host(
    status: int, header: str, least: float, most: float, tools: WorkerTools, serve: Serve
) -> None:
    server = serve(says(answer(status=f"{status} x", headers={"Retry-After": header})))

    said = in_machine(tools, server.url())

    assert least <= said.paces["hold"] <= most
    assert said.row["later"] == said.paces["hold"]
    assert said.row["code"] == ("rate_limited" if status == 429 else "http_5xx")
    assert said.paces["why"] == ("Retry-After" if least >= 7 else f"status {status}")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 12 ", 12.0),
        ("99999999999999999999", 300.0),
        ("Sun, 06 Nov 1994 08:50:07 GMT", 30.0),
        ("Sunday, 06-Nov-94 08:50:07 GMT", 30.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 300.0),
        ("Sun, 06 Nov 1994 08:49:07 GMT", None),
        ("Sun, 99 Nov 1994 08:49:07 GMT", None),
        ("1.5", 1.5),
        ("30s", 30.0),
        ("30 Seconds", 30.0),
        ("30 minutes", None),
        ("30,", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, seconds: float | None) -> None:
    now = datetime.datetime(1994, 11, 6, 8, 49, 37, tzinfo=datetime.UTC)

    assert retry_policy.asked_seconds(header, now) == seconds


def test_without_retry_after_the_wait_doubles_with_jitter_up_to_a_limit() -> None:
    chance = random.Random(1)
    waits = [[retry_policy.own_seconds(attempt, chance) for _ in range(200)] for attempt in (1, 2, 3, 20)]

    assert all(1 <= wait <= 3 for wait in waits[0])
    assert all(2 <= wait <= 6 for wait in waits[1])
    assert all(4 <= wait <= 12 for wait in waits[2])
    assert set(waits[3]) == {300.0}
    assert max(waits[0]) - min(waits[0]) > 1


def test_a_host_that_is_not_reached_is_reported_as_down(tools: WorkerTools, names: Names) -> None:
    names.say("h.test", ["127.0.0.1"])

    refused = in_machine(tools, "http://h.test:9994/")
    unknown = in_machine(tools, "http://unknown.test/")

    assert (refused.row["code"], refused.paces["close"]) == ("connect_refused", "host_down")
    assert (unknown.row["code"], unknown.paces["close"]) == ("dns_not_found", "host_down")
    assert "later" not in refused.row


def test_a_visit_ends_itself_before_the_machines_deadline(tools: WorkerTools, serve: Serve) -> None:
    """It gives itself less time than it has, and ends before the machine would end it (a second after its deadline)."""

    def silent(peer: Peer, _request: bytes) -> None:
        peer.stay()

    said = in_machine(tools, serve(silent).url(), seconds=0.8, timeout=30)

    assert said.row["code"] == "timeout"
    (within,) = re.findall(r"no complete answer within ([0-9.]+) s", said.row["error"])
    assert float(within) <= 0.72
    assert said.row["total_seconds"] < 0.8 + GRACE
    assert said.paces["error"] is True


def test_a_status_check_asks_by_head_and_reads_nothing(ask: Ask, serve: Serve) -> None:
    server = serve(says(answer(b"", headers={"Content-Length": "123456", "Content-Type": "text/html"}), keep=True))

    row = ask(server.url(), columns="status")

    assert [request.split()[0] for request in server.requests] == [b"HEAD"]
    assert (row["code"], row["status"], row["bytes"]) == ("", 200, 123_456)


@pytest.mark.parametrize("refusal", ["405 No", "501 No", "403 No", "400 No", "404 No", ""])
def test_a_status_check_asks_by_get_where_head_is_refused(refusal: str, ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> None:
        if request.startswith(b"HEAD"):
            peer.send(f"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n".encode() if refusal else b"")
        else:
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"x" * 1000)

    server = serve(script)

    row = ask(server.url(), columns="status")

    assert [request.split()[0] for request in server.requests] == [b"HEAD", b"GET"]
    assert (row["code"], row["status"]) == ("", 200)


def test_a_status_check_follows_redirects(ask: Ask, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        peer.send(redirect("/b") if b" /a " in request else answer(b"", headers={"Content-Length": "7"}))
        return True

    row = ask(serve(script).url("/a"), columns="status")

    assert (row["code"], row["redirects"], row["bytes"]) == ("redirected", 1, 7)


@pytest.mark.parametrize("reader", ["fast", "beautifulsoup"])
def test_both_readers_fill_the_row(reader: str, ask: Ask, serve: Serve) -> None:
    row = ask(serve(page("the title")).url(), reader=reader)

    assert (row["title"], row["text_chars"]) == ("the title", 9)
    assert row["parse_seconds"] > 0


@pytest.mark.usefixtures("restless")
def test_many_threads_share_one_fetcher(tools: WorkerTools, serve: Serve) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        peer.send(answer(f"<title>{request.split()[1].decode()}</title>".encode()))
        return True

    server = serve(script)
    wrong: list[str] = []

    def work(thread: int) -> None:
        for number in range(20):
            path = f"/{thread}-{number}"
            row = visit_by(tools, server.url(path))
            if row["code"] or row["title"] != path:
                wrong.append(path)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert server.connections <= 16
    assert len(server.requests) == 320


def test_every_wish_of_a_run_is_a_wish_of_a_visit() -> None:
    assert wishes_of(user_agent="").product == "*"
    assert wishes_of(user_agent="/bot").product == "*"
    assert wishes_of(user_agent="Me/1 you").product == "Me"
    assert wishes_of(user_agent="Mozilla compatible").product == "Mozilla"
