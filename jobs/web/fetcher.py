"""One request and its answer, through requests: guarded, capped, within a true deadline.

hop (redirects) ───── Fetcher.get ── Adapter.send (requests) ── guarded connection ── Guard.place ── socket
                           │                                                             │
                           └── body.read ◄──────────── Watchdog shuts both at the deadline
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

from requests import PreparedRequest

import jobs
from jobs import ItemError
from jobs.web import body, network_errors
from jobs.web import proxy as proxies
from jobs.web.chains import complete_chain
from jobs.web.connections import Adapter
from jobs.web.deadline import Deadline, Watchdog
from jobs.web.exchange import Exchange, PhaseSeconds, exchanging
from jobs.web.guard import Guard
from jobs.web.issuers import chain_is_incomplete
from jobs.web.messages import EMPTY, Request, Response
from jobs.web.trust import Trust
from jobs.web.urls import Target, is_sample

CUT = frozenset({"incomplete", "connection_reset", "read_timeout", "decode_error", "protocol_error"})
"""How a body may break off, so that what came of it is kept."""

NOT_TEXT_BYTES = 64 * 1024
"""So much is read of what is no text, if it is read at all."""


class _Request(PreparedRequest):
    """A request that keeps the target it was made from: nothing is parsed, quoted or looked up a second time."""

    target: Target
    headers: Any


class Fetcher:
    """Fetches for all slots of a worker; connections are kept alive while there is work."""

    def __init__(self, guard: Guard | None = None, adapter: Adapter | None = None) -> None:
        self.guard = guard or Guard()
        self.adapter = adapter or Adapter()
        self._adapters = {self.adapter.trust: self.adapter}
        self._making = threading.Lock()
        self.watchdog = Watchdog(on_idle=self.close)

    def close(self) -> None:
        """Close the connections that are kept alive."""
        for adapter in list(self._adapters.values()):
            adapter.close()

    def adapter_for(self, trust: Trust) -> Adapter:
        """The adapter, and so the connections, for a way to trust. Raises ItemError where its file cannot be read."""
        with self._making:
            if trust not in self._adapters:
                try:
                    self._adapters[trust] = Adapter(trust=trust)
                except ValueError as error:
                    raise ItemError("tls_other", str(error)) from None
            return self._adapters[trust]

    def get(self, question: Request, watch: Deadline, phases: PhaseSeconds | None = None) -> Response:
        """The answer to a question, before the watch's deadline; the time it takes is added to `phases`.

        Raises ItemError; once the deadline has passed that is `timeout`, whatever was going on.
        """
        try:
            return self._ask(question, watch, phases or PhaseSeconds())
        except ItemError as error:
            if error.code != "timeout":
                watch.check()
            raise

    def _ask(self, question: Request, watch: Deadline, phases: PhaseSeconds) -> Response:
        hasty = question.target.guessed and question.target.scheme == "https"
        exchange = Exchange(self.guard, watch, phases, limits=question.limits, path=_line(question.target), hasty=hasty)
        try:
            return self._attempt(question, exchange)
        except network_errors.FOREIGN as error:
            if (
                question.repeatable
                and exchange.reused
                and not watch.cut
                and network_errors.closed_before_an_answer(error)
            ):
                return self._again(question, exchange)
            if chain_is_incomplete(network_errors.links(error)):
                return self._with_issuers(question, exchange)
            raise _no_answer(question, exchange, error) from error

    def _with_issuers(self, question: Request, failed: Exchange) -> Response:
        """Once more, with the certificates that the server should have sent. Raises ItemError `tls_certificate`."""
        completed = complete_chain(self.get, question, failed)
        self.adapter_for(question.trust).use(question.target.origin, completed.context)
        return replace(self._again(question, failed), remarks=(completed.remark,))

    def _again(self, question: Request, failed: Exchange) -> Response:
        """On a new connection: the one kept alive had been closed by the other side before a byte came."""
        exchange = Exchange(self.guard, failed.watch, failed.phases, limits=failed.limits, path=failed.path, fresh=True)
        try:
            return self._attempt(question, exchange)
        except network_errors.FOREIGN as error:
            raise _no_answer(question, exchange, error) from error

    def _attempt(self, question: Request, exchange: Exchange) -> Response:
        jobs.spent(requests=1)
        with exchanging(exchange):
            raw, latency = self._send(question, exchange)
            try:
                exchange.watch.check()  # cut within the headers, http.client reports 200 and an empty body
                answer = _read(question, raw, exchange, latency)
            finally:
                _let_go(raw)
        if exchange.hurried and raw._original_response.more:  # which of two answers is ours, nobody can tell
            if not question.repeatable:
                raise ItemError("protocol_error", f"{question.target.host} answered more than it was asked")
            return self._again(question, exchange)
        return answer

    def _send(self, question: Request, exchange: Exchange) -> tuple[Any, float]:
        """urllib3's answer, its body not yet read, and the seconds from the question until its headers were here."""
        started, opening = time.monotonic(), exchange.phases.opening
        latency = 0.0
        try:
            limits = (question.limits.connect, question.limits.first_byte)
            response = self.adapter_for(question.trust).send(
                _request(question, exchange.path), stream=True, timeout=limits
            )
        finally:
            latency = max(0.0, time.monotonic() - started - (exchange.phases.opening - opening))
            if exchange.ip:
                exchange.phases.first_byte += latency
        return response.raw, latency


