"""What python-calamine does not tell of a sheet: digits beyond a double's, formats that are part of the value, errors,
formulas without a value, and where links lead; found in one look through its XML, by the tags of its cells."""

from __future__ import annotations

import functools
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from lxml import etree

from jobs.runtime.inputs import number_format
from jobs.runtime.inputs.sources import CHUNK, InputSource

Place = tuple[int, int]
"""A row from 1 and a column from 0."""

NO_VALUE = "formula without a value"
MAX_TOLD = 500_000
"""Cells whose own text or link is kept, of each kind. Excel itself keeps 65,530 links a sheet."""

MAX_PENDING = 8 * CHUNK
"""Bytes without an end of a row or cell, beyond which nothing is looked for in them."""

_UNVALUED = 255
_TAG = rb"<(?:\w+:)?c\s[^<>]*>\s*"
_FORMULA = rb"<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
_NOT_VALUED = re.compile(
    rb"(" + _TAG + rb")(" + _FORMULA + rb")(?:<(?:\w+:)?v(?:\s*/>|>\s*</(?:\w+:)?v>)\s*)?</(?:\w+:)?c>"
)
_LONG = re.compile(rb"(" + _TAG + rb")(?:" + _FORMULA + rb")?<(?:\w+:)?v>\s*\+?(-?[0-9]{16,400})\s*</")
_ERROR = re.compile(rb"(" + _TAG + rb")(?:" + _FORMULA + rb")?<(?:\w+:)?v>\s*(#[^<\s]{1,40})\s*</")
_LINKING = re.compile(rb"(" + _TAG + rb")(<(?:\w+:)?f(?:\s[^<>]*)?>\s*(?:_xlfn\.)?HYPERLINK\([^<]*</)", re.IGNORECASE)
_LINK = re.compile(rb"<(?:\w+:)?hyperlink\b[^<>]*>")
_USUAL_LINK = re.compile(rb'<hyperlink ref="([A-Z]{1,3})([0-9]{1,7})" r:id="(\w+)"(?: xr:uid="[^"<>]*")?/>')
"""As Excel itself writes one: read at once, since there may be tens of thousands."""

_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["']""")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_TARGET = re.compile(r'[^>]*>\s*(?:_xlfn\.)?HYPERLINK\(\s*"((?:[^"]|"")*)"', re.IGNORECASE)
_BUILT_IN = {46: "[h]:mm:ss"}


@dataclass(frozen=True, kw_only=True)
class SheetXml:
    """What was found in a sheet's own XML. `marks` has for each column a byte a row: the place in `formats` of the
    format that is part of the value, from 1, or that the formula has no value. `texts` are what cells say instead of
    what calamine reads there, `links` where cells lead."""

    formats: tuple[str, ...]
    marks: dict[int, bytearray] = field(default_factory=dict)
    texts: dict[Place, str] = field(default_factory=dict)
    links: dict[Place, str] = field(default_factory=dict)

    @property
    def telling(self) -> bool:
        """Whether it tells anything that calamine does not."""
        return bool(self.marks or self.texts or self.links)

    def text(self, row: int, column: int, value: object) -> str | None:
        """What a cell says instead of what calamine reads there (`value`); None: that is it."""
        text = self.texts.get((row, column))
        mark = self._mark(row, column)
        if text is None and mark:
            return NO_VALUE if mark == _UNVALUED else number_format.shown(self.formats[mark - 1], value)
        return text

    @property
    def unvalued(self) -> int:
        """How many formulas have no value."""
        return sum(marks.count(_UNVALUED) for marks in self.marks.values())

    def rows_after(self, last: int) -> Iterator[tuple[int, list[str]]]:
        """The rows behind the last one that calamine knows: they hold formulas without a value."""
        for row in range(last + 1, max(map(len, self.marks.values()), default=0)):
            columns = [column for column in self.marks if self._mark(row, column) == _UNVALUED]
            if columns:
                yield row, [self.text(row, column, "") or "" for column in range(max(columns) + 1)]

    def _mark(self, row: int, column: int) -> int:
        marks = self.marks.get(column, b"")
        return marks[row] if row < len(marks) else 0

    def put_mark(self, place: Place, mark: int) -> None:
        """Mark a cell."""
        row, column = place
        marks = self.marks.setdefault(column, bytearray())
        marks.extend(bytes(max(0, row + 1 - len(marks))))
        marks[row] = mark


