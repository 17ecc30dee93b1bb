"""A file of an item on its way from another machine: written piece by piece, whole under its final name."""

from __future__ import annotations

import os
from pathlib import Path

from jobs.runtime.core.private_files import held
from jobs.runtime.home.artifacts import FOLDER, PART


class ReceivedFile:
    """One file of a run; `worker` names who writes it, as in `artifacts`."""

    def __init__(self, home: Path, run: str, name: str, worker: int) -> None:
        self._home, self._run, self._name = home, run, name
        self._part = f"{name}.{worker}{PART}"
        with held(home, FOLDER, run, make=True) as place:
            self._file = place.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def write(self, content: bytes) -> None:
        """Add a piece. Raises OSError."""
        left = memoryview(content)
        while left:  # a disk that is nearly full takes a part, and says why only when asked for more
            left = left[os.write(self._file, left) :]

    def finish(self) -> None:
        """It is whole. Raises OSError, StoreError."""
        self.close()
        with held(self._home, FOLDER, self._run) as place:
            place.replace(self._part, self._name)

    def close(self) -> None:
        """Write no more; may be called again. What is not whole by then is swept with its worker's parts."""
        if self._file >= 0:
            file, self._file = self._file, -1  # closed twice, its number may be another file's
            os.close(file)
