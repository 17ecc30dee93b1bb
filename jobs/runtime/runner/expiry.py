"""Deletes the runs whose time is over, as the settings of what is kept say."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from jobs.runtime.home import retention
from jobs.runtime.runner.command_handler import CommandHandler
from jobs.runtime.runner.log import say
from jobs.runtime.runner.state import RunnerState
from jobs.runtime.store import runs

LOOK_SECONDS = 60.0


class ExpiryCheck:
    """Looks at what has expired when a runner begins, and every minute from then on."""

    def __init__(self, state: RunnerState, commands: CommandHandler) -> None:
        self.state, self.commands = state, commands
        self.next_look = 0.0

    def look(self, now: float) -> None:
        """Withdraw what has expired; it is deleted piece by piece, as a run is that a person deletes."""
        if now < self.next_look:
            return
        self.next_look = now + LOOK_SECONDS
        moment = self.state.unix(now)
        for expiry in retention.expiring(self.state.db, self.state.store):
            if expiry.at > moment:
                break
            self.state.write(partial(runs.withdraw, number=expiry.run.number))
            self.commands.delete(expiry.run.number)
            ended = datetime.fromtimestamp(expiry.run.ended_at, UTC).strftime("%Y-%m-%d")
            say(f"run {expiry.run.id[:8]}, which ended on {ended}, is deleted ({expiry.setting})")
