"""One request and its answer, through requests: guarded, capped, within a true deadline.

hop (journey.py) ──── Fetcher.get ── Adapter.send (requests) ── guarded connection ── Guard.place ── socket
                           │                                                             │
                           └── body.read ◄──────────── Watchdog shuts both at the deadline
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from jobs import ItemError
from jobs.scrape import body, failures
from jobs.scrape.connections import CONNECT_SECONDS, SILENCE_SECONDS, Adapter, Exchange, Phases, exchanging
from jobs.scrape.deadline import Watch, Watchdog
from jobs.scrape.guard import Guard
from jobs.scrape.sniff import is_file, is_unstated, media_type
from jobs.scrape.urls import Target

FOLLOWED = frozenset({301, 302, 303, 307, 308})
EMPTY = frozenset({204, 205, 304})

NOT_TEXT_BYTES = 64 * 1024
"""So much is read of what is no text, if it is read at all."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of a server: the method, the headers, and how many bytes of the body are wanted (None: none).

    `file`: the body of a good answer is wanted whatever its type, cut at the cap however well it was compressed.
    """

    target: Target
    method: str = "GET"
    headers: Mapping[str, str]
    cap: int | None
    file: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server answered: status, headers (as urllib3 keeps them), and the body as far as it was wanted.

    `latency` is from the question to the headers, in seconds; `failure` is why the body is not whole although the
    headers are known.
    """

    target: Target
    status: int
    headers: Any
    content: bytes = b""
    truncated: bool = False
    ip: str
    latency: float
    failure: ItemError | None = None

    def header(self, name: str) -> str:
        """A header's value, several joined by commas; empty without one."""
        return str(self.headers.get(name, ""))

    @property
    def content_type(self) -> str:
        """The media type, lower case, without its parameters."""
        return media_type(self.header("content-type"))

    @property
    def redirects(self) -> bool:
        """Whether it sends the reader elsewhere."""
        return self.status in FOLLOWED and any(self.headers.getlist("location"))

    @property
    def location(self) -> str:
        """Where a redirect leads, in ASCII: bytes beyond it, whatever their encoding, are percent-encoded.

        Raises ItemError `bad_redirect` where it names several targets.
        """
        named = list(dict.fromkeys(self.headers.getlist("location")))
        if len(named) > 1:
            raise ItemError("bad_redirect", "the redirect names several targets")
        octets = named[0].strip().encode("latin-1", errors="replace")
        return "".join(chr(octet) if octet < 128 else f"%{octet:02X}" for octet in octets)

    @property
    def length(self) -> int | None:
        """The bytes of its body as the server announces them; None where it does not, or not in figures."""
        text = self.header("content-length")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    @property
    def is_text(self) -> bool:
        """Whether the body is a page or other text that can be read; without a type, if it begins as no file does."""
        kind = self.content_type
        if is_unstated(kind):
            return not is_file(self.content)
        return kind.startswith("text/") or kind.endswith(("+xml", "/xml"))


class _Request(PreparedRequest):
    """A request that keeps the target it was made from: nothing is parsed, quoted or looked up a second time."""

    target: Target


class Fetcher:
    """Fetches for all slots of a worker; connections are kept alive while there is work."""

    def __init__(self, guard: Guard | None = None, adapter: Adapter | None = None) -> None:
        self.guard = guard or Guard()
        self.adapter = adapter or Adapter()
        self.watchdog = Watchdog(on_idle=self.adapter.close)

    def get(self, question: Question, watch: Watch, phases: Phases | None = None) -> Answer:
        """The answer to a question, before the watch's deadline; the time it takes is added to `phases`.

        Raises ItemError; once the deadline has passed that is `timeout`, whatever was going on.
        """
        try:
            return self._ask(question, watch, phases or Phases())
        except ItemError as error:
            if error.code != "timeout":
                watch.check()
            raise

    def _ask(self, question: Question, watch: Watch, phases: Phases) -> Answer:
        hasty = question.target.guessed and question.target.scheme == "https"
        exchange = Exchange(self.guard, watch, phases, hasty=hasty)
        try:
            return self._attempt(question, exchange)
        except failures.FOREIGN as error:
            if exchange.reused and not watch.cut and failures.closed_before_an_answer(error):
                return self._again(question, exchange)
            raise failures.of_exchange(question.target.host, error) from error

    def _again(self, question: Question, failed: Exchange) -> Answer:
        """On a new connection: the one kept alive had been closed by the other side before a byte came."""
        try:
            return self._attempt(question, Exchange(self.guard, failed.watch, failed.phases, fresh=True))
        except failures.FOREIGN as error:
            raise failures.of_exchange(question.target.host, error) from error

    def _attempt(self, question: Question, exchange: Exchange) -> Answer:
        with exchanging(exchange):
            raw, latency = self._send(question, exchange)
            try:
                exchange.watch.check()  # cut within the headers, http.client reports 200 and an empty body
                return _read(question, raw, exchange, latency)
            finally:
                raw.close()  # what was read to its end has gone back to be used again

    def _send(self, question: Question, exchange: Exchange) -> tuple[Any, float]:
        """urllib3's answer, its body not yet read, and the seconds from the question until its headers were here."""
        started, opening = time.monotonic(), exchange.phases.opening
        latency = 0.0
        try:
            limits = (CONNECT_SECONDS, SILENCE_SECONDS)
            response = self.adapter.send(_request(question), stream=True, timeout=limits)
        finally:
            latency = max(0.0, time.monotonic() - started - (exchange.phases.opening - opening))
            if exchange.ip:
                exchange.phases.first_byte += latency
        return response.raw, latency


def _failure(question: Question, watch: Watch, error: BaseException) -> ItemError:
    try:
        watch.check()
    except ItemError as late:
        return late
    if isinstance(error, ItemError):
        return error
    return failures.of_exchange(question.target.host, error)


def _request(question: Question) -> _Request:
    request = _Request()
    request.method = question.method
    request.url = question.target.href
    request.headers = CaseInsensitiveDict(question.headers)
    request.hooks = {}
    request.target = question.target
    return request


def _read(question: Question, raw: Any, exchange: Exchange, latency: float) -> Answer:
    started = time.monotonic()
    headers = Answer(target=question.target, status=raw.status, headers=raw.headers, ip=exchange.ip, latency=latency)
    try:
        return _with_body(question, raw, headers, exchange.watch)
    finally:
        exchange.phases.download += time.monotonic() - started


def _with_body(question: Question, raw: Any, headers: Answer, watch: Watch) -> Answer:
    try:
        cap = _cap(question, headers)
        if cap is None:
            return headers
        applied = body.codings(headers.header("content-encoding"))
        read = body.read(raw, cap, applied, ratio=None if question.file else body.BOMB_RATIO)
        watch.check()  # cut within the body, the connection reports its end
    except (ItemError, *failures.FOREIGN) as error:
        return replace(headers, failure=_failure(question, watch, error))
    return replace(headers, content=read.content, truncated=read.truncated)


def _cap(question: Question, answer: Answer) -> int | None:
    """How many bytes of this answer's body to read; None: leave it where it is."""
    if question.method == "HEAD" or answer.status in EMPTY:
        return 0
    if answer.redirects:
        return 0 if answer.length == 0 else None
    if question.cap is None:
        return None
    body.check_framing(answer.headers)
    if question.file and 200 <= answer.status < 300:
        return question.cap
    if answer.is_text and not question.file:
        return question.cap
    return min(question.cap, NOT_TEXT_BYTES) if answer.length is not None and answer.length <= NOT_TEXT_BYTES else None
