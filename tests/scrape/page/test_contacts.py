"""Contacts of a page: what is one, what only looks like one, and pages that are made to be slow."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from jobs.scrape.columns import read_columns
from jobs.scrape.page import reader
from jobs.scrape.page.contacts import MOST_FOUND

SHOP = {
    "@type": "LocalBusiness",
    "name": "Kettle & Co",
    "telephone": "+49 30 1234",
    "email": "mailto:shop@kettle.example",
    "address": {
        "@type": "PostalAddress",
        "streetAddress": "Main Street 1",
        "postalCode": "10115",
        "addressLocality": "Berlin",
        "addressCountry": {"@type": "Country", "name": "DE"},
    },
    "sameAs": ["https://www.facebook.com/kettle", "https://example.org/about"],
}


def read(markup: str) -> dict[str, Any]:
    parts = read_columns("contacts").parts
    return reader.read(markup.encode(), "text/html", "https://example.org/dir/", parts=parts)


def linked(*objects: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(objects)}</script>'


@pytest.mark.parametrize(
    ("markup", "emails"),
    [
        ("<a href='mailto:A.B@Example.org?subject=x@y.org'>mail</a> a.b@example.ORG", ["A.B@Example.org"]),
        ("<a href='MAILTO:a%40b.org,c@d.org'>x</a>", ["a@b.org", "c@d.org"]),
        (
            "<p>Write to info@example.org, or sales@shop.example.org.</p>",
            ["info@example.org", "sales@shop.example.org"],
        ),
        ("<td>info@example.org</td><td>next</td>", ["info@example.org"]),
        ("<p>(mail: o'neil+x@example.co.uk)</p>", ["o'neil+x@example.co.uk"]),
        (linked({"@type": "Person", "email": "p@example.org"}), ["p@example.org"]),
        ("<img src='logo@2x.png'> logo@2x.png a@b.JPG", []),
        ("name [at] example.org, name(at)example.org, @handle, a@b, a@@b.org, a@-b.org, @b.org", []),
        ("<script>x('hidden@example.org')</script><!-- c@example.org --><template>t@example.org</template>", []),
        ("<a href='mailto:'>x</a><a href='mailto:?subject=x'>x</a>", []),
    ],
)
def test_addresses_of_mail(markup: str, emails: list[str]) -> None:
    assert read(markup)["emails"] == emails


def test_numbers_of_telephones_are_as_they_are_written() -> None:
    row = read(
        "<a href='tel:+49%2030%201234;ext=5'>call</a><a href='tel:004930'>x</a><a href='tel:'>x</a>"
        + "<a href='tel:call'>x</a><p>030 999</p>"
        + linked(SHOP, {"@type": "Person", "telephone": ["+1 555 0100", "+1 555 0101"]})
    )

    assert row["phones"] == ["+49 30 1234", "004930", "+1 555 0100", "+1 555 0101"]


def test_profiles_are_told_from_links_that_share() -> None:
    row = read(
        "<a href=https://www.linkedin.com/company/kettle/>in</a><a href=https://de.linkedin.com/in/ann>Ann</a>"
        "<a href='https://www.facebook.com/sharer/sharer.php?u=x'>share</a>"
        "<a href='https://twitter.com/intent/tweet?text=x'>tweet</a><a href=https://x.com/>x</a>"
        "<a href=https://x.com/kettle>x</a><a href=https://X.com/kettle/>again</a><a href=//t.me/kettle>t</a>"
        "<a href=https://notx.com/kettle>no</a><a href=https://youtube.com/watch?v=1>film</a>" + linked(SHOP)
    )

    assert row["social_profiles"] == [
        "https://www.linkedin.com/company/kettle/",
        "https://de.linkedin.com/in/ann",
        "https://x.com/kettle",
        "https://t.me/kettle",
        "https://www.facebook.com/kettle",
    ]


def test_links_to_contacts_and_imprints_are_known_by_their_words() -> None:
    row = read(
        "<a href=/c1>Contact us</a><a href=/kontakt.html>here</a><a href=/c2 title=Kontakt><img src=x></a>"
        "<a href=/c3>お問い合わせ</a><a href=/contact-lenses/blue>Lenses</a><a href='mailto:a@b.org'>Contact</a>"
        f"<a href=/c4>We were in contact with {'a lot of people ' * 5}</a><a href=/i1>Impressum</a>"
        "<a href=/mentions-legales/#top>m</a><a href='/legal?x=imprint'>l</a><a href=#contact>Contact</a>"
    )

    assert row["contact_links"] == [
        "https://example.org/c1",
        "https://example.org/kontakt.html",
        "https://example.org/c2",
        "https://example.org/c3",
    ]
    assert row["imprint_links"] == ["https://example.org/i1", "https://example.org/mentions-legales/#top"]


@pytest.mark.parametrize(
    ("markup", "organisation", "address"),
    [
        (linked({"@type": "Person", "name": "Ann"}, SHOP), "Kettle & Co", "Main Street 1, 10115 Berlin, DE"),
        (linked({"@type": "Event", "location": {"address": "Road 2, Bonn"}}), None, "Road 2, Bonn"),
        (
            linked({"@type": "Organization", "legalName": "X Ltd", "address": [{"addressLocality": "Rome"}]}),
            "X Ltd",
            "Rome",
        ),
        (
            "<div itemscope itemtype='https://schema.org/Organization'><b itemprop=name>Micro</b><div itemprop=address "
            "itemscope><i itemprop=streetAddress>Way 3</i><i itemprop=addressLocality>Oslo</i></div></div>",
            "Micro",
            "Way 3, Oslo",
        ),
        (linked({"@type": "Organization", "name": {"a": 1}, "address": {"streetAddress": ["a", {"b": 1}]}}), None, "a"),
        (linked({"@type": ["x", 5, "Organization"], "name": ["A", "B"], "address": 7}), "A, B", None),
        ("<script type='application/ld+json'>{'@type': </script>", None, None),
        ("", None, None),
    ],
)
def test_the_organisation_and_its_address_are_those_of_structured_data(
    markup: str, organisation: str | None, address: str | None
) -> None:
    row = read(markup)

    assert (row["organisation"], row["address"]) == (organisation, address)


@pytest.mark.parametrize(
    "markup",
    [
        "@" * 1_000_000,
        "a" * 1_000_000 + "@" + "b." * 500_000,
        "a@b" * 300_000,
        "<a href='mailto:" + "a@b.org," * 100_000 + "'>x</a>",
        "<a href=/x>" * 200 + "<i></i>" * 20_000,
        "<a href=/contact>contact</a>" * 30_000,
        "".join(f"<a href='mailto:{number}@example.org'>x</a>" for number in range(5_000)),
        "<a href='/" + "contact" * 100_000 + "'>" + "kontakt " * 100_000 + "</a>",
    ],
)
def test_no_page_makes_contacts_take_long_or_many(markup: str) -> None:
    started = time.thread_time()

    row = read(markup)

    assert time.thread_time() - started < 10
    assert all(len(row[name]) <= MOST_FOUND for name in ("emails", "phones", "contact_links", "imprint_links"))
