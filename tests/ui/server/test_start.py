"""The page's server as it is started: its options, and what it refuses, in an empty folder with a space in its name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
import uvicorn
from starlette.applications import Starlette

from jobs.runtime import client
from jobs.runtime.api import BoundedConnection
from jobs.runtime.core import channel, people
from jobs.runtime.core.access import Scope
from jobs.ui.server import gate
from jobs.ui.server.start import options
from tests.support.machine import until
from tests.support.page_server import HANDSHAKE, PageServer, serving
from tests.support.processes import PROJECT, end_processes_of

STREAM = "/_stcore/stream"
PAGE = [sys.executable, "-m", "jobs", "page", "--no-browser", "--port", "{port}"]
BY_STREAMLIT = [
    *(sys.executable, "-m", "streamlit", "run", str(PROJECT / "streamlit_app.py")),
    *("--server.headless", "true", "--server.port", "{port}"),
]


def environment(place: Path) -> dict[str, str]:
    return {**os.environ, "JOBS_HOME": str(place / "home"), "JOBS_IDLE": "5"}


@pytest.fixture(scope="module", params=[PAGE, BY_STREAMLIT], ids=["page", "streamlit run"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    folder = tmp_path_factory.mktemp("served") / "an empty folder"
    folder.mkdir()
    with serving(request.param, folder, environment(folder.parent)) as found:
        yield found


def test_its_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's server has chosen what a connection is before it loads the application, which chooses ours."""
    monkeypatch.setattr(uvicorn.Server, "startup", uvicorn.Server.startup)
    monkeypatch.setattr(people, "_otherwise", people._otherwise)
    monkeypatch.setattr(channel, "_usual", list(channel._usual))

    def application() -> Starlette:
        gate.parts_of_app()
        return Starlette()

    config = uvicorn.Config(application, factory=True, port=0, log_config=None)
    server = uvicorn.Server(config)
    server.should_exit = True
    server.run()

    assert config.http_protocol_class is BoundedConnection


def test_it_listens_on_this_machine_alone(server: PageServer) -> None:
    listening = [one.laddr.ip for one in psutil.Process(server.process.pid).net_connections() if one.status == "LISTEN"]

    assert listening
    assert set(listening) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("path", ["/", "/runs", "/_stcore/health", "/_stcore/host-config"])
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "169.254.1.1", ""])
def test_it_is_reached_by_no_other_name(server: PageServer, path: str, host: str) -> None:
    assert server.ask("GET", path, {"Host": host}).status == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/run", 200),
        ("GET", "/_stcore/health", 200),
        ("GET", "/_stcore/host-config", 200),
        ("GET", "/media/nothing.csv", 404),
        ("PUT", "/_stcore/upload_file/a/b", 403),
        ("OPTIONS", "/_stcore/upload_file/a/b", 204),
        ("DELETE", "/", 405),
        ("GET", "/component/../../etc/passwd", 400),
    ],
)
def test_every_answer_says_that_it_is_not_to_be_framed(server: PageServer, method: str, path: str, status: int) -> None:
    reply = server.ask(method, path)

    assert reply.status == status
    assert reply.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert reply.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost.evil.example", "http://localhost:1", "http://8.8.8.8"]
)
def test_a_stream_of_another_origin_asks_nobody_elsewhere(server: PageServer, origin: str) -> None:
    refused = server.ask("GET", STREAM, {**HANDSHAKE, "Origin": origin})
    own = server.ask("GET", STREAM, {**HANDSHAKE, "Origin": server.origin})

    assert (refused.status, own.status) == (403, 101)
    assert refused.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert server.asked_of_others() == []


def test_an_upload_needs_its_token_and_has_a_largest_size(server: PageServer) -> None:
    with server.open_page() as page:
        path = f"/_stcore/upload_file/{page.session_id}/f"
        without = server.ask("PUT", path, {"Content-Type": "text/csv"}, b"1")
        large = server.put(path, megabytes=21)

    assert (without.status, large) == (403, 413)
    assert "exception" not in page.drawn


