"""Do to the worker's process what the item says: no item may harm another, nor the runner."""

import asyncio
import builtins
import codecs
import contextlib
import contextvars
import csv
import ctypes
import decimal
import gc
import locale
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import msgspec

from jobs import ItemError, TryLater, compute, job, pace, setting
from jobs.runtime.worker.main import Worker
from jobs.runtime.worker.messages import GivenBack
from jobs.runtime.worker.protocol import encode
from tests.support.frames import FORGED, frame

WORD = contextvars.ContextVar("WORD", default="of nobody")


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
    """Say a frame to the runner that a worker would not say: JSON, as MessagePack."""
    send(msgspec.msgpack.encode(msgspec.json.decode(text)))


def forge(number: str) -> None:
    """Answer for this item with what no worker answers; then end as if nothing had been."""
    send(FORGED[int(number)](own_ticket()))


def answer_for_others(_: str = "") -> None:
    """Answer for all that may wait behind this item, and for some that never will."""
    for ticket in (*range(own_ticket() + 1, own_ticket() + 40), 2**53):
        send(frame([ticket, 1, 1.0, 2.0, 0.5, ["failed", "bug", "not its own words", "", None, None], None]))
    time.sleep(0.1)


def give_back(_: str = "") -> None:
    """Give this item back, and all that wait behind it."""
    send(encode(GivenBack(tickets=list(range(own_ticket(), own_ticket() + 40))))[4:])
    time.sleep(0.1)


def send(body: bytes) -> None:
    os.write(pipes()[0], struct.pack(">I", len(body)) + body)


def scribble(_: str = "") -> None:
    """Write nonsense over what this worker's slots say of themselves."""
    table, ticket = worker().slot_table, own_ticket()
    for slot in range(1, table.slots + 1):
        table.assign(slot, 2**63, 2**63)
        table.begin(slot, ticket, 2**63)
        table.report(slot, 1e12, "\x1b[31m\x00" * 30)
    time.sleep(0.6)


def worker() -> Worker:
    (found,) = [kept for kept in gc.get_objects() if isinstance(kept, Worker)]
    return found


def own_ticket() -> int:
    """The ticket that the slot of this thread has."""
    return next(slot.ticket for slot in worker().slot_table.busy() if slot.ident == threading.get_ident())


def hold(seconds: str) -> None:
    pace(hold=float(seconds))


def babble() -> None:
    os.write(pipes()[0], b"GET / HTTP/1.1\r\n\r\n")


def promise() -> None:
    """The beginning of a frame that never ends, within the largest size a frame may have."""
    os.write(pipes()[0], struct.pack(">I", 70 * 2**20) + b"x" * 10)


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


def kill_runner() -> None:
    """Kill the process that has started this one."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


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


def lower_files() -> None:
    """Leave no further descriptor to this process."""
    import resource

    most = max(int(entry.name) for entry in Path("/proc/self/fd").iterdir()) + 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def lower_sizes() -> None:
    """Let no file of this process grow."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def use_up_files() -> None:
    """Open all descriptors that there are, and keep them."""
    with contextlib.suppress(OSError):
        while True:
            os.dup(0)


def go_away(folder: str) -> None:
    os.chdir(folder)


def mask() -> None:
    os.umask(0)


def become_another() -> None:
    """Go on as a user who may do nothing."""
    os.setgid(65534)
    os.setuid(65534)


def move_root(folder: str) -> None:
    os.chroot(folder)


def set_alarm() -> None:
    """A signal that ends the process, in a while."""
    signal.setitimer(signal.ITIMER_REAL, 1_000)


def lower_digits() -> None:
    sys.set_int_max_str_digits(640)


def lower_depth() -> None:
    sys.setrecursionlimit(90)


def raise_digits() -> None:
    sys.set_int_max_str_digits(0)
    sys.setrecursionlimit(10_000)


def hurry() -> None:
    socket.setdefaulttimeout(0.001)


