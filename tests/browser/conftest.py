"""A real server with a home of its own, and a real browser that may not leave this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FloatRect,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)

from tests.support.processes import end_processes_of

PROJECT = Path(__file__).resolve().parents[2]
SHOTS = PROJECT / "tests" / "screenshots"
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PATIENCE = 60_000
"""Milliseconds that a page has for what a test waits for, also on a busy machine."""

PROBES = ("/_stcore/health", "/_stcore/host-config")
"""At a deep link Streamlit's own page looks for its server below that address first, and is told 404."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


def chromium() -> str:
    """Where Chromium is; skips without one, or fails where one is required."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    if found:
        return found
    if os.environ.get("FANOUT_BROWSER") == "required":
        pytest.fail("no Chromium is found, and FANOUT_BROWSER=required")
    pytest.skip("no Chromium is found (on Debian: apt-get install chromium)")


@dataclass
class Site:
    """The running page: its address, its home, its log, and the process that serves it."""

    address: str
    home: Path
    log: Path
    pid: int


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`streamlit run streamlit_app.py`, as it is shipped."""
    folder = tmp_path_factory.mktemp("site")
    home, log, port = folder / "home", folder / "server.log", _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    environment = {**os.environ, "JOBS_HOME": str(home), "JOBS_IDLE": "30", "JOBS_PATH": ""}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, "--server.port", str(port)], cwd=PROJECT, env=environment, stdout=output, stderr=output
        )
    try:
        _wait_for(f"http://localhost:{port}/_stcore/health", server)
        yield Site(address=f"http://localhost:{port}", home=home, log=log, pid=server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)
        server.kill()
        server.wait(10)
        end_processes_of(home)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:
            if answer.status == 200:
                return
        assert server.poll() is None, "the server ended"
        assert time.monotonic() < limit, "the server did not come up within 60 s"
        time.sleep(0.05)


@dataclass
class Watch:
    """What a page did that it should not: requests that left the machine, errors on the console, dialogs."""

    address: str
    left: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        page.on("request", self._request)
        page.on("websocket", lambda socket: self._address(socket.url))
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def _request(self, request: Request) -> None:
        self._address(request.url)

    def _address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(self.address).netloc:
            self.left.append(url)

    def _console(self, message: ConsoleMessage) -> None:
        probed = urlsplit(str(message.location.get("url", ""))).path
        if message.type == "error" and not (probed.endswith(PROBES) and not probed.startswith("/_stcore")):
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def unexpected(self) -> list[str]:
        """The errors, but for those of a file that Streamlit's page asks for only to look whether it is there.

        It does so beside its download buttons; Streamlit's server drops a file after two more runs of any page, which
        on a slow machine is before. A download that fails fails its own test.
        """
        missing = [error for error in self.errors if f"{self.address}/media/" in error and " 404 " in error]
        told = [error for error in self.errors if error.startswith("Client Error: Download Button source error - 404")]
        excused = {*missing[: len(told)], *told[: len(missing)]}
        return [error for error in self.errors if error not in excused]


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    """Fails the test when a page left the machine, wrote an error or opened a dialog."""
    seen = Watch(address=site.address)
    yield seen
    assert seen.left == []
    assert seen.unexpected() == []
    assert seen.dialogs == []


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    """A tab that is watched."""
    return open_tab(context, watch)


def open_tab(context: BrowserContext, watch: Watch) -> Page:
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    watch.on(tab)
    return tab


def settle(page: Page) -> None:
    """Wait until the page's script is through."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def go(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)


def steady(locator: Locator, looks: int = 4) -> FloatRect:
    """Where an element is on the page, once it has been there for so many looks in a row, 0.1 s apart."""
    seen: list[FloatRect | None] = []
    while len(seen) < looks or seen[-1] is None or any(box != seen[-1] for box in seen[-looks:]):
        locator.page.wait_for_timeout(100)
        seen.append(locator.bounding_box())
        assert len(seen) < 600, f"{locator} does not come to rest: {seen[-looks:]}"
    return seen[-1]


def in_state(page: Page, word: str, seconds: float = 30) -> None:
    """Wait until the header of a run says that it is in this state."""
    expect(page.locator(".st-key-header").get_by_text(word)).to_be_visible(timeout=seconds * 1_000)
    settle(page)
