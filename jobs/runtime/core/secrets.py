"""Secrets by name: `{secret:NAME}` in a text stands for a value that the worker looks up when it is used, and that is
blotted out of whatever the worker hands on.

NAME is in the secrets file (`JOBS_SECRETS`), or it is the environment variable `JOBS_SECRET_NAME`, which goes before.
The file is its user's own (mode 0600) and has a line `NAME=value` for each; blank lines and those that begin with `#`
are skipped, quotes around a value are dropped. A line `[OWNER]` begins the secrets of one owner alone.
"""

from __future__ import annotations

import base64
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from jobs.runtime.core import people, settings
from jobs.runtime.core.errors import BadSecret
from jobs.runtime.core.people import OWNER

HIDDEN = "(hidden)"
"""What stands for a secret that was given as it is, wherever it is shown."""

PREFIX = "JOBS_SECRET_"
MOST_BYTES = 2**20
LEAST_BLOTTED = 4
"""A shorter value is not blotted out: it would be found in every text, and be told by its gaps."""

LEAST_WORD = 8
_TELLING = re.compile(r"[\w-]*(auth|key|token|secret|cookie|pass|sess|cred|sign)[\w-]*\s*[:=]", re.IGNORECASE)
"""How the headers and pairs begin that tell who somebody is; what stands behind others (Accept) is in many rows."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
_PLACE = re.compile(r"\{secret:([^{}\n]*)\}")
_SHOWABLE = re.compile(rf"([A-Za-z0-9_-]+: *)?([A-Za-z]+ +)?\{{secret:{_NAME}\}}")


def placeholder(name: str) -> str:
    """What stands for the secret of this name."""
    return f"{{secret:{name}}}"


def names_in(given: Any) -> tuple[str, ...]:
    """The names of the secrets in a text, or in the texts of plain data. Raises BadSecret for what cannot be a name."""
    names = tuple(name for text in texts(given) for name in _PLACE.findall(text))
    for name in names:
        if not re.fullmatch(_NAME, name):
            raise BadSecret(
                f"{name[:80]!r} is no name of a secret (want letters, digits and _, as in {{secret:TOKEN}})"
            )
    return names


def is_name_alone(text: str) -> bool:
    """Whether a text is the name of a secret and nothing else."""
    return _PLACE.fullmatch(text) is not None


def showable(text: str) -> bool:
    """Whether a text for a secret shows none: a secret's name, perhaps behind `Header: ` and a scheme (`Bearer `)."""
    return _SHOWABLE.fullmatch(text) is not None


def lookup(name: str, owner: str | None = None) -> str:
    """The value of a secret, as it is now, of an owner (None: who acts). The admin's are the variables and what stands
    before any section of the file; everybody else's are in the section of their address, and no other.

    Raises BadSecret: there is none of this name, or the secrets file cannot be used.
    """
    whose = people.acting().owner if owner is None else owner
    variable = settings.environment().get(PREFIX + name) if whose == OWNER else None
    if variable is not None:
        return variable
    path = settings.value("JOBS_SECRETS")
    found = _read(path).get(whose, {}).get(name) if path and whose else None
    if found is not None:
        return found
    if whose != OWNER:
        raise BadSecret(
            f"there is no secret {name} of {whose or 'somebody who has not signed in'}: have an admin write {name}=… "
            f"under [{whose or 'E-MAIL'}] in the file that JOBS_SECRETS names"
        )
    where = path or "the file that JOBS_SECRETS names"
    raise BadSecret(
        f"there is no secret {name}: write {name}=… in {where}, or set {PREFIX}{name} where the runner starts"
    )


def of_others() -> tuple[dict[str, str], str]:
    """The secrets as they are handed to another machine: variables, and the text of the file. Raises BadSecret."""
    path = settings.value("JOBS_SECRETS")
    variables = {name: text for name, text in settings.environment().items() if name.startswith(PREFIX)}
    return variables, _private_text(path) if path else ""


def fill(given: Any, find: Callable[[str], str]) -> Any:
    """A text, or plain data, with the values of its secrets in the place of their names."""
    if isinstance(given, str):
        return _PLACE.sub(lambda place: find(place[1]), given)
    if isinstance(given, Mapping):
        return {fill(name, find): fill(inner, find) for name, inner in given.items()}
    return [fill(inner, find) for inner in given] if isinstance(given, list | tuple) else given


