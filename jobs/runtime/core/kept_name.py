"""Names that people give to what is kept, and find it by."""

from __future__ import annotations

import unicodedata

from jobs.runtime.core.errors import Refused
from jobs.runtime.core.text import cell_text


def kept_name(text: str, of: str, most: int) -> str:
    """A name as it is kept: one line, its letters composed. Raises Refused for none, and for one of more than `most`
    characters; `of` says what it is the name of (`a preset`).

    Two names that look the same because one of them has its accents apart are one
    (https://www.unicode.org/reports/tr15/).
    """
    name = unicodedata.normalize("NFC", " ".join(cell_text(text).split()))
    if not name:
        raise Refused(f"{of} needs a name: give some text")
    if len(name) > most:
        raise Refused(f"the name of {of} has at most {most} characters, and this one has {len(name):,}")
    return name
