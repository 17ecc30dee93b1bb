"""The anchor that a URL names behind its `#`, and whether its page has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lxml import etree

if TYPE_CHECKING:
    from jobs.scrape.fields.page_views import PageViews

TOP = "top"
"""Names the top of any page (HTML Standard, 7.4.6.3)."""

_NAMED = etree.XPath("boolean(//*[@id=$anchor] | //a[@name=$anchor])")


def has_anchor(page: PageViews, anchor: str) -> bool:
    """Whether a page has it, as it is written or with its escapes read."""
    root: Any = page.seen
    wanted = dict.fromkeys(name for name in (anchor, unquote(anchor)) if _is_text(name))
    if root is not None and any(_NAMED(root.getroottree(), anchor=name) for name in wanted):
        return True
    return unquote(anchor).lower() == TOP


def _is_text(name: str) -> bool:
    """Whether libxml2 takes it: no controls, and no half surrogates."""
    return name.isprintable()
