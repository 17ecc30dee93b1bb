"""Where a page sends its reader after some seconds: by a meta tag, or by a header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.scrape.page.links import resolve

MOST_SECONDS = 10**9

_REFRESH = re.compile(
    r"""[\t\n\f\r ]*+([0-9]*+)(?:\.[0-9.]*+)?+            # seconds; a fraction is passed over
        (?:(?=[;,\t\n\f\r ])[\t\n\f\r ]*+[;,]?+[\t\n\f\r ]*+
           (?:url[\t\n\f\r ]*+=[\t\n\f\r ]*+)?+
           (?:"([^"]*+).*+|'([^']*+).*+|(.*+)))?+""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
"""The HTML standard's shared declarative refresh steps."""


@dataclass(frozen=True, kw_only=True)
class Refresh:
    """The URL that a page sends to, perhaps its own, and after how many seconds."""

    target: str
    seconds: int


def refresh_of(metas: Sequence[str], header: str, *, base: str, url: str) -> Refresh | None:
    """The first that is one: the header's, relative to `url`, then the meta tags', relative to `base`."""
    given = [(header, url), *((content, base) for content in metas)]
    return next((found for found in (_read(text, start, url) for text, start in given) if found), None)


def _read(text: str, start: str, own: str) -> Refresh | None:
    found = _REFRESH.fullmatch(text[:5_000])
    if found is None or not (found[1] or text.lstrip("\t\n\f\r ").startswith(".")):
        return None
    seconds = min(int(found[1][:10] or 0), MOST_SECONDS)
    reference = (found[2] or found[3] or found[4] or "").strip()
    target = resolve(start, reference) if reference else own
    return None if target is None else Refresh(target=target, seconds=seconds)
