"""Which clusters there may be, and what an agent may say."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from jobs.runtime.client import make_certificates
from jobs.runtime.core.cluster_address import check, read_cluster
from jobs.runtime.core.errors import FrameError, Refused
from jobs.runtime.runner.cluster import envelopes, remote_process
from jobs.runtime.runner.cluster.connection import Connection
from jobs.runtime.runner.cluster.remote_process import RemoteProcess
from jobs.runtime.worker.protocol import framed


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tcp://scheduler:8786", "without TLS"),
        ("tcp://10.0.0.1:8786", "without TLS"),
        ("http://127.0.0.1:1", "write tls://"),
        ("processes://none", "processes://4"),
        ("tls://host:port", "Port"),
    ],
)
def test_an_address_that_is_none_or_not_safe_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_cluster(text)


def test_a_cluster_with_tls_needs_certificates_and_says_which_are_missing(tmp_path: Path) -> None:
    address = read_cluster("tls://scheduler.example.org:8786")

    with pytest.raises(Refused, match="JOBS_CLUSTER_CERTIFICATES"):
        check(address, None)
    with pytest.raises(Refused, match=r"authority\.pem"):
        check(address, tmp_path)
    with pytest.raises(Refused, match="JOBS_CLUSTER"):
        check(None, None)
    make_certificates(tmp_path / "own")
    check(address, tmp_path / "own")
    with pytest.raises(Refused, match="is there already"):
        make_certificates(tmp_path / "own")
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "own").iterdir())


def remote(home: Path) -> tuple[RemoteProcess, socket.socket]:
    ours, theirs = socket.socketpair()
    process = RemoteProcess(1, envelopes.Launch(job="noop", slots=2, memory=0), home)
    process.attach(Connection(ours), "elsewhere", b"")
    theirs.sendall(framed(json.dumps({"refused": ""}).encode()))
    return process, theirs


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense",
        envelopes.encode(envelopes.Revoked(ticket=2**53, taken=0))[4:],
        envelopes.encode(envelopes.FilePiece(run="another", name="1-1-a.txt", content=b"x", last=True))[4:],
        envelopes.encode(envelopes.FilePiece(run="", name="../../escape", content=b"x", last=True))[4:],
    ],
)
def test_an_agent_that_says_what_none_says_is_not_listened_to(home: Path, said: bytes) -> None:
    process, theirs = remote(home)
    with theirs:
        theirs.sendall(framed(said))

        with pytest.raises(FrameError):
            list(process.read())

    process.close()
    assert not list(home.rglob("escape")) + list(home.rglob("1-1-a.txt*"))


def test_a_machine_that_refuses_says_why(home: Path) -> None:
    ours, theirs = socket.socketpair()
    process = RemoteProcess(1, envelopes.Launch(job="noop", slots=2, memory=0), home)
    process.attach(Connection(ours), "elsewhere", b"")
    with theirs:
        theirs.sendall(framed(json.dumps({"refused": "No module named 'msgspec'"}).encode()))

        assert list(process.read()) == [None]

    assert (process.exit_code, process.error_log()) == (1, "elsewhere: No module named 'msgspec'")
    process.close()


@pytest.mark.parametrize("then", ["it is there", "it is not wanted any more"])
def test_an_agent_that_still_loads_the_code_is_given_up_later_than_one_that_is_there(
    home: Path, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    monkeypatch.setattr(remote_process, "GIVEN_UP_SECONDS", -1.0)
    ours, theirs = socket.socketpair()
    process = RemoteProcess(1, envelopes.Launch(job="noop", slots=2, memory=0), home)
    process.attach(Connection(ours), "elsewhere", b"")
    with theirs:
        assert not process.has_ended()
        if then == "it is there":
            theirs.sendall(framed(json.dumps({"refused": ""}).encode()))
            assert list(process.read()) == []
        else:
            process.kill()

        assert process.has_ended()

    process.close()
