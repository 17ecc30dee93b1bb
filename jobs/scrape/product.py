"""The name that robots.txt is read for, out of a User-Agent."""

from __future__ import annotations

import re
from collections.abc import Iterator

BROWSERS = frozenset(
    "mozilla applewebkit khtml gecko chrome crios headlesschrome chromium mobile safari version firefox fxios edge edg "
    "edga edgios opr opera presto msie trident ubuntu windows macintosh x11 linux android iphone ipad ipod wow64 u rv "
    "compatible like samsungbrowser ucbrowser yabrowser vivaldi brave build cpu wv nt".split()
)
"""What browsers say of themselves and their machines, and others after them: nobody's own name."""

_COMMENT = re.compile(r"\(([^()]*)\)")
_NAME = re.compile(r"[A-Za-z][\w.!-]*")
_PRODUCT = re.compile(r"([A-Za-z][\w.!-]*)/v?[\d.]")


def product_of(user_agent: str) -> str:
    """NameBot, of `NameBot/1.0 (+https://…)` and of `Mozilla/5.0 (compatible; NameBot/1.0; +https://…)`.

    A browser's own User-Agent names its first product, and an empty one `*`.
    """
    first = (user_agent.partition("/")[0].split() or ["*"])[0]
    if first.lower() not in BROWSERS:
        return first
    return next((name for name in _names(user_agent) if name.lower() not in BROWSERS), first)


def _names(user_agent: str) -> Iterator[str]:
    """Names in the order of how surely they are meant: behind `compatible`, outside comments, in comments."""
    comments = [[part.strip() for part in comment.split(";")] for comment in _COMMENT.findall(user_agent)]
    for parts in comments:
        places = [place for place, part in enumerate(parts) if part.lower() == "compatible"]
        behind = parts[places[0] + 1 :] if places else []
        yield from (found[0] for found in map(_NAME.match, behind) if found and "://" not in found.string)
    yield from _PRODUCT.findall(_COMMENT.sub(" ", user_agent))
    yield from _PRODUCT.findall(" ".join(part for parts in comments for part in parts if "://" not in part))
