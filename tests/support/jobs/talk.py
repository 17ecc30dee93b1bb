"""Print what the item says, in every way that an item has."""

import asyncio
import io
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

from jobs import TryLater, attempt, compute, job

WRAPPED = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", line_buffering=True)
LOGGER = logging.getLogger("set up at import")
LOGGER.setLevel("INFO")
LOGGER.propagate = False
LOGGER.addHandler(logging.StreamHandler(sys.stdout))
STDERR = sys.stderr


def set_up_at_import(text: str) -> None:
    """Print through what was made when the module was read."""
    LOGGER.info(text)
    print(text, file=WRAPPED)
    print(text, file=STDERR)


def everywhere() -> None:
    print("on standard output")
    print("on standard error", file=sys.stderr)
    logging.getLogger("a job's").warning("logged")
    warnings.warn("warned", stacklevel=1)


def lines(text: str, number: str) -> None:
    for line in range(int(number)):
        print(text, line)


def bytes_out(_: str) -> None:
    sys.stdout.buffer.write(b"plain \xff\xfe \x1b[31mred\x1b[0m \x00end\n")
    sys.stdout.buffer.flush()


def die(text: str) -> None:
    print(text, end="")
    os.kill(os.getpid(), signal.SIGKILL)


def hang(text: str) -> None:
    print(text)
    time.sleep(600)


def later(text: str) -> None:
    print(text, attempt())
    if attempt() < 3:
        raise TryLater(0, "busy", "it is busy")


def own_thread(text: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(print, f"in a thread: {text}").result()
    threading.Timer(0.3, print, [f"afterwards: {text}"]).start()
    print("in the slot")


def forked(text: str) -> None:
    child = os.fork()
    if not child:
        print(f"in a child: {text}")
        os._exit(0)
    os.waitpid(child, 0)
    subprocess.run([sys.executable, "-c", f"print({f'by another: {text}'!r})"], check=True)
    os.write(1, f"to the descriptor: {text}\n".encode())
    print("in the parent")


def close(_: str) -> None:
    sys.stdout.close()
    sys.stderr.buffer.close()
    print("still heard")


def replace(_: str) -> None:
    """Leave something of one's own in the place of standard output."""
    sys.stdout = io.StringIO()
    print("into it")


def on_signal(_: str) -> None:
    """Have a handler called, as only the main thread may."""
    got: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: got.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    time.sleep(0.2)
    signal.signal(signal.SIGALRM, before)
    assert got == [signal.SIGALRM]


def on_loop(_: str) -> None:
    """Have a loop call a handler of signals."""

    async def wait_for_it() -> None:
        called = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, called.set)
        os.kill(os.getpid(), signal.SIGUSR1)
        await asyncio.wait_for(called.wait(), 5)
        asyncio.get_running_loop().remove_signal_handler(signal.SIGUSR1)

    asyncio.run(wait_for_it())


def alarm(_: str) -> None:
    """Leave an alarm behind that would end whoever it finds."""

    def go_off(*_: object) -> None:
        raise TimeoutError("it was another's alarm")

    signal.signal(signal.SIGALRM, go_off)
    signal.setitimer(signal.ITIMER_REAL, 0.3)


def fail(text: str) -> None:
    print(text)
    raise RuntimeError(text)


VERBS = {
    "bytes": bytes_out,
    "die": die,
    "hang": hang,
    "wait": hang,
    "later": later,
    "own": own_thread,
    "forked": forked,
    "close": close,
    "replace": replace,
    "fail": fail,
    "signal": on_signal,
    "loop": on_loop,
    "alarm": alarm,
    "pause": lambda seconds: time.sleep(float(seconds)),
    "computed": lambda text: compute(print, text),
    "lines": lambda text: lines(*text.rsplit(" ", 1)),
    "everywhere": lambda _: everywhere(),
    "import": set_up_at_import,
    "say": print,
    "same": print,
    "quiet": lambda _: None,
}


def key(text: str) -> str | None:
    if text.startswith("same"):
        print("asked for its key:", text)
        return text
    return None


@job(bound="io", key=key)
def talk(text: str) -> str:
    verb, _, said = text.partition(" ")
    VERBS[verb](said)
    return verb
