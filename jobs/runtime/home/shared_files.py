"""Where agents of a cluster leave files whose machine has JOBS_HOME too, found by a word that lies in it: a folder for
each, from which the runner takes what counts."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from jobs.runtime.core.errors import StoreError
from jobs.runtime.core.private_files import held, make_folder
from jobs.runtime.home import artifacts

FOLDER = "shared"
WORD = "word"
SITE_PORT = "sample.port"
"""As the sample site calls it, which agents are not given."""


def begin(home: Path, word: str) -> None:
    """Leave the word by which a machine finds that its folder of this path is this one, and nothing besides, as far as
    the disk lets us."""
    end(home)
    with suppress(OSError, StoreError):
        make_folder(home / FOLDER)
        with held(home, FOLDER) as place:
            file = place.open(WORD, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            with os.fdopen(file, "w", encoding="utf-8") as text:
                text.write(word)


def join(home: Path, word: str) -> Path | None:
    """A folder for an agent where that word lies in the home at this path; None: it is another, or there is none."""
    with suppress(OSError, StoreError, ValueError):
        with held(home, FOLDER) as place, os.fdopen(place.open(WORD, os.O_RDONLY), encoding="utf-8") as text:
            if text.read(len(word) + 1) != word:
                return None
        return Path(tempfile.mkdtemp(dir=home / FOLDER, prefix="agent-"))
    return None


def link_site(home: Path, own: Path) -> None:
    """Have the port of the sample site, as long as it listens, in the own home of an agent too."""
    with suppress(OSError):  # of a system without links
        (own / SITE_PORT).symlink_to(home / SITE_PORT)


def take(home: Path, agent: str, run: str, name: str) -> None:
    """Have a file of an agent's folder as one of the run. Raises OSError, StoreError."""
    with (
        held(home, FOLDER, agent, artifacts.FOLDER, run) as there,
        held(home, artifacts.FOLDER, run, make=True) as here,
    ):
        here.remove(name)
        there.link(name, here, name)
        there.remove(name)


def leave(home: Path, agent: str) -> None:
    """Remove the folder of an agent, as far as the disk lets us: what it still writes is of no use."""
    with suppress(OSError, StoreError), held(home, FOLDER) as place:
        place.remove_folder(agent)


def end(home: Path) -> None:
    """Remove all of it."""
    with suppress(OSError, StoreError), held(home) as place:
        place.remove_folder(FOLDER)
