"""br and zstd: asked for, read, cut at the caps, and kept as far as they came."""

from __future__ import annotations

import random
import resource

import brotli
import pytest

from jobs import ItemError
from jobs.web import body
from jobs.web.decoders import _zstd
from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import answer, page, says

PAGE = b"<title>packed</title>" + b"<p>text</p>" * 100
CAP = 1_000_000
zstd = _zstd()


def packed_as(coding: str, content: bytes) -> bytes:
    return bytes(brotli.compress(content)) if coding == "br" else bytes(zstd.compress(content))


def test_what_can_be_read_is_asked_for(ask: Ask, serve: Serve) -> None:
    server = serve(page())

    ask(server.url())

    assert server.header("Accept-Encoding") == "gzip, deflate, br, zstd"


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_compressed_page_is_read(coding: str, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(answer(packed_as(coding, PAGE), headers={"Content-Encoding": coding}))).url())

    assert (row["code"], row["title"], row["bytes"]) == ("", "packed", len(PAGE))


@pytest.mark.parametrize(
    ("content", "coding"),
    [
        (zstd.compress(PAGE[:50]) + zstd.compress(PAGE[50:]), "zstd"),
        (zstd.compress(PAGE[:50]) + b"\x50\x2a\x4d\x18\x02\0\0\0ab" + zstd.compress(PAGE[50:]), "zstd"),
        (zstd.compress(PAGE) + bytes(10), "zstd"),
        (brotli.compress(PAGE) + b"behind the end" * 500, "br"),
        (zstd.compress(brotli.compress(PAGE)), "br, zstd"),
        (brotli.compress(PAGE, quality=0), "br"),
        (brotli.compress(PAGE, quality=11, lgwin=24), "BR"),
    ],
    ids=["two frames", "a frame to skip", "padded", "padded br", "zstd of br", "fast br", "dense br"],
)
def test_compressions_of_other_shapes_are_read(content: bytes, coding: str, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(answer(content, headers={"Content-Encoding": coding}))).url())

    assert (row["code"], row["title"], row["bytes"]) == ("", "packed", len(PAGE))


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_bomb_is_refused_while_it_is_inflated(coding: str, ask: Ask, serve: Serve) -> None:
    bomb = packed_as(coding, bytes(100_000_000))
    server = serve(says(answer(bomb, headers={"Content-Encoding": coding})))
    ask(serve(says(answer(packed_as(coding, PAGE), headers={"Content-Encoding": coding}))).url())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    row = ask(server.url(), max_bytes=CAP)

    assert row["code"] == "too_large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_large_page_is_cut_at_the_cap(coding: str, ask: Ask, serve: Serve) -> None:
    text = " ".join(f"{number} {number * 7919 % 10007}" for number in range(150_000)).encode()
    server = serve(says(answer(packed_as(coding, text), headers={"Content-Encoding": coding})))

    row = ask(server.url(), max_bytes=CAP)

    assert (row["code"], row["status"]) == ("truncated", 200)


def test_a_zstd_window_beyond_the_browsers_is_refused() -> None:
    parameter = zstd.CompressionParameter
    wide = zstd.compress(random.Random(1).randbytes(9_000_000), options={parameter.window_log: 26})

    with pytest.raises(ItemError) as refusal:
        body.inflate(wide, "zstd", 20_000_000, cut=False)

    assert refusal.value.code == "decode_error"


@pytest.mark.parametrize("coding", ["br", "zstd"])
@pytest.mark.parametrize("harm", ["cut", "damaged"])
def test_what_came_of_a_broken_page_is_kept(harm: str, coding: str, ask: Ask, serve: Serve) -> None:
    noise = random.Random(3).randbytes(300_000).hex().encode()
    packed = packed_as(coding, b"<title>kept</title><p>" + noise)
    broken = packed[:-1_000] if harm == "cut" else packed[:200_000] + b"\xff" * 1_000 + packed[201_000:-5]

    row = ask(serve(says(answer(broken, headers={"Content-Encoding": coding}))).url())

    assert (row["code"], row["title"]) == ("incomplete", "kept")
    assert row["bytes"] > 100_000


@pytest.mark.parametrize("coding", ["br", "zstd"])
@pytest.mark.parametrize("content", [b"not that at all", b"\0", b"\x28\xb5\x2f\xfd"])
def test_what_is_not_compressed_so_is_a_failure(content: bytes, coding: str, ask: Ask, serve: Serve) -> None:
    row = ask(serve(says(answer(content, headers={"Content-Encoding": coding}))).url())

    assert row["code"] == "decode_error"


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_an_empty_page_is_empty(coding: str, ask: Ask, serve: Serve) -> None:
    for content in (b"", packed_as(coding, b"")):
        row = ask(serve(says(answer(content, headers={"Content-Encoding": coding}))).url())
        assert (row["code"], row["status"], row["text_chars"]) == ("", 200, 0)
