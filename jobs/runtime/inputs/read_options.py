"""What a person says of how a file is written, where it is not left to be found."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from jobs.runtime.core.errors import BadInput

_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|", "space": " ", "none": ""}


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What a person says of a file. `delimiter` parts cells: one sign, its name (`tab`, `semicolon`, `none`: the lines
    are the cells), or None: found. `header` says whether the first filled line heads the columns; None: found.
    `encoding` is a name that Python knows; empty: found."""

    delimiter: str | None = None
    header: bool | None = None
    encoding: str = ""

    @property
    def of_text(self) -> bool:
        """Whether it says something that only a text file has."""
        return self.delimiter is not None or bool(self.encoding)

    def sign(self) -> str | None:
        """The sign that parts cells; empty: nothing does; None: it is to be found. Raises BadInput."""
        if self.delimiter is None:
            return None
        sign = _WORDS.get(self.delimiter.lower(), self.delimiter)
        if len(sign) > 1 or sign in ('"', "\n", "\r", "\0"):
            raise BadInput(f"{self.delimiter!r} is no delimiter: give one sign, or tab, semicolon, comma, bar, none")
        return sign

    def codec(self) -> str:
        """The codec of the encoding; empty: it is to be found. Raises BadInput for one that is not known."""
        if not self.encoding:
            return ""
        try:
            known = codecs.lookup(self.encoding)
        except (LookupError, ValueError):
            known = None
        if known is None or not known._is_text_encoding:
            raise BadInput(f"there is no encoding {self.encoding!r}: write it as in utf-8, cp1252 or shift_jis")
        return "utf-8-sig" if known.name == "utf-8" else known.name


FOUND = ReadOptions()
"""Nothing is said: all is found."""
