"""Which encoding bytes are in, for tables and for pages; a job has it as `jobs.encodings`.

detect ─┬─ wide          UTF-16 and UTF-32, by their NULs
        ├─ single_byte   how likely a text is in an encoding of one byte a character ─┐
        ├─ east_asian    and in one of two                                            ├── fit, languages
        └─ table         the encodings: names, codecs, how usual each is             ─┘
"""

from jobs.runtime.encodings.detect import (
    MOSTLY,
    DetectedEncoding,
    beside_utf8,
    codec_of,
    detect,
    escaped_encoding,
    fits,
    is_unlikely,
    legacy_encoding,
    utf8_share,
)
from jobs.runtime.encodings.table import SINGLE_BYTE, Encoding, encoding_of
from jobs.runtime.encodings.wide import wide_encoding

__all__ = [
    "MOSTLY",
    "SINGLE_BYTE",
    "DetectedEncoding",
    "Encoding",
    "beside_utf8",
    "codec_of",
    "detect",
    "encoding_of",
    "escaped_encoding",
    "fits",
    "is_unlikely",
    "legacy_encoding",
    "utf8_share",
    "wide_encoding",
]
