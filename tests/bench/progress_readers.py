"""Programs that ask how far a run is: `python -m tests.bench.progress_readers PORT TOKEN RUN NUMBER EVERY`.

Each has a connection of its own and asks every so many seconds (0: again at once) until the run has ended or standard
input is closed; printed are the seconds of every call.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time


async def read(asked: argparse.Namespace, seconds: list[float], stop: asyncio.Event) -> None:
    """One reader."""
    reader, writer = await asyncio.open_connection("127.0.0.1", asked.port)
    said = f"GET /api/runs/{asked.run} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {asked.token}\r\n\r\n"
    await asyncio.sleep(asked.every * random.random())
    while not stop.is_set():
        began = time.perf_counter()
        writer.write(said.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await reader.readexactly(int(length.partition(b":")[2]))
        seconds.append(time.perf_counter() - began)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(body.decode())
        await asyncio.sleep(max(0.0, asked.every - (time.perf_counter() - began)))
    writer.close()


async def main() -> None:
    """All of them."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("port", type=int)
    words.add_argument("token")
    words.add_argument("run")
    words.add_argument("number", type=int)
    words.add_argument("every", type=float)
    asked, seconds, stop = words.parse_args(), list[float](), asyncio.Event()
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    readers = [asyncio.create_task(read(asked, seconds, stop)) for _ in range(asked.number)]
    await ended
    stop.set()
    await asyncio.gather(*readers)
    print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
