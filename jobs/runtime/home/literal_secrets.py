"""Secrets that were given as they are, kept for a run's workers and its repetition: a file for each run, its owner's
alone, apart from the store, so that a copy of the store holds none."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jobs.runtime.core import private_files
from jobs.runtime.core.errors import BadSecret, StoreError

FOLDER = "secrets"


def keep(home: Path, run: str, params: Mapping[str, Any]) -> None:
    """Keep the secret params of a run, as plain data. Raises OSError, StoreError."""
    if not params:
        return
    with private_files.held(home, FOLDER, make=True) as folder:
        opened = folder.open(_name(run), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            json.dump(dict(params), file)
            file.flush()
            os.fsync(file.fileno())


def read(home: Path, run: str) -> dict[str, Any]:
    """The secret params of a run; none where none were kept. Raises BadSecret for a file that cannot be read."""
    try:
        with (
            private_files.held(home, FOLDER) as folder,
            os.fdopen(folder.open(_name(run), os.O_RDONLY), encoding="utf-8") as file,
        ):
            return dict(json.load(file))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as error:
        raise BadSecret(f"the secrets of run {run[:8]} cannot be read ({type(error).__name__})") from None


def remove(home: Path, run: str) -> None:
    """Forget the secret params of a run, as far as the disk lets us."""
    with suppress(OSError, StoreError), private_files.held(home, FOLDER) as folder:
        folder.remove(_name(run))


def _name(run: str) -> str:
    return f"{run}.json"
