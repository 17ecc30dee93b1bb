"""Which of the old encodings bytes are in: the one in which they read like words of some language.

charset-normalizer was tried first and is wrong on short lists (`café` becomes `cafč`): it wants prose. A list of names
is judged better letter by letter: by the alphabets of languages, by the script and the case of the letters beside it,
and for the two-byte encodings by their own order, which has the common characters first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

SAMPLE_BYTES = 3_000
"""Of words that are not ASCII, so much is looked at: about 0.1 s."""

_WORD = re.compile(rb"[^\x00-\x2f:;<=>?]+")


def guess(sample: bytes) -> tuple[str, str]:
    """The likeliest encoding: Python's codec, and the name that people know."""
    words = _words(sample)
    best = max(_CANDIDATES, key=lambda candidate: candidate.likeness(words))
    return best.codec, best.name


def _words(sample: bytes) -> bytes:
    """The different words that are not ASCII; no encoding meant here has a byte that parts them inside a letter."""
    words = dict.fromkeys(word for word in _WORD.findall(sample) if not word.isascii())
    return b" ".join(words)[:SAMPLE_BYTES]


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """An encoding, how a text in it is judged (1: all of it reads well), and how seldom it is met (0: often)."""

    codec: str
    name: str
    judge: Callable[[str, str], float]
    seldom: float = 0.0

    def likeness(self, words: bytes) -> float:
        return self.judge(words.decode(self.codec, "replace"), self.codec) - self.seldom


def _mean(text: str, weight: Callable[[str, str, str], float]) -> float:
    """The mean weight of what is not ASCII; `weight` is told a character and its two neighbours."""
    padded = f" {text} "
    weights = [
        weight(padded[place], padded[place - 1], padded[place + 1])
        for place in range(1, len(padded) - 1)
        if padded[place] > "\x7f"
    ]
    return sum(weights) / max(1, len(weights))


# Two bytes a letter


_COMMON = frozenset(
    "日本人大年会国出中上生月分行東京名前住所市区町県新店式社株番号語学見入目金自高"
    "的一是不了在有我他这个们来为和地到以说时要就可也你对能而子那得于着下之过发后作里用道所然家种事成方多经么去法"
    "如都同现当没动面起看定天还进好小部其些主样理心她但因只从想实北海称网址公司城电话邮"
    "這個們來為說時對於著過發後裡種經麼現當沒動還進樣實臺灣稱網電話"
    "이다는에의을를가고하지로은서한사기도리나인어자해시수대제일정부전보아스라주구만장그관상원있들과여동안"
    "성공유무소산경용연름울업국비조식신중미학회화개내위당오강모영선남김박최"
)
_KANA = re.compile("[ぁ-んァ-ヶー]")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")


def _wide(text: str, codec: str) -> float:
    def weight(letter: str, before: str, after: str) -> float:
        if letter == "\ufffd":
            return -2.0
        lonely = not (before > "\x7f" or after > "\x7f")
        beside = (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())
        return _commonness(letter, codec) - (
            1.5 if lonely and beside else 0.35 if lonely and letter not in _COMMON else 0.0
        )

    return _mean(text, weight)


def _commonness(letter: str, codec: str) -> float:
    code = letter.encode(codec, "replace")
    if letter in _COMMON or _KANA.match(letter):
        return 1.2
    if _HALF_WIDTH.match(letter):
        return 0.6
    if len(code) == 1 or unicodedata.category(letter)[0] in "PSZN":
        return 0.3
    first, last = _LEVEL_ONE[codec]
    return 0.9 if len(code) == 2 and first <= code[0] <= last and code[1] >= _TRAIL.get(codec, 0) else -0.3


_LEVEL_ONE = {
    "cp932": (0x88, 0x98),
    "euc_jp": (0xB0, 0xCF),
    "gb18030": (0xB0, 0xD7),
    "big5": (0xA4, 0xC6),
    "cp949": (0xB0, 0xC8),
}
"""The first bytes of the characters that each encoding put first because they are common."""

_TRAIL = {"gb18030": 0xA1, "cp949": 0xA1}
"""The least second byte of those characters."""


