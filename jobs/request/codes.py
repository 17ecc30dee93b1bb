"""The codes of a request and what each means; the list is closed."""

from __future__ import annotations

from jobs.web.codes import WEB_CODES

CODES = {
    **WEB_CODES,
    "truncated": "the answer is larger than the cap and was cut there; ok where nothing is extracted",
    "not_repeated": "its process died while it was sent: it may have been received, and is not sent again by itself",
    "not_json": "something is to be extracted, and the answer is no JSON, or nested too deep",
}