def sheet_xml(source: InputSource, sheet: str) -> SheetXml | None:
    """The XML of a sheet, looked through once; None where the archive keeps it otherwise than workbooks do."""
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            path = _path_of(archive, sheet)
            styles = _styles(archive)
            found = SheetXml(formats=tuple(dict.fromkeys(styles.values()))[: _UNVALUED - 1])
            tags: list[bytes] = []
            for text in _pieces(archive, path):
                _look(text, styles, found)
                tags += _LINK.findall(text)[: MAX_TOLD - len(tags)]
            _add_links(found, _relations(archive, path) if tags else {}, tags)
            return found
    except (KeyError, ValueError, StopIteration, etree.XMLSyntaxError):
        return None


def _pieces(archive: zipfile.ZipFile, path: str) -> Iterator[bytes]:
    """The XML of a sheet, cut behind rows or cells."""
    tail = b""
    with archive.open(path) as xml:
        while chunk := xml.read(CHUNK):
            text = tail + chunk
            cut = text.rfind(b"row>") + 4 if b"row>" in text else text.rfind(b"c>") + 2
            if cut < 3 and len(text) > MAX_PENDING:
                cut = len(text)
            yield text[: max(0, cut - 1)] if cut < 3 else text[:cut]
            tail = text[cut:] if cut >= 3 else text
    yield tail


def _look(text: bytes, styles: Mapping[int, str], found: SheetXml) -> None:
    """Take from a piece of a sheet what is to be told of its cells."""
    for tag, style in _styled(styles).findall(text) if styles else ():
        mark, reference = _index(found.formats, styles[int(style)]), _REFERENCE.search(tag)
        if mark and reference and (b"t=" not in tag or _attributes(tag).get("t", "n") == "n"):
            found.put_mark((int(reference[2]), _number_of(reference[1].decode())), mark)
    for tag, digits in _LONG.findall(text):
        attributes, number = _attributes(tag), digits.decode()
        if attributes.get("t", "n") == "n" and "r" in attributes and int(float(number)) != int(number):
            _tell(found.texts, attributes["r"], number)
    for tag, error in _ERROR.findall(text) if b">#" in text else ():
        attributes = _attributes(tag)
        if attributes.get("t") == "e" and "r" in attributes:
            _tell(found.texts, attributes["r"], unescape(error.decode("utf-8", "replace")))
    for tag, formula in _NOT_VALUED.findall(text) if b"<f" in text or b":f" in text else ():
        attributes = _attributes(tag)
        if attributes.get("t") != "str" and "r" in attributes:
            words = _words(formula)
            found.put_mark(_place(attributes["r"]), _UNVALUED)
            _tell(found.texts, attributes["r"], f"{NO_VALUE}: ={words}" if words else NO_VALUE)
    for tag, formula in _LINKING.findall(text) if b"HYPERLINK(" in text.upper() else ():
        target = _TARGET.match(unescape(formula.decode("utf-8", "replace")))
        if target and "r" in _attributes(tag):
            _tell(found.links, _attributes(tag)["r"], target[1].replace('""', '"'))


def _tell(told: dict[Place, str], reference: str, text: str) -> None:
    if len(told) < MAX_TOLD:
        told[_place(reference)] = text


def _styled(styles: Mapping[int, str]) -> re.Pattern[bytes]:
    """The tags of cells with one of these styles."""
    numbers = b"|".join(str(number).encode() for number in styles)
    return re.compile(rb"""(<(?:\w+:)?c\s(?=(?:[^<>]*\s)?s\s*=\s*["'](""" + numbers + rb""")["'])[^<>]*>)""")


