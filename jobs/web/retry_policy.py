"""What is worth trying again, and when: by the server's Retry-After, or after 2 s, doubling, with jitter."""

from __future__ import annotations

import datetime
import email.utils
import math
import random
import re

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
HELD_STATUSES = frozenset({429, 503})
"""With these a server speaks for all its pages: the whole host waits."""

RETRIED_CODES = frozenset({"dns_temporary", "first_byte_timeout", "read_timeout", "connection_reset", "incomplete"})

MOST_SECONDS = 300.0
"""No server makes us wait longer, whatever it says."""

FIRST_SECONDS = 2.0


_SECONDS = re.compile(r"([0-9]+(?:\.[0-9]{1,9})?)\s*(?:s|secs?|seconds?)?", re.IGNORECASE)
"""Some servers say `30s`."""


def asked_seconds(header: str, now: datetime.datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, at most 300; None where it says nothing, or nothing sensible."""
    text = header.strip()
    figures = _SECONDS.fullmatch(text)
    if figures is not None:
        return min(float(figures[1][:18]), MOST_SECONDS)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    seconds = (moment - (now or datetime.datetime.now(datetime.UTC))).total_seconds()
    return min(seconds, MOST_SECONDS) if seconds > 0 and math.isfinite(seconds) else None


def own_seconds(attempt: int, chance: random.Random | None = None) -> float:
    """Seconds before the next attempt where the server does not say: 2, 4, 8 … times 0.5 to 1.5, at most 300."""
    spread = (chance or random).uniform(0.5, 1.5)
    return float(min(FIRST_SECONDS * 2 ** min(attempt - 1, 10) * spread, MOST_SECONDS))
