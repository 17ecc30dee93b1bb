"""Lines of text → the user's own columns.

    price = .price                          the text of the first match
    image = img.main @src                   an attribute of the first match; @href and @src are resolved
    tags = all .tag                         the texts of all matches, as a list
    reviews = count .review                 how many match
    amount = json Product.offers.price      JSON-LD, or microdata: a type, and the way to a value
    next = xpath //a[@rel="next"]/@href     XPath 1.0
    number = regex /SKU-(\\d+)/i             RE2, in the text: the group, or all of the match
    key = regex source /apiKey: "(\\w+)"/    the same in the source
    body = markdown .article                an element as Markdown
    sizes = table #sizes                    a table as JSON

`first` may stand where `all` and `count` do, and `css` before a selector that begins with one of these words. Blank
lines are skipped, and so are lines that begin with `#` (a selector may begin with it: it stands behind the `=`). The
column is called `field_` and the name.
"""

from __future__ import annotations

import re

from jobs.scrape.fields import finders
from jobs.scrape.fields.own_field import CSS, REGEX, TAKES, WAYS, OwnField, WrongField

MOST_FIELDS = 50
MOST_CHARS = 500
"""Of what is looked for."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_ATTRIBUTE = re.compile(r"[A-Za-z_:][A-Za-z0-9_:.-]{0,99}")
_SOURCE = "source"


def read_fields(text: str) -> tuple[OwnField, ...]:
    """The fields that lines of text define, in their order.

    Raises ValueError with a sentence that names the line, and the position in it where that helps: no `=`, a name that
    cannot be one or is there twice, a selector that is none, too many fields.
    """
    fields: list[OwnField] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        field = _read_line(number, line)
        if field.name.lower() in {other.name.lower() for other in fields}:
            raise ValueError(f"line {number}: there is already a field {field.name}, give this one another name")
        fields.append(field)
    if len(fields) > MOST_FIELDS:
        raise ValueError(f"{len(fields)} fields are too many (at most {MOST_FIELDS})")
    return tuple(fields)


def _read_line(number: int, line: str) -> OwnField:
    name, equals, rest = line.partition("=")
    if not equals:
        raise ValueError(
            f'line {number}: "{line.strip()[:60]}" has no "=" (want a name and a selector, as in price = .price)'
        )
    if not _NAME.fullmatch(name.strip()):
        raise ValueError(
            f'line {number}: "{name.strip()[:60]}" is not a name (want a letter, then letters, digits and _)'
        )
    take, what = _split_word(rest.strip(), TAKES, "first")
    way, what = _split_word(what, WAYS, CSS)
    field = _field(name.strip(), take, way, what)
    _check(field, number, line, what)
    return field


def _split_word(text: str, words: tuple[str, ...], usual: str) -> tuple[str, str]:
    """A word that says how, and the rest. A way that stands alone is a selector: `table`, `count table`."""
    word, _, rest = text.partition(" ")
    if word not in words or (word in WAYS and not rest.strip()):
        return usual, text
    return word, rest.strip()


def _field(name: str, take: str, way: str, what: str) -> OwnField:
    if way == CSS:
        selector, attribute = _split_attribute(what)
        return OwnField(name=name, take=take, selector=selector, attribute=attribute)
    first, _, rest = what.partition(" ")
    source = way == REGEX and first == _SOURCE
    return OwnField(name=name, take=take, selector=rest.strip() if source else what, way=way, source=source)


def _split_attribute(text: str) -> tuple[str, str]:
    selector, at, attribute = text.rpartition("@")
    if at and _ATTRIBUTE.fullmatch(attribute):
        return selector.rstrip(), attribute.lower()
    return text, ""


def _check(field: OwnField, number: int, line: str, what: str) -> None:
    """Raise ValueError unless a page can be searched so; `what` is the part of the line that says it."""
    if not field.selector:
        raise ValueError(f"line {number}: there is no selector behind the name (want one as in price = .price)")
    if len(field.selector) > MOST_CHARS:
        raise ValueError(
            f"line {number}: a selector of {len(field.selector)} characters is too long (at most {MOST_CHARS})"
        )
    try:
        finders.finder_of(field).check(field.selector)
    except WrongField as error:
        begins = len(line.rstrip()) - len(what) + (len(what) - len(field.selector) if field.source else 0)
        raise ValueError(f"line {number}, position {begins + error.place + 1}: {error}") from None
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from None
    if field.take == "count" and field.attribute:
        raise ValueError(
            f"line {number}: count takes no attribute, drop @{field.attribute} "
            f"(for those that have it: {field.selector}[{field.attribute}])"
        )