def test_it_asks_nobody_elsewhere_when_it_is_to_listen_everywhere(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with serving(
        [*PAGE, "--address", "0.0.0.0"], tmp_path / "empty", environment(tmp_path) | {"JOBS_OPEN": "1"}
    ) as server:
        foreign = server.ask("GET", "/", {"Host": "evil.example"})

        assert foreign.status == 403
        assert server.asked_of_others() == []
        assert f"http://localhost:{server.port}" in server.log.read_text()


def test_ctrl_c_ends_it_while_a_page_is_open(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with serving(PAGE, tmp_path / "empty", environment(tmp_path)) as server:
        with server.open_page():
            server.process.send_signal(signal.SIGINT)
            until(lambda: server.process.poll() is not None, 15)
        assert "Traceback" not in server.log.read_text()


@pytest.mark.slow
def test_a_taken_port_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with serving(PAGE, tmp_path / "empty", environment(tmp_path)) as first:
        again = [word.format(port=first.port) for word in PAGE]
        second = subprocess.run(again, cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=60, check=False)

    assert second.returncode == 1
    assert f"Port {first.port} is not available" in second.stderr


API_ALONE = [sys.executable, "-m", "jobs", "api", "--port", "{port}"]


def test_programs_have_a_door_of_their_own_beside_the_page(server: PageServer) -> None:
    health = server.ask("GET", "/api/health")

    assert (health.status, health.content) == (200, b'{"status": "ok"}')
    assert health.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Set-Cookie" not in health.headers
    assert server.ask("GET", "/api/runs").status == 401
    assert server.ask("GET", "/api/runs", {"Accept": "text/html"}).status == 401
    assert server.ask("GET", "/api/health", {"Host": "evil.example"}).status == 403
    assert server.ask("GET", "/api/health", {"Origin": "http://evil.example"}).status == 403
    assert server.ask("GET", "/api").status == 404
    assert server.ask("GET", "/apiary").status == 200  # the page's


def test_below_a_path_the_door_is_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with serving(
        PAGE, tmp_path / "empty", environment(tmp_path) | {"STREAMLIT_SERVER_BASE_URL_PATH": "/in/here"}
    ) as server:
        assert server.ask("GET", "/in/here/api/health").status == 200
        assert server.ask("GET", "/in/here/api/runs").status == 401
        assert server.ask("GET", "/api/health").content != b'{"status": "ok"}'


@pytest.mark.slow
@pytest.mark.parametrize("command", [PAGE, API_ALONE], ids=["page", "api"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_while_a_program_hears_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], number: int
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("JOBS_HOME", str(tmp_path / "home"))
    headers = {"Authorization": f"Bearer {client.new_token('listener', Scope.RUN)}"}
    with serving(command, tmp_path / "empty", environment(tmp_path), health="/api/health") as server:
        api = f"http://localhost:{server.port}/api/runs"
        asked = {"job": "scrape", "items": ["http://site-1.sample/"], "limits": {"pause": 3_000}}
        run = requests.post(api, json=asked, headers=headers, timeout=20).json()
        requests.post(f"{api}/{run['id']}/pause", headers=headers, timeout=20)
        with requests.get(f"{api}/{run['id']}/events", headers=headers, stream=True, timeout=20) as heard:
            assert next(heard.iter_lines()).startswith(b"event: ")
            server.process.send_signal(number)

            until(lambda: server.process.poll() is not None, 15)

    assert "Traceback" not in server.log.read_text()
    end_processes_of(tmp_path / "home")


def test_every_shipped_option_is_handed_over() -> None:
    given = options([])

    assert "--server.address=localhost" in given
    assert [word for word in given if word.startswith("--server.allowedHosts=")] == [
        f"--server.allowedHosts={host}" for host in ("localhost", "127.0.0.1", "::1")
    ]
    assert "--server.enableXsrfProtection=true" in given
    assert "--server.maxUploadSize=20" in given
    assert "--theme.dark.primaryColor=#3e6fe6" in given


def test_what_is_given_and_what_the_environment_says_goes_before_what_is_shipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_MAX_UPLOAD_SIZE", "5")

    given = options(["--server.allowedHosts", "fanout.example", "--server.address=10.1.2.3"])

    assert not any(word.startswith(("--server.maxUploadSize", "--server.address=localhost")) for word in given)
    assert given[-3:] == ["--server.allowedHosts", "fanout.example", "--server.address=10.1.2.3"]
    assert "--server.allowedHosts=localhost" not in given
    assert "--browser.serverAddress=10.1.2.3" in given


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_listening_everywhere_the_page_is_looked_for_on_this_machine(address: str) -> None:
    assert "--browser.serverAddress=localhost" in options([f"--server.address={address}"])
