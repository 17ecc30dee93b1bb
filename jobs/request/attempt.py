"""One attempt at one row: make its request, send it, and say what was answered."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import jobs
from jobs import ItemError
from jobs.request import extraction
from jobs.request.options import RequestOptions
from jobs.web import item_attempt, retry_policy, status_failures
from jobs.web.deadline import Deadline
from jobs.web.fetcher import Fetcher
from jobs.web.messages import Request, Response
from jobs.web.redirects import RedirectChain
from jobs.web.urls import Target
from jobs.web.validators import NOT_MODIFIED, Validators

CUT = "… [cut]"
GET_FROM_NOW_ON = frozenset({301, 302, 303})
"""Redirects behind which a POST goes on as a GET, as browsers do."""

UNSENT = frozenset(
    "dns_not_found dns_temporary connect_refused connect_timeout tls_certificate tls_other private_address "
    "blocked_port invalid_url unsupported_scheme bad_redirect".split()
)
"""Failures before anything was sent."""

INVITED = frozenset({429, 503})
"""With these, and a Retry-After, a server says that it has done nothing and wants to be asked again."""


def ask(
    row: Mapping[str, str],
    wishes: RequestOptions,
    rules: tuple[str, ...],
    answer_chars: int,
    *,
    show: bool = False,
    fetcher: Fetcher | None = None,
) -> dict[str, Any]:
    """The columns of one row. Raises ItemError or TryLater, with the columns as far as they are known."""
    fetcher = fetcher or item_attempt.shared_fetcher()
    item = wishes.target(row)
    journey = RedirectChain.start(item.href, jobs.carried())
    asker = _Asker(row, wishes, fetcher, journey, item)

    def known(_ended: bool = True) -> dict[str, Any]:
        told = _known(journey.answer, answer_chars)
        return {**told, "request": asker.sent} if show else told

    attempt = item_attempt.attempted(
        fetcher,
        journey,
        wishes.timeout,
        known,
        may_repeat=lambda error: _safe(error, wishes),
        told=lambda error: _told(error, wishes),
    )
    with attempt as watch:
        answer = asker.travel(watch)
        found = Validators.of_answer(answer)
        if asker.unchanged:
            jobs.keep(jobs.earlier() or {})
            unchanged: dict[str, Any] = jobs.unchanged("not_modified")
            return unchanged
        code, extracted = _judge(answer, wishes, extraction.read(rules), bool(journey.hops))
    if found is not None:
        jobs.keep(found.plain())
    return {**known(), **extracted, "code": code}


class _Asker:
    """Asks for the URLs on the way of one row."""

    def __init__(
        self, row: Mapping[str, str], wishes: RequestOptions, fetcher: Fetcher, journey: RedirectChain, item: Target
    ) -> None:
        self._row, self._wishes, self._fetcher, self._journey, self._item = row, wishes, fetcher, journey, item
        self._watch: Deadline
        self._known = Validators.of_plain(jobs.earlier())
        self.sent = ""
        self.unchanged = False
        journey.by_get = True

    def travel(self, watch: Deadline) -> Response:
        """The answer that is no redirect. Raises ItemError, TryLater."""
        self._watch = watch
        return self._journey.travel(self)

    def ask(self, target: Target) -> Response:
        """The answer of one URL. Raises ItemError, TryLater."""
        method = self._method()
        body = self._wishes.payload(self._row) if method not in ("GET", "HEAD") else None
        if not self._wishes.may_repeat and not self._journey.hops and not jobs.begin_once():
            sentence = (
                "it was being sent when its worker or the runner died, and may have been received; a retry sends it"
            )
            raise ItemError("not_repeated", sentence)
        headers = self._wishes.headers_of(self._row, target, self._item, body=body is not None)
        condition = self._known.conditions(target, headers) if self._known is not None else {}
        answer = self._get(target, method, {**headers, **condition}, body)
        if condition and answer.status == NOT_MODIFIED and self._known is not None:
            if self._known.denied_by(answer):  # what has not changed is not what we have
                self._known = None
                return self.ask(target)
            self.unchanged = True
        return answer

    def _get(self, target: Target, method: str, headers: dict[str, str], body: bytes | None) -> Response:
        self.sent = _text(method, target, headers, body)
        asked = Request(
            target=target,
            method=method,
            headers=headers,
            body=body,
            cap=self._wishes.max_bytes,
            any_type=True,
            repeatable=self._wishes.may_repeat,
            trust=self._wishes.trust,
            limits=self._wishes.limits,
        )
        return self._fetcher.get(asked, self._watch, self._journey.phases)

    def _method(self) -> str:
        """The method that is left behind the redirects so far."""
        method = self._wishes.method
        for status, _ in self._journey.hops:
            if (status == 303 and method != "HEAD") or (status in GET_FROM_NOW_ON and method == "POST"):
                method = "GET"
        return method


def _text(method: str, target: Target, headers: Mapping[str, str], body: bytes | None) -> str:
    """A request as it is sent, as a text."""
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\n".join([*lines, "", "" if body is None else body.decode("utf-8", "replace")]).rstrip("\n")


def _known(answer: Response | None, answer_chars: int) -> dict[str, Any]:
    if answer is None:
        return {}
    told: dict[str, Any] = {"status": answer.status, "response_seconds": round(answer.latency, 6)}
    if answer_chars:
        text = _decoded(answer)
        told["answer"] = text if len(text) <= answer_chars else text[: answer_chars - len(CUT)] + CUT
    return told


def _decoded(answer: Response) -> str:
    """An answer's text, in the encoding that its Content-Type names, or UTF-8. JSON is UTF-8, 16 or 32, whatever is
    named, as browsers read it: only what is none of these is read by its name."""
    import webencodings  # type: ignore[import-untyped]

    kind, _, named = answer.header("content-type").lower().partition("charset=")
    label = named.split(";")[0].strip(" \"'")
    known = webencodings.lookup(label) if label.isascii() else None
    unicode = json.detect_encoding(answer.content)
    if known is None or known.name == "utf-8":
        return answer.content.decode(unicode, "replace")
    if "json" in kind:
        with contextlib.suppress(UnicodeDecodeError):
            return answer.content.decode(unicode)
    text: str = known.codec_info.decode(answer.content, "replace")[0]
    return text


def _judge(
    answer: Response, wishes: RequestOptions, rules: tuple[extraction.Rule, ...], redirected: bool
) -> tuple[str, dict[str, Any]]:
    """The code of a good answer, and what its rules take out of it. Raises ItemError, TryLater."""
    if not wishes.accepted.takes(answer.status):
        invited = answer.status in INVITED and bool(answer.header("retry-after"))
        raise status_failures.failure_of(answer, repeatable=wishes.may_repeat or invited or answer.status == 429)
    if answer.failure is not None:
        raise answer.failure
    extracted = _extracted(answer, rules) if rules else {}
    return ("truncated" if answer.truncated else "redirected" if redirected else ""), extracted


def _extracted(answer: Response, rules: tuple[extraction.Rule, ...]) -> dict[str, Any]:
    if answer.truncated:
        raise ItemError("truncated", f"the answer is longer than {len(answer.content):,} bytes: raise --max-bytes")
    host = answer.target.host
    try:
        found = extraction.document(_decoded(answer))
    except ValueError:
        sentence = f"{host} answered what is no JSON, so that nothing can be taken out of it"
        raise ItemError("not_json", sentence) from None
    try:
        return {rule.column: rule.value(found) for rule in rules}
    except ValueError as error:
        raise ItemError("not_json", f"{host} answered JSON of which nothing can be taken out: {error}") from None


def _safe(error: ItemError, wishes: RequestOptions) -> bool:
    return wishes.may_repeat or error.code in UNSENT


def _told(error: ItemError, wishes: RequestOptions) -> ItemError:
    """The failure, which says that a request is not sent again where it may have been received."""
    if _safe(error, wishes) or error.code not in {*retry_policy.RETRIED_CODES, "timeout"}:
        return error
    words = f"{error.message}; it may have been received, and is not sent again (--repeatable, or --idempotency-key)"
    return ItemError(error.code, words, detail=error.detail)
