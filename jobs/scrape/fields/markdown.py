"""An element as Markdown: headings, paragraphs, lists, quotes, code, tables, links and images.

It is written line by line, so that what is longer than a cell is not written at all; deeper than some levels, text is
just text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from jobs.scrape.fields import html_table
from jobs.scrape.fields.own_field import MARKDOWN_CHARS, OwnField
from jobs.scrape.fields.page_views import PageViews
from jobs.scrape.page.raw_facts import CLOSING, HEADINGS, OPENING, SILENT
from jobs.scrape.page.text import clean_lines, fold

if TYPE_CHECKING:
    from bs4 import Tag

MOST_LEVELS = 60
"""Of blocks in each other, and of what is inside a line."""

LINE_CHARS = 20_000
"""Of a paragraph; what follows is left out."""

_BLOCKS = (OPENING | CLOSING) - {"br", "button"} | {"ul", "ol", "li", "dl", "tbody", "tr", "center"}
_UNSEEN = frozenset({*SILENT, "head", "noscript", "textarea", "select", "button", "iframe", "svg", "object"})
_AROUND = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~"}
_SPECIAL = re.compile(r"([\\`*_\[\]<>])")
_LINE_START = re.compile(r"^(#{1,6}\s|[-+]\s|\d+[.)]\s|=+$|-+$)")
_TICKS = re.compile(r"`+")


def cell(page: PageViews, _field: OwnField, tag: Tag) -> str | None:
    """An element as Markdown, with absolute links; None when it is empty."""
    lines, left = [], MARKDOWN_CHARS
    for line in _element(tag, page, 0):
        lines.append(line)
        left -= len(line) + 1
        if left < 0:
            break
    return clean_lines("\n".join(lines), MARKDOWN_CHARS)


def _element(tag: Tag, page: PageViews, level: int) -> Iterator[str]:
    """The lines of a block."""
    name = tag.name
    if name in HEADINGS:
        yield from _paragraph("#" * int(name[1]) + " ", _line_of(tag, page))
    elif name == "pre":
        yield from _code(tag, page)
    elif name == "hr":
        yield from ("---", "")
    elif name == "blockquote":
        yield from _behind("> ", "> ", _blocks(tag, page, level + 1))
    elif name in ("ul", "ol"):
        yield from _items(tag, page, level + 1)
    elif name == "table" and level < MOST_LEVELS:
        yield from _table(tag, page)
    else:
        yield from _blocks(tag, page, level + 1)


def _blocks(tag: Tag, page: PageViews, level: int) -> Iterator[str]:
    """The lines of what is inside a block: paragraphs of what stands in a line, and the blocks between."""
    if level > MOST_LEVELS:
        yield from _paragraph("", _escaped(_text(tag, page)))
        return
    line, left = list[str](), LINE_CHARS
    for child in page.budget.counted(tag.children):
        if _is_block(child):
            yield from _paragraph("", "".join(line))
            line, left = [], LINE_CHARS
            yield from _element(cast("Tag", child), page, level)
        elif left > 0:
            line.append(_inline(child, page, 0))
            left -= len(line[-1])
    yield from _paragraph("", "".join(line))


def _items(tag: Tag, page: PageViews, level: int) -> Iterator[str]:
    number = 0
    for item in page.budget.counted(tag.children):
        if not isinstance(item, tag.__class__):
            continue
        number += 1
        mark = f"{number}. " if tag.name == "ol" else "- "
        lines = _behind(mark, " " * len(mark), _blocks(item, page, level + 1))
        yield from (line for line in lines if line.strip())
    yield ""


def _table(table: Tag, page: PageViews) -> Iterator[str]:
    """A table; the first row is its head, for Markdown has no table without."""
    for number, (_, cells) in enumerate(html_table.rows(table, page.budget)):
        yield "| " + " | ".join(_escaped(text).replace("|", "\\|") for text in cells) + " |"
        if number == 0:
            yield "|" + " --- |" * len(cells)
    yield ""


def _code(tag: Tag, page: PageViews) -> Iterator[str]:
    text = _text(tag, page).strip("\n")
    fence = "`" * max(3, *(len(ticks[0]) + 1 for ticks in chain(_TICKS.finditer(text), _TICKS.finditer("`"))))
    yield from (fence, *text.splitlines(), fence, "")


def _behind(first: str, other: str, lines: Iterator[str]) -> Iterator[str]:
    """Lines behind a mark."""
    mark = first
    for line in lines:
        yield f"{mark}{line}".rstrip()
        mark = other


def _paragraph(mark: str, text: str) -> Iterator[str]:
    """A paragraph and the empty line that ends it; nothing of an empty one. `\\0` stands for a break within it."""
    lines = [line for line in map(fold, text.split("\0")) if line]
    if lines:
        plain = (_LINE_START.sub(lambda start: "\\" + start[0], line) for line in lines)
        yield from _behind(mark, "", iter("\\\n".join(plain).split("\n")))
        yield ""


def _line_of(tag: Tag, page: PageViews) -> str:
    return _inside(tag, page, 0).replace("\0", " ")


def _inside(tag: Tag, page: PageViews, level: int) -> str:
    if level > MOST_LEVELS:
        return _escaped(_text(tag, page))
    parts, left = list[str](), LINE_CHARS
    for child in page.budget.counted(tag.children):
        parts.append(_inline(child, page, level))
        left -= len(parts[-1])
        if left < 0:
            break
    return "".join(parts)


def _inline(node: Any, page: PageViews, level: int) -> str:
    """A text, or an element within a line."""
    from jobs.scrape.page.soup_reader import TEXTS, attribute

    name = getattr(node, "name", None)
    if name is None:
        return _escaped(str(node).replace("\0", "")) if type(node) in TEXTS else ""
    if name in _UNSEEN:
        return ""
    if name == "br":
        return "\0"
    if name == "img":
        source = attribute(node, "src").strip()
        return f"![{_escaped(fold(attribute(node, 'alt')))}]({_address(page.resolved(source))})" if source else ""
    if name in ("code", "kbd", "samp"):
        text = fold(_text(node, page))
        return f"`` {text} ``" if "`" in text else f"`{text}`" if text else ""
    text = _inside(node, page, level + 1)
    if name == "a" and text.strip() and attribute(node, "href").strip():
        return f"[{text.strip()}]({_address(page.resolved(attribute(node, 'href').strip()))})"
    mark = _AROUND.get(name)
    return _marked(mark, text) if mark and text.strip() else f" {text} " if name in _BLOCKS else text


def _marked(mark: str, text: str) -> str:
    """A text between marks, which stand next to its words."""
    begins, ends = len(text) - len(text.lstrip()), len(text.rstrip())
    return f"{text[:begins]}{mark}{text[begins:ends]}{mark}{text[ends:]}"


def _address(url: str) -> str:
    return f"<{url}>" if " " in url else url.replace("(", "%28").replace(")", "%29")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _text(tag: Tag, page: PageViews) -> str:
    from jobs.scrape.page.soup_reader import spaced_text

    return spaced_text(tag, LINE_CHARS, page.budget)


def _is_block(node: Any) -> bool:
    return getattr(node, "name", None) in _BLOCKS
