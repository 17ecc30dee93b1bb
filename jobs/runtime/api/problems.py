"""What went wrong, as a program reads it: problem+json (RFC 9457) with the sentence that a person would get."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from jobs.runtime.core.errors import (
    BadParams,
    BadSetting,
    BadToken,
    DamagedRun,
    FanoutError,
    FullError,
    IllegalMove,
    NotAllowed,
    OverQuota,
    Refused,
    UnknownRun,
    UnknownSchedule,
)
from jobs.runtime.core.text import json_safe

MEDIA_TYPE = "application/problem+json"
SOON = {"Retry-After": "2"}


class Problem(Exception):
    """What a request itself has wrong, or meets: a status, a sentence, a code for programs, and headers."""

    def __init__(self, status: int, sentence: str, *, code: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.code, self.headers = status, code, dict(headers or {})


_STATUS: tuple[tuple[type[FanoutError], int], ...] = (
    (BadToken, 401),
    (NotAllowed, 403),
    (UnknownRun, 404),
    (UnknownSchedule, 404),
    (IllegalMove, 409),
    (DamagedRun, 409),
    (OverQuota, 429),
    (BadSetting, 503),
    (Refused, 422),
    (FullError, 507),
    (FanoutError, 503),
)
"""The first that fits: what a caller can change is 4xx, what passes or an operator must see to 5xx, and never 500."""

_HEADERS: Mapping[int, Mapping[str, str]] = {401: {"WWW-Authenticate": "Bearer"}, 503: SOON}
FULL = (errno.ENOSPC, errno.EDQUOT)


def answer_to(error: Exception) -> Response:
    """The answer to what was raised; only to what is nobody's fault but ours it tells nothing."""
    if isinstance(error, Problem):
        return problem(error.status, str(error), error.code, error.headers)
    if isinstance(error, FanoutError):
        status = next(status for kind, status in _STATUS if isinstance(error, kind))
        faults = {"faults": error.faults} if isinstance(error, BadParams) and error.faults else {}
        return problem(status, str(error), _name(error), _HEADERS.get(status, {}), **faults)
    if isinstance(error, RecursionError):
        return problem(400, "the body is nested too deeply", "too_deep")
    if isinstance(error, OSError):
        if error.errno in FULL:
            return problem(507, "the disk of the server is full: nothing was changed", "disk_full")
        words = error.strerror or type(error).__name__
        return problem(503, f"the server cannot use its disk now ({words})", "disk", SOON)
    return problem(500, "something went wrong here that is not the request's fault: the server's log has it", "bug")


def problem(status: int, sentence: str, code: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """A problem with its sentence, a code for programs, and further members."""
    told = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": sentence,
        "code": code,
    }
    body = json_safe(json.dumps({**told, **more}, ensure_ascii=False))
    return Response(body, status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def _name(error: FanoutError) -> str:
    """The name of an error as a code: `UnknownRun` is `unknown_run`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
