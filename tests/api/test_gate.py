"""Who may ask: by a token alone, under the server's own names, and from no page of elsewhere."""

from __future__ import annotations

import socket

import pytest
import requests

from jobs.runtime import client
from jobs.runtime.api.application import THIS_MACHINE, _refusal
from jobs.runtime.api.endpoint import ApiEndpoint
from jobs.runtime.api.routes import ENDPOINTS
from jobs.runtime.core import access
from jobs.runtime.core.access import LEAST, Deed, Scope
from jobs.runtime.core.errors import NotAllowed
from tests.api.conftest import ApiServer, Program
from tests.support.machine import Machine, until

GUARDED = [endpoint for endpoint in ENDPOINTS if endpoint.deed is not None]


def path_of(endpoint: ApiEndpoint, run: str = "0" * 32) -> str:
    return endpoint.path.format(id=run, format="csv", name="nightly")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer fanout_" + "A" * 43},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
        {"Cookie": "token={token}; _streamlit_session={token}"},
        {"Authorization": "{token}"},
        {"X-Authorization": "Bearer {token}"},
    ],
    ids=str,
)
def test_nothing_is_told_without_a_token(program: Program, headers: dict[str, str]) -> None:
    filled = {name: text.replace("{token}", program.token) for name, text in headers.items()}

    for endpoint in GUARDED:
        address = f"{program.server.address}{path_of(endpoint)}?token={program.token}"
        answer = requests.request(endpoint.method, address, headers=filled, timeout=20)

        assert answer.status_code == 401, endpoint
        assert (answer.json()["code"], answer.headers["WWW-Authenticate"]) == ("bad_token", "Bearer")


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_reaches_what_it_allows_and_no_more(machine: Machine, api_server: ApiServer, scope: Scope) -> None:
    program = Program(api_server, scope)

    for endpoint in GUARDED:
        answer = program(endpoint.method, path_of(endpoint))

        may = list(Scope).index(scope) >= list(Scope).index(LEAST[endpoint.deed or Deed.SEE])
        assert (answer.status_code != 403) is may, answer.text
        assert may or answer.json()["code"] == "not_allowed"


def test_each_endpoint_asks_the_one_question(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `access` says no, nothing is answered, whatever the scope."""
    run = program.end(job="noop", items=["a"])["id"]

    def refuse(*_: object) -> None:
        raise NotAllowed("no")

    with monkeypatch.context() as patch:
        patch.setattr(access, "check", refuse)
        for endpoint in GUARDED:
            files = {"run": (None, '{"job": "noop"}'), "file": ("a.csv", b"a\n")} if endpoint.form else None
            answer = program(endpoint.method, path_of(endpoint, run), files=files)

            assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), endpoint
    assert client.count_runs() == 1


def test_a_revoked_token_is_of_no_use_within_a_moment(program: Program) -> None:
    assert program("GET", "/runs").status_code == 200

    client.revoke_token(client.all_tokens()[0].name)

    until(lambda: program("GET", "/runs").status_code == 401)


def test_a_stream_ends_when_its_token_is_revoked(program: Program) -> None:
    run = program.start(job="act", items=["sleep 60"])["id"]
    with requests.get(
        f"{program.server.address}/runs/{run}/events", headers=program.headers, stream=True, timeout=30
    ) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        assert next(lines).startswith("event: ")
        client.revoke_token(client.all_tokens()[0].name)

        assert "event: problem" in list(lines)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "127.0.0.2"])
def test_it_answers_to_no_other_name(program: Program, host: str) -> None:
    for path in ("/api/runs", "/api/health", "/api/nowhere"):
        said = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {program.token}\r\n"

        assert program.server.raw(f"{said}Connection: close\r\n\r\n".encode()).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "lines",
    [
        "Host: localhost\r\nHost: evil.example",
        "Host: evil.example\r\nHost: localhost",
        "Host: evil.example\r\nX-Forwarded-Host: localhost",
        "Host: localhost\r\nOrigin: http://evil.example",
        "Host: localhost\r\nOrigin: null",
        "Host: localhost\r\nOrigin: http://localhost:1",
        "Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.example",
        "Host: localhost\r\nSec-Fetch-Site: cross-site",
        "Host: localhost\r\nSec-Fetch-Site: same-site",
        "",
    ],
)
def test_a_page_of_elsewhere_may_ask_nothing(program: Program, lines: str) -> None:
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        said = f"{method} /api/runs HTTP/1.1\r\n{lines}\r\nAuthorization: Bearer {program.token}\r\n"

        answer = program.server.raw(f"{said}Connection: close\r\n\r\n".replace("\r\n\r\nAuth", "\r\nAuth").encode())

        assert answer[9:12] in (b"403", b"400")
        assert b"access-control" not in answer.lower()


def test_its_own_names_and_origin_are_let_through() -> None:
    def asked(**headers: str) -> str:
        from starlette.requests import Request

        told = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
        return _refusal(Request({"type": "http", "headers": told}), THIS_MACHINE)

    assert asked(host="localhost:8501") == ""
    assert asked(host="[::1]:8501") == ""
    assert asked(host="127.0.0.1") == ""
    assert asked(host="localhost:8501", origin="http://localhost:8501", sec_fetch_site="same-origin") == ""
    assert asked(host="jobs.example.org") != ""


def test_no_names_are_those_of_this_machine(machine: Machine) -> None:
    from starlette.requests import Request

    assert _refusal(Request({"type": "http", "headers": [(b"host", b"evil.example")]}), []) != ""


def test_every_answer_is_kept_by_nobody(program: Program) -> None:
    for path in ("/health", "/runs", "/nowhere", "/runs/x"):
        headers = program("GET", path).headers

        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nowhere", 404),
        ("PUT", "/runs", 405),
        ("HEAD", "/runs", 405),
        ("POST", "/health", 405),
        ("OPTIONS", "/runs", 405),
        ("GET", "/runs/../jobs", 404),
        ("GET", "//runs", 404),
    ],
)
def test_an_address_of_nothing_is_a_problem_too(program: Program, method: str, path: str, status: int) -> None:
    said = f"{method} /api{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    answer = program.server.raw(said.encode())

    assert answer[9:12] == str(status).encode()
    assert b"application/problem+json" in answer


def test_a_guess_that_is_nearly_a_token_is_none(program: Program) -> None:
    """Only a digest is compared: a guess that begins like a token gains nothing."""
    nearly = program.token[:-1] + ("A" if program.token[-1] != "A" else "B")

    answer = requests.get(f"{program.server.address}/runs", headers={"Authorization": f"Bearer {nearly}"}, timeout=20)

    assert answer.status_code == 401
    assert nearly[:20] not in answer.text


def test_a_websocket_is_closed(program: Program) -> None:
    with socket.create_connection(("127.0.0.1", program.server.port), timeout=10) as link:
        link.sendall(
            b"GET /api/runs HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )

        assert link.recv(100)[9:12] in (b"401", b"403", b"400")


def test_what_a_program_does_is_noted_with_its_token(program: Program) -> None:
    run = program.end(job="noop", items=["a"])["id"]
    assert program("GET", f"/runs/{run}/export.csv").status_code == 200

    name = client.all_tokens()[0].name
    noted = [(one.action, one.subject, one.channel, one.means) for one in client.audit_entries()]
    assert noted[:2] == [("downloaded", run, "api", name), ("started", run, "api", name)]


def test_what_is_beyond_a_quota_is_told_as_such(
    machine: Machine, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_QUOTA_ITEMS", "1")
    headers = {"Authorization": f"Bearer {client.new_token('of-ann', Scope.RUN, 'ann@example.org')}"}

    answer = requests.post(
        f"{api_server.address}/runs", json={"job": "noop", "items": ["a", "b"]}, headers=headers, timeout=60
    )

    assert (answer.status_code, answer.json()["code"]) == (429, "over_quota")
    assert "JOBS_QUOTA_ITEMS" in answer.json()["detail"]
