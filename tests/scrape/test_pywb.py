"""The pages of a run as pywb plays them: found in its index by their URLs, each with its status and body."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.runtime.cli import main
from tests.scrape.conftest import Serve
from tests.scrape.hostile import Peer, answer, redirect
from tests.support.machine import Machine

PYWB = Path(sys.prefix) / "pywb"
"""Where it lies by itself: it would bring a package of its own called `tests`."""

PLAYER = """
import io, json, sys

from pywb.indexer.cdxindexer import write_cdx_index
from pywb.warcserver.index.cdxobject import CDXObject
from pywb.warcserver.resource.resolvingloader import ResolvingLoader

path, index = sys.argv[1], io.BytesIO()
with open(path, "rb") as stream:
    write_cdx_index(index, stream, "pages.warc.gz", sort=True, cdxj=True)
captures = [CDXObject(line) for line in index.getvalue().splitlines() if line.strip()]


def originals(asked):  # what its index server answers where a revisit asks for the body that it refers to
    digest = next(rule.partition(":")[2] for rule in asked["filter"] if rule.startswith("digest:"))
    wanted = asked["url"], digest
    return [one for one in captures if (one["url"], one["digest"]) == wanted and one["mime"] != "warc/revisit"]


load = ResolvingLoader([lambda name, capture: path])
for capture in captures:
    headers, body = load(capture, [], originals)
    said = headers.get_statuscode(), headers.get_header("Location"), body.read().decode()
    print(json.dumps([capture["url"], capture["mime"], *said]))
"""
SAME = "<title>the same</title>" + "<p>word</p>" * 50


@pytest.mark.slow
@pytest.mark.skipif(not PYWB.is_dir(), reason=f"there is no {PYWB}: `make check` makes it, by tests/pywb.txt")
def test_pywb_finds_and_plays_every_page_of_a_run(
    machine: Machine, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_ALLOW_NETS", "127.0.0.0/8")

    def script(peer: Peer, request: bytes) -> bool:
        path = request.split(b" ")[1].decode()
        text = SAME if path.startswith("/same") else f"<title>{path}</title>"
        peer.send(redirect("/there") if path == "/moved" else answer(text.encode()))
        return True

    server, out = serve(script), tmp_path / "pages.warc.gz"
    paths = ["/same/1", "/same/2", "/moved", "/50%-off%20x?q=a%20b"]
    words = [word for path in paths for word in ("--item", server.url(path))]
    assert main.main(["run", "scrape", *words, "--no-robots", "--pause", "0", "--save-pages", "--out", str(out)]) == 0

    played = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PLAYER, str(out)],
        env={**os.environ, "PYTHONPATH": str(PYWB)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert played.returncode == 0, played.stderr
    found = {url: rest for url, *rest in map(json.loads, played.stdout.splitlines())}
    mimes = [found[server.url(path)][0] for path in ("/same/1", "/same/2")]
    assert sorted(mimes) == ["text/html", "warc/revisit"]
    assert {url.removeprefix(server.url("")): rest[1:] for url, rest in found.items()} == {
        **{path: ["200", None, SAME] for path in ("/same/1", "/same/2")},
        "/moved": ["302", "/there", ""],
        **{path: ["200", None, f"<title>{path}</title>"] for path in ("/there", paths[-1])},
    }
