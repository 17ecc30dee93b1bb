"""How people are known: the settings, and who somebody is by the claims that are made of them."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.runtime.core import people, settings
from jobs.runtime.core.errors import BadSetting, NotAllowed
from jobs.runtime.core.people import LOCAL_ADMIN, NOBODY, Person, acting, acting_as, acting_owner
from jobs.runtime.core.sign_in import person_known_by, read_people


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("openid", "openid"),
        (" OpenID ", "openid"),
        ("header X-Forwarded-Email", "header X-Forwarded-Email"),
    ],
)
def test_how_people_sign_in_is_read(monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:
    monkeypatch.setenv("JOBS_SIGN_IN", text)

    assert str(settings.value("JOBS_SIGN_IN")) == said


@pytest.mark.parametrize("text", ["yes", "header", "header a b", "openid x", "header X:Y", "oidc"])
def test_another_word_for_it_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("JOBS_SIGN_IN", text)

    with pytest.raises(BadSetting, match="JOBS_SIGN_IN"):
        settings.value("JOBS_SIGN_IN")


@pytest.mark.parametrize("text", ["ann", "=x", "roles=", "a@b=c@d"])
def test_who_is_nobody_in_a_list_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("JOBS_ADMINS", text)

    with pytest.raises(BadSetting, match="JOBS_ADMINS"):
        settings.value("JOBS_ADMINS")


@pytest.mark.parametrize(
    ("claims", "person"),
    [
        ({"email": "Ann@Example.ORG"}, Person(owner="ann@example.org")),
        ({"email": "ann@example.org", "email_verified": True}, Person(owner="ann@example.org")),
        ({"email": "ann@example.org", "email_verified": False}, NOBODY),
        ({"email": "ann@example.org", "email_verified": "false"}, NOBODY),
        ({"email": "boss@other.net"}, Person(owner="boss@other.net", admin=True)),
        ({"email": "eve@example.org", "roles": ["x", "fanout"]}, Person(owner="eve@example.org", admin=True)),
        ({"email": "eve@example.org", "roles": "fanout"}, Person(owner="eve@example.org", admin=True)),
        ({"email": "eve@example.org", "roles": "no-fanout"}, Person(owner="eve@example.org")),
        ({"email": "bob@other.net"}, NOBODY),
        ({"email": "bob@evil-example.org"}, NOBODY),
        ({"email": "admin"}, NOBODY),
        ({"email": ""}, NOBODY),
        ({"email": None}, NOBODY),
        ({"email": ["ann@example.org"]}, NOBODY),
        ({"email": "ÉLAN@example.org"}, Person(owner="élan@example.org")),
        ({"email": "\u212aate@example.org"}, NOBODY),  # the sign of kelvin is a k in small letters
        ({"email": "kate@e\u212aample.example.org"}, NOBODY),
        ({"email": "ＡＮＮ@example.org"}, NOBODY),
        ({"email": "ann\u200b@example.org"}, NOBODY),
        ({"email": "ann\u202e@example.org"}, NOBODY),
        ({"email": "ann\x7f@example.org"}, NOBODY),
        ({"name": "ann@example.org"}, NOBODY),
        ({}, NOBODY),
    ],
)
def test_a_person_is_known_by_claims(claims: dict[str, Any], person: Person) -> None:
    admins, known = read_people("boss@other.net, roles=fanout"), read_people("@example.org")

    assert person_known_by(claims, people=known, admins=admins) == person


def test_without_a_list_whoever_the_provider_knows_may_sign_in_and_nobody_is_an_admin() -> None:
    assert person_known_by({"email": "bob@other.net"}) == Person(owner="bob@other.net")


def test_who_acts_is_said_for_a_block_alone() -> None:
    ann = Person(owner="ann@example.org")

    assert acting() == LOCAL_ADMIN
    with acting_as(ann), acting_as(NOBODY):
        assert acting() == NOBODY
        with pytest.raises(NotAllowed, match="sign in first"):
            acting_owner()
    assert acting() == LOCAL_ADMIN


def test_a_door_says_who_acts_where_nothing_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_otherwise", people._otherwise)
    ann = Person(owner="ann@example.org")

    people.otherwise(lambda: NOBODY)

    assert acting() == NOBODY
    with acting_as(ann):
        assert acting() == ann
