"""One thing that programs may ask for, as the table of routes says it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from jobs.runtime.api.handlers import Call
from jobs.runtime.api.run_request import Asked, NoWords
from jobs.runtime.core.access import Deed

ROOT = "/api"


@dataclass(frozen=True, kw_only=True)
class ApiEndpoint:
    """One thing that may be asked for: `deed` is what it needs (None: anybody may), `words` what stands behind `?`,
    `body` what comes as JSON, `form` whether a file may come beside it, `answer` what is answered as JSON, or as one of
    `media`."""

    method: str
    path: str
    name: str
    summary: str
    call: Callable[[Call], Awaitable[Response]]
    deed: Deed | None
    words: type[Asked] = NoWords
    body: type[Asked] | None = None
    form: bool = False
    answer: Any = None
    media: tuple[str, ...] = ("application/json",)
    status: int = 200
