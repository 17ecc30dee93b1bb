"""Text that can be stored, sent, written and seen: no control characters, no lone surrogates, nothing invisible."""

from __future__ import annotations

import enum
import re

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str) -> str:
    """Text as it may be stored: no control characters but tab and line feed, lone surrogates replaced by U+FFFD."""
    if _CONTROL.search(text) is None:
        return text
    return _CONTROL.sub(lambda found: "\ufffd" if found[0] >= "\ud800" else "", text)


def as_text(value: object) -> str:
    """A text as it is meant: of an enum's member its value."""
    return str(value.value if isinstance(value, enum.Enum) else value)


_SURROGATES = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """Text that can be UTF-8: lone surrogates are replaced by U+FFFD."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb]")
"""What does something to a terminal or to the direction of a text and is not seen itself: the controls C0 (but tab and
line feed) and C1, those of bidirectional text, and the separators of lines and paragraphs."""


def visible(text: str) -> str:
    """A text as it may be shown: such characters as escapes (`\\x9b`, `\\u202e`)."""
    return text if UNSEEN.search(text) is None else UNSEEN.sub(_escape, text)


def in_one_line(text: str) -> str:
    """The same, with line feeds and tabs as escapes too: what others have written cannot look like a line of ours."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def json_safe(document: str) -> str:
    """JSON text with such characters as JSON's own escapes: the same document."""
    return UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


_NO_CELL = re.compile("[\x00\ud800-\udfff]")


def cell_text(text: str) -> str:
    """A cell as it can be stored: NUL and lone surrogates are replaced by U+FFFD, all else stays."""
    if text.isascii() and "\x00" not in text:
        return text
    return _NO_CELL.sub("\ufffd", text) if _NO_CELL.search(text) else text


def stored_text(cell: object) -> str:
    """A cell as the store holds it. Raises TypeError where the store is damaged, and it is no text."""
    if type(cell) is not str:
        raise TypeError(f"a cell in the store is no text ({type(cell).__name__})")
    return cell
