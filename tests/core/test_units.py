"""Seconds, sizes and counts as a person reads them."""

import pytest

from jobs.runtime.core import units


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (0.0, "0 ms"),
        (0.0004, "0.4 ms"),
        (0.0099, "9.9 ms"),
        (0.42, "420 ms"),
        (0.9996, "1.0 s"),
        (4.21, "4.2 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.7, "1 min 0 s"),
        (192, "3 min 12 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_seconds_read_like_a_person_says_them(value: float | None, said: str) -> None:
    assert units.duration(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (0.0000214, "21.4 µs"),
        (0.00099949, "999 µs"),
        (0.0314, "31.4 ms"),
        (0.84449, "844 ms"),
        (1.9149, "1.91 s"),
        (12.345, "12.3 s"),
        (192, "3 min 12 s"),
    ],
)
def test_precise_seconds_have_three_digits(value: float | None, said: str) -> None:
    assert units.precise(value) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.228, "under a second"),
        (4.4, "about 4 s"),
        (33.0, "about 35 s"),
        (58.0, "about 1 min"),
        (200.0, "about 3 min"),
        (3_590.0, "about 1 h"),
        (7_890.0, "about 2 h 10 min"),
    ],
)
def test_what_is_expected_is_told_no_finer_than_it_can_be_known(seconds: float, said: str) -> None:
    assert units.about(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (0.0, "0"),
        (12345.678, "12,346"),
        (228.4, "228"),
        (3.0, "3"),
        (0.03141, "0.0314"),
        (0.000079, "0.000079"),
        (1.2e-7, "1.2e-7"),
        (-2.5, "-2.5"),
        (6.02214e23, "6.02e23"),
        (float("inf"), "inf"),
    ],
)
def test_a_figure_has_the_digits_that_its_size_deserves(value: float | None, said: str) -> None:
    assert units.figure(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.5, "0.5"), (7.9e-05, "0.000079"), (1.2e-07, "1.2e-7"), (-3.25e-05, "-0.0000325"), (1e22, "1e22")],
)  # fmt: skip
def test_a_number_in_full_is_written_as_people_write_it(value: float, said: str) -> None:
    assert units.plain(value) == said
    assert float(said) == value


def test_a_share_below_a_tenth_keeps_a_decimal() -> None:
    assert [units.percent(share) for share in (None, 0.0, 0.041, 0.23, 1.49)] == [
        "–",
        "0 %",
        "4.1 %",
        "23 %",
        "149 %",
    ]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1,023 bytes"),
        (1536, "1.5 KiB"),
        (2**20 - 1, "1 MiB"),
        (120 * 2**20, "120 MiB"),
        (3 * 2**30, "3 GiB"),
        (2**52, "4,096 TiB"),
    ],
)
def test_sizes_are_named_by_what_they_are_divided_by(amount: int, said: str) -> None:
    assert units.size(amount) == said


def test_a_count_has_its_noun_in_the_right_number() -> None:
    assert [units.count(1, "item"), units.count(2_000, "item"), units.count(2, "copy", "copies")] == [
        "1 item",
        "2,000 items",
        "2 copies",
    ]


def test_a_figure_that_was_not_measured_is_a_dash() -> None:
    assert [units.number(None), units.number(1234.56), units.number(0.5, 2)] == ["–", "1,234.6", "0.50"]
