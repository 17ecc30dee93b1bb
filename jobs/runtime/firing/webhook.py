"""A message to a webhook: a POST of JSON, signed where a key is named."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import jobs
from jobs.runtime.core import secrets
from jobs.runtime.core.errors import ItemError
from jobs.runtime.core.receivers import Receiver
from jobs.runtime.firing.message import Message, document
from jobs.web import urls
from jobs.web.fetcher import Fetcher
from jobs.web.messages import Request

SECONDS = 20.0
SIGNATURE = "X-Fanout-Signature"


def send(receiver: Receiver, message: Message) -> None:
    """Send it, through the guard that jobs ask servers through. Raises ItemError, BadSecret: it was not taken."""
    body = json.dumps(document(message), default=str).encode()
    headers = {"User-Agent": f"Fanout/{jobs.__version__}", "Content-Type": "application/json"}
    if receiver.key:
        headers[SIGNATURE] = signature(secrets.fill(receiver.key, secrets.lookup), body, int(time.time()))
    values = {name: secrets.lookup(name) for name in secrets.names_in(receiver.where)}
    hidden = secrets.blotter((value, secrets.placeholder(name)) for name, value in values.items())
    fetcher = Fetcher()
    try:
        target = urls.target(secrets.fill(receiver.where, values.__getitem__))
        question = Request(target=target, method="POST", headers=headers, body=body, cap=None, repeatable=False)
        with fetcher.watchdog.watch(SECONDS) as watch:
            answer = fetcher.get(question, watch)
        if not 200 <= answer.status < 300:
            raise ItemError("not_taken", f"{answer.target.host} answered {answer.status}")
    except ItemError as error:
        raise ItemError(error.code, hidden.text(str(error))) from None
    finally:
        fetcher.close()


def signature(key: str, body: bytes, at: int) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 by the key of the seconds, a point and the body."""
    digest = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
