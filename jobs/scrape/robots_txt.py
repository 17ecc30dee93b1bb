"""What a robots.txt says to one product: lines grouped as Google's reference parser does, paths matched by Protego.

https://github.com/google/robotstxt (robots.cc); RFC 9309.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from protego import Protego

MOST_BYTES = 512 * 1024
MOST_LINE = 2_083 * 8
"""Bytes of a line; what follows is not read."""

_ENDS = re.compile(rb"\r\n|\r|\n")
_TOKEN = re.compile(r"[a-z_-]+")
_ESCAPE = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_RESERVED = re.compile("%(?:21|27|28|29|2C|2F|3A|3B|3F|40|5B|5D)", re.IGNORECASE)

_AGENT, _ALLOW, _DISALLOW, _DELAY = "user-agent", "Allow", "Disallow", "Crawl-delay"
_KEYS = (
    *((beginning, _AGENT) for beginning in ("user-agent", "useragent", "user agent")),
    ("allow", _ALLOW),
    *((beginning, _DISALLOW) for beginning in ("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw")),
    *((beginning, _DELAY) for beginning in ("crawl-delay", "crawl delay")),
)
"""How keys begin, usual slips among them."""


def parse(content: bytes, agent: str, *, whole: bool = True) -> Protego | None:
    """The rules for the product `agent` in a robots.txt (for any agent that asks); None for what is a web page instead.

    Odd bytes and a byte order mark do no harm.
    """
    text = _in_utf_8(content[:MOST_BYTES]).replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text.startswith(b"<"):
        return None
    if not whole or len(content) > MOST_BYTES:
        text = text[: max(text.rfind(b"\n"), text.rfind(b"\r")) + 1]  # half a rule may say the contrary
    return Protego.parse("\n".join(["User-agent: *", *_rules(_lines(text), agent.lower())]))


def _in_utf_8(content: bytes) -> bytes:
    """A file in UTF-16, as its byte order mark says, in UTF-8."""
    if not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content
    return content.decode("utf-16", "replace").encode()


def in_one_form(text: str) -> str:
    """A URL or a line with a rule, with reserved characters of its query never percent-encoded: they are the same."""
    path, mark, query = text.partition("?")
    return path + mark + _RESERVED.sub(lambda found: chr(int(found[0][1:], 16)), query)


def _rules(lines: Iterator[tuple[str, str]], agent: str) -> list[str]:
    """The rules of the groups that name the agent, else of those for all. Rules end the list of a group's agents; other
    lines, known or not, do not."""
    own: list[str] | None = None
    common: list[str] = []
    named = for_all = ended = False
    for key, value in lines:
        if key == _AGENT:
            named, for_all = (False, False) if ended else (named, for_all)
            ended = False
            for_all = for_all or _is_star(value)
            named = named or _concerns(value.lower(), agent)
            own = [] if named and own is None else own
        elif named or for_all:
            ended = ended or key != _DELAY
            (own if named and own is not None else common).extend(_rule(key, value))
    return common if own is None else own


def _lines(text: bytes) -> Iterator[tuple[str, str]]:
    for line in _ENDS.split(text):
        key, value = _key_and_value(line[:MOST_LINE].partition(b"#")[0].strip().decode("latin-1"))
        beginning = key.lower()
        known = next((name for begins, name in _KEYS if beginning.startswith(begins)), "")
        if known:
            yield known, value


def _key_and_value(line: str) -> tuple[str, str]:
    """Parted by a colon; without one by white space, if that leaves two words (and `user agent x` is meant so)."""
    key, colon, value = line.partition(":")
    if colon:
        return key.strip(), value.strip()
    words = line.split()
    if len(words) == 3 and " ".join(words[:2]).lower() == "user agent":
        return "user agent", words[2]
    return (words[0], words[1]) if len(words) == 2 else ("", "")


def _is_star(value: str) -> bool:
    return value[:1] == "*" and (len(value) == 1 or value[1].isspace())


def _concerns(name: str, agent: str) -> bool:
    token = _TOKEN.match(name)
    return agent in (name.partition("/")[0].strip(), token and token[0])


def _rule(key: str, value: str) -> Iterator[str]:
    """The lines that Protego is given for one: bytes beyond ASCII escaped, and `index.html` for its folder too."""
    if not value:
        return
    written = in_one_form("".join(c if " " <= c <= "~" else f"%{ord(c):02X}" for c in value))
    yield f"{key}: {_ESCAPE.sub(lambda found: found[0].upper(), written)}"
    folder, slash, file = written.rpartition("/")
    if key == _ALLOW and slash and file.startswith("index.htm"):
        yield f"{key}: {folder}/$"
