"""How people are known on the page, as the settings give it: whether they sign in, who of them may, who is an admin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.runtime.core.errors import Refused
from jobs.runtime.core.people import NOBODY, OWNER, Person, owner_of

OPENID, HEADER = "openid", "header"
EMAIL = "email"


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """How people sign in: by `openid`, by the `header` that a proxy sets (its name in `name`), or not (empty)."""

    way: str = ""
    name: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.way, self.name)))


@dataclass(frozen=True, kw_only=True)
class PeopleRule:
    """Whom a word of a list names: whose `claim` is this value, or, of a list, has it. Of e-mail addresses `@` and a
    domain name all of that domain."""

    claim: str
    value: str

    def names(self, claims: Mapping[str, Any]) -> bool:
        """Whether it names who is known by these claims."""
        said = claims.get(self.claim)
        if self.claim != EMAIL:
            return self.value in ([str(one) for one in said] if isinstance(said, list | tuple) else [str(said)])
        address = str(said).strip().lower()
        return address.endswith(self.value) if self.value.startswith("@") else address == self.value


def read_sign_in(text: str) -> SignIn:
    """`openid`, `header NAME`, or nothing. Raises ValueError."""
    way, *names = text.split()[:3] or [""]
    if way.lower() == OPENID and not names:
        return SignIn(way=OPENID)
    if way.lower() == HEADER and len(names) == 1 and re.fullmatch(r"[A-Za-z0-9-]{1,64}", names[0]):
        return SignIn(way=HEADER, name=names[0])
    if text.strip():
        raise ValueError("it is openid, or header and the name of one: header X-Forwarded-Email")
    return SignIn()


def read_people(text: str) -> tuple[PeopleRule, ...]:
    """E-mail addresses, `@domain`, and `claim=value`, with blanks or commas between them. Raises ValueError."""
    return tuple(_rule(word) for word in text.replace(",", " ").split())


def _rule(word: str) -> PeopleRule:
    claim, equals, value = word.partition("=")
    if equals and value and re.fullmatch(r"[\w.:/-]+", claim):
        return PeopleRule(claim=claim, value=value)
    if "@" not in word or "=" in word:
        raise ValueError(f"{word[:80]!r} is no e-mail address, no @domain and no claim=value")
    return PeopleRule(claim=EMAIL, value=word.lower())


def person_known_by(
    claims: Mapping[str, Any], *, people: Iterable[PeopleRule] = (), admins: Iterable[PeopleRule] = ()
) -> Person:
    """Who it is that has these claims; `NOBODY`: none of `people` (where there are any) nor `admins`, or without an
    e-mail address that the provider stands for."""
    try:
        owner = owner_of(str(claims.get(EMAIL) or ""))
    except Refused:
        return NOBODY
    if owner == OWNER or str(claims.get("email_verified", True)).lower() == "false":
        return NOBODY
    admin, among = any(rule.names(claims) for rule in admins), list(people)
    if among and not (admin or any(rule.names(claims) for rule in among)):
        return NOBODY
    return Person(owner=owner, admin=admin)
