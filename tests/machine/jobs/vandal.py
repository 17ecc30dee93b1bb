"""Do to the worker's process what the item says: no item may harm another, nor the runner."""

import contextlib
import gc
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

from jobs import ItemError, TryLater, compute, job, setting


class Wordless(ItemError):
    """An expected failure that was made without its words."""

    def __init__(self) -> None:
        pass


class Speechless(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


class Rude(BaseException):
    pass


def pipes() -> list[int]:
    """The descriptors of this process that are sockets: its pipe to the runner."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(entry.readlink()).startswith("socket:"):
                found.append(int(entry.name))
    return found


def sleep(seconds: str = "0.1") -> None:
    time.sleep(float(seconds))


def note(path: str) -> None:
    with Path(path).open("a") as file:
        file.write("asked\n")


def close_all() -> None:
    os.closerange(0, 256)


def close_pipe() -> None:
    for descriptor in pipes():
        os.close(descriptor)


def shut_pipe() -> None:
    for kept in [kept for kept in gc.get_objects() if isinstance(kept, socket.socket)]:
        kept.shutdown(socket.SHUT_RDWR)


def say(text: str) -> None:
    """Say a frame to the runner that a worker would not say."""
    frame = text.encode()
    os.write(pipes()[0], struct.pack(">I", len(frame)) + frame)


def babble() -> None:
    os.write(pipes()[0], b"GET / HTTP/1.1\r\n\r\n")


def promise() -> None:
    """The beginning of a frame that never ends, within the largest size a frame may have."""
    os.write(pipes()[0], struct.pack(">I", 400 * 2**20) + b"x" * 10)


def shout() -> None:
    for _ in range(100):
        os.write(1, b"out " * 25_000)
        os.write(2, b"err " * 25_000)
        print("x" * 10_000, flush=True)


def fork() -> None:
    """A child that goes on as if it were the worker."""
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)


def fork_and_go_on() -> str:
    """Two that go on as the worker: whatever the child does is nobody's answer."""
    os.fork()
    return "ok"


def fork_apart() -> str:
    """The same in a thread that computes."""
    return compute(fork_and_go_on)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def start() -> None:
    """A grandchild which nobody waits for."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def detach() -> None:
    """A grandchild that is meant to outlive its run."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)


def daemon(path: str) -> None:
    """Another, as daemons are: in a session whose first process has left."""
    script = "import os, sys, time; os.fork() and os._exit(0); print(os.getpid(), file=open(sys.argv[1], 'w'))"
    command = [sys.executable, "-c", f"{script}; time.sleep(60)", path]
    subprocess.Popen(command, start_new_session=True).wait()


def threads() -> None:
    for _ in range(20):
        threading.Thread(target=time.sleep, args=(60,)).start()


def raise_in_thread() -> None:
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()


def signals() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def leave() -> None:
    sys.exit("enough")


def rude() -> None:
    raise Rude("rude")


def interrupt() -> None:
    raise KeyboardInterrupt


def wordless() -> None:
    raise Wordless


def speechless() -> None:
    raise Speechless


def soon() -> None:
    error = TryLater(0, "busy", "it is busy")
    error.seconds = "soon"  # type: ignore[assignment]
    raise error


def never() -> None:
    raise TryLater(float("nan"), "busy", "it is busy")


def recurse() -> None:
    recurse()


def forget() -> None:
    """Empty the environment of the process."""
    os.environ.clear()


def digits() -> str:
    return str(setting("JOBS_MAX_DIGITS"))


def alone() -> None:
    """Leave the worker's process group."""
    os.setsid() if os.getpid() != os.getpgid(0) else os.setpgid(0, os.getpgid(os.getppid()))


@job(bound="io", codes={"busy": "later"})
def vandal(text: str) -> str:
    verb, _, words = text.partition(" ")
    if verb == "ok":
        return "ok"
    return globals()[verb](words) if words else globals()[verb]()
