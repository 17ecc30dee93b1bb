"""What comes with a request, read within bounds of size and time: JSON, or a file and JSON in multipart/form-data."""

from __future__ import annotations

import asyncio
import io
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import IO, Self, cast

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.types import Message

from jobs.runtime import reader
from jobs.runtime.api.given_items import GivenFile, file_name
from jobs.runtime.api.problems import Problem
from jobs.runtime.core.units import size

MOST_JSON = 8 * 2**20
"""Bytes of a body of JSON: what Python makes of it takes up to twenty times as much. A longer list goes as a file."""

MOST_PART = 2**20
IN_MEMORY = 64 * 2**10
"""Bytes of a body that are held there while it arrives: the others are on the disk."""

SECONDS, SILENT_SECONDS = 120.0, 20.0
"""That a body may take to arrive, and that may pass without anything of it."""

LEFT_SECONDS, LEFT_BYTES = 2.0, 64 * 2**20
"""For what is left of a body that is refused: who is still sending would not hear why, were the connection cut."""


class ArrivedBody:
    """A body that has come whole: JSON, and perhaps a file, both on the disk where they are long."""

    def __init__(self, text: IO[bytes], file: UploadFile | None = None) -> None:
        self._text, self._file = text, file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()
        if self._file is not None:
            self._file.file.close()

    def text(self) -> bytes:
        """The JSON."""
        self._text.seek(0)
        return self._text.read()

    def file(self) -> GivenFile | None:
        """The file; None: there is none. Raises Problem: it is too large."""
        if self._file is None:
            return None
        content = self._file.file.read(reader.MOST_UPLOADED + 1)
        if len(content) > reader.MOST_UPLOADED:
            raise _too_large(reader.MOST_UPLOADED, _FROM_DISK)
        return GivenFile(content=content, name=file_name(self._file.filename or ""))


async def read_json(request: Request) -> ArrivedBody:
    """A body of JSON. Raises Problem: it is of another type, too large, or too slow."""
    _want(request, "application/json")
    text = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (the body closes it)
    body = ArrivedBody(cast("IO[bytes]", text))
    try:
        async for piece in _bounded(request, MOST_JSON, "send a longer list as a file: multipart/form-data"):
            text.write(piece)
    except BaseException:
        body.__exit__()
        raise
    return body


async def read_run(request: Request) -> ArrivedBody:
    """The JSON that asks for a run, and the file that came with it: in multipart/form-data these are the parts `run`
    and `file`. Raises Problem."""
    if not _type(request).startswith("multipart/"):
        return await read_json(request)
    _want(request, "multipart/form-data")
    pieces = _bounded(request, reader.MOST_UPLOADED + 2 * MOST_PART, _FROM_DISK)
    parser = MultiPartParser(request.headers, pieces, max_files=1, max_fields=1, max_part_size=MOST_PART)
    parser.spool_max_size = IN_MEMORY
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError, AssertionError) as error:
        words = getattr(error, "message", "") or "its parts cannot be told apart"
        raise Problem(400, f"the body is no multipart/form-data: {words}", code="bad_form") from None
    run, file = form.get("run"), form.get("file")
    if not isinstance(run, str) or not isinstance(file, UploadFile) or len(form) != 2:
        await form.close()
        raise Problem(
            422, "multipart/form-data has two parts here: run, a text of JSON, and file, a file", code="bad_form"
        )
    return ArrivedBody(io.BytesIO(run.encode("utf-8", "replace")), file)


_FROM_DISK = "give a larger one to the command line, which reads it from the disk"


def _type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _want(request: Request, kind: str) -> None:
    if _type(request) != kind:
        raise Problem(415, f"the body must be {kind}: say so in Content-Type", code="bad_type")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem(415, "the body must not be packed: leave out Content-Encoding", code="bad_type")


async def _bounded(request: Request, most: int, otherwise: str) -> AsyncGenerator[bytes, None]:
    """The pieces of a body as they come."""
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said[:19]) > most:
        await _let_pass(request)
        raise _too_large(most, otherwise)
    limit, taken, more = time.monotonic() + SECONDS, 0, True
    while more:
        message = await _next(request, limit)
        piece, more = message.get("body", b""), message.get("more_body", False)
        taken += len(piece)
        if taken > most:
            await _let_pass(request)
            raise _too_large(most, otherwise)
        yield piece


async def _let_pass(request: Request) -> None:
    """Take in what is still being sent, and forget it."""
    limit, taken, more = time.monotonic() + LEFT_SECONDS, 0, True
    with suppress(Problem):
        while more and taken < LEFT_BYTES:
            message = await _next(request, limit)
            taken, more = taken + len(message.get("body", b"")), message.get("more_body", False)


async def _next(request: Request, limit: float) -> Message:
    left = limit - time.monotonic()
    try:
        message = await asyncio.wait_for(request.receive(), max(0.0, min(left, SILENT_SECONDS)))
    except TimeoutError:
        late = (
            f"did not come within {SECONDS:g} s" if left <= SILENT_SECONDS else f"was silent for {SILENT_SECONDS:g} s"
        )
        raise Problem(408, f"the body {late}", code="too_slow", headers=_CLOSE) from None
    if message["type"] != "http.request":
        raise Problem(400, "the body was cut off", code="cut_off", headers=_CLOSE)
    return message


_CLOSE = {"Connection": "close"}


def _too_large(most: int, otherwise: str) -> Problem:
    return Problem(413, f"the body has more than {size(most)}: {otherwise}", code="too_large", headers=_CLOSE)
