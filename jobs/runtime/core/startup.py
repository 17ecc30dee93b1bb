"""Ctrl-C while `fanout` or `python -m jobs` is still being loaded ends it at once: there is nothing to cancel yet,
and a traceback is of no use to anybody.

It is the first that `jobs` imports: what comes before is Python's own start.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading

INTERRUPTED = 130
"""Exit code of what was ended by Ctrl-C."""


others: list["threading.Thread"] = []
"""Threads that a job's module has begun at its import in this process, which would keep it from ending."""


def end(code: int) -> int:
    """The exit code; where threads of `others` go on, the process ends here with it."""
    if not any(thread.is_alive() for thread in others):
        return code
    for stream in (sys.stdout, sys.stderr):
        try:  # noqa: SIM105 (nothing is imported here)
            stream.flush()
        except (AttributeError, OSError, ValueError):  # there is none, or nobody reads it any more
            pass
    os._exit(code)


def _leave(*_: object) -> None:
    os._exit(INTERRUPTED)


def loaded() -> None:
    """From here on Ctrl-C raises KeyboardInterrupt, as ever."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


try:
    import signal
except KeyboardInterrupt:
    _leave()
_STARTED = "".join(sys.argv[:1])
_STARTING = (
    _STARTED == "-m"  # that is so while Python looks for `jobs`, or for a module in it
    or os.path.basename(_STARTED).partition(".")[0] == "fanout"  # noqa: PTH119 (before anything else is imported)
)
if _STARTING and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _leave)
