"""The places where items print: what is written, as the runner reads it."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from jobs.runtime.core.printed import HEAD, MOST, TAIL, Printed
from jobs.runtime.core.secrets import NOTHING, Blotter, blotter
from jobs.runtime.home import print_files, worker_logs
from jobs.runtime.worker import prints
from jobs.runtime.worker.prints import Place


@pytest.fixture
def file(tmp_path: Path) -> Path:
    worker_logs.clear(tmp_path)
    return prints.path(tmp_path, "act", 1)


def written(file: Path, *pieces: bytes, slot: int = 1, ticket: int = 7, secrets: Blotter = NOTHING) -> Place:
    place = Place(file, slot)
    place.begin(ticket, 3, 2, "ab" * 16, secrets)
    for piece in pieces:
        place.write(piece)
    return place


@pytest.mark.parametrize("size", [1, HEAD - 1, HEAD, HEAD + 1, MOST, MOST + 1, MOST + TAIL, 3 * MOST + 5])
@pytest.mark.parametrize("step", [1_000, 40_000, 10**9])
def test_the_first_and_the_last_bytes_are_read_whatever_the_pieces(file: Path, size: int, step: int) -> None:
    whole = random.Random(size).randbytes(size)

    place = written(file, *(whole[start : start + step] for start in range(0, size, step)))

    kept = whole if size <= MOST else whole[:HEAD] + whole[-TAIL:]
    assert print_files.read(file, 1, 7) == place.printed() == Printed(kept, size)
    (heading, printed), there = print_files.place(file, 1, 7) or ((), None), file.with_name("there.prints")
    print_files.note(file.parents[1], there.name, 2, heading, printed)
    assert print_files.place(there, 2, 7) == (heading, printed)


def test_only_the_item_that_printed_is_found(file: Path) -> None:
    written(file, b"second", slot=2, ticket=8)

    assert [print_files.read(file, *which) for which in ((1, 8), (2, 7), (3, 8))] == [None, None, None]
    assert print_files.read(file, 2, 8) == Printed(b"second", 6)
    assert print_files.read(file.with_name("another.prints"), 1, 7) is None


def test_what_an_item_prints_takes_the_place_of_the_last_ones(file: Path) -> None:
    place = written(file, b"x" * MOST)
    place.begin(9, 4, 1, "cd" * 16, NOTHING)
    assert (place.printed(), print_files.read(file, 1, 9)) == (None, None)

    place.write(b"new")

    assert print_files.read(file, 1, 9) == Printed(b"new", 3)
    assert print_files.read(file, 1, 7) is None
    assert [(heading, said.kept) for heading, said in print_files.read_all(file.parents[1])] == [
        ((9, 4, 1, "cd" * 16), b"new")
    ]


def test_nothing_is_made_before_something_is_printed(file: Path) -> None:
    place = written(file)
    place.write(b"")

    assert place.printed() is None
    assert not file.exists()


@pytest.mark.parametrize("before", [0, HEAD - 5, HEAD + 7, MOST + 3])
@pytest.mark.parametrize("secret", [b"s3cret/value", b"a very much longer s3cret value"])
def test_a_secret_that_is_printed_in_parts_is_on_the_disk_no_longer(file: Path, before: int, secret: bytes) -> None:
    secrets = blotter([(secret.decode(), "{secret:NAME}")])

    place = written(file, b"x" * before, b"the " + secret[:3], secret[3:8], secret[8:], b" \xff", secrets=secrets)

    assert b"the {secret:NAME}" in (place.printed() or Printed(b"", 1)).kept
    assert b"\xff" in file.read_bytes()
    assert secret[4:] not in file.read_bytes()
    assert print_files.read(file, 1, 7) == place.printed()


def test_a_sign_that_holds_its_own_secret_ends_too(file: Path) -> None:
    place = written(file, b"sec", b"ret!", secrets=blotter([("secret", "{secret:X}")]))

    assert place.printed() == Printed(b"{secret:X}!", 11)


def test_where_the_file_cannot_be_made_the_process_keeps_it(tmp_path: Path) -> None:
    place = written(tmp_path / "not there" / "act-1.prints", b"words")

    assert place.printed() == Printed(b"words", 5)


def test_nonsense_in_a_file_is_nobodys(file: Path) -> None:
    file.write_bytes(os.urandom(300_000))

    assert print_files.read(file, 1, 7) is None
    assert all(heading.position < 2**63 for heading, _ in print_files.read_all(file.parents[1]))


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        (b"plain\n", "plain\n"),
        ("ä\u202e\x9b".encode(), "ä\\u202e\\x9b"),
        (b"\xe4\x00\x07", "\\xe4\\x00\\x07"),
        (b"10 %\r20 %\r\n", "10 %\n20 %\n"),
        (b"\x1b[1;31mred\x1b[0m", "red"),
    ],
)
def test_bytes_are_shown_as_text(kept: bytes, shown: str) -> None:
    assert Printed(kept, len(kept)).text == shown


def test_no_character_is_cut_in_two() -> None:
    whole = ("x" + "ä" * MOST).encode()
    kept = whole[:HEAD] + whole[-TAIL - 1 : -1]

    text = Printed(kept, len(whole)).text

    assert "\\x" not in text.replace("\\xc3", "", 1)
    assert f"[… {len(whole) - MOST:,} bytes left out …]" in text
