"""The first file of a new job: one that runs as it is, to be changed."""

from __future__ import annotations

import builtins
import keyword
import re
from pathlib import Path

import jobs
from jobs.runtime import catalog
from jobs.runtime.core import program, settings
from jobs.runtime.core.errors import Refused

LONGEST = 60
WORDS = frozenset((*keyword.kwlist, *dir(builtins)))
"""Names that mean something else in the file itself."""

TEMPLATE = '''\
"""Count the letters and words of a text."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from jobs import ItemError, job


class Counted(TypedDict):
    """The columns of the result."""

    letters: Annotated[int, Field(description="letters of any alphabet")]
    words: Annotated[int, Field(description="words of at least so many letters")]


# "io": it waits for others, so it runs in threads; "cpu": it computes, so it runs in processes.
@job(bound="io", codes={{"empty": "there is no letter in it"}})
def {name}(
    text: str,  # the item: one row of the table that comes in
    *,  # from here on: options of the form and the command line
    least: Annotated[int, Field(ge=1, le=50, description="count no shorter words")] = 1,
) -> Counted:
    letters = sum(character.isalpha() for character in text)
    if letters == 0:
        raise ItemError("empty", "there is no letter in it")
    return Counted(letters=letters, words=sum(len(word) >= least for word in text.split()))
'''


def new_job(name: str) -> Path:
    """Write the first file of a job of this name into `folder_of_new_jobs()`; returns its path.

    Raises Refused: the name is no name of a job, is taken, or the file cannot be written. Nothing is overwritten.
    """
    _check_name(name)
    path = folder_of_new_jobs() / f"{name}.py"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.with_suffix("").exists():
            raise FileExistsError
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(TEMPLATE.format(name=name))
    except FileExistsError:
        raise Refused(f"there is something called {name} in {path.parent} already: it is left as it is") from None
    except OSError as error:
        raise Refused(f"{path} cannot be written ({error.strerror}): name another folder in JOBS_PATH") from None
    return path


def folder_of_new_jobs() -> Path:
    """The first folder of JOBS_PATH; without one, `jobs/` of a checkout."""
    folders: tuple[Path, ...] = settings.value("JOBS_PATH")
    return folders[0] if folders else Path(jobs.__path__[0])


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in WORDS or len(name) > LONGEST:
        shown = name if len(name) <= LONGEST else f"{name[:LONGEST]}…"
        raise Refused(
            f"{shown!r} is no name for a job: small letters, digits and _ make one, a letter first, at most {LONGEST}, "
            "and it is no word of Python (for example: word_count)"
        )
    found = catalog.find()
    if name in {*found.jobs, *found.broken, *catalog.NOT_JOBS, *jobs.__all__}:
        raise Refused(f"{name} is taken: give the job another name ({program.NAME} list shows those there are)")
