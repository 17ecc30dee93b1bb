"""XPath 1.0, by libxml2, over lxml's tree; without extensions, and so without expressions that could run for ever in
Python."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Any

from lxml import etree

from jobs.scrape.fields.own_field import VALUE_CHARS, OwnField, WrongField
from jobs.scrape.fields.page_views import PageViews
from jobs.scrape.fields.selectors import RESOLVED
from jobs.scrape.page.lxml_reader import spaced_text
from jobs.scrape.page.text import clean

FUNCTIONS = frozenset(
    "last position count local-name namespace-uri name string concat starts-with contains substring-before "
    "substring-after substring string-length normalize-space translate boolean not true false lang number sum floor "
    "ceiling round comment text processing-instruction node and or div mod".split()
)
"""Names that may stand before a parenthesis: functions of XPath 1.0 (but id), its tests of nodes, its operators."""

_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")
_CALL = re.compile(r"([^\W\d][\w:.-]*)\s*\(")
_PREFIX = re.compile(r"([A-Za-z_][\w.-]*):(?!:)")
_VARIABLE = re.compile(r"\$[\w:.-]*")


def check(expression: str) -> None:
    """Raise WrongField for what libxml2 cannot read, or would not know when it meets it in a page."""
    bare = _LITERAL.sub(lambda literal: " " * len(literal[0]), expression)
    for call in _CALL.finditer(bare):
        if call[1] == "id":
            raise WrongField('id() finds nothing, for pages have no document type (write //*[@id="…"])', call.start())
        if call[1].rpartition("::")[2] not in FUNCTIONS:
            raise WrongField(f"XPath 1.0 has no function {call[1][:60]}()", call.start())
    if prefix := _PREFIX.search(bare):
        raise WrongField(
            f"the prefix {prefix[1][:60]}: is not known, for pages have no namespaces (drop it)", prefix.start()
        )
    if variable := _VARIABLE.search(bare):
        raise WrongField(f"there is no variable {variable[0][:60]}", variable.start())
    try:
        compiled.of(expression)(etree.Element("html"))
    except etree.XPathError as error:
        raise WrongField(f'"{expression}" is not an XPath expression ({error})') from None


def matches(page: PageViews, field: OwnField) -> Iterable[Any]:
    """The elements, attributes and texts that are found; of a number, a text or a truth, that alone."""
    if page.root is None:
        return ()
    found = compiled.of(field.selector)(page.root)
    if not isinstance(found, list):
        return [found]
    return [one for one in found if not isinstance(one, tuple)]  # a pair is a namespace, which pages have not


def cell(page: PageViews, _field: OwnField, found: Any) -> str | None:
    """The text of what was found; numbers and truths as XPath writes them."""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float):
        return _number(found)
    if not isinstance(found, str):
        return clean(spaced_text(found, VALUE_CHARS, page.budget), VALUE_CHARS)
    named = getattr(found, "attrname", None)
    return clean(page.resolved(found) if named in RESOLVED else str(found), VALUE_CHARS)


def _number(found: float) -> str | None:
    """A number as XPath 1.0 writes it (section 4.2); None for none."""
    if math.isnan(found):
        return None
    if math.isinf(found):
        return "Infinity" if found > 0 else "-Infinity"
    return f"{found + 0.0:.0f}" if found.is_integer() else f"{found:.15g}"  # 0 has no sign


class _Compiled(threading.local):
    """Expressions as each thread has them: lxml lets one thread at a time use one, and a search may take long."""

    def __init__(self) -> None:
        self.of = lru_cache(maxsize=256)(partial(etree.XPath, regexp=False))


compiled = _Compiled()
