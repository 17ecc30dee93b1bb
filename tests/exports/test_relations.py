"""What rows are to each other: the near-duplicates that comparing each with each finds, and links within the list."""

from __future__ import annotations

import csv
import io
import json
import random
import tracemalloc
from array import array
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.runtime import exports
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import Column, ItemResult, ItemState
from jobs.runtime.exports import near_duplicates as near
from jobs.runtime.exports.page_links import address
from tests.exports.conftest import Found, item_of, outcome_of, rows_of, run_of

COLUMNS = (
    Column(name="print", type="str", role="simhash"),
    Column(name="goes", type="json", role="links"),
    Column(name="url_at_last", type="str", role="address"),
    Column(name="linked_from", type="str"),
)
hashes = st.lists(
    st.builds(
        lambda base, bits: base ^ sum(1 << bit for bit in bits),
        st.sampled_from([0, 2**64 - 1, 0x0123456789ABCDEF]),
        st.sets(st.integers(0, 63), max_size=4),
    ),
    max_size=60,
)


def pages(*rows: dict[str, Any] | None) -> Found:
    """Pages at https://a.org/1 and so on; None: one that failed."""
    return [ItemResult(place, item_of(place), outcome_of(place, row=row)) for place, row in enumerate(rows, start=1)]


def table(found: Found, **shape: Any) -> list[dict[str, str]]:
    stream = io.BytesIO()
    run = run_of(len(found), columns=COLUMNS)
    exports.export(run, rows_of(found), stream, format="csv", shape=exports.TableShape(related=True), **shape)
    return list(csv.DictReader(io.StringIO(stream.getvalue().decode(), newline="")))


@settings(deadline=None)
@given(hashes)
def test_near_duplicates_are_those_that_comparing_each_with_each_finds(given_hashes: list[int]) -> None:
    positions = range(3, 3 + 2 * len(given_hashes), 2)
    found = near.near_duplicates(positions, given_hashes)

    known = list(zip(positions, given_hashes, strict=True))
    for place, one in known:
        alike = [other for other, two in known if other != place and (one ^ two).bit_count() <= exports.DISTANCE]
        assert (found.near(place, 1_000), found.count(place)) == (alike, len(alike))
        assert found.near(place, 2) == alike[:2]
    assert (found.near(4, 5), found.count(4), found.partial) == ([], 0, False)
    assert len(set(found.sets(5))) == len(found.sets(5))


def test_so_many_pairs_are_compared_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "MOST_COMPARED", 1_000)
    alike = [number << 3 for number in range(2_000)]  # all are equal in three of four bands
    found = near.near_duplicates(range(1, 2_001), alike)

    assert found.partial
    assert found.count(1) >= 1
    assert not near.near_duplicates(range(1, 2_001), [7] * 2_000).partial


@pytest.mark.slow
@pytest.mark.parametrize("middles", [1, 3, 100_000])
def test_a_hundred_thousand_hashes_take_less_than_100_mb_however_near_they_are(middles: int) -> None:
    chance = random.Random(1)
    about = [chance.getrandbits(64) for _ in range(middles)]
    turned = [sum(1 << bit for bit in chance.sample(range(64), 3)) for _ in range(100_000)]
    given_hashes = array("Q", [chance.choice(about) ^ bits for bits in turned])
    tracemalloc.start()

    found = near.near_duplicates(range(1, 100_001), given_hashes)

    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()
    assert found.partial == (middles < 10)


def test_a_table_has_columns_of_what_its_rows_are_to_each_other() -> None:
    first, third = f"{5:016x}", f"{6:016x}"
    rows = table(
        pages(
            {"print": first, "goes": ["https://a.org/2", "https://a.org/1", "https://elsewhere.org/"]},
            {"print": None, "goes": None, "url_at_last": "https://a.org/new?x=1"},
            None,
            {"print": third, "goes": ["https://a.org/new?x=1", "https://a.org/2", "https://A.org/3#part"]},
        )
    )

    named = [(row["near_duplicates"], row["near_duplicate_positions"], row["linked_from_"]) for row in rows]
    assert named == [("1", "[4]", "0"), ("0", "[]", "2"), ("0", "[]", "1"), ("1", "[1]", "0")]
    assert [json.loads(row["linked_from_positions"]) for row in rows] == [[], [1, 4], [4], []]
    assert rows[0]["linked_from"] == ""  # the job's own


def test_only_some_rows_are_written_and_all_are_compared() -> None:
    alike = {"print": "0" * 16, "goes": []}
    waiting = ItemResult(2, item_of(2), None)
    failed = ItemResult(3, item_of(3), outcome_of(3, ItemState.FAILED, row=alike))

    assert [row["near_duplicates"] for row in table([*pages(alike), waiting, failed], only="ok")] == ["1"]


def test_a_run_without_such_columns_is_refused_with_the_remedy() -> None:
    with pytest.raises(Refused, match=r"no column of this run tells .*--columns seo"):
        exports.export(run_of(0), rows_of([]), io.BytesIO(), format="csv", shape=exports.TableShape(related=True))


@pytest.mark.parametrize(
    ("url", "compared"),
    [
        ("HTTPS://A.org", "https://a.org/"),
        (" https://a.org/B?c#d", "https://a.org/B?c"),
        ("a.org/b", ""),
        ("mailto:a@b.org", ""),
        ("https://[", ""),
    ],
)
def test_addresses_are_compared_without_what_makes_no_difference(url: str, compared: str) -> None:
    assert address(url) == compared


def test_many_pages_that_lead_to_one_are_counted_and_the_first_of_them_told() -> None:
    found = pages({}, *({"goes": ["https://a.org/1", "https://a.org/1#x"]} for _ in range(50)))
    first = table(found)[0]

    assert (first["linked_from_"], json.loads(first["linked_from_positions"])) == ("50", list(range(2, 22)))
