"""How a page is searched for a field: what matches, and what a match says in a cell."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.scrape.fields import data_paths, html_table, markdown, patterns, selectors, xpaths
from jobs.scrape.fields.own_field import CSS, JSON, LIST_CHARS, MARKDOWN, MOST_VALUES, REGEX, TABLE, XPATH, OwnField
from jobs.scrape.fields.page_views import PageViews


@dataclass(frozen=True, kw_only=True)
class Finder:
    """One way to search: `check` raises WrongField, `matches` finds, `cell` reads a match (None: it says nothing)."""

    check: Callable[[str], None]
    matches: Callable[[PageViews, OwnField], Iterable[Any]]
    cell: Callable[[PageViews, OwnField, Any], Any]


_FINDERS: Mapping[str, Finder] = {
    CSS: Finder(check=selectors.check, matches=selectors.matches, cell=selectors.cell),
    MARKDOWN: Finder(check=selectors.check, matches=selectors.matches, cell=markdown.cell),
    TABLE: Finder(check=selectors.check, matches=html_table.matches, cell=html_table.cell),
    XPATH: Finder(check=xpaths.check, matches=xpaths.matches, cell=xpaths.cell),
    REGEX: Finder(check=patterns.check, matches=patterns.matches, cell=patterns.cell),
    JSON: Finder(check=data_paths.check, matches=data_paths.matches, cell=data_paths.cell),
}


def finder_of(field: OwnField) -> Finder:
    """How this field is searched for."""
    return _FINDERS[field.way]


def field_values(page: PageViews, fields: Sequence[OwnField]) -> dict[str, Any]:
    """What the fields find in a page, by column. Nothing found is None, an empty list, or 0."""
    return {field.column: _value(page, field) for field in fields}


def _value(page: PageViews, field: OwnField) -> Any:
    finder = finder_of(field)
    matches = iter(finder.matches(page, field))
    if field.take == "count":
        return sum(1 for _ in matches)
    most = 1 if field.take == "first" else MOST_VALUES
    values, left = list[Any](), LIST_CHARS
    for match in itertools.islice(matches, most):
        value = finder.cell(page, field, match)
        if value is not None:
            values.append(value)
            left -= len(value if isinstance(value, str) else str(value))
        if left < 0:
            break
    return values if field.take == "all" else next(iter(values), None)
