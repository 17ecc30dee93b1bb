"""Which paragraphs are of the text, by their neighbours: jusText's own rules, in a time that grows with their number.

jusText looks from each short paragraph for the nearest that is longer: from each of 20,000 short ones past all others,
which takes a minute. Here two passes tell the nearest of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_CLEAR, _ANY = ("good", "bad"), ("good", "bad", "neargood")


def revise(paragraphs: Sequence[Any], max_heading_distance: int = 0) -> None:
    """What `justext.core.revise_paragraph_classification` does, which is asked itself where there are headings."""
    if any(paragraph.heading for paragraph in paragraphs):
        from justext.core import revise_paragraph_classification

        revise_paragraph_classification(paragraphs, max_heading_distance)
        return
    classes = _without_neargood(_without_short([paragraph.cf_class for paragraph in paragraphs]))
    for paragraph, class_type in zip(paragraphs, classes, strict=True):
        paragraph.class_type = class_type


def _without_short(classes: list[str]) -> list[str]:
    around = zip(*_around(classes, _CLEAR), *_around(classes, _ANY), strict=True)
    return [_of_short(*near) if own == "short" else own for own, near in zip(classes, around, strict=True)]


def _of_short(before: str, after: str, any_before: str, any_after: str) -> str:
    if before == after:
        return before
    return "good" if "neargood" in (before == "bad" and any_before, after == "bad" and any_after) else "bad"


def _without_neargood(classes: list[str]) -> list[str]:
    """Each is good where one beside it is; those before it are decided already."""
    revised, before = list[str](), "bad"
    for own, after in zip(classes, _around(classes, _CLEAR)[1], strict=True):
        revised.append(own if own != "neargood" else "good" if "good" in (before, after) else "bad")
        before = revised[-1]
    return revised


def _around(classes: Sequence[str], counted: Iterable[str]) -> tuple[list[str], list[str]]:
    """The nearest class before and behind each, of those that count; at the ends it is bad."""
    return list(_before(classes, counted)), list(_before(classes[::-1], counted))[::-1]


def _before(classes: Iterable[str], counted: Iterable[str]) -> Iterator[str]:
    nearest = "bad"
    for own in classes:
        yield nearest
        nearest = own if own in counted else nearest
