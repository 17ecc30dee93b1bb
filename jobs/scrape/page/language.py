"""The language of a page as a code of two or three letters: as it declares it, else as its text shows."""

from __future__ import annotations

import functools
import re
import threading
from typing import Any

SAMPLE_CHARS = 5_000
"""Of a text that is looked at."""

LEAST_LETTERS = 20
LEAST_SURE = 0.5
"""Of a shorter text, or where another language is as likely, none is said."""

NONE = "zxx"
"""The code of what is no language."""

_loading = threading.Lock()
_CODE = re.compile(r"\s*+([A-Za-z]{2,3})(?:[-_][A-Za-z0-9_-]*+)?+\s*+(?:[,;].*)?", re.DOTALL)


def language_of(declared: str | None, text: str) -> tuple[str | None, str | None]:
    """The code, and who said so: `declared` or `detected`; nothing where neither says."""
    written = _CODE.fullmatch(declared or "")
    if written is not None:
        return written[1].lower(), "declared"
    detected = detect(text)
    return detected, "detected" if detected else None


def detect(text: str) -> str | None:
    """The language that a text is most likely in; None: it does not show."""
    sample = text[:SAMPLE_CHARS].encode("utf-8", "replace").decode("utf-8")
    if sum(map(str.isalpha, sample)) < LEAST_LETTERS:
        return None
    code, sure = _identifier().classify(sample)
    return str(code) if sure >= LEAST_SURE and code != NONE else None


def _identifier() -> Any:
    """The model, loaded once: half a second and 100 MB, where a page declares nothing."""
    with _loading:
        return _load()


@functools.cache
def _load() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # an extra

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
