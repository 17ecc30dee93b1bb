"""The wheel and the sdist as they are built, and a Fanout that is really installed, outside the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.processes import PROJECT

OURS = ("JOBS_", "STREAMLIT_", "PYTHONPATH")


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A virtual environment with Fanout in it, an empty folder to call it from, and a home of the user."""

    place: Path
    folder: Path
    user: Path

    @property
    def bin(self) -> Path:
        return self.place / ("Scripts" if os.name == "nt" else "bin")

    @property
    def package(self) -> Path:
        return Path(next(self.place.rglob("site-packages"))) / "jobs"

    @property
    def environment(self) -> dict[str, str]:
        """That of a person who has set nothing."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        places = {"HOME": str(self.user), "XDG_DATA_HOME": str(self.user / "data of mine"), "JOBS_IDLE": "5"}
        return {**kept, **places, "PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, *words: str, program: Sequence[str] = ("fanout",), **more: str) -> subprocess.CompletedProcess[str]:
        """Call it from the empty folder, and wait."""
        command = [str(self.bin / program[0]), *program[1:], *words]
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that git would hand to a stranger, with runs of one's own beside them."""
    copy = tmp_path_factory.mktemp("source") / "a clone"
    shutil.copytree(PROJECT, copy, ignore=_not_of_a_clone, symlinks=True)
    for private in ("data/runs/store.sqlite3", ".streamlit/secrets.toml"):
        (copy / private).parent.mkdir(exist_ok=True)
        (copy / private).write_text("mine alone", "utf-8")
    return copy


def _not_of_a_clone(folder: str, names: list[str]) -> set[str]:
    runs = {"runs"} if Path(folder) == PROJECT / "data" else set()
    return {*runs, *shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis")(folder, names)}


def build(source: Path, kind: str) -> Path:
    """Build a `wheel` or an `sdist` with the backend that pyproject.toml names."""
    out = source.parent / kind
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(out)]
    done = subprocess.run(command, cwd=source, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return next(out.iterdir())


@pytest.fixture(scope="session")
def wheel(source: Path) -> Path:
    return build(source, "wheel")


@pytest.fixture(scope="session")
def sdist(source: Path) -> Path:
    return build(source, "sdist")


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, installed by pip into a fresh environment; what it requires is that of these tests."""
    top = tmp_path_factory.mktemp("installed")
    found = Installed(place=top / "my tools" / "env", folder=top / "an empty folder", user=top / "user")
    for folder in (found.folder, found.user):
        folder.mkdir()
    venv.create(found.place, with_pip=False, symlinks=os.name != "nt")
    python = str(found.bin / "python")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True, timeout=120)
    (found.package.parent / "theirs.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    return found
