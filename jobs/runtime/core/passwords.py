"""Names and passwords in addresses (`http://ann:secret@example.org/`), kept out of whatever quotes a text."""

from __future__ import annotations

import re

HIDDEN = "…"

_AT = r"(?:[@\uff20\ufe6b]|%40)"
_SCHEME = re.compile(r"[^A-Za-z0-9]*[A-Za-z][A-Za-z0-9+.-]*:[/\\]*")
_MAIL = re.compile(r"\W*(mailto|sips?|xmpp):$", re.IGNORECASE)
_SLASHES = re.compile(r"[/\\]{2,}")
_UP_TO_LAST_AT = re.compile(rf".*(?={_AT})", re.DOTALL | re.IGNORECASE)
_COLON = re.compile(r":|%3a|\uff1a|\ufe55", re.IGNORECASE)
_NO_PORT = re.compile(r"([^/?#\\\[\s:]*:)(?![0-9]{0,5}(?:[/?#\\\s]|$))[^/?#\\]{4,}")


def without_password(text: str) -> str:
    """A text with what stands before the last @ of an address in it replaced by `…`; so is what stands where a port
    should be and is none (of four signs or more), which may be a password that was cut off.

    It hides too much rather than too little: a password that was not escaped may hold slashes, blanks and signs of its
    own, and so may be taken for any part of an address that cannot be read.
    """
    found = _SCHEME.match(text) or _SLASHES.search(text)
    start = found.end() if found else 0
    before = _UP_TO_LAST_AT.match(text, start)
    if before is None:
        port = _NO_PORT.match(text, start) if found else None
        return text if port is None else text[: port.end(1)] + HIDDEN + text[port.end() :]
    named = before[0]
    plain_path = not _COLON.search(named) and re.search(r"[/\\?#]", named)
    of_mail = found is None or _MAIL.match(found[0])
    if plain_path or (of_mail and not _COLON.search(named) and "/" not in text[before.end() :]):
        return text  # example.org/@ann, or an address of mail
    return text[:start] + HIDDEN + text[before.end() :]
