"""What is asked of a server, and what it answered."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs import ItemError
from jobs.web.exchange import USUAL_LIMITS, PhaseLimits
from jobs.web.media_types import is_file, is_unstated, media_type
from jobs.web.trust import USUAL, Trust
from jobs.web.urls import Target

FOLLOWED = frozenset({301, 302, 303, 307, 308})
EMPTY = frozenset({204, 205, 304})


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked of a server: the method, the headers, and how many bytes of the body are wanted (None: none).

    `file`: the body of a good answer is wanted whatever its type, cut at the cap however well it was compressed.
    `any_type`: that of any answer is, whatever its type; `read_whole`: so are these types beside text.
    `repeatable`: it may be sent again though it may have been received. `trust`: whom TLS trusts; `limits`: how long
    the server may take.
    """

    target: Target
    trust: Trust = USUAL
    limits: PhaseLimits = USUAL_LIMITS
    method: str = "GET"
    headers: Mapping[str, str]
    cap: int | None
    body: bytes | None = None
    file: bool = False
    any_type: bool = False
    read_whole: frozenset[str] = frozenset()
    repeatable: bool = True


@dataclass(frozen=True, kw_only=True)
class Response:
    """What a server answered: status, headers (as urllib3 keeps them), and the body as far as it was wanted.

    `latency` is from the question to the headers, in seconds; `at` is when they came (Unix seconds); `failure` is why
    the body is not whole although the headers are known; `notes` are what was unclean in the headers, `remarks` what
    was done beside the ordinary.
    """

    target: Target
    status: int
    headers: Any
    content: bytes = b""
    truncated: bool = False
    ip: str
    latency: float
    method: str = "GET"
    at: float = 0.0
    failure: ItemError | None = None
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def broke_off(self) -> bool:
        """Whether there is a part of a body that should be longer."""
        return self.failure is not None and self.failure.code == "incomplete" and bool(self.content)

    def header(self, name: str) -> str:
        """A header's value, several joined by commas; empty without one."""
        return self._merged.get(name.lower(), "")

    @functools.cached_property
    def _merged(self) -> dict[str, str]:
        """The headers by their names in lower case."""
        return {name.lower(): value for name, value in self.headers.itermerged()}

    @functools.cached_property
    def content_type(self) -> str:
        """The media type, lower case, without its parameters."""
        return media_type(self.header("content-type"))

    @property
    def redirects(self) -> bool:
        """Whether it sends the reader elsewhere."""
        return self.status in FOLLOWED and any(self.headers.getlist("location"))

    @property
    def location(self) -> str:
        """Where a redirect leads, in ASCII: bytes beyond it, whatever their encoding, are percent-encoded.

        Raises ItemError `bad_redirect` where it names several targets.
        """
        named = list(dict.fromkeys(self.headers.getlist("location")))
        if len(named) > 1:
            raise ItemError("bad_redirect", "the redirect names several targets")
        octets = named[0].strip().encode("latin-1", errors="replace")
        return "".join(chr(octet) if octet < 128 else f"%{octet:02X}" for octet in octets)

    @property
    def length(self) -> int | None:
        """The bytes of its body as the server announces them; None where it does not, or not in figures."""
        text = self.header("content-length")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    @functools.cached_property
    def is_text(self) -> bool:
        """Whether the body is a page or other text that can be read; without a type, if it begins as no file does."""
        kind = self.content_type
        if is_unstated(kind):
            return not is_file(self.content)
        return kind.startswith("text/") or kind.endswith(("+xml", "/xml"))
