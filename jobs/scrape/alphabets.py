"""Which encoding of one byte a character gives a text that somebody may have written.

Read in the wrong one, a text has letters that its language uses seldom or never, capitals and signs inside words, and
two scripts in one word. Each language's letters beyond ASCII are listed by how often they are used; the encoding and
the language in which the text is most likely win (naive Bayes, the frequency of a letter taken from its rank).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

USUAL = {
    "windows-1252": 0,
    "windows-1250": -1,
    "iso-8859-2": -2,
    "windows-1254": -2,
    "windows-1257": -2,
    "iso-8859-15": -3,
    "macintosh": -4,
    "windows-1258": -5,
    "iso-8859-4": -6,
    "windows-1251": 0,
    "koi8-r": -1,
    "koi8-u": -2,
    "iso-8859-5": -2,
    "ibm866": -2,
    "x-mac-cyrillic": -4,
    "windows-1253": 0,
    "iso-8859-7": -1,
    "windows-1255": 0,
    "iso-8859-8": -1,
    "windows-1256": 0,
    "iso-8859-6": -1,
    "windows-874": 0,
}
"""The encodings, and how usual each is on the web beside others of its script: as the logarithm of a share."""

RARE = -6
"""What is not among them."""

CODECS = {
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
}
"""Python's names, where they differ."""

LETTERS = """
    éàèêçôîûâùïœëü üäöß óíáéñúü ãáçéíóêõâúàô àèéóíçòïúü àèùòéì äåöé æøåé áíðéöóþúæý ðáíøúóýæ éëïèóöü ëç
    áčšđžŋŧ ŵâôêîûŷ äõüöšž łęóążśćńź íáéěřčžýšůúťďňó áíčéžýšľúťôňäďóŕĺ áéöóőüíúű ăîţșâşț čšžćđ ıüşğçöiâî
    ėšųžąįčūę āīēšūņļžķģč ŭĉĝŝĵĥ ħżġċà đươêôâăàá\u0301\u0300\u0323\u0309\u0303
    оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё оаинвіетрскулдмпязьбгчйхжшїюцщєфґ аиоентрсвлкдпмзягбуъчжцщхшфйюь
    аиоенрстувдклмјпгзбчшцњжхљћђфџ аоиетнрсвдклпмузјгбчшцжќфњљѓхџѕ анірсоетківлудпмыязбгўьчйхжшцюэфё
    αοιετσνηυρπκμλςωίγέόδάθχήφύβξώζψϊΐΰϋ יוהלאתרבמשנדחפקעםטכןגסזצףךץְִָּׁ
    اليمونرتبةعدسفهكقأحجشطصىخإذضثزئغءظؤآـپچژگکہےںھَُِّ
    านรอกเงมยลวดทสตะปบคหแจพชขใไโผซถณศญษธภฟฉฐฆฎฏฑฒฌฬฮั่้ี์ิืุู็ำ
""".split()
"""The letters beyond ASCII of some forty languages, the most frequent first."""

IN_WORDS = frozenset("’‘·–—…\xad")
"""Signs that may have letters on both sides. Others have one on one side at most."""

BEFORE_WORDS, AFTER_WORDS = frozenset("„‚€£©§¿¡"), frozenset("®™²³ºª")
"""Signs that no letter stands before, and signs that no letter follows."""

FREE = frozenset("°²³ºª¹€£©®™")
"""Numbers and symbols that may have a letter beside them."""

MOST = 1_000
"""So many characters beyond ASCII decide."""

QUICK, LEAST = 300, 8
"""To contradict a declaration: so many characters are looked at, and so many letters must be there."""

CERTAIN, MARGIN = 12, 0.15
"""And another encoding must be so much more likely, altogether and for each letter (as logarithms)."""

SIGN, WRONG = math.log(0.03), math.log(0.0005)
"""How likely a sign in its place is, and what a language does not have."""