def _line(target: Target) -> str:
    """What stands in the request line: the path; the whole URL where an http proxy is asked."""
    whole = proxies.asks_whole(target.scheme) and not is_sample(target.host)
    return target.href if whole else target.path


def _let_go(raw: Any) -> None:
    """Give the connection back to be used again where the answer was read to its end; else close it."""
    if raw._original_response.more and raw._connection is not None:
        raw._connection.kept.note(silent=False)
    if raw._original_response.isclosed():
        raw.release_conn()
    raw.close()


def _failure(question: Request, watch: Deadline, error: BaseException) -> ItemError:
    try:
        watch.check()
    except ItemError as late:
        return late
    if isinstance(error, ItemError):
        return error
    return network_errors.of_exchange(question.target.host, error, secured=True)


def _no_answer(question: Request, exchange: Exchange, error: BaseException) -> ItemError:
    secured = exchange.secured and not network_errors.refuses(error)
    return network_errors.of_exchange(question.target.host, error, secured=secured)


def _request(question: Request, line: str) -> _Request:
    request = _Request()
    request.method = question.method
    request.url = question.target.href
    request.headers = dict({name.lower(): (name, value) for name, value in question.headers.items()}.values())
    if question.target.host.endswith("."):  # urllib3 would leave the dot out; browsers and curl do not
        request.headers["Host"] = question.target.href.split("/", 3)[2]
    if question.body is not None:
        request.body = question.body
        request.headers["Content-Length"] = str(len(question.body))
    if line != question.target.path:  # a proxy is asked
        request.headers.update(proxies.authorization())
    request.hooks = {}
    request.target = question.target
    return request


def _read(question: Request, raw: Any, exchange: Exchange, latency: float) -> Response:
    started = time.monotonic()
    if raw.status == proxies.UNKNOWN_TO_IT and _line(question.target) != question.target.path:
        raise proxies.not_let_through()
    headers = Response(
        target=question.target,
        status=raw.status,
        headers=raw.headers,
        ip=exchange.ip,
        latency=latency,
        at=time.time(),
        method=question.method,
        notes=raw._original_response.notes,
    )
    try:
        return _with_body(question, raw, headers, exchange.watch)
    finally:
        exchange.phases.download += time.monotonic() - started


def _with_body(question: Request, raw: Any, headers: Response, watch: Deadline) -> Response:
    try:
        cap = _cap(question, headers)
        if cap is None:
            return headers
        applied = body.codings(headers.header("content-encoding"))
        ratio = None if question.file else body.BOMB_RATIO
        read = body.read(raw._original_response, cap, applied, ratio=ratio)
        jobs.spent(bytes=read.wire)
        watch.check()  # cut within the body, the connection reports its end
    except (ItemError, *network_errors.FOREIGN) as error:
        return replace(headers, failure=_failure(question, watch, error))
    whole = replace(headers, content=read.content, truncated=read.truncated and cap > 0)
    if read.failure is None or read.truncated:
        return whole
    failure = _failure(question, watch, read.failure)
    if question.file or not read.content or failure.code not in CUT:
        return replace(headers, failure=failure)
    sentence = f"the page broke off after {len(read.content):,} bytes ({failure.message})"
    return replace(whole, failure=ItemError("incomplete", sentence, detail=failure.detail))


def _cap(question: Request, answer: Response) -> int | None:
    """How many bytes of this answer's body to read; None: leave it where it is."""
    if question.method == "HEAD" or answer.status in EMPTY:
        return 0
    if answer.redirects:
        return 0 if answer.length == 0 else None
    if question.cap is None:
        return None
    body.check_framing(answer.headers)
    if question.any_type:
        return question.cap
    if question.file and 200 <= answer.status < 300:
        return question.cap
    if (answer.is_text or answer.content_type in question.read_whole) and not question.file:
        return question.cap
    return min(question.cap, NOT_TEXT_BYTES) if answer.length is not None and answer.length <= NOT_TEXT_BYTES else None