def stop_the_clock() -> None:
    """As what freezes time for a test does, when it is not undone."""
    time.time = lambda: 0.0  # type: ignore[assignment]


def stop_every_clock() -> None:
    for name in ("time", "monotonic", "monotonic_ns", "thread_time"):
        setattr(time, name, int)
    time.sleep = lambda _seconds: None


def round_off() -> None:
    """Change what belongs to this thread, for all that comes in it."""
    decimal.getcontext().prec = 3
    WORD.set("of another item")
    sys.settrace(lambda *_: None)
    sys.setprofile(lambda *_: None)


def loop_once() -> str:
    """As programs do that run once."""
    loop = asyncio.get_event_loop()
    try:
        return loop.run_until_complete(asyncio.sleep(0, "looped"))
    finally:
        loop.close()


def round_off_apart() -> None:
    compute(round_off)


def third() -> str:
    here, apart = _own(), compute(_own)
    return here if here == apart else f"{here} / {apart}"


def _own() -> str:
    return f"{decimal.Decimal(1) / 3} {WORD.get()} {sys.gettrace()} {sys.getprofile()}"


def warn_no_more() -> None:
    warnings.simplefilter("error")


def forget_modules() -> None:
    sys.modules.clear()


def go_elsewhere() -> None:
    socket.getaddrinfo = lambda *_, **__: []  # type: ignore[assignment]


def keep_garbage() -> None:
    gc.disable()


def silence_logs() -> None:
    logging.disable(logging.CRITICAL)


def hold_on() -> None:
    """Let no other thread have the interpreter but by chance."""
    sys.setswitchinterval(1_000)


def hurry_garbage() -> None:
    gc.set_threshold(1, 1, 1)


def watch_garbage() -> None:
    gc.callbacks.append(lambda *_: 1 / 0)


def make_no_loops() -> None:
    policy = type("Policy", (asyncio.DefaultEventLoopPolicy,), {"new_event_loop": None})
    asyncio.set_event_loop_policy(policy())


def start_nothing() -> None:
    threading.Thread.start = None  # type: ignore[assignment,method-assign]


def tell_nobody() -> None:
    threading.excepthook = lambda _: None


def move_clock() -> None:
    """Another time zone, of which the environment says nothing."""
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()
    del os.environ["TZ"]


def pass_over() -> None:
    """Let bytes that are no text be text."""
    codecs.register_error("strict", lambda error: ("?", error.end))


def find_nothing() -> None:
    sys.meta_path.clear()


def forget_folders() -> None:
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()


def put_files_nowhere() -> None:
    tempfile.tempdir = "/there/is/none"


def shorten_fields() -> None:
    csv.field_size_limit(10)


def fall_first() -> None:
    """Be the first that the system ends where it has no memory left."""
    Path("/proc/self/oom_score_adj").write_text("1000")


def give_way() -> None:
    """Have this thread, and no other, wait for all other programs."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def be_nice() -> None:
    os.nice(3)


def hear_nothing() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGCHLD])


def leave_network() -> None:
    """Have this thread, and no other, see a network of its own."""
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000):
        raise OSError(ctypes.get_errno(), "unshare")


def trace() -> None:
    threading.settrace(lambda *_: None)


def speak_otherwise() -> None:
    locale.setlocale(locale.LC_ALL, "C" if locale.setlocale(locale.LC_ALL) != "C" else "C.UTF-8")


def take_open() -> None:
    builtins.open = None  # type: ignore[assignment]


def count(digits: str) -> str:
    """Need the interpreter as it is at its start: its depth, its threads, its digits, its files."""
    thread = threading.Thread(target=_deep, args=(50,))
    thread.start()
    thread.join()
    with open(os.devnull) as file:  # noqa: PTH123 (the built-in itself)
        file.read()
    return str(len(str(10 ** int(digits))))


def _deep(rest: int) -> None:
    if rest:
        _deep(rest - 1)


def write(path: str) -> None:
    """Need a descriptor and a file that grows."""
    Path(path).write_text("x" * 1_000)


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
