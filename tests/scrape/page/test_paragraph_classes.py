"""Paragraphs are told apart as jusText itself does it."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
from justext.core import revise_paragraph_classification

from jobs.scrape.page import paragraph_classes


def paragraphs(classes: list[str], heading: int | None = None) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(cf_class=one, class_type="", heading=place == heading, text="x" * 60)
        for place, one in enumerate(classes)
    ]


@pytest.mark.parametrize("heading", [None, 3])
def test_the_classes_are_those_of_justext(heading: int | None) -> None:
    chosen = random.Random(7)
    for length in [*range(12)] * 40:
        classes = chosen.choices(["short", "neargood", "good", "bad"], [4, 2, 1, 1], k=length)
        ours, theirs = paragraphs(classes, heading), paragraphs(classes, heading)

        paragraph_classes.revise(ours, 200)
        revise_paragraph_classification(theirs, 200)

        assert [one.class_type for one in ours] == [one.class_type for one in theirs], classes