def _index(formats: tuple[str, ...], code: str) -> int:
    return formats.index(code) + 1 if code in formats else 0


def _attributes(tag: bytes) -> dict[str, str]:
    found = _ATTRIBUTE.findall(tag.decode("utf-8", "replace"))
    return {name.rpartition(":")[2]: unescape(one or other) for name, one, other in found}


def _words(formula: bytes) -> str:
    return unescape(formula.decode("utf-8", "replace").partition(">")[2].rpartition("</")[0]).strip()


def _parse(archive: zipfile.ZipFile, path: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(archive.read(_entry(archive, path)), parser)


def _entry(archive: zipfile.ZipFile, path: str) -> str:
    """The name an archive has a part under. Raises KeyError."""
    names = {name.lower(): name for name in archive.namelist()}
    return names[path.lower()]


def _relations(archive: zipfile.ZipFile, path: str) -> dict[str, str]:
    """Where the references of a part lead, by id."""
    folder, name = posixpath.split(path)
    try:
        root = _parse(archive, f"{folder}/_rels/{name}.rels")
    except KeyError:
        return {}
    return {str(one.get("Id")): str(one.get("Target", "")) for one in root.iter("{*}Relationship")}


def _path_of(archive: zipfile.ZipFile, sheet: str) -> str:
    relations = _relations(archive, "xl/workbook.xml")
    for one in _parse(archive, "xl/workbook.xml").iter("{*}sheet"):
        if one.get("name") == sheet:
            key = next(value for name, value in one.attrib.items() if name.endswith("}id"))
            target = relations[key]
            return _entry(archive, target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}"))
    raise KeyError(sheet)


def _styles(archive: zipfile.ZipFile) -> dict[int, str]:
    """The formats that are part of the value, by number of style."""
    try:
        root = _parse(archive, "xl/styles.xml")
    except KeyError:
        return {}
    codes = _BUILT_IN | {_whole(one.get("numFmtId"), -1): one.get("formatCode", "") for one in root.iter("{*}numFmt")}
    styles = [one for group in root.iter("{*}cellXfs") for one in group.iterchildren("{*}xf")]
    found = {place: codes.get(_whole(style.get("numFmtId"), 0), "") for place, style in enumerate(styles)}
    return {place: code for place, code in found.items() if number_format.tells(code)}


def _add_links(found: SheetXml, relations: Mapping[str, str], tags: list[bytes]) -> None:
    for tag in tags:
        if (usual := _USUAL_LINK.fullmatch(tag)) and len(found.links) < MAX_TOLD:
            if target := relations.get(usual[3].decode("utf-8", "replace"), ""):
                found.links[int(usual[2]), _number_of(usual[1].decode())] = target
            continue
        attributes = _attributes(tag)
        target = relations.get(attributes.get("id", ""), "")
        if target and "ref" in attributes:
            fragment = f"#{attributes['location']}" if attributes.get("location") and "#" not in target else ""
            places = _places(attributes["ref"], MAX_TOLD - len(found.links))
            found.links.update(dict.fromkeys(places, target + fragment))


def _places(reference: str, most: int) -> list[Place]:
    """The cells of `A2` or `A2:B5`, so many at most."""
    first, _, last = reference.partition(":")
    top, left = _row(first), _column(first)
    bottom, right = (_row(last), _column(last)) if last else (top, left)
    width = max(1, right - left + 1)
    return [
        (row, column) for row in range(top, min(bottom, top + most // width) + 1) for column in range(left, right + 1)
    ]


def _place(reference: str) -> Place:
    return _row(reference), _column(reference)


def _column(reference: str) -> int:
    letters = re.match("[A-Za-z]{1,3}", reference)
    return _number_of(letters[0]) if letters else 0


@functools.lru_cache(maxsize=4096)
def _number_of(letters: str) -> int:
    """The index of a column by its letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _row(reference: str) -> int:
    digits = re.search("[0-9]{1,7}$", reference)
    return int(digits[0]) if digits else 0


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise
