"""What the environment variables say now: those that Fanout reads stand in `setting_table`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.runtime.core import program
from jobs.runtime.core.errors import BadSetting
from jobs.runtime.core.setting_table import NOT_OF_RUNNER, SETTINGS

PROJECT = program.PROJECT

_UNREPEATED = ("JOBS_SMTP", "JOBS_SMTP_PASSWORD", "JOBS_APPRISE")
"""What cannot be read may be a secret that was given as it is."""

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def value(name: str) -> Any:
    """What a setting says now.

    Raises KeyError for a name that is not in the table, BadSetting for a text that cannot be read.
    """
    setting = _BY_NAME[name]
    text = environment().get(name, "").strip() or setting.default
    try:
        return setting.read(text)
    except (ValueError, OverflowError, RuntimeError, OSError) as error:
        shown = "…" if name in _UNREPEATED else re.sub(r"//[^/]*@", "//…@", text)[:200]  # no password is repeated
        raise BadSetting(f"{name}={shown!r} cannot be read ({error}): {setting.meaning}") from None


def environment() -> Mapping[str, str]:
    """The environment variables that are gone by."""
    return _kept or os.environ


def keep() -> None:
    """Go by the environment as it is now, whatever becomes of it: a job may change or clear it in its worker."""
    _kept.update(os.environ)


_kept: dict[str, str] = {}


def handed_on() -> dict[str, str]:
    """The environment for a process that starts in another folder: what names files is absolute there."""
    texts: dict[str, str] = {}
    for setting in SETTINGS:
        found = value(setting.name) if _is_set(setting.name) else None
        if isinstance(found, Path):
            texts[setting.name] = str(found)
        elif isinstance(found, tuple) and all(isinstance(path, Path) for path in found):
            texts[setting.name] = os.pathsep.join(map(str, found))
    return {**environment(), **texts}


def for_another_machine() -> dict[str, str]:
    """What is set here and holds for the workers of a cluster too: not which folders there are, nor which networks its
    machines may reach, nor how people are told."""
    telling = {name for name in _BY_NAME if name.startswith("JOBS_SMTP")} | {"JOBS_PAGE_URL", "JOBS_APPRISE"}
    own = {*telling, *NOT_OF_RUNNER, "JOBS_ALLOW_NETS", "JOBS_SECRETS", "JOBS_CLUSTER", "JOBS_CLUSTER_CERTIFICATES"}
    names = {setting.name for setting in SETTINGS} - own
    return {name: text for name, text in environment().items() if name in names}


def check() -> None:
    """Read every setting that is set. Raises BadSetting for the first that cannot be read, before anything depends on
    it."""
    for setting in SETTINGS:
        if _is_set(setting.name):
            value(setting.name)


def _is_set(name: str) -> bool:
    return bool(environment().get(name, "").strip())


def of_runner() -> str:
    """What a runner and its workers go by, as one text: equal when all those settings mean the same; of the secrets of
    the environment only their names."""
    names = [setting.name for setting in SETTINGS if setting.name not in NOT_OF_RUNNER]
    secret = sorted(name for name in environment() if name.startswith("JOBS_SECRET_"))
    return " ".join([*(f"{name}={value(name)}" for name in names), *secret])


def job_path(own: str) -> list[str]:
    """Where modules of the package are looked for: in its own folder, among its demonstrations, and in JOBS_PATH."""
    return list(dict.fromkeys([own, str(Path(own, "demos")), *job_folders()]))


def job_folders() -> list[str]:
    """The folders of JOBS_PATH; of those that hold when it is empty, only those that are there."""
    named = _is_set("JOBS_PATH")
    return [str(folder) for folder in value("JOBS_PATH") if named or folder.is_dir()]


def home() -> Path:
    """The folder of the store, the artifacts and the log."""
    return Path(value("JOBS_HOME"))