_FOREIGN = re.compile(r"[^\0-\x7f]")


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How well a text suits an encoding, in the language that suits it best: its likelihood as a logarithm, its letters
    beyond ASCII, and the share of them that the language has."""

    likelihood: float
    letters: int
    share: float


def likely_encoding(sample: bytes) -> str:
    """The encoding in which a text is most likely; empty when most of its letters are wrong in each. One of signs
    alone (an English page with quotes) is in the first that has them where they may stand."""
    fits = {encoding: fit(sample, encoding) for encoding in USUAL}
    fits["windows-1252"] = max(fits["windows-1252"], fit(sample, "windows-1252", profiles=[_ENGLISH]), key=_likelihood)
    best = max(fits, key=lambda encoding: _likelihood(fits[encoding]))
    return best if fits[best].share > 0.5 or not fits[best].letters else ""


def is_likely(sample: bytes) -> bool:
    """Whether nearly all letters of a text are those of one language, in some encoding."""
    found = fit(sample, likely_encoding(sample) or "windows-1252")
    return found.letters >= LEAST and found.share > 0.95


def is_unlikely(sample: bytes, encoding: str) -> bool:
    """Whether a text is far more likely in some other encoding."""
    own = fit(sample, encoding, QUICK)
    if own.letters < LEAST:
        return False
    enough = own.likelihood + CERTAIN + MARGIN * own.letters
    return any(fit(sample, other, QUICK).likelihood > enough for other in USUAL)


def fit(sample: bytes, encoding: str, most: int = MOST, profiles: Sequence[Mapping[str, float]] | None = None) -> Fit:
    """How well the first characters beyond ASCII of a text suit an encoding, in one of some languages (usually all)."""
    words = b" ".join(dict.fromkeys(sample.split()))  # what is repeated proves nothing more
    seen = _seen(words.decode(CODECS.get(encoding, encoding), "replace"), most)
    letters = seen.total() - seen["sign"]
    likelihood, unknown = max(
        (sum(profile.get(letter, WRONG) * count for letter, count in seen.items()), -_unknown(seen, profile))
        for profile in profiles or _PROFILES
    )
    return Fit(
        likelihood=likelihood + USUAL.get(encoding, RARE),
        letters=letters,
        share=1 + unknown / letters if letters else 0,
    )


def _likelihood(found: Fit) -> float:
    return found.likelihood


def _unknown(seen: Counter[str], profile: Mapping[str, float]) -> int:
    return sum(count for letter, count in seen.items() if letter not in profile)


def _seen(text: str, most: int) -> Counter[str]:
    """How often each letter beyond ASCII is there, in lower case; and how many signs, and what cannot be right."""
    return Counter(_kind(match[0], *_around(text, match.start())) for match in islice(_FOREIGN.finditer(text), most))


def _around(text: str, place: int) -> tuple[str, str]:
    return text[max(0, place - 1) : place], text[place + 1 : place + 2]


def _kind(character: str, before: str, after: str) -> str:
    """The letter; `sign`, or `wrong` for what no text has there."""
    kind = unicodedata.category(character)
    if kind[0] in "LM" and character not in FREE:
        return "wrong" if _is_odd(character, before, after) else character.lower()[0]
    return "wrong" if _is_misplaced(character, kind, before.isalpha(), after.isalpha()) else "sign"


def _is_misplaced(sign: str, kind: str, follows: bool, leads: bool) -> bool:
    """Whether a sign of a Unicode category is in no place of its own; `follows` a letter, or `leads` one."""
    if kind in ("Cc", "Cn", "Co") or sign in "\ufffd¤":
        return True
    if follows and leads:
        return sign not in IN_WORDS
    if (kind[0] in "SN" or sign == "¶") and sign not in FREE:
        return follows or leads
    return (follows and sign in BEFORE_WORDS) or (leads and sign in AFTER_WORDS)


def _is_odd(letter: str, before: str, after: str) -> bool:
    """Whether a letter is a capital after a small one, between digits, or of another script than its neighbours."""
    if (letter.isupper() and before.islower()) or (before.isdigit() and after.isdigit()):
        return True
    return letter > "\u0370" and any(other.isascii() and other.isalpha() for other in (before, after))


def _profile(letters: str) -> dict[str, float]:
    """The logarithms of the letters' frequencies: by Zipf's law, that of the rank."""
    weights = {letter: 1 / (rank + 2) for rank, letter in enumerate(letters)}
    total = sum(weights.values())
    return {"sign": SIGN, **{letter: math.log(weight / total) for letter, weight in weights.items()}}


_ENGLISH = {"sign": math.log(0.3)}
"""It has quotes, dashes and pounds, and hardly a letter beyond ASCII."""

_PROFILES = [_profile(letters) for letters in LETTERS]
