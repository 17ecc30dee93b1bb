"""The objects of a page's JSON-LD; what is no JSON is read once more as the JavaScript it nearly is."""

from __future__ import annotations

import html
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

MOST_SCRIPTS = 50
MOST_STRUCTURES = 5_000
"""Objects and lists that are looked at."""

SCRIPT_CHARS = 500_000
NAME_CHARS = 200

MOST_LEVELS = 10
"""Of lists and things in each other that are gone into for a text."""

READ_LOOSELY = "JSON-LD that is not quite JSON was read all the same"
NOT_READ = "JSON-LD that is no JSON was not read"

Structure = dict[str, object]

_HIDING = re.compile(r"<!--|(?://|/\*)?\s*+<!\[CDATA\[(?:\s*+\*/)?")
"""What stands before a script, to hide it from old browsers or from XML."""

_COMMENTS = re.compile(r"\A(?:\s*+/\*.*?\*/|\s*+//[^\n]*\n)++", re.DOTALL)
"""What stands before the first object."""

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]++|\\.)*+"?+|'(?:[^'\\]++|\\.)*+'?+)|\b(?P<none>None|undefined)\b|\b(?P<truth>True|False)\b"""
    r"""|(?P<space>[\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u3000\ufeff]+)""",
    re.DOTALL,
)
_NO_ESCAPE = re.compile(r"\\(?:(?P<kept>[\"\\/bfnrt]|u[0-9A-Fa-f]{4})|(?=.)|$)", re.DOTALL)
_CURLY = str.maketrans("\u201c\u201d\u201e", '"""')

_SIGNERS = ("author", "creator", "publisher")
_OF_SCHEMA = re.compile(r"\A(?:schema:|https?://(?:www\.)?schema\.org/)")
_VOCABULARY = re.compile(r".*[/#:]", re.DOTALL)


def structures(scripts: Sequence[str], notes: list[str]) -> list[Structure]:
    """The objects, outer ones first, with their keys as schema.org has them; what was odd goes to `notes`."""
    waiting: deque[object] = deque()
    for script in scripts[:MOST_SCRIPTS]:
        text = _bare(script)
        if text and len(script) < SCRIPT_CHARS:
            waiting.extend(_read(text, notes))
    return _with_signers(list(_objects(waiting)))


def types(found: Iterable[Structure]) -> Iterator[str]:
    """The types of structures, without the vocabulary's address."""
    for structure in found:
        given = structure.get("@type")
        for name in given if isinstance(given, list) else [given]:
            if isinstance(name, str) and name.strip():
                yield bare_name(name)


def bare_name(name: str) -> str:
    """`Article`, of `https://schema.org/Article`, `schema:Article` and the like."""
    return _VOCABULARY.sub("", name.strip())[:NAME_CHARS]


def text_of(value: object, levels: int = MOST_LEVELS) -> str:
    """A text, or the name of the thing that stands for it; several are joined by commas; empty for none, and for what
    lies deeper than so many levels."""
    if isinstance(value, str):
        return value.strip()
    if levels == 0:
        return ""
    if isinstance(value, dict):
        return text_of(value.get("name"), levels - 1) or text_of(value.get("@value"), levels - 1)
    named = (text_of(one, levels - 1) for one in value[:20]) if isinstance(value, list) else ()
    return ", ".join(filter(None, named))


def _with_signers(found: list[Structure]) -> list[Structure]:
    """The objects, where one says by whom it is (`{"@id": "#ann"}`) with the one that is meant in its place."""
    known = {one["@id"]: one for one in found if isinstance(one.get("@id"), str) and len(one) > 1}

    def meant(value: object) -> object:
        if isinstance(value, list):
            return [meant(one) for one in value[:20] if not isinstance(one, list)]
        return known.get(value.get("@id"), value) if isinstance(value, dict) and "name" not in value else value

    return [one | {name: meant(one[name]) for name in _SIGNERS if name in one} if known else one for one in found]


def _read(text: str, notes: list[str]) -> list[object]:
    try:
        return [json.loads(text, strict=False, object_hook=_bare_names)]
    except (ValueError, RecursionError):
        read = _read_loosely(text)
    note = READ_LOOSELY if read else NOT_READ
    if note not in notes:
        notes.append(note)
    return read


def _read_loosely(text: str) -> list[object]:
    """Comments, trailing commas, several objects in a row, single or curly quotes, quotes as entities, words of Python,
    spaces that are none of JSON, escapes that there are not."""
    import chompjs  # only where it is needed

    if '"' not in text:
        text = html.unescape(text) if "&quot;" in text else text.translate(_CURLY)
    unescaped = _TOKEN.sub(_as_json, _COMMENTS.sub("", text))
    options = {"strict": False, "object_hook": _bare_names}
    try:
        found: Iterable[object] = chompjs.parse_js_objects(unescaped, loader_kwargs=options)
        return [value for _, value in zip(range(MOST_STRUCTURES), found, strict=False)]
    except (ValueError, RecursionError):
        return []


def _as_json(token: re.Match[str]) -> str:
    if token["text"] and token[0][0] == "'":
        return token[0]
    if token["text"]:
        return _NO_ESCAPE.sub(lambda found: f"\\{found['kept']}" if found["kept"] else "", token[0])
    return "null" if token["none"] else token["truth"].lower() if token["truth"] else " "


def _bare_names(value: Structure) -> Structure:
    """An object with its keys as schema.org has them, without the vocabulary's address."""
    if not any(":" in key for key in value):
        return value
    return {_OF_SCHEMA.sub("", key): inner for key, inner in value.items()}


def _objects(waiting: deque[object]) -> Iterator[Structure]:
    seen = 0
    while waiting and seen < MOST_STRUCTURES:
        seen += 1
        value = waiting.popleft()
        if isinstance(value, dict):
            yield value
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting.extend(inner for inner in inside if isinstance(inner, dict | list))


def _bare(script: str) -> str:
    """A script without what stands around it: what hides it (`<!-- … //-->`, `//<![CDATA[ … //]]>`), a semicolon."""
    text = script.strip("\ufeff \t\r\n")
    if hiding := _HIDING.match(text):
        text = text[hiding.end() :].rpartition("]]>" if "[" in hiding[0] else "-->")[0].rstrip("/* \t\r\n")
    return text.strip().removesuffix(";")
