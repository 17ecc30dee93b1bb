"""Ctrl-C while `fanout` or `python -m jobs` is still being loaded ends it at once: there is nothing to cancel yet,
and a traceback is of no use to anybody.

It is the first that `jobs` imports: what comes before is Python's own start.
"""

import os
import sys

INTERRUPTED = 130
"""Exit code of what was ended by Ctrl-C."""


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