# One byte a letter


_LANGUAGES: tuple[tuple[str, float], ...] = (
    ("äöüß", 1.0),
    ("àâæçéèêëîïôœùûü", 1.0),
    ("áéíñóúü", 1.0),
    ("ãáàâçéêíõóôúü", 1.0),
    ("àèéìíòóù", 0.95),
    ("åäöé", 1.0),
    ("æøåé", 1.0),
    ("ëïéèöü", 0.95),
    ("ąćęłńóśż", 1.0),
    ("áčďéěíňóřšťúůýž", 1.0),
    ("áäčďéíĺľňóôŕšťúýž", 0.95),
    ("áéíóöőúüű", 1.0),
    ("ăâîşţșț", 0.95),
    ("čćđšž", 0.95),
    ("çğıöşüİ", 1.0),
    ("áðéíóúýþæö", 0.9),
    ("äöüõšž", 0.85),
    ("ąčęėįšųūž", 0.9),
    ("āčēģīķļņšūž", 0.9),
)
"""The letters beyond ASCII of languages written with Latin letters, and how much a text of them is worth."""

_VOWELS = frozenset("aeiouyäöüàâæéèêëîïôœùûáíóúãõìòåøőűıėįųāēīūąęěůýăİ")
_BESIDE_VOWELS = frozenset("œæãõëï")
_SELDOM_LATIN = frozenset("õþðý")
_RUSSIAN, _SELDOM_RUSSIAN = frozenset("оеаинтсрвлкмдпу"), frozenset("яыьгзбчйхжшюцщэфъёіїєґ")
_GREEK, _SELDOM_GREEK = frozenset("αοιετσνηυρπκμλωςάέήίόύώ"), frozenset("βγδζθξφχψϊϋΐΰ")
_UNCASED_SCRIPTS = ("HEBREW", "ARABIC", "THAI")
_UNCASED = frozenset("ויהלאתמרבשנדםעקחפכגסןاليمنروتهبعدسفكقةحجشصىานรกอเงมยลวดทสตบปหคขพชจะแไใโ่้ัีิืุู็์ำ")
"""The common letters of each of them."""

_SIGNS = frozenset("“”‘’„–—…€°«»´·¡¿©®™£¥§±½¼¾²³")


def _latin(text: str, _codec: str) -> float:
    foreign = [_lower(letter) for letter in text if letter > "\x7f" and letter.isalpha()]
    letters, worth = max(
        _LANGUAGES, key=lambda language: sum(letter in language[0] for letter in foreign) * language[1]
    )
    fair = {letter: worth * (0.8 if letter in _SELDOM_LATIN else 1.0) for letter in letters}
    return _mean(text, _beside(lambda letter: fair.get(letter, 0.3 if letter in _VOWELS else 0.0)))


def _cyrillic(text: str, _codec: str) -> float:
    return _mean(text, _beside(lambda letter: 1.0 if letter in _RUSSIAN else 0.7 * (letter in _SELDOM_RUSSIAN)))


def _greek(text: str, _codec: str) -> float:
    """Words of small letters have an accent."""
    words = re.findall("[α-ωά-ώΐΰ]{3,}", text)
    bare = sum(not re.search("[ά-ίόύώΐΰ]", word) for word in words) / max(1, len(words))
    return _mean(text, _beside(lambda letter: 1.0 if letter in _GREEK else 0.7 * (letter in _SELDOM_GREEK))) - bare / 3


def _uncased(text: str, _codec: str) -> float:
    """Hebrew, Arabic, Thai: by their common letters, since nearly every byte is one of their letters."""
    return _mean(
        text, _beside(lambda letter: 1.0 if letter in _UNCASED else 0.5 * (_script(letter) in _UNCASED_SCRIPTS))
    )


