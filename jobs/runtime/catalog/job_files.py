"""The files that are jobs, in the package and in the folders of JOBS_PATH, and what is none there, with the reason."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

NOT_JOBS = frozenset({"runtime", "ui", "web", "demos", "__main__"})
"""Names in the package that are no jobs."""


class JobFiles:
    """`files`: each job's file, or folder, by its name; `passed_over`: why others are none, by their paths.

    `own` are the package's folders, which come first; then those that JOBS_PATH names, in its order.
    """

    def __init__(self, own: Sequence[str], named: Sequence[str]) -> None:
        self.files: dict[str, Path] = {}
        self._passed_over: dict[str, str] = {}
        for folder in own:
            for name, path in _modules(folder):
                if name not in NOT_JOBS:
                    self.files.setdefault(name, path)
        for folder in named:
            self._look(folder)

    @property
    def passed_over(self) -> Mapping[str, str]:
        """Why what lies there is no job."""
        return self._passed_over

    def _look(self, folder: str) -> None:
        try:
            os.scandir(folder).close()
        except OSError as error:
            self._pass_over(folder, f"JOBS_PATH names this as a folder of jobs, but it {_fault(error)}")
            return
        for name, path in _modules(folder):
            if name in NOT_JOBS:
                self._pass_over(path, f"{name} is a name of Fanout's own: rename the file")
            elif self.files.setdefault(name, path) != path:
                self._pass_over(path, f"{name} is the name of another job already ({self.files[name]}): rename one")

    def _pass_over(self, path: str | Path, reason: str) -> None:
        self._passed_over[readable(str(path))] = readable(reason)


def readable(name: str) -> str:
    """A name of a file as text: bytes that are no UTF-8 as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _fault(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "is not there: make it, or take it out of JOBS_PATH"
    if isinstance(error, NotADirectoryError):
        return "is a file: name the folder that it is in"
    return f"cannot be read ({error.strerror}): see its rights"


def _modules(folder: str) -> Iterator[tuple[str, Path]]:
    """The modules in a folder, packages among them, by their names, in order; none where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            there = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in there:
        name, dot, ending = entry.name.partition(".")
        if name.startswith("_"):
            continue
        if (dot and ending == "py") or (not dot and _is_file(f"{folder}/{name}/__init__.py")):
            yield name, Path(entry.path)


_is_file = os.path.isfile  # a Path raises where the folder may not be entered
