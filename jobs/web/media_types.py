"""What a body is, where its Content-Type says too little: a page, or plain text, or a file of another kind."""

from __future__ import annotations

UNSTATED = frozenset({"*/*", "unknown/unknown", "application/unknown"})
"""Types by which servers say that they do not know (MIME Sniffing Standard, section 7)."""

_BEGINNINGS = (
    *(b"\x89PNG\r\n", b"GIF8", b"\xff\xd8\xff", b"RIFF", b"\0\0\1\0", b"%PDF-", b"%!PS-Adobe-", b"PK\3\4", b"\x1f\x8b"),
    *(b"Rar!", b"7z\xbc\xaf", b"ID3", b"OggS", b"\x1aE\xdf\xa3", b"wOFF", b"wOF2"),
)
"""Of images, documents, archives, sounds, films and fonts."""


def media_type(content_type: str) -> str:
    """What a Content-Type names, lower case, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def is_unstated(kind: str) -> bool:
    """Whether a media type says nothing of what is sent, so that browsers look for themselves."""
    return "/" not in kind or kind in UNSTATED


def is_file(body: bytes) -> bool:
    """Whether a body begins as an image, an archive or the like do."""
    return body.startswith(_BEGINNINGS) or body[4:8] == b"ftyp"


def is_plain(content_type: str, text: str) -> bool:
    """Whether a text is to be read as it stands: it is no markup by its type, and does not begin with a tag either."""
    kind = media_type(content_type)
    return kind.startswith("text/") and "htm" not in kind and "xml" not in kind and text.lstrip()[:1] != "<"
