"""A run watched until it is over: a progress bar on standard error, and Ctrl-C that cancels honestly."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from jobs.runtime import client
from jobs.runtime.cli import report
from jobs.runtime.cli.terminal import Unfailing, warn
from jobs.runtime.core import program
from jobs.runtime.core.errors import FanoutError, IllegalMove
from jobs.runtime.core.records import Item, Run, RunState
from jobs.runtime.core.text import in_one_line

if TYPE_CHECKING:
    from tqdm import tqdm

LOOK = 0.1
"""Seconds between two looks at a run that is being watched."""
RUNNER_CHECK = 1.0
"""Seconds between two checks that a watched run still has a runner."""


class Interrupts:
    """Ctrl-C, counted instead of thrown: the first asks to cancel, one more after that is acknowledged leaves at once.

    So none falls between a run's submission and the watch over it, and leaves behind a run that nobody cancels; nor do
    two in quick succession. A third leaves whatever there is to wait for.
    """

    def __init__(self) -> None:
        self.number = 0
        self.acknowledged = False
        self._before: Any = None

    @property
    def asked(self) -> bool:
        """Whether a cancel was asked for."""
        return self.number > 0

    def acknowledge(self) -> None:
        """The cancel has been asked of the runner: from now on one more Ctrl-C leaves the rest to it."""
        self.acknowledged = True

    def __enter__(self) -> Interrupts:
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is not signal.SIG_IGN:  # a shell's background job, or nohup: it is not to be stopped so
            signal.signal(signal.SIGINT, self._count)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _count(self, *_: object) -> None:
        self.number += 1
        if self.number > (1 if self.acknowledged else 2):
            raise KeyboardInterrupt

    def before_each(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items; KeyboardInterrupt between two of them, so that nothing is left of a half-submitted run."""
        for item in items:
            if self.asked:
                warn("Cancelled before anything was run.")
                raise KeyboardInterrupt
            yield item


def watch(run: Run, interrupts: Interrupts) -> Run:
    """Show the progress of a run until it is over; Ctrl-C cancels it, and waits until it is cancelled."""
    with _bar(run) as bar:
        checked, cancelling, long_items, trouble = time.monotonic(), False, "", ""
        while not run.state.terminal:
            if interrupts.asked and not cancelling:
                cancelling = True
                cancel(run, interrupts)
            before, run = run, client.wait(run.id, LOOK)
            _show(run, bar, long_items)
            if run.state is RunState.PAUSED and before.state is not RunState.PAUSED and run.error:
                warn(f"\n{run.error} ({program.NAME} resume {run.id[:8]}, or Ctrl-C)")
            if time.monotonic() - checked > RUNNER_CHECK:
                checked, long_items, trouble = time.monotonic(), _long_items(run), _trouble(trouble)
                client.ensure_runner()
    return run


def cancel(run: Run, interrupts: Interrupts) -> None:
    """Ask the runner to cancel, as Ctrl-C does; one more leaves the rest to it."""
    warn("\nCancelling… (Ctrl-C again leaves it to the runner)")
    try:
        client.cancel(run.id)
    except IllegalMove:
        pass  # it has just ended
    except FanoutError as error:
        warn(str(error))  # it is asked for all the same, and waited for
    interrupts.acknowledge()


def _bar(run: Run) -> tqdm[Any]:
    from tqdm import tqdm

    interval = 0.1 if sys.stderr.isatty() else 10
    return tqdm(total=run.items, unit=" items", file=Unfailing(), mininterval=interval, dynamic_ncols=True)


def _long_items(run: Run) -> str:
    """How far the item is that has been in work longest, of those that say so."""
    long_items = client.progress(run.id).in_progress
    return report.how_far(min(long_items, key=lambda doing: doing.started_at)) if long_items else ""


def _trouble(before: str) -> str:
    """Why nothing goes on now; said when it is new."""
    trouble = client.trouble()
    if trouble and trouble != before:
        warn(f"\n{trouble}")
    return trouble


def _show(run: Run, bar: tqdm[Any], long_items: str) -> None:
    notes = [in_one_line(long_items)] if long_items and not run.state.terminal else []
    notes += [f"{run.failed:,} failed"] if run.failed else []
    notes += [str(run.state)] if run.state in (RunState.QUEUED, RunState.PAUSED, RunState.CANCELLING) else []
    bar.set_postfix_str(", ".join(notes), refresh=False)
    bar.update(run.done - bar.n)
    if sys.stderr.isatty():
        bar.refresh()
