"""One column of the user's own: its name, how many of what is found it keeps, and what is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field as Description

from jobs.scrape.page.page_columns import TEXT

VALUE_CHARS = 10_000
"""A longer value is cut, with a mark at its end."""

MARKDOWN_CHARS = 100_000
"""The same of Markdown."""

MOST_VALUES = 1_000
"""`all` keeps so many; `count` counts on."""

LIST_CHARS = 1_000_000
"""And no more once the values have so many characters together: a row holds no more."""

TAKES = ("first", "all", "count")

CSS, JSON, XPATH, REGEX, MARKDOWN, TABLE = "css", "json", "xpath", "regex", "markdown", "table"
WAYS = (CSS, JSON, XPATH, REGEX, MARKDOWN, TABLE)
"""How a page is searched; without a word, by CSS."""

_WORDS = {
    CSS: "",
    JSON: "JSON-LD or microdata ",
    XPATH: "",
    REGEX: "match of ",
    MARKDOWN: "Markdown of ",
    TABLE: "rows of ",
}


class WrongField(ValueError):
    """What is looked for cannot be; `place` is where in it that shows (from 0)."""

    def __init__(self, reason: str, place: int = 0) -> None:
        super().__init__(reason)
        self.place = place


@dataclass(frozen=True, kw_only=True)
class OwnField:
    """One column of the user's: `take` is first, all or count; `attribute` is empty where the text is wanted; `source`:
    the page's source is searched, and not its text."""

    name: str
    take: str
    selector: str
    attribute: str = ""
    way: str = CSS
    source: bool = False

    @property
    def column(self) -> str:
        """The name of its column."""
        return f"field_{self.name}"

    @property
    def annotation(self) -> Any:
        """The type of its column with a description, as the job's columns want it."""
        value: Any = Any if self.way == TABLE else str
        kind: Any = {"first": value, "all": list[value], "count": int}[self.take]
        return Annotated[kind | None, Description(description=self.description)]

    @property
    def description(self) -> str:
        """What the column holds, in words."""
        of = f"attribute {self.attribute} of " if self.attribute else "text of " if self.way == CSS else ""
        what = {"first": f"{of}the first", "all": f"{of}every", "count": "number of"}[self.take]
        return f"{what} {_WORDS[self.way]}{self.selector}{' in the source' if self.source else ''}"

    @property
    def parts(self) -> frozenset[str]:
        """The parts of a page that it needs beside the trees it is searched in."""
        return frozenset({TEXT}) if self.way == REGEX and not self.source else frozenset()
