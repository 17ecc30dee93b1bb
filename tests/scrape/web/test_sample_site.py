"""Names that end in `.sample`: reached only by items of the sample, at a port this runner's own site has proved."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime.sample.process import SampleSite
from tests.scrape.conftest import Ask, Serve, Spy
from tests.scrape.hostile import answer, eventually, page, redirect


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SampleSite]:
    """The sample site, as a runner starts it."""
    started = SampleSite(tmp_path)
    started.open(time.monotonic())
    assert eventually(lambda: not started.look(time.monotonic()) and not started.starting, 20)
    yield started
    started.close()
    assert started.child is not None
    started.child.communicate()


def port_of(home: Path) -> int:
    return int((home / "sample.port").read_text())


@pytest.mark.usefixtures("site")
def test_it_is_reached_by_its_names_and_no_other_port(
    ask: Ask, tmp_path: Path, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOBS_ALLOW_NETS")

    found = [ask(url) for url in ("http://Site-1.sample/", "site-1.sample", "http://site-1.sample./")]

    assert {row["status"] for row in found} == {200}
    assert ask("http://site-1.sample:9000/")["code"] == "blocked_port"
    assert ask("https://site-1.sample/")["code"] == "connect_refused"
    assert ask("http://notsample/")["code"] in ("dns_not_found", "invalid_url")
    assert {port for _, port in spy.connects} == {port_of(tmp_path)}


@pytest.mark.parametrize("text", [None, "", "80", "http", "99999"])
def test_without_a_sample_site_its_names_are_not_found(text: str | None, ask: Ask, tmp_path: Path, spy: Spy) -> None:
    if text is not None:
        (tmp_path / "sample.port").write_text(text)

    assert ask("http://shop.sample/")["code"] == "dns_not_found"
    assert spy.connects == []


def test_another_server_at_the_port_of_a_killed_site_is_not_reached(
    ask: Ask, serve: Serve, tmp_path: Path, spy: Spy
) -> None:
    server = serve(page("not the sample"))
    (tmp_path / "sample.port").write_text(str(server.port))

    row = ask("http://site-1.sample/")

    assert (row["code"], spy.connects, server.requests) == ("dns_not_found", [], [])


def test_a_site_that_another_has_started_is_not_reached(ask: Ask, tmp_path: Path, spy: Spy) -> None:
    command = [sys.executable, "-m", "jobs.runtime.sample.server", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[3]) as stranger:
        try:
            assert eventually((tmp_path / "sample.port").exists, 20)
            row = ask("http://site-1.sample/")
        finally:
            stranger.terminate()

    assert (row["code"], spy.connects) == ("dns_not_found", [])


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("way", ["page", "robots.txt"])
def test_no_other_site_leads_to_it(way: str, ask: Ask, serve: Serve, tmp_path: Path, spy: Spy) -> None:
    there = redirect("http://site-1.sample/")
    server = serve(lambda peer, request: peer.send(there if way == "page" or b"/robots.txt " in request else answer()))

    row = ask(server.url("/x"), robots=way == "robots.txt")

    assert row["code"] == ("bad_redirect" if way == "page" else "")
    with contextlib.suppress(ValueError):
        assert ("127.0.0.1", port_of(tmp_path)) not in spy.connects
