"""The sample site's API: `http://api.sample/`, a small service that answers JSON, always the same for the same request.

/geocode?q=PLACE             where a place is; an unknown one has no results
/echo                        what was asked: method, path, query, headers, body
/v1/chat/completions         POST: the label of a text, as a language model's API gives it, with its price
/flaky?key=K                 429 and `Retry-After: 1` at every other request of a key
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jobs.runtime.sample.pages import SampleResponse

HOST = "api.sample"
MOST_BODY = 64 * 1024
PLACES: Mapping[str, tuple[float, float, str]] = {
    "berlin": (52.52, 13.405, "DE"),
    "bonn": (50.7374, 7.0982, "DE"),
    "lagos": (6.5244, 3.3792, "NG"),
    "lima": (-12.0464, -77.0428, "PE"),
    "oslo": (59.9139, 10.7522, "NO"),
    "paris": (48.8566, 2.3522, "FR"),
    "quito": (-0.1807, -78.4678, "EC"),
    "são paulo": (-23.5505, -46.6333, "BR"),
    "tokyo": (35.6762, 139.6503, "JP"),
    "zürich": (47.3769, 8.5417, "CH"),
}
LABELS: Mapping[str, tuple[str, ...]] = {
    "praise": ("great", "love", "excellent", "quick", "thank"),
    "complaint": ("broken", "late", "never", "refund", "rude"),
    "question": ("?", "how", "when", "where"),
}
PRICES = {"prompt": 0.15e-6, "completion": 0.60e-6}
"""Dollars a token, about as such services ask."""

SHOWN_HEADERS = frozenset({"accept", "authorization", "content-type", "idempotency-key", "user-agent", "if-none-match"})


class Api:
    """The answers of the API. It remembers which keys have been asked for patience."""

    def __init__(self) -> None:
        self._patient: set[str] = set()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> SampleResponse:
        """The answer to one request."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path == "/echo":
            return _json(200, _echo(method, parts.path, query, headers, body))
        if parts.path == "/geocode":
            return _geocode(query.get("q", ""), headers) if method in ("GET", "HEAD") else _refused(method, "GET, HEAD")
        if parts.path == "/v1/chat/completions":
            return _completion(body) if method == "POST" else _refused(method, "POST")
        if parts.path == "/flaky":
            return self._flaky(query.get("key", ""))
        return _json(404, {"error": {"message": f"there is no {parts.path}"}})

    def _flaky(self, key: str) -> SampleResponse:
        if key in self._patient:
            self._patient.discard(key)
            return _json(200, {"key": key})
        self._patient.add(key)
        return _json(429, {"error": {"message": "too many requests"}}, **{"Retry-After": "1"})


def _json(status: int, document: Any, **headers: str) -> SampleResponse:
    body = json.dumps(document, ensure_ascii=False).encode()
    delay = 0.02 + zlib.crc32(body) % 60 / 1000
    return SampleResponse(
        status=status, headers={"Content-Type": "application/json", **headers}, body=body, delay=delay
    )


def _refused(method: str, allowed: str) -> SampleResponse:
    return _json(405, {"error": {"message": f"{method} is not allowed here"}}, Allow=allowed)


def _echo(method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    text = body.decode("utf-8", "replace")
    shown = {name: value for name, value in headers.items() if name in SHOWN_HEADERS or name.startswith("x-")}
    return {"method": method, "path": path, "query": query, "headers": shown, "body": text, "json": _parsed(text)}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _geocode(place: str, headers: Mapping[str, str]) -> SampleResponse:
    known = PLACES.get(place.strip().lower())
    results = [] if known is None else [dict(zip(("latitude", "longitude", "country"), known, strict=True))]
    found = _json(200, {"query": place, "results": results})
    tag = f'"{zlib.crc32(found.body):08x}"'
    if headers.get("if-none-match") == tag:
        return SampleResponse(status=304, headers={"ETag": tag}, delay=found.delay)
    return SampleResponse(status=200, headers={**found.headers, "ETag": tag}, body=found.body, delay=found.delay)


def _completion(body: bytes) -> SampleResponse:
    asked = _parsed(body.decode("utf-8", "replace"))
    messages = asked.get("messages") if isinstance(asked, dict) else None
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages) or not messages:
        return _json(400, {"error": {"message": "messages: give at least one"}})
    text = str(messages[-1].get("content", "")).lower()
    label = next((label for label, words in LABELS.items() if any(word in text for word in words)), "other")
    prompt = sum(len(str(message.get("content", "")).split()) for message in messages) + 3 * len(messages)
    used = {"prompt_tokens": prompt, "completion_tokens": 1, "total_tokens": prompt + 1}
    cost = prompt * PRICES["prompt"] + PRICES["completion"]
    return _json(
        200,
        {
            "object": "chat.completion",
            "model": str(asked.get("model", "")),
            "choices": [{"index": 0, "message": {"role": "assistant", "content": label}, "finish_reason": "stop"}],
            "usage": {**used, "cost": round(cost, 9)},
        },
    )