def _beside(worth: Callable[[str], float]) -> Callable[[str, str, str], float]:
    """The weight of a character: what the letter is worth, less what does not go with its neighbours."""

    def weight(letter: str, before: str, after: str) -> float:
        if letter == "\ufffd" or letter < "\xa0":
            return -2.0
        if not (letter.isalpha() or unicodedata.category(letter) == "Mn"):
            return _sign(letter, before.isalpha() + after.isalpha())
        lonely = 0.4 if not (before.isalpha() or after.isalpha()) else 0.0
        return worth(_lower(letter)) - lonely - _discord(letter, before, after)

    return weight


def _sign(sign: str, letters: int) -> float:
    """What a sign is worth beside so many letters; a space that keeps words together is met in every such table."""
    if sign == "\xa0":
        return 0.9
    if letters == 2:
        return 1.0 if sign == "’" else -1.0
    return 0.6 - (0.2 * letters if sign in "£¥§±²³" else 0.0) if sign in _SIGNS else -0.3


def _discord(letter: str, before: str, after: str) -> float:
    """How ill a letter goes with those beside it: another script, a capital in the middle, vowel on vowel, a letter
    of Hebrew that only ends words."""
    script = _script(letter)
    discord = sum(1.0 for other in (before, after) if other.isalpha() and _script(other) != script)
    if (before.islower() and letter.isupper()) or (letter.islower() and after.isupper()):
        discord += 1.0
    if letter in "ךםןףץ" and after.isalpha():
        discord += 1.0
    if script == "LATIN":
        if before > "\x7f" and before.isalpha() and after > "\x7f" and after.isalpha():
            discord += 0.6
        alike = [other for other in (before, after) if other.isalpha() and _is_vowel(other) == _is_vowel(letter)]
        discord += 0.0 if _lower(letter) in _BESIDE_VOWELS else 0.08 * len(alike)
    return discord


def _is_vowel(letter: str) -> bool:
    return _lower(letter) in _VOWELS


def _lower(letter: str) -> str:
    """A small letter; `İ` stays, which Python takes apart."""
    return letter.lower() if len(letter.lower()) == 1 else letter


def _script(letter: str) -> str:
    return "LATIN" if letter.isascii() else unicodedata.name(letter, "").partition(" ")[0]


_CANDIDATES = (
    _Candidate(codec="cp1252", name="Windows-1252", judge=_latin),
    _Candidate(codec="cp1250", name="Windows-1250", judge=_latin, seldom=0.03),
    _Candidate(codec="iso8859_2", name="ISO 8859-2", judge=_latin, seldom=0.06),
    _Candidate(codec="cp1254", name="Windows-1254", judge=_latin, seldom=0.04),
    _Candidate(codec="cp1257", name="Windows-1257", judge=_latin, seldom=0.1),
    _Candidate(codec="mac_roman", name="Mac Roman", judge=_latin, seldom=0.1),
    _Candidate(codec="cp850", name="DOS 850", judge=_latin, seldom=0.12),
    _Candidate(codec="cp1251", name="Windows-1251", judge=_cyrillic),
    _Candidate(codec="koi8_r", name="KOI8-R", judge=_cyrillic, seldom=0.04),
    _Candidate(codec="koi8_u", name="KOI8-U", judge=_cyrillic, seldom=0.05),
    _Candidate(codec="cp866", name="DOS 866", judge=_cyrillic, seldom=0.06),
    _Candidate(codec="iso8859_5", name="ISO 8859-5", judge=_cyrillic, seldom=0.08),
    _Candidate(codec="mac_cyrillic", name="Mac Cyrillic", judge=_cyrillic, seldom=0.06),
    _Candidate(codec="cp1253", name="Windows-1253", judge=_greek),
    _Candidate(codec="cp932", name="Shift-JIS", judge=_wide),
    _Candidate(codec="euc_jp", name="EUC-JP", judge=_wide),
    _Candidate(codec="gb18030", name="GB18030", judge=_wide),
    _Candidate(codec="big5", name="Big5", judge=_wide),
    _Candidate(codec="cp949", name="EUC-KR", judge=_wide),
    _Candidate(codec="cp1255", name="Windows-1255", judge=_uncased),
    _Candidate(codec="cp1256", name="Windows-1256", judge=_uncased),
    _Candidate(codec="cp874", name="Windows-874", judge=_uncased),
)