@dataclass(frozen=True, kw_only=True, eq=False)
class Blotter:
    """Takes values out of texts: `values` is each value with what is to stand in its place."""

    values: Mapping[str, str]

    def __bool__(self) -> bool:
        """Whether there is anything to be blotted out."""
        return bool(self._forms)

    def text(self, text: str) -> str:
        """The text without the values: as they are, as Python or JSON writes them, and as URLs and base64 do."""
        forms = self._forms
        return self._pattern.sub(lambda found: forms[found[0]], text) if forms else text

    def plain(self, given: Any) -> Any:
        """Plain data, of which every text (names as well) is without the values."""
        if isinstance(given, str):
            return self.text(given)
        if isinstance(given, Mapping):
            return {self.plain(name): self.plain(inner) for name, inner in given.items()}
        return [self.plain(inner) for inner in given] if isinstance(given, list | tuple) else given

    def json(self, text: str) -> str:
        """The same for JSON text; numbers stay."""
        if not self._forms or self._pattern.search(text) is None:
            return text
        return json.dumps(self.plain(json.loads(text)), ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def _forms(self) -> dict[str, str]:
        return {form: sign for value, sign in self.values.items() for form in _forms(value)}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, sorted(self._forms, key=len, reverse=True))))


NOTHING = Blotter(values={})


def blotter(given: Iterable[tuple[str, str]]) -> Blotter:
    """What blots out these values, each with its sign, and the parts of them that are secret by themselves."""
    return Blotter(values={piece: sign for value, sign in given for piece in _pieces(value)})


_used: dict[str, str] = {}


def used(name: str) -> str:
    """The value of a secret that a job's own code asks for; from now on this process blots it out. Raises BadSecret."""
    value = lookup(name)
    _used[value] = placeholder(name)
    return value


def with_used(blotter_of_run: Blotter) -> Blotter:
    """What blots out a run's secrets and those that the job's own code has asked for in this process."""
    return _joined(blotter_of_run, tuple(_used.items())) if _used else blotter_of_run


@lru_cache(maxsize=8)
def _joined(blotter_of_run: Blotter, others: tuple[tuple[str, str], ...]) -> Blotter:
    return Blotter(values={**blotter(others).values, **blotter_of_run.values})


def _pieces(value: str) -> Iterator[str]:
    """A value; of several lines each; of a header or a pair that tells who one is, what it says and its long words; of
    an object in JSON what stands under such names."""
    yield value
    yield from _telling_members(value)
    for line in value.splitlines():
        yield line.strip()
        said = _TELLING.match(line)
        if said:
            tail = line[said.end() :].strip()
            yield tail
            yield from (word for word in re.split(r"[\s;,=]+", tail) if len(word) >= LEAST_WORD)


def _telling_members(value: str) -> Iterator[str]:
    with suppress(ValueError, RecursionError):
        if value.lstrip().startswith(("{", "[")):
            yield from _under_telling_names(json.loads(value))


def _under_telling_names(given: Any) -> Iterator[str]:
    members = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()
    for name, member in members:
        if isinstance(member, str) and _TELLING.match(f"{name}:"):
            yield member
        yield from _under_telling_names(member)


def _forms(value: str) -> Iterator[str]:
    if len(value.strip()) < LEAST_BLOTTED:
        return
    raw = value.encode("utf-8", "replace")
    yield from (value, repr(value)[1:-1], json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield from (quote(raw, safe=""), quote(raw), quote_plus(raw))
    yield base64.b64encode(raw).decode().rstrip("=")


def texts(given: Any) -> Iterator[str]:
    """All texts in plain data."""
    return (scalar for scalar in scalars(given) if isinstance(scalar, str))


def scalars(given: Any) -> Iterator[Any]:
    """All texts and numbers in plain data, and whatever else holds nothing."""
    if isinstance(given, Mapping):
        yield from (scalar for pair in given.items() for inner in pair for scalar in scalars(inner))
    elif isinstance(given, list | tuple | set | frozenset):
        yield from (scalar for inner in given for scalar in scalars(inner))
    else:
        yield given


def _read(path: Path) -> dict[str, dict[str, str]]:
    """The secrets of the file, by owner; those before any section are the admin's. Raises BadSecret."""
    owner, found = OWNER, dict[str, dict[str, str]]()
    for number, line in enumerate(_private_text(path).splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("[") and text.endswith("]"):
            owner = text[1:-1].strip().lower()
            continue
        name, equals, value = (part.strip() for part in text.removeprefix("export ").partition("="))
        if not equals or not re.fullmatch(_NAME, name):
            raise BadSecret(f"line {number} of {path} is no secret (want NAME=value)")
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        found.setdefault(owner, {})[name] = value[1:-1] if quoted else value
    return found


def _private_text(path: Path) -> str:
    """What the file holds, if it is its user's own and nobody else may read it. Raises BadSecret."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            _refuse_shared(path, os.fstat(file.fileno()))
            return file.read(MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise BadSecret(f"the secrets file {path} cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise BadSecret(f"the secrets file {path} is not UTF-8") from None


def _refuse_shared(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise BadSecret(f"the secrets file {path} is no file")
    if facts.st_uid != os.geteuid():
        raise BadSecret(f"the secrets file {path} belongs to another user: it must be your own")
    if facts.st_mode & 0o077:
        raise BadSecret(f"others may open the secrets file {path}: chmod 600 {path}")
