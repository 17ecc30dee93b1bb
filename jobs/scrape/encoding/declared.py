"""What a page and its header say their encoding is: the labels as written, not yet looked up.

The `<meta>` of the first 4 KB is found as the HTML Standard's prescan finds it ("prescan a byte stream to determine its
encoding"): comments are skipped, and what stands inside another tag's attribute is not a tag. A later one counts as
long as the page's head goes on, as browsers go back to the beginning for it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

HEAD_BYTES = 4096
"""How much of the page may hold its declaration (the standard asks for 1,024; real pages put it later)."""

LONGEST_HEAD = 256 * 1024
"""How far a head is followed that declares nothing at its beginning."""

_HEAD_TAG = re.compile(
    rb"</?(?:html|head|title|meta|link|base|script|style|noscript|template)(?=[\t\n\f\r />])|<[!?]", re.IGNORECASE
)
"""What stands in a head; every other tag begins the body."""

_RAW = re.compile(rb"<(script|style|title|noscript)(?=[\t\n\f\r />])")

_META = re.compile(rb"<meta(?=[\t\n\f\r /])", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    rb"[\t\n\f\r /]*+([^\t\n\f\r />][^\t\n\f\r />=]*+)"
    rb"(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\t\n\f\r >\"'][^\t\n\f\r >]*+))?)?"
)
_TAG = re.compile(rb"</?[a-zA-Z][^\t\n\f\r />]*+(?:%s)*+" % _ATTRIBUTE.pattern)
_CHARSET = re.compile(
    rb"charset[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\t\n\f\r ;\"']++))", re.IGNORECASE
)
_XML = re.compile(rb"<\?xml[\t\n\r ][^>]{0,200}?encoding[\t\n\r ]*+=[\t\n\r ]*+[\"']([A-Za-z0-9._:-]{1,60})[\"']")


def charset_of(content_type: str) -> str:
    """The charset of a Content-Type header's value, or of a meta tag's content; empty without one."""
    return _charset_of(content_type[:1000])


@functools.lru_cache(maxsize=256)  # hardly any site has one of its own
def _charset_of(content_type: str) -> str:
    found = _CHARSET.search(content_type.encode("latin-1", "replace"))
    return _text(next((group for group in found.groups() if group is not None), b"")) if found else ""


def declared_in(body: bytes, *, xml_first: bool) -> list[tuple[str, str]]:
    """What the page itself declares, the more trusted first: pairs of `meta` or `xml` and a label.

    An HTML page's meta tag counts for more than its XML declaration; `xml_first` is for pages served as XML.
    """
    metas = [("meta", label) for label in _meta_charsets(body[:HEAD_BYTES])]
    metas = metas or [("meta", label) for label in _late_charset(body[:LONGEST_HEAD])]
    found = _XML.match(body[:HEAD_BYTES])
    xml = [("xml", _text(found[1]))] if found else []
    return xml + metas if xml_first else metas + xml


def _meta_charsets(head: bytes) -> Iterator[str]:
    if b"charset" not in head.lower():
        return
    place = head.find(b"<")
    while place >= 0:
        label, end = _tag(head, place)
        if label:
            yield label
        place = head.find(b"<", end)


def _late_charset(head: bytes) -> Iterator[str]:
    """The first label in a long head, which ends with the first tag of a body; scripts and styles are passed over."""
    if len(head) <= HEAD_BYTES or b"charset" not in (small := head.lower()):
        return
    place = head.find(b"<")
    while place >= 0 and _HEAD_TAG.match(head, place):
        label, end = _tag(head, place)
        if label:
            yield label
            return
        raw = _RAW.match(small, place)
        place = small.find(b"</" + raw[1], end) if raw else head.find(b"<", end)


def _tag(head: bytes, place: int) -> tuple[str, int]:
    """The label that the tag at `place` declares, if any, and where to look for the next tag."""
    if head.startswith(b"<!--", place):
        end = head.find(b"-->", place + 2)
        return "", len(head) if end < 0 else end + 3
    if _META.match(head, place):
        attributes, end = _attributes(head, place + len(b"<meta"))
        return _label_in(attributes), end
    if tag := _TAG.match(head, place):
        return "", tag.end()
    if head[place + 1 : place + 2] in (b"!", b"/", b"?"):
        end = head.find(b">", place)
        return "", len(head) if end < 0 else end + 1
    return "", place + 1


def _attributes(head: bytes, place: int) -> tuple[dict[bytes, bytes], int]:
    attributes: dict[bytes, bytes] = {}
    while found := _ATTRIBUTE.match(head, place):
        name, *values = found.groups()
        attributes.setdefault(name.lower(), next((value for value in values if value is not None), b""))
        place = found.end()
    return attributes, place


def _label_in(attributes: dict[bytes, bytes]) -> str:
    if b"charset" in attributes:
        return _text(attributes[b"charset"])
    if attributes.get(b"http-equiv", b"").strip().lower() == b"content-type":
        return charset_of(_text(attributes.get(b"content", b"")))
    return ""


def _text(label: bytes) -> str:
    """A label without the white space around it, and what is left of forgotten quotes."""
    return label.decode("latin-1").strip("\t\n\f\r \"'>;,")
