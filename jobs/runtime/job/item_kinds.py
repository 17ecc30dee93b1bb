"""How a cell of text becomes an item: one kind for each type a job's first parameter may have."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from jobs.runtime.core.passwords import without_password

MAX_NUMBER_CHARS = 1_000
"""Longer whole numbers are refused: nobody computes with them, and reading them costs quadratic time."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What an item is: how a cell is read, and how the right column of a table is recognised.

    `read(cell)` returns the item or raises ValueError (or ItemError, to give a code of its own) with a sentence.
    `looks_like(cell)` is a quick guess, used to find the column among many. `names` are usual column headings,
    lower case. `ranges` allows `1..9 step 2` where items are typed. `bare(cell)` takes away what is around an item.
    """

    name: str
    read: Callable[[str], Any]
    looks_like: Callable[[str], bool]
    names: tuple[str, ...] = ()
    ranges: bool = False
    bare: Callable[[str], str] = str.strip

    def quoted(self, cell: str, most: int = 60) -> str:
        """A cell as a sentence may quote it: one line, in quotes, without a password, at most so many characters."""
        return shorten(cell, most)


def read_text(cell: str) -> str:
    """Any text but an empty cell; surrounding white space is dropped."""
    text = cell.strip()
    if not text:
        raise ValueError("the cell is empty")
    return text


_INTEGER = re.compile(r"[+-]?[0-9]+")
_RANGE = re.compile(r"[+-]?[0-9]+\s*\.\.\s*[+-]?[0-9]+(\s+step\b.*)?", re.IGNORECASE)


def read_integer(cell: str) -> int:
    """A whole number: the digits 0 to 9 and perhaps a sign, nothing else; `007` is 7.

    Raises ValueError with a sentence for anything else: `2.5`, `1e5`, `1_000`, `0x10`, `٣`, `True`, an empty cell,
    or more than 1,000 digits.
    """
    text = read_text(cell)
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"{shorten(text)} is not a whole number ({_wanted(text)})")
    if len(text) > MAX_NUMBER_CHARS:
        raise ValueError(f"a number of {len(text):,} digits is too long (at most {MAX_NUMBER_CHARS:,})")
    return int(text)


def _wanted(text: str) -> str:
    if _RANGE.fullmatch(text):
        return "a typed range counts up, as in 1..9 or 1..9 step 2, or down, as in 9..1 step -1"
    return "want the digits 0 to 9 only, as in 5000"


_DECIMAL_COMMA = re.compile(r"[+-]?(?:0|[0-9]+(?!,[0-9]{3}$)),[0-9]+")
_MANY_SIGNS = re.compile(r"[+-]?[0-9]{1,3}(?:[.,' \u00a0\u202f\u2019][0-9]{3})+(?:[.,][0-9]+)?")


def read_float(cell: str) -> float:
    """A decimal number with a point, as in `2.5` or `1e5`, or with a comma (`2,5`) where it cannot part thousands.

    Raises ValueError with a sentence for anything else, `1,234` and infinities included.
    """
    text = read_text(cell)
    plain = text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", plain):
        wanted = "want no signs between thousands, and a point," if _MANY_SIGNS.fullmatch(text) else "want one"
        raise ValueError(f"{shorten(text)} is not a number ({wanted} as in 2.5)")
    number = float(plain)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{shorten(text)} is too large a number (at most about 1.8e308)")
    return number


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST = re.compile(r"(?=.{1,253}$)([^\s./:@?#\\]{1,63}\.)+[^\s./:@?#\\0-9][^\s./:@?#\\]{1,62}\.?", re.ASCII)
_NO_DOMAINS = frozenset(
    "pdf doc docx xls xlsx xlsm ods odt ppt pptx csv tsv txt rtf log xml json jsonl yaml yml html htm php asp aspx jsp "
    "js css jpg jpeg png gif bmp tif tiff webp svg ico mp3 mp4 wav avi mkv gz bz2 7z rar tar exe dll msi dmg iso bak "
    "url urls links domain homepage loc href address".split()
)
"""What stands after the last point in names of files and in headings such as `company.url`, and ends no domain."""


INVISIBLE = (
    " \t\r\n\f\v\u00a0\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""What copying leaves around a URL; nobody sees it."""

_WRAPPED = re.compile(
    r"""<(?:URL:)?([^<>\s]+)>|"([^"\s]+)"|'([^'\s]+)'|[“„]([^”“\s]+)[”“]|«\s?([^»\s]+)\s?»|`([^`\s]+)`"""
    r"""|!?\[[^\[\]]*\]\(<?([^<>\s]+?)>?(?:\s+"[^"]*")?\)"""
)


