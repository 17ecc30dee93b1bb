"""The sample site: what it answers, how it holds out, and when it leaves."""

import csv
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jobs.runtime.core import settings
from jobs.runtime.job.item_kinds import read_integer, read_url
from jobs.runtime.sample.hosts import PORT_FILE, needs_sample
from jobs.runtime.sample.pages import Site, computed
from jobs.runtime.sample.process import SampleSite

DATA = settings.PROJECT / "data"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home = tmp_path_factory.mktemp("home")
    child = start(home)
    yield int((home / PORT_FILE).read_text())
    stop(child)


def start(home: Path) -> subprocess.Popen[bytes]:
    """The site as a runner starts it, once it listens."""
    site = SampleSite(home)
    site.open(time.monotonic())
    assert site.child is not None
    assert eventually(lambda: site.look(time.monotonic()) == "" and not site.starting, 20)
    return site.child


def stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    child.wait(10)
    if child.stdin:
        child.stdin.close()


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.01)
    return False


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def fetch(port: int, host: str, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, headers={"Host": host})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def send_raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


@pytest.mark.parametrize(
    ("cell", "needed"),
    [
        ("http://site-1.sample/thread", True),
        ("HTTP://Site-1.SAMPLE:80/", True),
        (" site-3.sample/lock ", True),
        ("http://site-1.sample./", True),
        ("https://example.org/?from=site-1.sample", False),
        ("https://site-1.sample.example.org/", False),
        ("https://example.org/.sample", False),
        ("http://[.sample/", False),
        ("5000", False),
        ("", False),
    ],
)
def test_needs_sample_looks_at_the_host_alone(cell: str, needed: bool) -> None:
    assert needs_sample(cell) is needed


def test_every_host_has_a_home_page_articles_and_robots() -> None:
    site = Site()

    for number in range(1, 17):
        home = site.answer("GET", f"site-{number}.sample", "/")
        assert home.status == 200
        assert b"<title>" in home.body
        assert site.answer("GET", f"site-{number}.sample", "/robots.txt").body.startswith(b"User-agent: *\n")
    assert sum(answer.headers["Content-Type"].startswith("text/html") for answer in site.table.values()) >= 48


def test_pages_leave_no_placeholder_and_name_themselves() -> None:
    for (host, path), answer in Site().table.items():
        if answer.headers["Content-Type"].startswith("text/html") and path != "/archive":
            assert b"$" not in answer.body
            assert f'href="http://{host}{path}"'.encode() in answer.body


def test_delays_are_realistic_and_the_same_at_every_start() -> None:
    first, second = Site().table, Site().table

    assert {place: answer.delay for place, answer in first.items()} == {
        place: answer.delay for place, answer in second.items()
    }
    articles = [answer.delay for (_, path), answer in first.items() if path not in ("/robots.txt", "/archive")]
    assert all(0 <= delay <= 0.9 for delay in articles)
    assert max(articles) - min(delay for delay in articles if delay) > 0.5


def test_windows_1252_pages_declare_it_in_the_page_alone() -> None:
    answer = Site().answer("GET", "site-11.sample", "/semaphore")

    assert answer.headers["Content-Type"] == "text/html"
    assert b'<meta charset="windows-1252">' in answer.body
    assert "every café" in answer.body.decode("windows-1252")
    with pytest.raises(UnicodeDecodeError):
        answer.body.decode("utf-8")


@pytest.mark.parametrize(
    ("host", "path", "status", "header"),
    [
        ("site-3.sample", "/spinlock", 404, ("Content-Type", "text/html; charset=utf-8")),
        ("site-5.sample", "/coroutines", 301, ("Location", "/coroutine")),
        ("site-7.sample", "/data-race", 301, ("Location", "http://site-8.sample/race")),
        ("site-10.sample", "/archive", 200, ("Content-Type", "text/html; charset=utf-8")),
        ("site-13.sample", "/report.pdf", 200, ("Content-Type", "application/pdf")),
        ("site-15.sample", "/figure.png", 200, ("Content-Type", "image/png")),
        ("site-17.sample", "/", 421, ("Content-Type", "text/plain; charset=utf-8")),
        ("example.org", "/", 421, ("Content-Type", "text/plain; charset=utf-8")),
        ("site-1.sample", "/../../etc/passwd", 404, ("Content-Type", "text/html; charset=utf-8")),
        ("site-1.sample", "/%2e%2e/pages.toml", 404, ("Content-Type", "text/html; charset=utf-8")),
    ],
)
def test_mishaps_are_as_usual(host: str, path: str, status: int, header: tuple[str, str]) -> None:
    answer = Site().answer("GET", host, path)

    assert answer.status == status
    assert answer.headers[header[0]] == header[1]


def test_busy_page_asks_for_patience_once_and_then_answers() -> None:
    site = Site()

    answers = [site.answer("GET", "site-16.sample", "/journal") for _ in range(4)]
    assert [answer.status for answer in answers] == [503, 200, 503, 200]
    assert answers[0].headers["Retry-After"] == "1"


def test_private_page_is_what_robots_txt_forbids() -> None:
    site = Site()

    assert b"Disallow: /private/\n" in site.answer("GET", "site-12.sample", "/robots.txt").body
    assert site.answer("GET", "site-12.sample", "/private/visitors").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/delay/60001",
        "/delay/-1",
        "/delay/x",
        "/delay/",
        "/delay",
        "/size/8000001",
        "/size/٣",
        "/status/204",
        "/status/99",
        "/",
    ],
)
def test_computed_paths_have_limits(path: str) -> None:
    assert computed(path) is None


def test_computed_paths_are_exact() -> None:
    delay, size, status = computed("/delay/250/again"), computed("/size/100000"), computed("/status/418")

    assert delay is not None
    assert size is not None
    assert status is not None
    assert (delay.delay, len(size.body), status.status) == (0.25, 100_000, 418)
    assert [len(answer.body) for n in (0, 1, 26, 27) if (answer := computed(f"/size/{n}"))] == [0, 1, 26, 27]


def test_server_answers_by_host(port: int) -> None:
    response, body = fetch(port, f"site-2.sample:{port}", "/process?from=test")

    assert response.status == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"<title>Process " in body


def test_server_waits_as_long_as_it_is_told(port: int) -> None:
    began = time.monotonic()
    response, _ = fetch(port, "site-1.sample", "/delay/300")

    assert response.status == 200
    assert 0.3 <= time.monotonic() - began < 5


def test_server_answers_64_at_once(port: int) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(64) as pool:
        statuses = list(
            pool.map(lambda n: fetch(port, f"site-{n % 16 + 1}.sample", f"/delay/400/{n}")[0].status, range(64))
        )

    assert statuses == [200] * 64
    assert time.monotonic() - began < 12.8  # one after the other: 25.6 s


def test_server_keeps_a_connection(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    bodies = []
    for path in ("/delay/0/a", "/size/200000", "/delay/0/b"):
        connection.request("GET", path, headers={"Host": "site-1.sample"})
        local = connection.sock.getsockname()
        bodies.append((len(connection.getresponse().read()), local))
    connection.close()

    assert [size for size, _ in bodies][1] == 200_000
    assert len({local for _, local in bodies}) == 1


def test_server_answers_head_without_a_body(port: int) -> None:
    response, body = fetch(port, "site-15.sample", "/figure.png", "HEAD")

    assert (response.status, response.headers["Content-Length"], body) == (200, "67", b"")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: site-1.sample\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", b"HTTP/1.1 431 "),
        (b"GET /" + b"x" * 40_000, b"HTTP/1.1 400 "),
        (b"nonsense\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET http://site-1.sample/ HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET / HTTP/2.0\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET / HTTP/1.1\r\nHost: site-1.sample\r\nContent-Length: 5\r\n\r\nhello", b"HTTP/1.1 400 "),
        (b"POST / HTTP/1.1\r\nHost: site-1.sample\r\nConnection: close\r\n\r\n", b"HTTP/1.1 405 "),
        (b"GET /delay/0 HTTP/1.0\r\nHost: site-1.sample\r\n\r\n", b"HTTP/1.1 200 "),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"HTTP/1.1 421 "),
    ],
)
def test_server_turns_away_what_it_does_not_know(port: int, request_bytes: bytes, status: bytes) -> None:
    assert send_raw(port, request_bytes).startswith(status)
    assert fetch(port, "site-1.sample", "/delay/0")[0].status == 200


def test_server_listens_on_the_loopback_alone(port: int) -> None:
    listening = Path("/proc/net/tcp")
    if not listening.exists():
        pytest.skip("reads /proc/net/tcp")
    places = [line.split()[1] for line in listening.read_text().splitlines()[1:] if line.split()[3] == "0A"]

    assert f"0100007F:{port:04X}" in places
    assert f"00000000:{port:04X}" not in places


def test_port_file_goes_with_the_server(tmp_path: Path) -> None:
    child = start(tmp_path)
    port_file = tmp_path / PORT_FILE
    assert port_file.read_text().isdecimal()

    stop(child)

    assert child.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_port_file_of_another_server_stays(tmp_path: Path) -> None:
    child = start(tmp_path)
    (tmp_path / PORT_FILE).write_text("1")

    stop(child)

    assert (tmp_path / PORT_FILE).read_text() == "1"


def test_port_file_comes_back_when_it_is_lost(tmp_path: Path) -> None:
    child = start(tmp_path)
    port_file = tmp_path / PORT_FILE
    port = port_file.read_text()

    port_file.unlink()

    assert eventually(lambda: port_file.exists() and port_file.read_text() == port)
    stop(child)


def test_stale_port_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / PORT_FILE).write_text("1")

    child = start(tmp_path)

    assert int((tmp_path / PORT_FILE).read_text()) > 1024
    stop(child)


def test_server_leaves_when_its_input_ends(tmp_path: Path) -> None:
    child = start(tmp_path)
    assert child.stdin is not None

    child.stdin.close()

    assert child.wait(10) == 0


PARENT = """
import sys, time
from pathlib import Path
from jobs.runtime.sample.process import SampleSite
site = SampleSite(Path(sys.argv[1]))
site.open(time.monotonic())
while site.starting:
    site.look(time.monotonic())
print(site.child.pid, flush=True)
time.sleep(600)
"""


def test_server_dies_with_a_killed_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, cwd=settings.PROJECT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        assert alive(server)

        parent.send_signal(signal.SIGKILL)
        parent.wait()

    assert eventually(lambda: not alive(server), 15)
    assert eventually(lambda: not (tmp_path / PORT_FILE).exists(), 15)


@pytest.mark.parametrize(("program", "later"), [("/bin/false", 0.0), ("/bin/cat", 16.0)], ids=["it ends", "it hangs"])
def test_a_site_that_does_not_come_up_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, later: float
) -> None:
    hangs = tmp_path / "hangs"
    hangs.write_text(f"#!/bin/sh\nexec {program}\n")
    hangs.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(hangs))
    site, said = SampleSite(tmp_path), []
    began = time.monotonic()
    site.open(began)

    assert site.starting
    assert eventually(lambda: bool(said.append(site.look(began + later)) or said[-1]))
    assert "the sample site did not start within 15 s" in said[-1]
    assert not site.starting


def test_a_site_is_opened_once(tmp_path: Path) -> None:
    site = SampleSite(tmp_path)
    site.open(time.monotonic())
    child = site.child
    assert eventually(lambda: site.look(time.monotonic()) == "" and not site.starting, 20)
    site.open(time.monotonic())

    assert site.child is child
    assert not site.starting
    assert child is not None
    stop(child)


def test_importing_the_sample_site_loads_no_third_party() -> None:
    script = "import sys, jobs.runtime.sample.server; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=settings.PROJECT, capture_output=True, text=True, check=True
    )

    assert not {"pydantic", "requests", "lxml", "pandas", "streamlit", "gmpy2"} & set(loaded.stdout.split())


def read_column(name: str, column: str) -> list[str]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [line[column] for line in csv.DictReader(file)]


def test_sample_urls_are_48_lines_over_all_hosts_with_the_promised_mishaps() -> None:
    cells = read_column("sample_urls.csv", "url")
    good = []
    for cell in cells:
        try:
            good.append(urlsplit(read_url(cell)))
        except ValueError:
            continue

    hosts = {url.hostname for url in good}
    places = [(url.hostname, url.path) for url in good]
    assert (len(cells), len(cells) - len(good), len(places) - len(set(places))) == (48, 2, 3)
    assert hosts == {f"site-{number}.sample" for number in range(1, 17)}
    site = Site()
    answers = [site.answer("GET", host or "", path) for host, path in dict.fromkeys(places)]
    assert sorted(answer.status for answer in answers if answer.status != 200) == [301, 301, 404, 503]


def test_sample_numbers_are_items() -> None:
    assert [read_integer(cell) for cell in read_column("numbers.csv", "n")] == [5000, 6000, 7000, 80000]
    even = [read_integer(cell) for cell in read_column("numbers_even.csv", "n")]
    assert len(set(even)) == 8
    assert all(abs(n - 1_000_000) <= 10_000 for n in even)


def test_real_urls_are_urls_and_each_once() -> None:
    cells = read_column("urls.csv", "url")

    assert 20 <= len(cells) <= 40
    assert len({read_url(cell) for cell in cells}) == len(cells)
    for path in ("docs/introduction/", "v0.2/docs/concepts", "docs/tutorials/"):
        assert f"https://python.langchain.com/{path}" in cells
    assert not any(map(needs_sample, cells))


def test_the_readme_of_the_samples_names_every_file() -> None:
    text = (DATA / "README.md").read_text(encoding="utf-8")

    for file in DATA.glob("*.csv"):
        assert f"`{file.name}`" in text
