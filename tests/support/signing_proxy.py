"""A proxy that has people sign in, as far as a page behind it sees: it puts a header into each request, and lets no
other of that name through."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator

MOST_HEAD = 64 * 2**10


@contextlib.contextmanager
def signing_proxy(port: int, header: str, value: str) -> Iterator[str]:
    """Its origin, in front of the server at this port of this machine."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with _closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            behind, before = await asyncio.open_connection("localhost", port, limit=MOST_HEAD)
            async with _closing(before):
                before.write(_signed(head, header, value))
                await asyncio.gather(_pour(reader, before), _pour(behind, writer))

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(pass_on, "127.0.0.1", 0, limit=MOST_HEAD)

    async def end() -> None:
        server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(20)
    try:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


@contextlib.asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            yield
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _signed(head: bytes, header: str, value: str) -> bytes:
    """The head of a request with the header; of one that opens no stream, as the last of its connection."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    stream = any(line.lower().startswith(b"upgrade:") for line in lines)
    dropped = {header.lower(), *([] if stream else ["connection"])}
    kept = [line for line in lines if line.partition(b":")[0].decode().lower() not in dropped]
    own = [f"{header}: {value}", *([] if stream else ["Connection: close"])]
    return b"\r\n".join([first, *kept, *(line.encode() for line in own)]) + b"\r\n\r\n"


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(MOST_HEAD):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