def bare_url(cell: str) -> str:
    """A cell without what stands around its URL: white space and signs nobody sees, angle brackets, quotes, or the
    text of a Markdown link, as in `<https://a.org>` and `[text](https://a.org)`."""
    text = cell.strip().strip(INVISIBLE)
    wrapped = _WRAPPED.fullmatch(text) if text[:1] in "<\"'“„«`[!" else None
    return next(filter(None, wrapped.groups())) if wrapped else text


def read_url(cell: str) -> str:
    """An http or https URL with a host; `example.org/page` becomes `https://example.org/page`.

    Raises ValueError with a sentence: another scheme, no host, white space inside, or more than 8,192 characters.
    """
    if _ORDINARY.fullmatch(cell) and len(cell) <= 8192:
        return cell
    text = read_text(bare_url(cell))
    if len(text) > 8192:
        raise ValueError(f"a URL of {len(text):,} characters is too long (at most 8,192)")
    text = _with_slashes(text)
    if not _SCHEME.match(text) and looks_like_url(text):
        text = f"https://{text}"
    if not text.lower().startswith(("http://", "https://")) or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError(f"{shorten(text)} is not a URL (want http:// or https://)")
    _check_host(text)
    return text


_ORDINARY = re.compile(r"https?://[A-Za-z0-9.-]+(?:[/?#][!-\[\]-~]*)?")
"""A URL at which nothing is to be mended or refused, as most are: told in an eighth of the time."""


def _check_host(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # brackets that do not fit
        host = None
    if not host:
        raise ValueError(f"{shorten(url)} is not a URL: it names no host")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError(f"{shorten(url)} is not a URL: its port is not a number from 0 to 65535") from None


_POINTS = str.maketrans("\u3002\uff0e\uff61", "...")
"""Full stops of East Asian keyboards, which browsers take for points."""


def _with_slashes(text: str) -> str:
    """A URL with each backslash before its query as the slash that browsers take it for."""
    before, mark, rest = re.fullmatch(r"([^?#]*)([?#]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    return before.replace("\\", "/") + str(mark) + str(rest)


def looks_like_url(cell: str) -> bool:
    """Whether a cell begins like an http URL, or with a host name such as `example.org`; `report.pdf` is none."""
    text = bare_url(cell)
    if text[:8].lower().replace("\\", "/").startswith(("http://", "https://")):
        return True
    host = re.split(r"[/\\?#:]", text, maxsplit=1)[0].translate(_POINTS)
    return bool(_HOST.fullmatch(host)) and host.rstrip(".").rpartition(".")[2].lower() not in _NO_DOMAINS


def looks_like_integer(cell: str) -> bool:
    """Whether a cell is a whole number."""
    return bool(_INTEGER.fullmatch(cell.strip()))


def _looks_like_float(cell: str) -> bool:
    try:
        read_float(cell)
    except ValueError:
        return False
    return True


def shorten(text: str, most: int = 60) -> str:
    """A cell as a sentence may quote it: one line, in quotes, without a password, cut with an ellipsis beyond `most`
    characters."""
    line = " ".join(without_password(text).split())
    return f'"{line}"' if len(line) <= most else f'"{line[: most - 1]}…"'


_URL_HEADINGS = tuple(
    (
        "url urls link links website address domain homepage loc href target_url page site host web web_site home_page "
        "webseite internetseite webadresse web_adresse lien liens site_web enlace enlaces sitio_web página página_web "
        "pagina_web sito sito_web webadres strona strona_www www odkaz odkazy stránka länk länkar webbplats hemsida "
        "hjemmeside lenke linkki kotisivu honlap weboldal bağlantı web_sitesi ссылка ссылки сайт сайты страница "
        "посилання σύνδεσμος ιστοσελίδα 网址 链接 网站 官网 主页 網址 連結 鏈接 網站 官網 首頁 "
        "リンク サイト ホームページ 링크 사이트 웹사이트 홈페이지 الرابط رابط الموقع موقع קישור אתר लिंक वेबसाइट "
        "adresse dirección indirizzo adres adresa адрес адреса διεύθυνση 地址 アドレス 주소 العنوان"
    ).split()
)
"""What columns of addresses are called: English first, then where else tables come from; last those that mean streets
as often."""

_NUMBER_HEADINGS = tuple(
    "n number numbers value integer num zahl zahlen nombre nombres número números liczba číslo getal tal szám sayı "
    "число числа αριθμός 数字 数值 数値 數字 숫자".split()
)

URL = Kind(
    name="URL",
    read=read_url,
    looks_like=looks_like_url,
    names=_URL_HEADINGS,
    bare=bare_url,
)
INTEGER = Kind(
    name="whole number",
    read=read_integer,
    looks_like=looks_like_integer,
    names=_NUMBER_HEADINGS,
    ranges=True,
)
FLOAT = Kind(name="number", read=read_float, looks_like=_looks_like_float, names=("x", "number", "value"))
TEXT = Kind(name="text", read=read_text, looks_like=lambda cell: bool(cell.strip()), names=("text", "name", "item"))
