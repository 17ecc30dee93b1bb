"""Do what the item says: the machine's own tests need items of every kind."""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from jobs import Artifact, ItemError, TryLater, attempt, carried, compute, job, pace, progress, time_left


class Done(TypedDict):
    said: Annotated[str, Field(description="what the item said")]
    number: Annotated[int, Field(description="which attempt this was")]
    anything: Annotated[Any, Field(description="whatever was returned")]
    file: Annotated[Artifact, Field(description="a file")]


def sleep(seconds: str = "0.1") -> None:
    time.sleep(float(seconds))


def heed(seconds: str = "10") -> None:
    """Wait, but no longer than the deadline."""
    time.sleep(min(float(seconds), time_left()))
    raise ItemError("too_slow", "it would have taken longer")


def spin(seconds: str = "1000") -> None:
    """Compute, in Python."""
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        pass


def stubborn(seconds: str = "1000") -> None:
    signal_ignored = time.monotonic() + float(seconds)
    while time.monotonic() < signal_ignored:
        with contextlib.suppress(BaseException):
            time.sleep(1)


def gil(seconds: str = "1") -> None:
    """Hold the GIL in one C call after another, for about so long."""
    import gmpy2

    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        gmpy2.fac(1_500_000)


def fac(number: str) -> None:
    """One C call that holds the GIL from its beginning to its end: for 2 s, of 10,000,000."""
    import gmpy2

    gmpy2.fac(int(number))


def hang_in_c(_: str = "") -> None:
    """One C call that holds the GIL for ever."""
    import re

    re.match(r"(a+)+$", "a" * 60 + "b")


def segv(_: str = "") -> None:
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(1)


def leave(code: str = "3") -> None:
    os._exit(int(code))


def killed(_: str = "") -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(1)


def memory(_: str = "") -> None:
    hoard = []
    while True:
        hoard.append(bytearray(50_000_000))


def gmp(_: str = "") -> None:
    import gmpy2

    gmpy2.mpz(1) << (1 << 33)


def stop(_: str = "") -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(1)


def apart(verb: str, *words: str) -> None:
    """Do what follows in a thread that computes."""
    compute(globals()[verb], *words)


def fail(code: str = "foreseen") -> None:
    raise ItemError(code, "this was foreseen", row={"said": "partly"}, detail="raw words")


def fail_first(seconds: str = "600") -> None:
    """Fail at once; where a person retries it, take long."""
    if attempt() == 1:
        fail()
    time.sleep(float(seconds))


def bug(_: str = "") -> None:
    raise RuntimeError("not foreseen")


def leave_python(_: str = "") -> None:
    raise SystemExit(4)


def later(seconds: str = "0.1", times: str = "1") -> None:
    if attempt() <= int(times):
        raise TryLater(float(seconds), "busy", "it is busy now")


def kept_later(_: str = "") -> None:
    """The first time, write a file and ask for another try."""
    if attempt() == 1:
        raise TryLater(0, "busy", "it is busy now", row={"file": Artifact("half.txt", [b"half"])})


def move(group: str = "other") -> None:
    if carried() is None:
        raise TryLater(0, "moved", "it belongs elsewhere", group=group, carry={"from": "here"})
    assert carried() == {"from": "here"}


def first(*_: str) -> None:
    """Its hook had its worker killed the first time."""


def hold(seconds: str = "1") -> None:
    pace(hold=float(seconds), why="Retry-After")


def report(share: str = "0.5", seconds: str = "1") -> None:
    progress(float(share), "half way")
    time.sleep(float(seconds))


def mark(path: str, seconds: str = "0") -> None:
    """Leave a line in a file: what was really executed."""
    with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write(f"{os.getpid()} {time.monotonic()}\n")
    time.sleep(float(seconds))


def get(port: str, path: str) -> None:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        assert answer.read() == b"ok"


RETURNS = {
    "large": lambda: {"said": "x" * 20_000},
    "set": lambda: {"said": {1, 2}},
    "object": lambda: {"anything": object()},
    "column": lambda: {"nonsense": 1},
    "list": lambda: [1, 2],
    "deep": lambda: {"anything": _deep()},
    "surrogate": lambda: {"said": "a\ud800b\x00c"},
    "huge": lambda: {"said": "x" * 20_000_000},
    "code": lambda: {"said": "noted", "code": "noted"},
    "fork": lambda: (os.fork(), {"file": Artifact("forked.txt", [b"7" * 1_000_000])})[1],
    "file": lambda: {"file": Artifact("../some name.txt", (b"abc" for _ in range(3)))},
}


def _deep() -> Any:
    inner: Any = 1
    for _ in range(5_000):
        inner = [inner]
    return inner


def group_of(text: str) -> str:
    """What follows the @; some items make their own preparation slow, or deadly."""
    if text.startswith("slow hook"):
        time.sleep(0.02)
    if text.startswith("first hook"):
        path = Path(text.split()[2])
        if not path.exists():
            path.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if text.startswith("deadly hook"):
        time.sleep(1.0)
        os._exit(3)
    return text.partition("@")[2]


@job(
    bound="io",
    group=group_of,
    codes={"foreseen": "as the item said", "busy": "later", "moved": "elsewhere", "too_slow": "x", "noted": "x"},
)
def act(text: str, *, prefix: Annotated[str, Field(description="put before what is said")] = "") -> Done:
    verb, *words = text.partition("@")[0].split()
    if verb == "kept_badly":
        return {"file": Artifact("lost.txt", [b"lost"]), "anything": object()}
    if verb == "return":
        return RETURNS[words[0]]()
    if verb != "ok":
        globals()[verb](*words)
    return {"said": prefix + text, "number": attempt(), "anything": None}
