"""What no honest program sends, and what goes wrong around the server: each ends as a problem, and nothing is lost."""

from __future__ import annotations

import contextlib
import errno
import json
import random
import shutil
import socket
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.runtime import client
from jobs.runtime.api import body, connection, operations, service
from jobs.runtime.core.access import Scope
from jobs.runtime.core.errors import FullError
from jobs.runtime.core.home_folder import STORE
from tests.api.conftest import Program
from tests.support.machine import Machine, until

JSON = {"Content-Type": "application/json"}
HEAD = "{method} /api{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{more}\r\n"


def head_of(program: Program, path: str = "/runs", method: str = "POST", **headers: str) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
    return HEAD.format(method=method, path=path, token=program.token, more=more).encode()


def linked(program: Program, number: int) -> list[socket.socket]:
    return [socket.create_connection(("127.0.0.1", program.server.port), timeout=10) for _ in range(number)]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"nul", 400),
        (b"\xff\xfe{}", 400),
        (b'{"job": "noop", "items": [NaN]}', 400),
        (b'{"job": "noop", "items": [Infinity]}', 400),
        (b'{"job": "noop", "items": [1e999]}', 422),
        (b'{"job": "noop", "items": ["\\ud800"]}', 400),
        (b'{"job": "noop", "items": [' + b"9" * 5_000 + b"]}", 422),
        (b'{"job": "noop", "items": ["a"]} {}', 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"' + b"a" * 100_000 + b'"', 422),
        (b"[" * 100_000, 422),
        (b'{"job": "noop", "items": ["a"], "params": {"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}", 400),
        (b'{"job": "noop", "items": ["a"], "params": {"x": ' + b"[" * 900 + b"]" * 900 + b"}}", 422),
        (b'{"job": "noop", "items": ["a"], "params": {"__class__": 1}}', 422),
        (b'{"job": "../noop", "items": ["a"]}', 422),
        (b'{"job": "\\u0000", "items": ["a"]}', 422),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_body_that_is_no_request_starts_nothing(program: Program, content: bytes, status: int) -> None:
    answer = program("POST", "/runs", data=content, headers=JSON)

    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert client.count_runs() == 0


@pytest.mark.parametrize(
    "asked",
    [
        {"items": [1] * 100_001},
        {"rows": [{}] * 100_001},
        {"rows": [{str(number): 1 for number in range(2_001)}]},
        {"rows": [{str(number): 1 for number in range(1_000)}, *[{"a": 1}] * 2_000]},
    ],
    ids=["items", "rows", "columns", "cells"],
)
def test_a_list_that_would_keep_the_server_busy_is_sent_away(program: Program, asked: dict[str, object]) -> None:
    answer = program("POST", "/runs", json={"job": "noop", **asked})

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert "send them as a file" in answer.json()["detail"]


def test_odd_texts_are_kept_as_cells_are(program: Program) -> None:
    started = program.start(job="noop", items=["\0", "\u202e", "=1+1", "a\nb"], name="x\0\u202e y")

    assert [item.cell for item in client.items(started["id"])] == ["\ufffd", "\u202e", "=1+1", "a\nb"]
    assert program("GET", "/runs").json()["runs"][0]["name"] == started["name"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
def test_a_body_of_another_type_is_refused(program: Program, kind: str) -> None:
    answer = program("POST", "/runs", data=b'{"job": "noop", "items": ["a"]}', headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "bad_type")


def test_a_packed_body_is_refused(program: Program) -> None:
    answer = program("POST", "/runs", data=b"x", headers={**JSON, "Content-Encoding": "gzip"})

    assert answer.status_code == 415


def test_a_huge_body_is_refused_at_its_head(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "LEFT_SECONDS", 0.1)
    for length in (body.MOST_JSON + 1, 10**30):
        answer = program.server.raw(head_of(program, Content_Type="application/json", Content_Length=str(length)))

        assert answer[9:12] in (b"413", b"400")


def test_a_huge_body_without_a_length_is_refused_on_the_way(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "MOST_JSON", 100_000)
    piece = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"

    answer = program.server.raw(
        head_of(program, Content_Type="application/json", Transfer_Encoding="chunked") + piece * 20 + b"0\r\n\r\n"
    )

    assert answer[9:12] == b"413"


def test_a_large_file_is_refused(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.runtime.reader.MOST_UPLOADED", 1_000)
    files = {"run": (None, '{"job": "noop"}'), "file": ("a.csv", b"a\n" * 600)}

    answer = program("POST", "/runs", files=files)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=a", b"x"),
        ("multipart/form-data; boundary=a", b"--a\r\n\r\n"),
        ("multipart/form-data; boundary=a", b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--\r\n"),
        ("multipart/form-data; boundary=" + "a" * 5_000, b"x"),
        ("multipart/mixed; boundary=a", b"--a--"),
        (
            "multipart/form-data; boundary=a",
            b'--a\r\nContent-Disposition: form-data; name="run"\r\n\r\n{}\r\n--a--\r\n',
        ),
        ("multipart/form-data; boundary=a", b"--a\r\n" + b"X: y\r\n" * 50_000),
    ],
)
def test_a_form_that_is_none_is_refused(program: Program, kind: str, content: bytes) -> None:
    answer = program("POST", "/runs", data=content, headers={"Content-Type": kind})

    assert answer.status_code in (400, 415, 422), answer.text
    assert client.count_runs() == 0


@pytest.mark.parametrize(
    "parts", [["file"], ["run"], ["run", "file", "more"], ["run", "file", "file"], ["run", "run", "file"]]
)
def test_a_form_has_two_parts(program: Program, parts: list[str]) -> None:
    given = [(name, (None, '{"job": "noop"}') if name != "file" else ("a.csv", b"a\n")) for name in parts]

    answer = program("POST", "/runs", files=given)

    assert (answer.status_code, answer.json()["code"]) in ((400, "bad_form"), (422, "bad_form"))


def test_a_file_that_is_no_table_is_told_as_on_the_page(program: Program) -> None:
    files = {"run": (None, '{"job": "noop"}'), "file": ("a.xlsx", b"PK\x03\x04" + random.Random(1).randbytes(2_000))}

    answer = program("POST", "/check", files=files)

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert "a.xlsx" in answer.json()["detail"]


def test_a_slow_body_is_waited_for_no_longer_than_is_said(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "SECONDS", 0.3)

    answer = program.server.raw(head_of(program, Content_Type="application/json", Content_Length="100") + b"{")

    assert answer[9:12] == b"408"
    assert b"too_slow" in answer


def test_slow_bodies_of_strangers_hold_no_place(program: Program) -> None:
    """Who has no token is answered before the body is read."""
    links = [
        socket.create_connection(("127.0.0.1", program.server.port), timeout=10) for _ in range(service.WORKERS * 8)
    ]
    try:
        for link in links:
            link.sendall(b"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")

        assert program("POST", "/runs", json={"job": "noop", "items": ["a"]}).status_code == 201
        assert {link.recv(100)[9:12] for link in links} == {b"401"}
    finally:
        for link in links:
            link.close()


def test_a_silent_body_is_not_waited_for(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "SILENT_SECONDS", 0.3)

    answer = program.server.raw(head_of(program, Content_Type="application/json", Content_Length="100") + b"{")

    assert answer[9:12] == b"408"
    assert b"was silent" in answer


def test_a_body_that_drips_is_cut_when_its_time_is_over(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "SECONDS", 1.0)
    (link,) = linked(program, 1)
    with link:
        link.sendall(head_of(program, Content_Type="application/json", Content_Length="100000"))
        link.settimeout(0.05)
        answer = b""

        def dripped() -> bool:
            nonlocal answer
            with contextlib.suppress(TimeoutError):
                link.sendall(b" ")
                answer += link.recv(1_000)
            return bool(answer)

        until(dripped)

    assert answer[9:12] == b"408"


@pytest.mark.parametrize(
    ("kind", "begun"), [("application/json", b"{"), ("multipart/form-data; boundary=a", b"--a\r\n")]
)
def test_slow_bodies_hold_no_place(program: Program, kind: str, begun: bytes) -> None:
    """While a body arrives, whoever has sent theirs is served."""
    bodies = program.server.app.service.bodies
    links = linked(program, service.WORKERS + 6)
    try:
        for link in links:
            link.sendall(head_of(program, Content_Type=kind, Content_Length="1000") + begun)
        until(lambda: bodies.taken == len(links))

        assert program("POST", "/runs", json={"job": "noop", "items": ["a"]}).status_code == 201
    finally:
        for link in links:
            link.close()
    until(lambda: bodies.taken == 0)


def test_the_slow_bodies_of_one_token_leave_room_for_others(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = program.server.app.service.bodies
    monkeypatch.setattr(bodies, "each", 2)
    other = Program(program.server, Scope.RUN)
    asked = {"job": "noop", "items": ["a"]}
    links = linked(program, 2)
    try:
        for link in links:
            link.sendall(head_of(program, Content_Type="application/json", Content_Length="1000") + b"{")
        until(lambda: bodies.taken == 2)

        refused = program("POST", "/runs", json=asked)

        assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (503, "busy", "2")
        assert other("POST", "/runs", json=asked).status_code == 201
        monkeypatch.setattr(bodies, "most", 2)
        assert other("POST", "/runs", json=asked).status_code == 503
    finally:
        for link in links:
            link.close()
    until(lambda: program("POST", "/runs", json=asked).status_code == 201)


def test_too_many_long_requests_are_sent_away(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_WORKS", 2)
    go_on = threading.Event()
    monkeypatch.setattr(operations, "check_table", lambda *_: go_on.wait(60) and {})
    asked = {"job": "noop", "items": ["a"]}
    with ThreadPoolExecutor(service.WORKERS + 2) as pool:
        try:
            checks = [pool.submit(program, "POST", "/check", json=asked) for _ in range(service.WORKERS + 2)]
            until(lambda: program.server.app.service._places.statistics().tasks_waiting == 2)

            answer = program("POST", "/runs", json=asked)

            assert (answer.json()["code"], answer.headers["Retry-After"]) == ("busy", "2")
            assert program("GET", "/runs").status_code == 200
        finally:
            go_on.set()
    assert {check.result().status_code for check in checks} == {200}
    assert program("POST", "/runs", json=asked).status_code == 201


def test_a_file_whose_reader_has_stopped_is_let_go_of(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALL_SECONDS", 0.5)
    monkeypatch.setattr(operations, "write_export", lambda *given: given[-1].write(b"a" * 50_000_000) and "a.csv")
    downloads = program.server.app.service.downloads
    run = program.end(job="noop", items=["a"])["id"]
    (link,) = linked(program, 1)
    with link:
        link.sendall(head_of(program, f"/runs/{run}/export.csv", "GET"))
        assert link.recv(12)[9:12] == b"200"
        assert downloads.taken == 1

        until(lambda: downloads.taken == 0)

        with pytest.raises(OSError):
            while link.recv(2**20):
                pass
            raise OSError("it ended before its length")


def test_more_files_than_may_are_sent_away(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    run = program.end(job="noop", items=["a"])["id"]
    monkeypatch.setattr(program.server.app.service.downloads, "most", 0)

    assert program("GET", f"/runs/{run}/export.csv").json()["code"] == "busy"


def test_many_waits_share_one_look(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    run = program.start(job="act", items=["sleep 60"])["id"]
    looks = []
    looked = client.progress
    monkeypatch.setattr(client, "progress", lambda run_id: looks.append(run_id) or looked(run_id))

    with ThreadPoolExecutor(60) as pool:
        waits = [pool.submit(program, "GET", f"/runs/{run}?wait=2") for _ in range(60)]
        found = {wait.result().json()["state"] for wait in waits}

    assert found <= {"queued", "running"}
    assert len(looks) < 60  # of which each waited for some four looks


def test_more_waits_than_may_are_sent_away(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    run = program.start(job="act", items=["sleep 60"])["id"]
    monkeypatch.setattr(program.server.app.service.streams, "most", 1)
    stop = threading.Event()

    def wait() -> None:
        while not stop.is_set():
            program("GET", f"/runs/{run}?wait=1")

    waiting = threading.Thread(target=wait)
    waiting.start()
    try:
        until(lambda: program("GET", f"/runs/{run}?wait=1").status_code == 503)
        until(lambda: program("GET", f"/runs/{run}/events").status_code == 503)
        assert program("GET", f"/runs/{run}").status_code == 200
    finally:
        stop.set()
        waiting.join()


def test_a_stream_whose_hearer_has_gone_holds_no_place(program: Program) -> None:
    run = program.start(job="act", items=["sleep 60"])["id"]
    with socket.create_connection(("127.0.0.1", program.server.port), timeout=10) as link:
        link.sendall(head_of(program, f"/runs/{run}/events", "GET"))
        assert b"event: " in link.recv(65_536) + link.recv(65_536)
        assert program.server.app.service.streams.taken == 1

    until(lambda: program.server.app.service.streams.taken == 0)


def test_a_store_that_is_gone_is_told(program: Program, machine: Machine) -> None:
    run = program.end(job="noop", items=["a"])["id"]
    machine.end()

    shutil.rmtree(machine.home)
    (machine.home.parent / "blocked").touch()
    machine.move_to(machine.home.parent / "blocked")  # a file: no store can be made in it

    for method, path in (
        ("GET", "/health"),
        ("GET", "/runs"),
        ("GET", f"/runs/{run}/rows"),
        ("POST", f"/runs/{run}/cancel"),
    ):
        until(lambda: program(method, path).status_code == 503)  # noqa: B023
        assert program(method, path).json()["detail"]


def test_a_stranger_is_not_told_what_is_wrong_with_the_store(program: Program, machine: Machine) -> None:
    machine.end()
    for path in machine.home.glob(f"{STORE}*"):
        path.write_bytes(b"garbage" * 2_000)

    answer = program("GET", "/health")

    assert (answer.status_code, answer.json()["code"]) == (503, "store")
    assert str(machine.home) not in answer.text


def test_a_full_disk_is_told(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    run = program.end(job="noop", items=["a"])["id"]

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def refused(*_: object, **__: object) -> None:
        raise FullError("the disk has no room for more")

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "TemporaryFile", full)
        exported = program("GET", f"/runs/{run}/export.csv")
    with monkeypatch.context() as patch:
        patch.setattr(client, "submit", refused)
        started = program("POST", "/runs", json={"job": "noop", "items": ["a"]})

    assert (exported.status_code, exported.json()["code"]) == (507, "disk_full")
    assert (started.status_code, started.json()["code"]) == (507, "full_error")
    assert program("GET", f"/runs/{run}/export.csv").status_code == 200


def test_what_nobody_foresaw_tells_nothing(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object, **__: object) -> None:
        raise ValueError("/secret/path")

    monkeypatch.setattr(client, "listing", bug)
    answer = program("GET", "/runs")

    assert (answer.status_code, answer.json()["code"]) == (500, "bug")
    assert "secret" not in answer.text


def test_metrics_can_be_read(program: Program) -> None:
    program.end(job="noop", items=["a", "b"])

    lines = program("GET", "/metrics").text.splitlines()

    told = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert told['fanout_runs{state="finished"}'] == "1"
    assert told['fanout_items{state="finished"}'] == "2"
    assert told["fanout_runner_up"] == "1"
    assert int(told['fanout_api_requests_total{method="POST",route="/api/runs",status="201"}']) >= 1
    assert all(json.loads(value) >= 0 for value in told.values())
