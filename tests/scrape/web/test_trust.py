"""Whom TLS trusts: authorities of one's own, chains that are not complete, and nobody verified; and why it failed."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from jobs.runtime import client
from jobs.runtime.core.errors import BadParams
from jobs.web import connections
from jobs.web.connections import Adapter
from jobs.web.fetcher import Fetcher
from jobs.web.guard import Guard
from jobs.web.resolver import Resolver
from jobs.web.trust import Trust, context_of
from tests.scrape.conftest import Ask, Names, Serve, certificate, visit_with
from tests.scrape.hostile import Hostile, Peer, answer, page, says
from tests.scrape.web.authorities import Signed, serving, signed

HOST = "own.test"


@pytest.fixture(autouse=True)
def known(names: Names) -> None:
    for host in (HOST, "aia.test", "right.test"):
        names.say(host, ["127.0.0.1"])


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    return tmp_path / "authority.pem"


def test_an_authority_of_ones_own_is_trusted_by_that_run_alone(
    ask: Ask, serve: Serve, ca_file: Path, tmp_path: Path
) -> None:
    authority = signed("Own Authority")
    ca_file.write_bytes(authority.pem)
    server = serve(page("own"), context=serving(tmp_path, signed(HOST, authority, host=HOST)))

    row = ask(server.url("/", HOST), ca_file=str(ca_file))
    other = ask(server.url("/", HOST))

    assert (row["code"], row["title"], row["fetch_notes"]) == ("", "own", None)
    assert other["code"] == "tls_certificate"
    assert "issued by Own Authority" in other["error"]


def test_the_usual_authorities_are_those_of_the_environment_where_it_names_them(
    serve: Serve, names: Names, ca_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = signed("Own Authority")
    ca_file.write_bytes(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    server = serve(page("own"), context=serving(tmp_path, signed(HOST, authority, host=HOST)))
    fetcher = Fetcher(Guard(Resolver(names.look_up)), Adapter())

    row = visit_with(fetcher, server.url("/", HOST))
    fetcher.close()

    assert (row["code"], row["title"]) == ("", "own")


def test_no_keys_are_logged_whatever_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))

    Adapter().close()

    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("name", ["expired", "selfsigned", "right"])
def test_insecure_verifies_nothing_and_says_so_in_each_row(name: str, ask: Ask, serve: Serve) -> None:
    secure, plain = serve(page("any"), context=certificate(name)), serve(page("plain"))

    rows = [ask(server.url("/", HOST), insecure=True) for server in (secure, plain)]

    assert [row["title"] for row in rows] == ["any", "plain"]
    assert [row["fetch_notes"] for row in rows] == ["certificates were not verified (--insecure)"] * 2
    assert ask(secure.url("/", HOST))["code"] == "tls_certificate"


@pytest.mark.parametrize("content", [None, b"", b"no certificates"])
def test_a_file_without_certificates_is_refused_before_the_run(content: bytes | None, ca_file: Path) -> None:
    if content is not None:
        ca_file.write_bytes(content)

    with pytest.raises(BadParams, match="cannot be read"):
        client.columns("scrape", {"ca_file": str(ca_file)})


class Chain:
    """A server that sends its own certificate and not that of its issuer, which is to be had at `aia`."""

    def __init__(self, serve: Serve, folder: Path, answered: bytes | None = None, *, form: str = "der") -> None:
        self.authority = signed("Root Authority")
        self.aia = serve(self._file)
        at = f"http://aia.test:{self.aia.port}/issuer.cer"
        self.issuer = signed("Middle Authority", self.authority)
        self.answered = answered if answered is not None else _in_form(self.issuer, form)
        self.server: Hostile = serve(
            page("whole"), context=serving(folder, signed(HOST, self.issuer, issuer_at=at, host=HOST))
        )
        (folder / "authority.pem").write_bytes(self.authority.pem)

    def _file(self, peer: Peer, _request: bytes) -> bool:
        peer.send(answer(self.answered, headers={"Content-Type": "application/pkix-cert"}))
        return True


def _in_form(issuer: Signed, form: str) -> bytes:
    if form == "pkcs7":
        return pkcs7.serialize_certificates([issuer.certificate], Encoding.DER)
    return issuer.der if form == "der" else issuer.pem


@pytest.mark.parametrize("form", ["der", "pem", "pkcs7"])
def test_a_certificate_that_the_server_leaves_out_is_fetched_from_where_its_own_says(
    form: str, ask: Ask, serve: Serve, tmp_path: Path, ca_file: Path
) -> None:
    chain = Chain(serve, tmp_path, form=form)

    first = ask(chain.server.url("/1", HOST), ca_file=str(ca_file))
    second = ask(chain.server.url("/2", HOST), ca_file=str(ca_file))

    assert (first["code"], first["title"], second["title"]) == ("", "whole", "whole")
    assert first["fetch_notes"] == f"{HOST} does not send the certificate of Middle Authority; it was fetched"
    assert chain.aia.paths == ["/issuer.cer"]


@pytest.mark.parametrize("what", ["nothing", "another", "an authority"])
def test_what_is_not_the_issuers_certificate_helps_nothing(
    what: str, ask: Ask, serve: Serve, tmp_path: Path, ca_file: Path
) -> None:
    stranger = {"nothing": b"", "another": signed("Middle Authority").der, "an authority": signed("X").pem}[what]
    chain = Chain(serve, tmp_path, stranger)

    row = ask(chain.server.url("/", HOST), ca_file=str(ca_file))

    assert row["code"] == "tls_certificate"
    assert "issued by Middle Authority, which is neither" in row["error"]
    assert chain.server.requests == []


def test_a_chain_that_leads_to_no_authority_is_not_trusted_for_being_fetched(
    ask: Ask, serve: Serve, tmp_path: Path, ca_file: Path
) -> None:
    chain = Chain(serve, tmp_path)
    ca_file.write_bytes(signed("Somebody Else").pem)

    row = ask(chain.server.url("/", HOST), ca_file=str(ca_file))

    assert (row["code"], chain.server.requests) == ("tls_certificate", [])


def test_an_issuer_at_a_private_address_is_not_fetched(
    ask: Ask, serve: Serve, names: Names, tmp_path: Path, ca_file: Path
) -> None:
    chain = Chain(serve, tmp_path)
    names.say("aia.test", ["10.0.0.1"])

    row = ask(chain.server.url("/", HOST), ca_file=str(ca_file))

    assert (row["code"], chain.aia.requests) == ("tls_certificate", [])


def test_what_was_fetched_for_one_origin_does_not_reach_another(
    ask: Ask, serve: Serve, names: Names, tmp_path: Path, ca_file: Path
) -> None:
    chain = Chain(serve, tmp_path)
    bare = serve(page("bare"), context=serving(tmp_path, signed("right.test", chain.issuer, host="right.test")))
    ask(chain.server.url("/", HOST), ca_file=str(ca_file))

    row = ask(bare.url("/", "right.test"), ca_file=str(ca_file))

    assert row["code"] == "tls_certificate"


def old_tls() -> ssl.SSLContext:
    context = certificate("right")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def wants_a_certificate() -> ssl.SSLContext:
    context = certificate("right")
    context.load_verify_locations(Path(__file__).parents[1] / "keys" / "authority.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def odd_cipher() -> ssl.SSLContext:
    context = certificate("right")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:@SECLEVEL=0")
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("context", "why"),
    [
        (old_tls, "other versions of TLS"),
        (wants_a_certificate, "wants a certificate from us"),
        (odd_cipher, "no cipher is known to both sides"),
    ],
)
def test_why_no_secure_connection_was_agreed_on_is_said(context: object, why: str, ask: Ask, serve: Serve) -> None:
    server = serve(page(), context=context())  # type: ignore[operator]

    row = ask(server.url("/", "right.test"))

    assert (row["code"], why in row["error"]) == ("tls_other", True), row["error"]


@pytest.mark.parametrize(
    ("alert", "why"),
    [
        (120, "it speaks no HTTP/1.1"),
        (70, "it speaks other versions of TLS only"),
        (112, "it does not know this name"),
        (48, "it says tlsv1 alert unknown ca"),
        (49, "it says tlsv1 alert access denied"),
        (86, "it says tlsv1 alert inappropriate fallback"),
    ],
)
def test_what_a_server_says_as_it_refuses_is_said(alert: int, why: str, ask: Ask, serve: Serve) -> None:
    def refuses(peer: Peer, _request: bytes) -> None:
        peer.sock.recv(4_096)
        peer.send(b"\x15\x03\x03\0\2\2" + bytes([alert]))

    row = ask(serve(refuses, raw=True).url("/", "right.test").replace("http:", "https:"))

    assert (row["code"], row["error"].endswith(why)) == ("tls_other", True), row["error"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"\0\0\x12\4\0\0\0\0\0" + bytes(18), "nothing older than HTTP/2 is spoken at this port"),
        (b"\x15\x03\x03\0\2\2\x0a", "TLS is spoken at this port: write https://"),
    ],
)
def test_another_protocol_at_a_port_is_named(said: bytes, why: str, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(said)).url("/", "right.test"))

    assert (row["code"], row["error"].endswith(f"({why})")) == ("protocol_error", True), row["error"]


@pytest.mark.parametrize(
    ("days", "host", "why"),
    [
        ((-9, -1), HOST, "certificate has expired"),
        ((1, 9), HOST, "certificate is not yet valid"),
        ((-1, 9), "another.test", f"certificate is not valid for '{HOST}'"),
    ],
)
def test_why_a_certificate_is_not_valid_is_said(
    days: tuple[int, int], host: str, why: str, ask: Ask, serve: Serve, ca_file: Path, tmp_path: Path
) -> None:
    authority = signed("Own Authority")
    ca_file.write_bytes(authority.pem)
    server = serve(page(), context=serving(tmp_path, signed(HOST, authority, host=host, days=days)))

    row = ask(server.url("/", HOST), ca_file=str(ca_file))

    assert (row["code"], why in row["error"], server.requests) == ("tls_certificate", True, []), row["error"]


def test_a_port_without_tls_is_named_as_such(ask: Ask, serve: Serve) -> None:
    server = serve(says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), raw=True)

    row = ask(server.url("/", "right.test").replace("http:", "https:"))

    assert (row["code"], "no TLS is spoken at this port" in row["error"]) == ("tls_other", True)


def test_a_tls_session_is_resumed_within_a_host_and_a_way_to_trust(
    serve: Serve, names: Names, ca_file: Path, tmp_path: Path
) -> None:
    def script(peer: Peer, request: bytes) -> None:
        page("resumed" if getattr(peer.sock, "session_reused", False) else "new")(peer, request)

    authority = signed("Own Authority")
    ca_file.write_bytes(authority.pem)
    server = serve(script, context=serving(tmp_path, signed(HOST, authority, host=HOST)))
    fetcher = Fetcher(Guard(Resolver(names.look_up)))

    def title(**wishes: object) -> object:
        row = visit_with(fetcher, server.url("/", HOST), **wishes)
        fetcher.close()  # so that the next connection is a new one
        return row["title"]

    told = [title(ca_file=str(ca_file)), title(ca_file=str(ca_file)), title(insecure=True)]

    assert told == ["new", "resumed", "new"]


def test_a_context_is_made_once_for_all_slots_and_hosts_of_a_way_to_trust(
    serve: Serve, names: Names, ca_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Trust] = []
    monkeypatch.setattr(connections, "context_of", lambda trust: (made.append(trust), context_of(trust))[1])
    authority = signed("Own Authority")
    ca_file.write_bytes(authority.pem)
    hosts = [serve(page(), context=serving(tmp_path, signed(HOST, authority, host=HOST))) for _ in range(3)]
    fetcher = Fetcher(Guard(Resolver(names.look_up)))

    def code(number: int) -> object:
        return visit_with(fetcher, hosts[number % 3].url(f"/{number}", HOST), ca_file=str(ca_file))["code"]

    with ThreadPoolExecutor(4) as slots:
        codes = list(slots.map(code, range(12)))

    assert codes == [""] * 12
    assert made.count(Trust(ca_file=str(ca_file))) == 1
