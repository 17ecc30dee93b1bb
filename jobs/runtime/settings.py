"""Every environment variable Fanout reads, with its default: one table."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.runtime.errors import BadSetting

LEAST_MEMORY = 64 * 2**20

PROJECT = Path(__file__).resolve().parents[2]
"""The folder that holds `jobs/`."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One environment variable: how its text is read, what holds without it, what it means."""

    name: str
    default: str
    read: Callable[[str], Any]
    meaning: str


def _folder(text: str) -> Path:
    return Path(text).expanduser().resolve() if text else PROJECT / "data" / "runs"


def _folders(text: str) -> tuple[Path, ...]:
    return tuple(Path(part).expanduser().resolve() for part in text.split(os.pathsep) if part.strip())


def _words(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.replace(",", " ").split() if part)


_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def _size(text: str) -> int:
    """Bytes: `2147483648`, `2 GiB`, `512m`."""
    folded = text.strip().lower().removesuffix("b").removesuffix("i").strip()
    unit = folded[-1:] if folded[-1:] in _UNITS else ""
    size = int(float(folded.removesuffix(unit)) * _UNITS[unit])
    if size != 0 and size < LEAST_MEMORY:
        raise ValueError(f"at least {LEAST_MEMORY // 2**20} MiB, or 0 for no limit; is a unit missing?")
    return size


def _between(read: Callable[[str], Any], least: float, most: float) -> Callable[[str], Any]:
    """A number within limits (inclusive)."""

    def read_within(text: str) -> Any:
        number = read(text)
        if not least <= number <= most:
            raise ValueError(f"it must be from {least:,} to {most:,}")
        return number

    return read_within


def _networks(text: str) -> tuple[str, ...]:
    """Networks as texts, each of which `ipaddress` can read."""
    networks = _words(text)
    for network in networks:
        ipaddress.ip_network(network, strict=False)
    return networks


SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="JOBS_HOME",
        default="",
        read=_folder,
        meaning="where the store, the artifacts and the log are; `data/runs` of the project when empty",
    ),
    Setting(
        name="JOBS_PATH",
        default="",
        read=_folders,
        meaning=f"extra folders of jobs, separated by `{os.pathsep}`",
    ),
    Setting(
        name="JOBS_ALLOW_NETS",
        default="",
        read=_networks,
        meaning="private networks the scraper may reach, e.g. `127.0.0.0/8`; a setting of the runner",
    ),
    Setting(
        name="JOBS_WORKER_MEMORY",
        default="2 GiB",
        read=_size,
        meaning="what each worker may allocate above what it has when it starts; `0` for no limit",
    ),
    Setting(
        name="JOBS_MAX_ITEMS", default="1000000", read=_between(int, 1, 10**9), meaning="a run of more items is refused"
    ),
    Setting(
        name="JOBS_MAX_DIGITS",
        default="100000000",
        read=_between(int, 1, 10**12),
        meaning="a factorial of more digits is refused before it is computed",
    ),
    Setting(name="JOBS_ACTIVE_RUNS", default="4", read=_between(int, 1, 64), meaning="how many runs work at once"),
    Setting(
        name="JOBS_IDLE",
        default="300",
        read=_between(float, 0, 10**7),
        meaning="seconds without work after which the runner leaves; workers are kept warm for a minute of them",
    ),
)

_NOT_OF_RUNNER = ("JOBS_HOME", "JOBS_PATH", "JOBS_MAX_ITEMS")
"""Each home has a runner of its own, the code of JOBS_PATH is compared by itself, and a submit counts its own items."""

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def value(name: str) -> Any:
    """What a setting says now.

    Raises KeyError for a name that is not in the table, BadSetting for a text that cannot be read.
    """
    setting = _BY_NAME[name]
    text = (_kept or os.environ).get(name, "").strip() or setting.default
    try:
        return setting.read(text)
    except (ValueError, OverflowError, RuntimeError, OSError) as error:
        raise BadSetting(f"{name}={text[:200]!r} cannot be read ({error}): {setting.meaning}") from None


def keep() -> None:
    """Go by the environment as it is now, whatever becomes of it: a job may change or clear it in its worker."""
    _kept.update(os.environ)


_kept: dict[str, str] = {}


def check() -> None:
    """Read every setting once. Raises BadSetting for the first that cannot be read, before anything depends on it."""
    for setting in SETTINGS:
        value(setting.name)


def of_runner() -> str:
    """What a runner and its workers go by, as one text: equal when all those settings mean the same."""
    names = [setting.name for setting in SETTINGS if setting.name not in _NOT_OF_RUNNER]
    return " ".join(f"{name}={value(name)}" for name in names)


def home() -> Path:
    """The folder of the store, the artifacts and the log."""
    return Path(value("JOBS_HOME"))
