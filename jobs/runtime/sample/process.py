"""The sample site of a runner: started with the first run that needs it, and looked for until it listens. The items of
such runs wait for it; nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from jobs.runtime.core import settings
from jobs.runtime.sample.hosts import PORT_FILE

START_SECONDS = 15.0
LOOK_SECONDS = 0.01
"""Between two looks at whether it listens."""


class SampleSite:
    """The child process that plays the site; `starting` as long as it may come to listen. Its port is then in
    `home / "sample.port"`. It ends with this process."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.child: subprocess.Popen[bytes] | None = None
        self.starting = False
        self._limit = 0.0

    def open(self, now: float) -> None:
        """Start it, unless it is there; `now` is monotonic. Raises OSError."""
        if self.child is not None and self.child.poll() is None:
            return
        (self.home / PORT_FILE).unlink(missing_ok=True)
        command = [sys.executable, "-m", "jobs.runtime.sample.server", str(self.home), str(os.getpid())]
        self.child = subprocess.Popen(command, cwd=settings.PROJECT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.starting, self._limit = True, now + START_SECONDS

    def look(self, now: float) -> str:
        """See whether it listens by now. Returns the sentence when it never will; else an empty text."""
        if not self.starting or self.child is None:
            return ""
        if (self.home / PORT_FILE).exists():
            self.starting = False
            return ""
        if self.child.poll() is None and now < self._limit:
            return ""
        self.starting = False
        self.child.kill()
        self.child.communicate()
        return f"the sample site did not start within {START_SECONDS:.0f} s: the log says why"

    def close(self) -> None:
        """End it, if it was opened."""
        if self.child is not None:
            self.child.terminate()
